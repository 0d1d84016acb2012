"""The whole pinned ligo network: trunk, sampler on recorded noise, distogram."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import model as ligo_model
from af3_export.engines.ligo import network as ligo_network


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return ligo_network.shapes(ligo_model.build(config), "")


def run(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> ligo_network.Outputs:
    """The trunk's outputs, positions [S, A, 3] of the real sampler, and distogram_logits."""
    model = ligo_model.build(config)
    ligo_network.set_weights(model, weights, "")
    sampler = model.diffusion_module.sample

    def rollout(**arguments: Any) -> torch.Tensor:
        arguments |= {"n_steps": config["n_steps"], "samples_per_trunk": config["samples_per_trunk"]}
        with ligo_model.recorded(ligo_model.draws(inputs)):
            return sampler(**arguments)

    return ligo_network.outputs(ligo_model.forward(model, inputs, config["num_cycles"], rollout))
