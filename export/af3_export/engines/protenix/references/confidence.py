"""The pinned confidence head."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import network

PREFIX = "confidence_head."
OUTPUTS = ("plddt", "pae", "pde", "resolved")
REPRESENTATIONS = ("s_inputs", "s_trunk", "z_trunk", "x_pred_coords")


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real head."""
    head = network.module("model.modules.confidence").ConfidenceHead
    return network.build(head, {"max_atoms_per_token": 24, **config})  # the class would have 20, which no model is built with


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


def call(head: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Logits, sample by sample."""
    representations = {name: given[name] for name in REPRESENTATIONS}
    found = head(given, **representations, pair_mask=None, **network.KERNELS, inplace_safe=False)
    return dict(zip(OUTPUTS, found, strict=True))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From x_pred_coords [S, A, 3], s_inputs, s_trunk, z_trunk and three maps of atoms: logits of the four heads."""
    head = build(config)
    network.set_weights(head, weights, PREFIX)
    with network.inference():
        return network.outputs(call(head, network.tensors(inputs)))
