"""The committed golden cases of ligo's confidence head, as data."""

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase, seeded_inputs

SEED, TOKENS, C_S, C_Z = 251, 9, 15, 10
CONFIG = {
    "c_s": C_S,
    "c_z": C_Z,
    "no_blocks": 2,
    "no_bins_pde": 50,
    "no_bins_plddt": 7,
    "no_bins_pae": 13,
    "c_hidden_mul": 8,
    "c_hidden_pair_attn": 3,
    "no_heads_tri_attn": 2,
    "no_heads_single_attn": 3,
    "transition_n": 2,
}


def _inputs() -> Arrays:
    """Masks that are not symmetric, a padded token, and positions whose coordinate sums spread over all bins."""
    made = seeded_inputs(
        SEED,
        {"s_inputs": (TOKENS, C_S), "s": (TOKENS, C_S), "z": (TOKENS, TOKENS, C_Z)},
        {"single_mask": (TOKENS,), "pair_mask": (TOKENS, TOKENS)},
    )
    made["x_repr"] = random_tensors.normal(SEED, "x_repr", (TOKENS, 3), 6.0)
    made["single_mask"][:] = 1
    made["single_mask"][3] = 0
    made["pair_mask"][3] = made["pair_mask"][:, 3] = 0
    np.fill_diagonal(made["pair_mask"], made["single_mask"])
    return made


CASES = [
    ComponentCase(
        "odd",
        "ligo",
        "confidence_head",
        "a padded token, masks that are not symmetric; distances are those of the coordinate sums, the distogram of pde"
        " has 64 bins whatever the config says",
        CONFIG,
        SEED,
        _inputs,
        valid={
            "plddt_logits": "single_mask",
            "experimentally_resolved_logits": "single_mask",
            "pae_logits": "pair_mask",
            "pde_logits": "pair_mask",
        },
    ),
]
