"""The committed golden cases of deepmind's distogram head, as data."""

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase

SEED = 121


def _inputs(tokens: int, c_z: int, padded: tuple[int, ...]) -> Arrays:
    """A seeded pair representation and a mask of int32, as batch features have it."""
    mask = np.ones(tokens, np.int32)
    mask[list(padded)] = 0
    return {"pair": random_tensors.normal(SEED, "pair", (tokens, tokens, c_z)), "seq_mask": mask}


CASES = [
    ComponentCase(
        "odd",
        "deepmind",
        "distogram_head",
        "an asymmetric pair representation, a padded token in the middle and one at the end",
        {"first_break": 2.3125, "last_break": 21.6875, "num_bins": 64},
        SEED,
        lambda: _inputs(7, 18, (2, 6)),
    ),
    ComponentCase(
        "other-bins",
        "deepmind",
        "distogram_head",
        "twelve bins with edges 1.01 apart, of which six end at 8.001 or below: the last of them at 8.0005",
        {"first_break": 2.9505, "last_break": 13.0505, "num_bins": 12},
        SEED,
        lambda: _inputs(5, 10, (4,)),
    ),
]
