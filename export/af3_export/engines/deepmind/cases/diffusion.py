"""The committed golden cases of deepmind's diffusion head, as data."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase

CONDITIONING = ("aatype", "token_atoms_to_pseudo_beta")


def diffusion_config(tokens: int, atoms: int, pairs: int, single: int, pair: int, **other: Any) -> dict[str, Any]:
    """A config from channels per token, atom and atom pair, and of both conditionings."""
    return {
        "per_token_channels": tokens,
        "per_atom_channels": atoms,
        "per_atom_pair_channels": pairs,
        "conditioning": {"seq_channel": single, "pair_channel": pair, "prob": 0.8},
        **other,
    }


def atom_transformer(blocks: int, factor: int, heads: int, key_dim: int, value_dim: int) -> dict[str, Any]:
    """A config of an atom transformer."""
    attention = {"num_head": heads, "key_dim": key_dim, "value_dim": value_dim}
    return {"num_blocks": blocks, "num_intermediate_factor": factor, "attention": attention}


def token_transformer(blocks: int, super_block: int, factor: int, heads: int) -> dict[str, Any]:
    """A config of the token transformer."""
    return {
        "num_blocks": blocks,
        "super_block_size": super_block,
        "num_intermediate_factor": factor,
        "attention": {"num_head": heads},
    }


def _inputs(
    seed: int, complex_name: str, tokens: int, level: float, widths: tuple[int, int, int], noisy: bool
) -> Arrays:
    """Noisy positions, embeddings of widths (c_s, c_z, target_feat) and the batch features of a complex."""
    from af3_export.engines.deepmind import complexes
    from af3_export.engines.deepmind.batch import reference_features, structure_features

    chains = getattr(complexes, complex_name)
    structure = structure_features(chains, tokens)
    c_s, c_z, c_t = widths
    return {
        "positions_noisy": random_tensors.normal(seed, "positions_noisy", (tokens, 24, 3), math.sqrt(level**2 + 256)),
        "noise_level": np.float32(level).reshape(()),
        "single": random_tensors.normal(seed, "single", (tokens, c_s)),
        "pair": random_tensors.normal(seed, "pair", (tokens, tokens, c_z)),
        "target_feat": random_tensors.normal(seed, "target_feat", (tokens, c_t)),
        **{name: value for name, value in structure.items() if not name.startswith(CONDITIONING)},
        **reference_features(chains, tokens, seed, noisy),
    }


def _case(
    name: str,
    shows: str,
    seed: int,
    channels: tuple[int, int, int, int, int],
    transformers: tuple[dict[str, Any], dict[str, Any]],
    inputs: Callable[[int], Arrays],
) -> ComponentCase:
    """A case of the channels that `diffusion_config` takes, and of transformers over atoms and tokens."""
    atoms, tokens = transformers
    config = diffusion_config(*channels, atom_transformer=atoms, transformer=tokens)
    return ComponentCase(name, "deepmind", "diffusion_head", shows, config, seed, lambda: inputs(seed))


CASES = [
    _case(
        "many-atoms",
        "more than 128 real atoms of protein, RNA, DNA and a ligand, two chains of one entity, missing atoms, padding "
        "tokens; the windows hold more atoms than the slots of all tokens (T9), empty slots hold values",
        141,
        (20, 12, 6, 18, 14),
        (atom_transformer(2, 2, 2, 12, 8), token_transformer(4, 2, 2, 5)),
        lambda seed: _inputs(seed, "LARGE", 15, 7.5, (17, 13, 19), True),
    ),
    _case(
        "few-atoms",
        "fewer than 128 real atoms: padding keys take part (T10) and their indices clamp (T9)",
        142,
        (21, 10, 5, 11, 16),
        (atom_transformer(1, 3, 2, 10, 10), token_transformer(1, 1, 3, 3)),
        lambda seed: _inputs(seed, "SMALL", 11, 260.0, (14, 9, 15), True),
    ),
    _case(
        "as-featurised",
        "a noise level below the deviation of the data; reference structures and padding as the featuriser leaves them",
        143,
        (18, 12, 4, 12, 10),
        (atom_transformer(3, 2, 4, 16, 16), token_transformer(2, 2, 2, 2)),
        lambda seed: _inputs(seed, "LARGE", 13, 3.0, (12, 10, 16), False),
    ),
]
