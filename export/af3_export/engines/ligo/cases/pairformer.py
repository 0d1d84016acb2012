"""Golden cases of ligo's Pairformer, as data."""

from typing import Any

import numpy as np

from af3_export.core.component_case import ComponentCase
from af3_export.core.pairformer_case import preset_cases, seeded_case, stored_case

ENGINE = "ligo"


def _config(c_s: int, c_z: int, blocks: int, mul: int, pair: int, heads: int, single: int, n: int) -> dict[str, Any]:
    """A ligo config from widths, blocks, triangle channels, channels per pair head, heads and transition factor."""
    return {
        "c_s": c_s,
        "c_z": c_z,
        "no_blocks": blocks,
        "c_hidden_mul": mul,
        "c_hidden_pair_attn": pair,
        "no_heads_tri_attn": heads,
        "no_heads_single_attn": single,
        "transition_n": n,
    }


def _stored(name: str, shows: str, **rest: Any) -> ComponentCase:
    return stored_case(name, ENGINE, shows, **rest)


def _seeded(name: str, shows: str, **rest: Any) -> ComponentCase:
    return seeded_case(name, ENGINE, shows, **rest)


CASES = [
    _stored(
        "odd",
        "two blocks at an odd size, one padded token in the middle and one at the end, asymmetric masks",
        tokens=7,
        c_s=24,
        c_z=16,
        config=_config(24, 16, 2, 12, 4, 4, 3, 2),
        seed=11,
        padded=(2, 6),
    ),
    _stored(
        "awkward",
        "widths that are no multiple of four, three and five heads, int32 masks",
        tokens=9,
        c_s=30,
        c_z=18,
        config=_config(30, 18, 2, 10, 6, 3, 5, 3),
        seed=12,
        padded=(8,),
        mask_type=np.int32,
    ),
    _stored(
        "fused",
        "the fused projections of the triangle multiplications (linear_ab_p, linear_ab_g)",
        tokens=6,
        c_s=20,
        c_z=14,
        config={**_config(20, 14, 2, 9, 5, 2, 4, 2), "fuse_projection_weights": True},
        seed=13,
        padded=(0,),
    ),
    _stored(
        "one-token",
        "one token",
        tokens=1,
        c_s=12,
        c_z=10,
        config=_config(12, 10, 2, 8, 5, 2, 3, 2),
        seed=14,
    ),
    _stored(
        "mean-100",
        "pair channels of mean 100 and deviation 1, where a layer norm by E[x^2] - E[x]^2 loses its digits",
        tokens=6,
        c_s=16,
        c_z=24,
        config=_config(16, 24, 1, 16, 6, 4, 2, 2),
        seed=15,
        pair_mean=100.0,
    ),
    _stored(
        "defaults",
        "a config that names only the number of blocks: widths come from the inputs, the rest is the engine's default",
        tokens=5,
        c_s=16,
        c_z=8,
        config={"no_blocks": 1, "c_hidden_mul": None},
        seed=16,
        padded=(3,),
    ),
    _stored(
        "unknown-keys",
        "config keys and tensors that a reader must ignore",
        tokens=5,
        c_s=8,
        c_z=12,
        config=_config(8, 12, 1, 8, 4, 3, 2, 2),
        seed=17,
        padded=(4,),
        extra_config={
            "pair_dropout": 0.25,
            "blocks_per_ckpt": 1,
            "inf": 1e8,
            "remark": {"by": "somebody", "layers": [1, 2]},
        },
        extra_weights={"distogram_head.linear.weight": (64, 12), "pairformer.remark.weight": (3, 5)},
        extra_inputs={"aatype": (5,), "token_mask": (5,)},
    ),
    _seeded(
        "tokens-133",
        "more than 128 tokens at small widths",
        tokens=133,
        c_s=20,
        c_z=12,
        config=_config(20, 12, 2, 12, 5, 2, 4, 2),
        seed=18,
    ),
    *preset_cases(ENGINE),
]
