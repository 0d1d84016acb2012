"""The committed golden cases of ligo's MSA module, as data."""

from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase, seeded_inputs

VALID = {"z": "pair_mask"}


def _config(blocks: int, c_msa: int, c_token: int, c_z: int, **numbers: int) -> dict[str, Any]:
    """A config from blocks and widths; `numbers` are outer, heads, mul, pair, pair_heads and factor."""
    return {
        "no_blocks": blocks,
        "c_msa": c_msa,
        "c_token": c_token,
        "c_z": c_z,
        "c_hidden": numbers["outer"],
        "no_heads": numbers["heads"],
        "c_hidden_tri_mul": numbers["mul"],
        "c_hidden_pair_attn": numbers["pair"],
        "no_heads_tri_attn": numbers["pair_heads"],
        "transition_n": numbers["factor"],
    }


ODD = _config(2, 12, 10, 14, outer=3, heads=3, mul=9, pair=5, pair_heads=2, factor=3)
PADDED = _config(2, 10, 17, 13, outer=5, heads=2, mul=11, pair=3, pair_heads=3, factor=2)
DISJOINT = _config(1, 9, 6, 11, outer=4, heads=1, mul=7, pair=6, pair_heads=1, factor=4)
PUBLISHED = _config(1, 64, 384, 128, outer=32, heads=8, mul=128, pair=32, pair_heads=4, factor=4)


def _seeded(seed: int, config: dict[str, Any], rows: int, tokens: int) -> Arrays:
    """Seeded inputs as they are."""
    c_z = config["c_z"]
    representations = {
        "msa_feat": (rows, tokens, 49),
        "z": (tokens, tokens, c_z),
        "s_inputs": (tokens, config["c_token"]),
    }
    return seeded_inputs(seed, representations, {"msa_mask": (rows, tokens), "pair_mask": (tokens, tokens)})


def _thinned(seed: int, config: dict[str, Any], rows: int, tokens: int, padded: tuple[int, ...]) -> Arrays:
    """Seeded inputs with thinner masks, and padding: in ligo a token without pairs must be in no row of the MSA."""
    made = dict(_seeded(seed, config, rows, tokens))
    for name in ("msa_mask", "pair_mask"):  # a second draw leaves about three quarters
        made[name] = made[name] * random_tensors.mask(seed, f"{name}/thinner", made[name].shape)
    np.fill_diagonal(made["pair_mask"], 1)
    made["msa_mask"][0] = 1
    if padded:
        made["msa_mask"][-1] = 0
    for token in padded:
        made["msa_mask"][:, token] = made["pair_mask"][token] = made["pair_mask"][:, token] = 0
    return made


def _disjoint(first: int, second: int) -> Arrays:
    """Inputs in which two tokens share no row."""
    made = _thinned(203, DISJOINT, 6, 8, ())
    made["msa_mask"][::2, first] = made["msa_mask"][1::2, second] = 0
    return made


def _case(name: str, shows: str, config: dict[str, Any], seed: int, **rest: Any) -> ComponentCase:
    """A case of this component."""
    return ComponentCase(name, "ligo", "msa_module", shows, config, seed, valid=VALID, **rest)


CASES = [
    _case(
        "odd",
        "two blocks at odd sizes; the transition of the MSA keeps its factor 4 when the config says 3 (the pair's)",
        ODD,
        201,
        inputs=lambda: _thinned(201, ODD, 5, 7, ()),
    ),
    _case(
        "padded",
        "padded tokens in the middle and at the end and a padded row, masks neither symmetric nor an outer product",
        PADDED,
        202,
        inputs=lambda: _thinned(202, PADDED, 6, 11, (3, 10)),
    ),
    _case(
        "no-common-row",
        "two tokens without a common row, whose outer product, its bias too, is divided by 1e-3 alone",
        DISJOINT,
        203,
        inputs=lambda: _disjoint(2, 5),
    ),
    _case(
        "published",
        "one block at the published widths",
        PUBLISHED,
        204,
        inputs=lambda: _seeded(204, PUBLISHED, 33, 40),
        dims={"tokens": 40, "rows": 33},
    ),
]
