"""Golden cases of protenix's confidence head, as data."""

from typing import Any

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.recorded import recorded
from af3_export.engines.protenix.complexes import Chain, Complex


def _config(blocks: int, c_s: int, c_z: int, c_s_inputs: int, scaled: bool = False) -> dict[str, Any]:
    return {
        "n_blocks": blocks,
        "c_s": c_s,
        "c_z": c_z,
        "c_s_inputs": c_s_inputs,
        "max_atoms_per_token": 24,
        "hidden_scale_up": scaled,
    }


ION = Complex(seed=171, chains=(Chain(0, 0, (1,), ligand=True),))
# A nucleotide with 24 atoms, which no other token has, and a ligand.
MIXED = Complex(seed=172, chains=(Chain(0, 0, (24, 5, 1)), Chain(1, 0, (3,), ligand=True), Chain(0, 1, (9,))))


def _case(
    name: str, shows: str, config: dict[str, Any], given: Complex, samples: int, spread: float
) -> ComponentCase:
    def inputs() -> Arrays:
        seed, tokens = given.seed, given.tokens
        maps = complexes.heads(given)
        # Coincident representatives: a distance of 0 is in no bin, and is a number to the head all the same.
        positions = random_tensors.normal(seed, "x_pred_coords", (samples, given.atoms, 3), spread)
        standing = maps["distogram_rep_atom_mask"].nonzero()[0]
        if len(standing) > 1:
            positions[0, standing[-1]] = positions[0, standing[0]]
        return {
            "x_pred_coords": positions,
            "s_inputs": random_tensors.normal(seed, "s_inputs", (tokens, config["c_s_inputs"])),
            "s_trunk": random_tensors.normal(seed, "s_trunk", (tokens, config["c_s"])),
            "z_trunk": random_tensors.normal(seed, "z_trunk", (tokens, tokens, config["c_z"])),
            "atom_to_token_idx": complexes.atoms(given)["atom_to_token_idx"],
            **{name: maps[name] for name in ("atom_to_tokatom_idx", "distogram_rep_atom_mask")},
        }

    return ComponentCase(name, "protenix", "confidence_head", shows, config, given.seed, inputs)


CASES = [
    recorded(
        "odd", "confidence_head", "two samples; some of s_trunk beyond the clamp at 512", _config(1, 16, 14, 21), 305
    ),
    _case("one-token", "a lone ion in two samples: no distance but 0", _config(1, 16, 7, 9), ION, 2, 4.0),
    _case(
        "scaled",
        "three samples, two blocks with hidden widths that grow with c_z; a token with 24 atoms, two representatives at"
        " one place, distances below the first bin and beyond the last but one",
        _config(2, 48, 32, 17, True),
        MIXED,
        3,
        22.0,
    ),
]
