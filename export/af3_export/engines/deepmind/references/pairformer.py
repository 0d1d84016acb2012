"""The pinned deepmind Pairformer on CPU in float32: built, given weights, run. Needs jax, dm-haiku and tokamax."""

from collections.abc import Mapping
from typing import Any

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.core.configs import positive
from af3_export.engines.deepmind import network

# The model's second layer stack of the evoformer: haiku numbers it _1, the MSA stack has the plain name.
SCOPES = ("diffuser", "evoformer")
STACK = "__layer_stack_no_per_layer_1"
BLOCK = "trunk_pairformer"
INPUTS = ("single", "pair", "seq_mask", "pair_mask")
CONFIG_KEYS: dict[str, tuple[str, ...]] = {
    "pair_attention": ("num_head",),
    "pair_transition": ("num_intermediate_factor",),
    "single_attention": ("num_head", "key_dim", "value_dim"),
    "single_transition": ("num_intermediate_factor",),
}
DEFAULT_LAYERS = 48


def _block_config(config: Mapping[str, Any]) -> Any:
    """The engine's config object; unknown keys are ignored, absent and null ones have the engine's default."""
    numbers = {"num_layer": DEFAULT_LAYERS} | positive(config, ("num_layer",))
    parts = {part: positive(config.get(part) or {}, keys, f"config.{part}") for part, keys in CONFIG_KEYS.items()}
    return network.module("model.network.modules").PairFormerIteration.Config(**numbers, **parts)


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """The real stack as a pure function of (single, pair, seq_mask, pair_mask), its scopes those of the full model."""
    blocks = network.module("model.network.modules")
    settings, numerics = _block_config(config), network.numerics()

    def stack(single: jax.Array, pair: jax.Array, seq_mask: jax.Array, pair_mask: jax.Array) -> Any:
        def layer(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            block = blocks.PairFormerIteration(settings, numerics, with_single=True, name=BLOCK)
            return block(act=state[0], single_act=state[1], pair_mask=pair_mask, seq_mask=seq_mask)

        pair, single = hk.experimental.layer_stack(settings.num_layer, name=STACK)(layer)((pair, single))
        return {"single": single, "pair": pair}

    return hk.transform(network.scoped(SCOPES, stack))


def _arguments(inputs: Mapping[str, NDArray]) -> list[NDArray]:
    return [np.asarray(inputs[name], np.float32) for name in INPUTS]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model (`scope:parameter`) and shapes, with the leading layer axis, of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> dict[str, NDArray[np.float32]]:
    """Runs the stack on single [N, c_s], pair [N, N, c_z], seq_mask [N], pair_mask [N, N]; gives single and pair."""
    return network.run(_transformed(config), "", weights, _arguments(inputs))
