"""The pinned deepmind network on CPU in float32: built, given weights, run. Needs jax, dm-haiku and tokamax."""

import importlib
import os
import platform
import sys
import types
from collections.abc import Mapping
from typing import Any

import absl.flags
import absl.logging
import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.checkouts import put_on_path, verified_checkout
from af3_export.configs import positive
from af3_export.errors import InputError

# XLA reads this when the first computation starts. Without FMA it does not matter what the compiler contracts.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX".strip()
jax.config.update("jax_platforms", "cpu")

# The model's second layer stack of the evoformer: haiku numbers it _1, the MSA stack has the plain name.
SCOPES = ("diffuser", "evoformer")
STACK = "__layer_stack_no_per_layer_1"
BLOCK = "trunk_pairformer"
CONFIG_KEYS: dict[str, tuple[str, ...]] = {
    "pair_attention": ("num_head",),
    "pair_transition": ("num_intermediate_factor",),
    "single_attention": ("num_head", "key_dim", "value_dim"),
    "single_transition": ("num_intermediate_factor",),
}
DEFAULT_LAYERS = 48


def _modules() -> tuple[types.ModuleType, types.ModuleType]:
    """Imports the network's blocks; atom_layout only annotates a type here and would need C++ and rdkit."""
    absl.logging.set_verbosity(absl.logging.FATAL)  # tokamax logs a traceback for every kernel it cannot use on a CPU
    if not absl.flags.FLAGS.is_parsed():
        absl.flags.FLAGS(sys.argv[:1])  # else tokamax parses our command line as its own and stops at the first option
    if "alphafold3.model.network.modules" not in sys.modules:
        put_on_path(verified_checkout("deepmind") / "src")
        layout = types.ModuleType("alphafold3.model.atom_layout.atom_layout")
        layout.GatherInfo = type("GatherInfo", (), {})  # type: ignore[attr-defined]
        sys.modules[layout.__name__] = layout
    blocks = importlib.import_module("alphafold3.model.network.modules")
    return blocks, importlib.import_module("alphafold3.model.model_config")


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"python": platform.python_version(), "jax": jax.__version__, "numpy": np.__version__}


def pairformer_widths(inputs: Mapping[str, NDArray]) -> tuple[int, int]:
    """Channels (c_s, c_z) of given inputs single [N, c_s] and pair [N, N, c_z]."""
    return inputs["single"].shape[-1], inputs["pair"].shape[-1]


def _block_config(config: Mapping[str, Any]) -> Any:
    """The engine's config object; unknown keys are ignored, absent and null ones have the engine's default."""
    blocks, _ = _modules()
    numbers = {"num_layer": DEFAULT_LAYERS} | positive(config, ("num_layer",))
    parts = {part: positive(config.get(part) or {}, keys, f"config.{part}") for part, keys in CONFIG_KEYS.items()}
    return blocks.PairFormerIteration.Config(**numbers, **parts)


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """The real stack as a pure function of (single, pair, seq_mask, pair_mask), its scopes those of the full model."""
    blocks, model_config = _modules()
    settings = _block_config(config)
    numerics = model_config.GlobalConfig(bfloat16="none", final_init="linear", flash_attention_implementation="xla")

    def stack(single: jax.Array, pair: jax.Array, seq_mask: jax.Array, pair_mask: jax.Array) -> Any:
        def layer(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            block = blocks.PairFormerIteration(settings, numerics, with_single=True, name=BLOCK)
            return block(act=state[0], single_act=state[1], pair_mask=pair_mask, seq_mask=seq_mask)

        with hk.name_scope(SCOPES[0]), hk.name_scope(SCOPES[1]):
            return hk.experimental.layer_stack(settings.num_layer, name=STACK)(layer)((pair, single))

    return hk.without_apply_rng(hk.transform(stack))


def pairformer_shapes(config: Mapping[str, Any], c_s: int, c_z: int) -> dict[str, tuple[int, ...]]:
    """Names in the full model (`scope:parameter`) and shapes, with the leading layer axis, of every weight."""
    tokens = 3
    shapes = ((tokens, c_s), (tokens, tokens, c_z), (tokens,), (tokens, tokens))
    dummies = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
    try:
        tree = jax.eval_shape(_transformed(config).init, jax.random.PRNGKey(0), *dummies)
    except (AssertionError, TypeError, ValueError) as error:
        reason = str(error).strip() or "a number of channels is no multiple of its number of heads"
        raise InputError(f"the config contradicts itself or the inputs: {reason}") from None
    return {f"{scope}:{name}": tuple(leaf.shape) for scope, leaves in tree.items() for name, leaf in leaves.items()}


def _tree(weights: Mapping[str, NDArray], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, dict[str, NDArray]]:
    """Haiku's nested parameters; tensors of other parts of the model are ignored, a missing one is refused."""
    tree: dict[str, dict[str, NDArray]] = {}
    for name, shape in shapes.items():
        if name not in weights:
            raise InputError(f"the weights lack {name}")
        if weights[name].shape != shape:
            raise InputError(f"{name} has shape {list(weights[name].shape)}, expected {list(shape)}")
        scope, leaf = name.rsplit(":", 1)
        tree.setdefault(scope, {})[leaf] = np.asarray(weights[name], np.float32)
    return tree


def run_pairformer(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> dict[str, NDArray[np.float32]]:
    """Runs the stack on single [N, c_s], pair [N, N, c_z], seq_mask [N], pair_mask [N, N]; gives single and pair."""
    shapes = pairformer_shapes(config, *pairformer_widths(inputs))
    arguments = [np.asarray(inputs[name], np.float32) for name in ("single", "pair", "seq_mask", "pair_mask")]
    pair, single = jax.jit(_transformed(config).apply)(_tree(weights, shapes), *arguments)
    return {"single": np.asarray(single), "pair": np.asarray(pair)}
