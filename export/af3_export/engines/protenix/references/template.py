"""The pinned template embedder."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import network

PREFIX = "template_embedder."


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real embedder."""
    return network.build(network.module("model.modules.pairformer").TemplateEmbedder, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


def call(embedder: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What is added to z."""
    return {"template": embedder(given, given["z"], **network.KERNELS, inplace_safe=False)}


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From template_aatype [T, N], the four derived features, asym_id [N] and z [N, N, c_z]: template [N, N, c_z]."""
    embedder = build(config)
    network.set_weights(embedder, weights, PREFIX)
    with network.inference():
        return network.outputs(call(embedder, network.tensors(inputs)))
