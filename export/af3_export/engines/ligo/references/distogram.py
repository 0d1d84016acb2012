"""The pinned ligo distogram head."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import network

PREFIX = "distogram_head."


def _build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real head."""
    return network.build(network.module("models.heads").DistogramHead, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_build(config), PREFIX)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From z [N, N, c_z]: distogram_logits [N, N, no_bins]."""
    head = _build(config)
    network.set_weights(head, weights, PREFIX)
    with network.inference():
        return network.outputs({"distogram_logits": head(network.batched(inputs)["z"])})
