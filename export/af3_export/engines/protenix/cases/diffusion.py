"""Golden cases of protenix's diffusion module, as data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.recorded import recorded
from af3_export.engines.protenix.complexes import Chain, Complex


def config(
    widths: Mapping[str, int], encoder: tuple[int, int], transformer: tuple[int, int], decoder: tuple[int, int]
) -> dict[str, Any]:
    """A config from widths and, of each transformer, blocks and heads."""
    parts = {"atom_encoder": encoder, "transformer": transformer, "atom_decoder": decoder}
    return {
        "sigma_data": 16.0,
        **widths,
        **{name: {"n_blocks": blocks, "n_heads": heads} for name, (blocks, heads) in parts.items()},
    }


SMALL = {"c_atom": 16, "c_atompair": 6, "c_token": 24, "c_s": 14, "c_z": 10, "c_s_inputs": 21}
# Three copies of a chain far apart in number, a ligand whose atoms are tokens, residues with jumps beyond the clip of 32;
# 160 atoms fill five windows.
EDGE = Complex(
    seed=162,
    chains=(
        Chain(0, 0, (14, 9, 11, 5), jumps=(1,)),
        Chain(0, 4, (14, 9, 11, 5)),
        Chain(1, 0, (6,), ligand=True),
        Chain(0, 1, (14, 9, 11, 5), first_residue=200),
        Chain(2, 0, (24, 13)),
    ),
    masked=(1, 50, 159),
    charges={7: -3},
)
ION = Complex(seed=161, chains=(Chain(0, 0, (1,), ligand=True),), charges={0: 2})
PEPTIDE = Complex(seed=163, chains=(Chain(0, 0, (7, 11, 4, 8, 6)), Chain(1, 0, (5,), ligand=True)))


def _case(
    name: str, shows: str, config: Mapping[str, Any], given: Complex, levels: Sequence[float]
) -> ComponentCase:
    def inputs() -> Arrays:
        seed, tokens, t_hat = given.seed, given.tokens, np.array(levels, np.float32)
        noise = random_tensors.normal(seed, "x_noisy", (len(levels), given.atoms, 3))
        return {
            "x_noisy": noise * np.sqrt(np.float32(256) + t_hat**2)[:, None, None],
            "t_hat": t_hat,
            "s_inputs": random_tensors.normal(seed, "s_inputs", (tokens, config["c_s_inputs"])),
            "s_trunk": random_tensors.normal(seed, "s_trunk", (tokens, config["c_s"])),
            "z_trunk": random_tensors.normal(seed, "z_trunk", (tokens, tokens, config["c_z"])),
            **complexes.ids(given),
            **complexes.atoms(given),
        }

    return ComponentCase(name, "protenix", "diffusion_module", shows, config, given.seed, inputs)


CASES = [
    recorded(
        "odd",
        "diffusion_module",
        "two samples at two noise levels; 91 atoms, so the last windows are padded",
        config(SMALL, (2, 4), (3, 3), (1, 2)),
        303,
    ),
    recorded(
        "many-atoms",
        "diffusion_module",
        "more than 128 atoms, block counts of mini and tiny in the atom transformers",
        config(SMALL, (1, 4), (1, 4), (1, 4)),
        304,
    ),
    _case("one-atom", "a lone ion: one token, one atom", config(SMALL, (1, 2), (1, 3), (2, 4)), ION, (3.1,)),
    _case(
        "edge",
        "160 atoms that fill five windows; three samples from near 0 to the first level; ids beyond every clip, masked"
        " atoms; more pair channels than single ones, as no model has them",
        config(
            {"c_atom": 12, "c_atompair": 5, "c_token": 20, "c_s": 11, "c_z": 18, "c_s_inputs": 13},
            (2, 3),
            (2, 5),
            (2, 2),
        ),
        EDGE,
        (0.02, 17.5, 2560.0),
    ),
    _case(
        "published",
        "one block of each transformer at the published widths",
        config(
            {"c_atom": 128, "c_atompair": 16, "c_token": 768, "c_s": 384, "c_z": 128, "c_s_inputs": 449},
            (1, 4),
            (1, 16),
            (1, 4),
        ),
        PEPTIDE,
        (58.0,),
    ),
]
