"""The pinned trunk: the model's own passes."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import model as protenix_model
from af3_export.engines.protenix import network

build = protenix_model.build_trunk


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(build(config), "")


def call(model: torch.nn.Module, given: Mapping[str, torch.Tensor], cycles: int) -> dict[str, torch.Tensor]:
    """s_inputs, s and z after so many passes."""
    return protenix_model.trunk(model, given, cycles)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From the features, raw templates and msa_order [R, M]: s_inputs, s and z."""
    model = build(config)
    network.set_weights(model, weights, "")
    with network.inference():
        return network.outputs(call(model, protenix_model.prepared(config, inputs), config["N_cycle"]))
