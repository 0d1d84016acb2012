"""The pinned ligo diffusion module: one denoising call."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.engines.ligo import network

PREFIX = "diffusion_module."


def _build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real module."""
    return network.build(network.module("models.diffusion_module").DiffusionModule, config)


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_build(config), PREFIX)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """From noisy_atoms [S, A, 3], timesteps [S], s_inputs, s_trunk, z_trunk and the features: denoised [S, A, 3]."""
    diffusion, given = _build(config), network.batched(inputs)
    network.set_weights(diffusion, weights, PREFIX)
    noisy, timesteps = given.pop("noisy_atoms"), given.pop("timesteps")[..., None]
    trunk = [given.pop(name) for name in ("s_inputs", "s_trunk", "z_trunk")]
    with network.inference():
        denoised = diffusion(noisy, timesteps, given, *trunk, use_deepspeed_evo_attention=False)
    return network.outputs({"denoised": denoised})
