"""deepmind's components as functions of named weights and inputs: the modules of references/, in any precision."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.references import (
    confidence,
    diffusion,
    distogram,
    full,
    msa,
    pairformer,
    template,
    transformer,
    trunk,
)

Config = Mapping[str, Any]
Inputs = Mapping[str, NDArray]
TWICE = tuple(
    f"_{layer}_1"
    for layer in ("single_to_pair_cond_row", "single_to_pair_cond_col", "embed_pair_offsets", "embed_pair_distances")
)


@dataclass(frozen=True)
class Component:
    """How a component becomes a function, what it takes, and what its scopes in the full model begin with."""

    transformed: Callable[[Config], hk.Transformed]
    arguments: Callable[[Inputs], list[Any]]
    prefix: str = ""
    # A block that the model calls on bfloat16 activations: its first arguments, so many, are activations and masks.
    activations: int = 0


def _toy(_: Config) -> hk.Transformed:
    """The mode `toy`: tanh(x W^T). It measures what a run costs around the network, and is nobody's network."""

    def toy(x: jax.Array) -> Any:
        with hk.name_scope("toy"):
            return {"y": jnp.tanh(x @ hk.get_parameter("weights", [x.shape[-1]] * 2, init=jnp.zeros).T)}

    return hk.transform(toy)


def _of(module: Any, activations: int = 0) -> Component:
    """The component of a reference module."""
    return Component(module._transformed, module._arguments, getattr(module, "PREFIX", ""), activations)


COMPONENTS: Mapping[str, Component] = {
    "pairformer": _of(pairformer, activations=4),
    "msa_stack": _of(msa, activations=4),
    "template_embedding": _of(template, activations=3),
    "diffusion_transformer": _of(transformer, activations=4),
    "diffusion_head": _of(diffusion),
    "confidence_head": _of(confidence),
    "distogram_head": _of(distogram),
    "trunk": _of(trunk),
    "full": _of(full),
    "toy": Component(_toy, lambda inputs: [np.asarray(inputs["x"], np.float32)]),
}
WITH_TEMPLATES = ("template_embedding", "trunk", "full")


def parameters(weights: Mapping[str, NDArray], prefix: str) -> dict[str, dict[str, NDArray]]:
    """Haiku's nested parameters of named weights.

    The atom encoders create some layers twice and use the second, `…_1` (trap T8). Whoever writes only what is used
    leaves the first ones out: they become zeros.
    """
    found: dict[str, dict[str, NDArray]] = {}
    for name, value in weights.items():
        scope, _, leaf = name.removeprefix(prefix).rpartition(":")
        found.setdefault(scope, {})[leaf] = np.asarray(value, np.float32)
    for scope in [scope for scope in found if scope.endswith(TWICE)]:
        first = scope.removesuffix("_1")
        found.setdefault(first, {name: np.zeros_like(value) for name, value in found[scope].items()})
    return found


class _Inverse:
    """The inverse of a rigid transformation that subtracts before it rotates."""

    def __init__(self, rigid: Any) -> None:
        self.rigid = rigid

    def apply_to_point(self, point: Any) -> Any:
        """What the repository calls apply_inverse_to_point."""
        return self.rigid.apply_inverse_to_point(point)


@contextlib.contextmanager
def _exact_diagonal() -> Iterator[None]:
    """A template's unit vector from a token to itself is zero, whatever the compiler contracts (trap T20).

    As the repository writes it, R^T t + R^T(-t) is rounding noise where multiply and add are fused, and is blown up to
    a unit vector. Subtracting first is its own apply_inverse_to_point; the case makers do without such instructions.
    """
    rigid = network.module("jax.geometry").Rigid3Array
    with mock.patch.object(rigid, "inverse", lambda self: _Inverse(self)):
        yield


def numerics(bfloat16: bool, attention: str) -> Any:
    """The repository's GlobalConfig: of the cases, or with its own bfloat16 setting."""
    config = network.module("model.model_config").GlobalConfig
    return config(bfloat16="all" if bfloat16 else "none", final_init="linear", flash_attention_implementation=attention)


def _float32_state(evoformer: type) -> type:
    """An evoformer whose embeddings leave as float32, as the model's recycling loop casts them."""

    class Evoformer(evoformer):  # type: ignore[misc, valid-type]
        def __call__(self, *arguments: Any, **named: Any) -> dict[str, jax.Array]:
            found = super().__call__(*arguments, **named)
            return {**found, **{name: found[name].astype(jnp.float32) for name in ("pair", "single")}}

    return Evoformer


def _on_bfloat16(component: Component, config: Config) -> hk.Transformed:
    """A block as the model calls it in bfloat16: activations cast, parameters cast where they are read."""
    functions: list[Callable[..., Any]] = []
    with mock.patch.object(hk, "transform", functions.append):
        component.transformed(config)
    context = network.module("model.components.utils").bfloat16_context

    def block(*arguments: Any) -> Any:
        cast = [value.astype(jnp.bfloat16) for value in arguments[: component.activations]]
        with context():
            return functions[0](*cast, *arguments[component.activations :])

    return hk.transform(block)


def function_of(name: str, config: Config, bfloat16: bool, attention: str) -> Callable[..., dict[str, jax.Array]]:
    """A component as a pure function of its parameters and its arguments, ready to be compiled."""
    component, settings = COMPONENTS[name], numerics(bfloat16, attention)
    evoformer = network.module("model.network.evoformer")
    with contextlib.ExitStack() as patches:
        patches.enter_context(mock.patch.object(network, "numerics", lambda: settings))
        if bfloat16 and name == "trunk":
            patches.enter_context(mock.patch.object(evoformer, "Evoformer", _float32_state(evoformer.Evoformer)))
        transformed = component.activations and bfloat16
        function = _on_bfloat16(component, config) if transformed else component.transformed(config)

    def run(given: Any, *arguments: Any) -> dict[str, jax.Array]:
        with _exact_diagonal():
            return function.apply(given, jax.random.PRNGKey(0), *arguments)

    return run
