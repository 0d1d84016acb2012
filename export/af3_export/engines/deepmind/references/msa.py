"""The pinned deepmind MSA stack: EvoformerIteration in a layer stack, as the evoformer calls it."""

from collections.abc import Mapping
from typing import Any

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network

INPUTS = ("msa", "pair", "msa_mask", "pair_mask")


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of msa [M, N, c_m], pair [N, N, c_z], msa_mask [M, N] and pair_mask [N, N]."""
    blocks, numerics = network.module("model.network.modules"), network.numerics()
    settings = network.configured(blocks.EvoformerIteration.Config, config)

    def stack(msa: jax.Array, pair: jax.Array, msa_mask: jax.Array, pair_mask: jax.Array) -> Any:
        def layer(state: dict[str, jax.Array]) -> dict[str, jax.Array]:
            masks = {"msa": msa_mask, "pair": pair_mask}
            return blocks.EvoformerIteration(settings, numerics, name="msa_stack")(activations=state, masks=masks)

        return hk.experimental.layer_stack(settings.num_layer)(layer)({"msa": msa, "pair": pair})

    return hk.transform(network.scoped(("diffuser", "evoformer"), stack))


def _arguments(inputs: Mapping[str, NDArray]) -> list[NDArray]:
    """The inputs in order."""
    return [np.asarray(inputs[name], np.float32) for name in INPUTS]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives msa [M, N, c_m] and pair [N, N, c_z]."""
    return network.run(_transformed(config), "", weights, _arguments(inputs))
