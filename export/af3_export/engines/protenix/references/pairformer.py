"""The pinned Pairformer."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import network

PREFIX = "pairformer_stack."


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real stack."""
    return network.build(network.module("model.modules.pairformer").PairformerStack, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


def call(stack: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """s and z; the pair mask reaches the triangle modules alone, and the model itself never gives one."""
    s, z = stack(given["s"], given["z"], given.get("pair_mask"), **network.KERNELS, inplace_safe=False)
    return {"s": s, "z": z}


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From s [N, c_s], z [N, N, c_z] and, if it is there, pair_mask [N, N]: s and z."""
    stack = build(config)
    network.set_weights(stack, weights, PREFIX)
    with network.inference():
        return network.outputs(call(stack, network.tensors(inputs)))
