"""The committed golden cases of deepmind's MSA stack, as data."""

from typing import Any

import numpy as np

from af3_export.core import random_tensors
from af3_export.core.component_case import Arrays, ComponentCase, seeded_inputs


def _config(layers: int, msa_heads: int, outer: int, pair_heads: int, factors: tuple[int, int]) -> dict[str, Any]:
    """A config from layers, heads of the MSA attention, channels of the outer product, pair heads, both transitions."""
    return {
        "num_layer": layers,
        "msa_attention": {"num_head": msa_heads},
        "outer_product_mean": {"num_outer_channel": outer},
        "msa_transition": {"num_intermediate_factor": factors[0]},
        "pair_attention": {"num_head": pair_heads},
        "pair_transition": {"num_intermediate_factor": factors[1]},
    }


def _inputs(seed: int, rows: int, tokens: int, c_m: int, c_z: int, disjoint: tuple[int, int] | None = None) -> Arrays:
    """Seeded inputs; the last token and row are padding; `disjoint` tokens share no row of the MSA mask."""
    representations = {"msa": (rows, tokens, c_m), "pair": (tokens, tokens, c_z)}
    made = seeded_inputs(seed, representations, {"msa_mask": (rows, tokens), "pair_mask": (tokens, tokens)})
    for name in ("msa_mask", "pair_mask"):  # a second draw leaves about three quarters
        made[name] *= random_tensors.mask(seed, f"{name}/thinner", made[name].shape)
    np.fill_diagonal(made["pair_mask"], 1)
    made["msa_mask"][:, -1] = made["msa_mask"][-1, :] = 0
    made["pair_mask"][:, -1] = made["pair_mask"][-1, :] = 0
    if disjoint is not None:
        first, second = disjoint
        made["msa_mask"][::2, first] = made["msa_mask"][1::2, second] = 0
    return made


def _unpadded(seed: int, rows: int, tokens: int, c_m: int, c_z: int) -> Arrays:
    """Seeded inputs as they are."""
    representations = {"msa": (rows, tokens, c_m), "pair": (tokens, tokens, c_z)}
    return seeded_inputs(seed, representations, {"msa_mask": (rows, tokens), "pair_mask": (tokens, tokens)})


CASES = [
    ComponentCase(
        "odd",
        "deepmind",
        "msa_stack",
        "two layers at odd sizes: rows, tokens and both widths differ",
        _config(2, 3, 5, 2, (2, 3)),
        101,
        lambda: _unpadded(101, 7, 9, 18, 20),
    ),
    ComponentCase(
        "padded",
        "deepmind",
        "msa_stack",
        "a padded token and row, masks that are neither symmetric nor an outer product",
        _config(2, 2, 7, 3, (3, 1)),
        102,
        lambda: _inputs(102, 6, 11, 10, 21),
    ),
    ComponentCase(
        "no-common-row",
        "deepmind",
        "msa_stack",
        "two tokens without a common row, whose outer product is divided by 1e-3 alone, and one token in no row at all",
        _config(1, 4, 4, 2, (1, 2)),
        103,
        lambda: _inputs(103, 8, 10, 12, 14, (3, 6)),
    ),
    ComponentCase(
        "published",
        "deepmind",
        "msa_stack",
        "one layer at the published widths",
        _config(1, 8, 32, 4, (4, 4)),
        104,
        lambda: _unpadded(104, 33, 40, 64, 128),
        {"tokens": 40, "rows": 33, "c_m": 64, "c_z": 128},
    ),
]
