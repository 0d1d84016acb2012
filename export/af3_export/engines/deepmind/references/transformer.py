"""The pinned deepmind token transformer of the diffusion head."""

from collections.abc import Mapping
from typing import Any

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network

INPUTS = ("act", "mask", "single_cond", "pair_cond")
# The model creates the diffusion head in its constructor: haiku marks that with ~, which is no name scope.
PREFIX = "diffuser/~/diffusion_head/"


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of act [N, c], mask [N], single_cond [N, c_s] and pair_cond [N, N, c_p]."""
    blocks, numerics = network.module("model.network.diffusion_transformer"), network.numerics()
    settings = network.configured(blocks.Transformer.Config, config)

    def transformer(act: jax.Array, mask: jax.Array, single_cond: jax.Array, pair_cond: jax.Array) -> Any:
        return {"act": blocks.Transformer(settings, numerics)(act, mask, single_cond, pair_cond)}

    return hk.transform(transformer)


def _arguments(inputs: Mapping[str, NDArray]) -> list[NDArray]:
    """The inputs in order."""
    return [np.asarray(inputs[name], np.float32) for name in INPUTS]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), PREFIX, _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives act [N, c]."""
    return network.run(_transformed(config), PREFIX, weights, _arguments(inputs))
