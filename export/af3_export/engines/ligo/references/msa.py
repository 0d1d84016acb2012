"""The pinned ligo MSA module."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import network

PREFIX = "msa_module."


def _build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real module."""
    return network.build(network.module("models.msa_module").MSAModule, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_build(config), PREFIX)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From msa_feat [M, N, 49], msa_mask [M, N], z [N, N, c_z], s_inputs [N, c_token], pair_mask [N, N]: z."""
    msa, given = _build(config), network.batched(inputs)
    network.set_weights(msa, weights, PREFIX)
    features = {name: given[name] for name in ("msa_feat", "msa_mask")}
    with network.inference():
        z = msa(features, given["z"], given["s_inputs"], given["pair_mask"], inplace_safe=False)
    return network.outputs({"z": z})
