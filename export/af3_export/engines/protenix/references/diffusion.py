"""The pinned diffusion module."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.protenix import features, network

PREFIX = "diffusion_module."
TRUNK = ("s_inputs", "s_trunk", "z_trunk")


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real module."""
    return network.build(network.module("model.modules.diffusion").DiffusionModule, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(build(config), PREFIX)


def prepared(inputs: Mapping[str, NDArray]) -> dict[str, torch.Tensor]:
    """Inputs with what the model makes of features before it calls the module."""
    return features.relative_positions(features.atoms(network.tensors(inputs)))


def call(module: torch.nn.Module, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Denoised positions; nothing is cached."""
    denoised = module(
        given["x_noisy"],
        given["t_hat"],
        given,
        **{name: given[name] for name in TRUNK},
        pair_z=None,
        p_lm=None,
        c_l=None,
        inplace_safe=False,
    )
    return {"denoised": denoised}


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From x_noisy [S, A, 3], t_hat [S], the trunk's s_inputs, s_trunk, z_trunk and the features: denoised [S, A, 3]."""
    module = build(config)
    network.set_weights(module, weights, PREFIX)
    with network.inference():
        return network.outputs(call(module, prepared(inputs)))
