"""The pinned deepmind diffusion head: one call of the denoiser, conditioning included."""

from collections.abc import Mapping
from typing import Any

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.batch import as_batch, batch

EMBEDDINGS = ("single", "pair", "target_feat")
DIRECT = ("positions_noisy", "noise_level", *EMBEDDINGS)
# The model creates the head in its constructor: haiku marks that with ~, which is no name scope.
PREFIX = "diffuser/~/"


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of noisy positions [N, 24, 3], the noise level [], the embeddings and the featurised dictionary."""
    head = network.module("model.network.diffusion_head").DiffusionHead
    settings, numerics = network.configured(head.Config, config), network.numerics()

    def denoise(positions: jax.Array, level: jax.Array, embeddings: dict[str, jax.Array], features: Any) -> Any:
        module = head(settings, numerics)
        return {"positions": module(positions, level, as_batch(features), embeddings, use_conditioning=True)}

    return hk.transform(denoise)


def _arguments(inputs: Mapping[str, NDArray]) -> list[Any]:
    """The inputs in order."""
    positions, level, *embeddings = (np.asarray(inputs[name], np.float32) for name in DIRECT)
    features = batch({name: value for name, value in inputs.items() if name not in DIRECT})
    return [positions, level, dict(zip(EMBEDDINGS, embeddings, strict=True)), features]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), PREFIX, _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives positions [N, 24, 3]."""
    return network.run(_transformed(config), PREFIX, weights, _arguments(inputs))
