"""The committed golden cases of ligo's template embedder, as data."""

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase, seeded_inputs

SEED, TOKENS, TEMPLATES, C_Z = 241, 11, 3, 13
PADDED = (4, 10)


def _inputs() -> Arrays:
    """Three templates, one of them empty; distances between 1 and 60 Angstrom, so below, in and above the bins."""
    made = seeded_inputs(SEED, {"z_trunk": (TOKENS, TOKENS, C_Z)}, {"pair_mask": (TOKENS, TOKENS)})
    for token in PADDED:
        made["pair_mask"][token] = made["pair_mask"][:, token] = 0
    shape = (TEMPLATES, TOKENS)
    draws = random_tensors.words(SEED, "template_aatype", np.arange(TEMPLATES * TOKENS, dtype=np.uint64))
    letters = draws.astype(np.uint64) * np.uint64(22) >> np.uint64(32)
    beta_mask = random_tensors.mask(SEED, "template_pseudo_beta_mask", shape)
    beta_mask[:, PADDED] = 0
    beta_mask[1] = 0
    return {
        **made,
        "template_aatype": letters.astype(np.int32).reshape(shape),
        "template_pseudo_beta": random_tensors.normal(SEED, "template_pseudo_beta", (*shape, 3), 14.0),
        "template_pseudo_beta_mask": beta_mask,
        "asym_id": np.array([0] * 6 + [2] * 5, np.int32),
    }


CASES = [
    ComponentCase(
        "odd",
        "ligo",
        "template_embedder",
        "three templates, the second empty, two chains, padded tokens; inside the pair stack only the width is free",
        {"no_blocks": 2, "c_template": 12, "c_z": C_Z},
        SEED,
        _inputs,
        valid={"u": "pair_mask"},
    ),
]
