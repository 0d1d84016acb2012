"""The committed golden cases of the full ligo network, as data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.ligo.features import Molecules
from af3_export.engines.ligo.model_inputs import TRUNK_VALID, model_config, trunk_inputs

VALID = {**TRUNK_VALID, "distogram_logits": "outer(token_mask)"}
ODD = {**model_config(12, 14, 16, 5, 2), "n_steps": 4, "samples_per_trunk": 2}
STILL = {**model_config(9, 8, 8, 3, 1), "n_steps": 9, "samples_per_trunk": 1}

# 11 tokens, 45 atoms. Atoms of padded tokens would see float32 noise of padded pairs (the encoder takes the raw z),
# and pull it to all others through the unmasked centre, so padded tokens own none.
MOLECULES = Molecules(
    seed=232,
    asym_id=(0,) * 5 + (1,) * 3 + (2,) * 3,
    entity_id=(0,) * 5 + (0,) * 3 + (1,) * 3,
    residue_index=(1, 2, 35, 36, 36, 1, 2, 3, 5, 6, 7),
    ref_space_uid=(0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9),
    atoms=(6, 3, 8, 1, 5, 0, 9, 4, 7, 2, 0),
    padded_tokens=(5, 10),
    masked_atoms=(7, 30),
    token_jumps=(4,),
    filler_token=1,
)
PEPTIDE = Molecules(
    seed=233,
    asym_id=(0,) * 5,
    entity_id=(0,) * 5,
    residue_index=(0, 1, 2, 3, 4),
    ref_space_uid=(0, 0, 0, 0, 0),
    atoms=(4, 4, 5, 4, 3),
    filler_token=4,
)


def _inputs(given: Molecules, rows: int, config: Mapping[str, Any], still: int | None = None) -> Arrays:
    """The trunk's inputs and unit normals; the quaternion of step `still` is so small that its length is clamped."""
    calls, samples, atoms = config["n_steps"] - 1, config["samples_per_trunk"], given.all_atoms
    noise = {
        "init_noise": (samples, atoms, 3),
        "step_rotation_quat": (calls, samples, 4),
        "step_translation": (calls, samples, 3),
        "step_noise": (calls, samples, atoms, 3),
    }
    found = trunk_inputs(given, rows, config["num_cycles"])
    found |= {name: random_tensors.normal(given.seed, name, shape) for name, shape in noise.items()}
    if still is not None:
        found["step_rotation_quat"][still] *= np.float32(3e-4)
    return found


CASES = [
    ComponentCase(
        "odd",
        "ligo",
        "full",
        "four noise levels, so three calls, two samples, two cycles, recorded noise, padded tokens, masked atoms",
        ODD,
        232,
        lambda: _inputs(MOLECULES, 5, ODD),
        valid=VALID,
    ),
    ComponentCase(
        "small-quaternion",
        "ligo",
        "full",
        "nine noise levels, so that little of the initial noise is left in the positions, one sample, one cycle; a"
        " random quaternion whose squared length is below the clamp of 1e-6, so that the step's matrix is no rotation",
        STILL,
        233,
        lambda: _inputs(PEPTIDE, 3, STILL, still=4),
        valid=VALID,
    ),
]
