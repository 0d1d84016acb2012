"""The pinned ligo confidence head, which the model describes and does not build."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import network

PREFIX = "confidence_head."
INPUTS = ("s_inputs", "s", "z", "x_repr", "single_mask", "pair_mask")


def _build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real head, its Pairformer called without the argument that a Pairformer does not take."""
    head = network.build(network.module("models.heads").ConfidenceHead, config)
    forward = head.pairformer.forward
    head.pairformer.forward = lambda *, use_flash, **arguments: forward(**arguments)
    return head


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_build(config), PREFIX)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From s_inputs and s [N, c_s], z [N, N, c_z], x_repr [N, 3] and the masks: the four logits."""
    head = _build(config)
    network.set_weights(head, weights, PREFIX)
    with network.inference():
        return network.outputs(head(**network.batched(inputs, INPUTS), inplace_safe=False))
