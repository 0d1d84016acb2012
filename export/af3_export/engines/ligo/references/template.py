"""The pinned ligo template embedder, which the model describes and does not build."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import network

PREFIX = "template_embedder."


def _build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real embedder."""
    return network.build(network.module("models.embedders").TemplateEmbedder, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_build(config), PREFIX)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From template_aatype, _pseudo_beta and _pseudo_beta_mask [T, N], asym_id, z_trunk, pair_mask: u [N, N, c_z]."""
    embedder, given = _build(config), network.batched(inputs)
    network.set_weights(embedder, weights, PREFIX)
    z_trunk, pair_mask = given.pop("z_trunk"), given.pop("pair_mask")
    with network.inference():
        return network.outputs({"u": embedder(given, z_trunk, pair_mask, inplace_safe=False)})
