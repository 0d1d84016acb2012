"""The pinned input embedder: the atom encoder without coordinates, and what is put beside it."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import features, network

PREFIX = "input_embedder."


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real embedder; `esm` of the config is what its class calls `esm_configs`."""
    embedder = network.module("model.modules.embedders").InputFeatureEmbedder
    return network.build(embedder, {**config, "esm_configs": config.get("esm") or {}})


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


def call(embedder: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Of features with one-hots and windows."""
    return {"s_inputs": embedder(given, inplace_safe=False)}


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From the features of atoms, restype and profile [N, 32], deletion_mean [N]: s_inputs [N, c_token + 65]."""
    embedder = build(config)
    network.set_weights(embedder, weights, PREFIX)
    with network.inference():
        return network.outputs(call(embedder, features.atoms(network.tensors(inputs))))
