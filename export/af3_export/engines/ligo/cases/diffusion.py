"""The committed golden cases of ligo's diffusion module, as data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.ligo.features import Molecules, features

ODD = {
    "c_atom": 20,
    "c_atompair": 6,
    "c_token": 21,
    "c_tokenpair": 10,
    "atom_encoder_blocks": 3,
    "atom_encoder_heads": 4,
    "atom_decoder_blocks": 2,
    "atom_decoder_heads": 2,
    "token_transformer_blocks": 2,
    "token_transformer_heads": 3,
}
WINDOWS = {
    "c_atom": 18,
    "c_atompair": 5,
    "c_token": 14,
    "c_tokenpair": 7,
    "atom_encoder_heads": 2,
    "atom_decoder_blocks": 1,
    "atom_decoder_heads": 3,
    "token_transformer_blocks": 3,
    "token_transformer_heads": 2,
}
PUBLISHED = {
    "c_atom": 128,
    "c_atompair": 16,
    "c_token": 384,
    "c_tokenpair": 128,
    "atom_encoder_heads": 16,
    "atom_decoder_blocks": 1,
    "atom_decoder_heads": 16,
    "token_transformer_blocks": 1,
    "token_transformer_heads": 16,
}

# 11 tokens, 56 atoms: two chains of one entity and a third chain, tokens without atoms, a jump of 70 residues.
SMALL = Molecules(
    seed=221,
    asym_id=(0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2),
    entity_id=(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
    residue_index=(4, 5, 5, 6, 76, 77, 4, 5, 41, 4, 4),
    ref_space_uid=(0, 1, 1, 2, 3, 4, 5, 0, 6, 7, 8),
    atoms=(5, 0, 9, 1, 14, 3, 0, 11, 2, 7, 4),
    masked_atoms=(6, 20, 21, 47),
    strays=(4,),
    token_jumps=(2, 10),
    filler_token=0,
)
# 23 tokens, 131 atoms in five windows, the last with three real atoms: padded tokens with and without atoms.
LARGE = Molecules(
    seed=222,
    asym_id=(3,) * 9 + (1,) * 8 + (7,) * 6,
    entity_id=(2,) * 9 + (5,) * 8 + (2,) * 6,
    residue_index=(*range(9), 0, 1, 2, 40, 41, 74, 75, 76, 9, 9, 9, 9, 9, 0),
    ref_space_uid=(*range(9), 9, 9, 10, 10, 11, 12, 13, 14, 15, 15, 15, 15, 15, 0),
    atoms=(8, 6, 5, 0, 11, 4, 7, 24, 1, 1, 3, 9, 2, 6, 5, 0, 10, 12, 1, 1, 8, 7, 0),
    padded_tokens=(3, 16, 22),
    masked_atoms=(0, 31, 32, *range(93, 103), 130),
    strays=(7, 17),
    token_jumps=(19, 20),
    filler_token=22,
)
# 9 tokens, 30 atoms.
TINY = Molecules(
    seed=223,
    asym_id=(0,) * 5 + (1,) * 4,
    entity_id=(0,) * 5 + (1,) * 4,
    residue_index=(1, 2, 3, 4, 40, 1, 2, 3, 4),
    ref_space_uid=(0, 1, 2, 3, 4, 5, 6, 7, 8),
    atoms=(4, 5, 4, 0, 4, 3, 6, 1, 3),
    padded_tokens=(8,),
    masked_atoms=(12,),
    filler_token=8,
)


def _inputs(given: Molecules, config: Mapping[str, int], timesteps: Sequence[float]) -> Arrays:
    """Representations of deviation 1 and atoms of the deviation that each noise level has."""
    seed, tokens, levels = given.seed, given.tokens, np.array(timesteps, np.float32)
    atoms = random_tensors.normal(seed, "noisy_atoms", (len(levels), given.all_atoms, 3))
    return {
        "noisy_atoms": atoms * np.sqrt(np.float32(256) + levels**2)[:, None, None],
        "timesteps": levels,
        "s_inputs": random_tensors.normal(seed, "s_inputs", (tokens, config["c_token"])),
        "s_trunk": random_tensors.normal(seed, "s_trunk", (tokens, config["c_token"])),
        "z_trunk": random_tensors.normal(seed, "z_trunk", (tokens, tokens, config["c_tokenpair"])),
        **features(given),
    }


def _case(
    name: str, shows: str, config: Mapping[str, Any], given: Molecules, timesteps: Sequence[float]
) -> ComponentCase:
    """A case of this component. Every atom counts, masked ones too."""
    return ComponentCase(
        name, "ligo", "diffusion_module", shows, config, given.seed, lambda: _inputs(given, config, timesteps)
    )


CASES = [
    _case(
        "odd",
        "two windows, tokens without atoms, masked atoms, several chains, two samples at different noise levels; the"
        " encoder has the decoder's number of blocks, not its own",
        ODD,
        SMALL,
        (3.7, 410.0),
    ),
    _case(
        "windows",
        "five windows, the last almost empty, padded tokens, one of which owns real atoms, three samples",
        WINDOWS,
        LARGE,
        (0.02, 17.5, 2304.0),
    ),
    _case(
        "published",
        "one block of each transformer at the published widths",
        PUBLISHED,
        TINY,
        (58.0,),
    ),
]
