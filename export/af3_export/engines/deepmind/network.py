"""Imports the pinned deepmind network with stand-ins for its data pipeline, and turns its modules into functions."""

import importlib
import os
import platform
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import absl.flags
import absl.logging
import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.core.checkouts import put_on_path, verified_checkout
from af3_export.core.errors import InputError

# XLA reads this when the first computation starts. Without FMA it does not matter what the compiler contracts; with it
# the unit vector of a template's token to itself is rounding noise (trap T20).
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX".strip()
jax.config.update("jax_platforms", "cpu")

# What the network's modules import and never call: the data pipeline, its C++ extension and rdkit.
STAND_INS: Mapping[str, tuple[str, ...]] = {
    "rdkit": (),
    "rdkit.Chem": (),
    "alphafold3.cpp": (),
    "alphafold3.cpp.cif_dict": ("CifDict",),
    "alphafold3.cpp.mkdssp": (),
    "alphafold3.cpp.msa_profile": (),
    "alphafold3.structure": ("Structure",),
    "alphafold3.structure.chemical_components": ("ChemicalComponentsData",),
    "alphafold3.common.folding_input": ("Template",),
    "alphafold3.constants.chemical_component_sets": (),
    "alphafold3.data.msa": (),
    "alphafold3.data.templates": (),
    "alphafold3.data.tools.rdkit_utils": (),
}
Outputs = dict[str, NDArray]


def _stand_in(name: str, attributes: tuple[str, ...]) -> None:
    """Puts an empty module in place of one that cannot be imported here."""
    module = types.ModuleType(name)
    module.__path__ = []  # type: ignore[attr-defined]
    for attribute in attributes:
        setattr(module, attribute, type(attribute, (), {}))
    sys.modules[name] = module
    parent, _, leaf = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], leaf, module)


def module(name: str) -> Any:
    """A module of alphafold3, such as `model.network.modules`."""
    absl.logging.set_verbosity(absl.logging.FATAL)  # tokamax logs a traceback for every kernel it cannot use on a CPU
    if not absl.flags.FLAGS.is_parsed():
        absl.flags.FLAGS(sys.argv[:1])  # else tokamax parses our command line as its own and stops at the first option
    if "alphafold3" not in sys.modules:
        put_on_path(verified_checkout("deepmind") / "src")
        for missing, attributes in STAND_INS.items():
            _stand_in(missing, attributes)
    return importlib.import_module(f"alphafold3.{name}")


def numerics() -> Any:
    """The GlobalConfig of every case: float32, no flash attention."""
    config = module("model.model_config").GlobalConfig
    return config(bfloat16="none", final_init="linear", flash_attention_implementation="xla")


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"python": platform.python_version(), "jax": jax.__version__, "numpy": np.__version__}


def without_nulls(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without its null entries, at any depth: they have the engine's default."""
    return {
        key: without_nulls(value) if isinstance(value, Mapping) else value
        for key, value in config.items()
        if value is not None
    }


def configured(kind: Any, config: Mapping[str, Any]) -> Any:
    """A config object of the engine."""
    try:
        return kind(**without_nulls(config))
    except TypeError as error:
        raise InputError(f"the config does not fit {kind.__qualname__}: {error}") from None


def shapes(function: hk.Transformed, prefix: str, arguments: Any) -> dict[str, tuple[int, ...]]:
    """Names in the full model (`scope:parameter`) and shapes, with layer axes, of every weight the function creates."""
    dummies = jax.tree.map(lambda value: jax.ShapeDtypeStruct(np.shape(value), np.asarray(value).dtype), arguments)
    try:
        tree = jax.eval_shape(function.init, jax.random.PRNGKey(0), *dummies)
    except (AssertionError, TypeError, ValueError) as error:
        reason = str(error).strip() or "a number of channels is no multiple of its number of heads"
        raise InputError(f"the config contradicts itself or the inputs: {reason}") from None
    return {
        f"{prefix}{scope}:{name}": tuple(leaf.shape) for scope, leaves in tree.items() for name, leaf in leaves.items()
    }


def tree(
    weights: Mapping[str, NDArray], wanted: Mapping[str, tuple[int, ...]], prefix: str = ""
) -> dict[str, dict[str, NDArray]]:
    """Haiku's nested parameters; tensors of other parts of the model are ignored, a missing one is refused."""
    found: dict[str, dict[str, NDArray]] = {}
    for name, shape in wanted.items():
        if name not in weights:
            raise InputError(f"the weights lack {name}")
        if weights[name].shape != shape:
            raise InputError(f"{name} has shape {list(weights[name].shape)}, expected {list(shape)}")
        scope, leaf = name.removeprefix(prefix).rsplit(":", 1)
        found.setdefault(scope, {})[leaf] = np.asarray(weights[name], np.float32)
    return found


# How `run` compiles; what rounds operands puts a way in its place that keeps programs (`rounding.py`).
jit = jax.jit


def run(function: hk.Transformed, prefix: str, weights: Mapping[str, NDArray], arguments: Any) -> Outputs:
    """Runs a function with named weights; it returns a dictionary of arrays."""
    parameters = tree(weights, shapes(function, prefix, arguments), prefix)
    outputs = jit(function.apply)(parameters, jax.random.PRNGKey(0), *arguments)
    return {name: np.asarray(value, np.float32) for name, value in outputs.items()}


def scoped(scopes: tuple[str, ...], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its modules created below these name scopes."""

    def inside(*arguments: Any) -> Any:
        if not scopes:
            return function(*arguments)
        with hk.name_scope(scopes[0]):
            return scoped(scopes[1:], function)(*arguments)

    return inside
