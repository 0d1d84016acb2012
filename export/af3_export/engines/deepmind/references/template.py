"""The pinned deepmind template embedding."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import haiku as hk
import jax
import numpy as np
from numpy.typing import NDArray

from af3_export.engines.deepmind import network

INPUTS = ("query_embedding", "padding_mask_2d", "multichain_mask_2d")
TEMPLATES = ("aatype", "atom_positions", "atom_mask")


def _transformed(config: Mapping[str, Any]) -> hk.Transformed:
    """A function of the query embedding [N, N, c_z], two masks [N, N] and the templates' arrays."""
    embedding = network.module("model.network.template_modules").TemplateEmbedding
    templates = network.module("model.features").Templates
    settings, numerics = network.configured(embedding.Config, config), network.numerics()

    def embed(query: jax.Array, padding: jax.Array, multichain: jax.Array, *parts: jax.Array) -> Any:
        slots = templates(**dict(zip(TEMPLATES, parts, strict=True)))
        key = jax.random.PRNGKey(0)  # the network splits it and draws nothing
        return {"pair_update": embedding(settings, numerics)(query, slots, padding, multichain, key)}

    return hk.transform(network.scoped(("diffuser", "evoformer"), embed))


def _arguments(inputs: Mapping[str, NDArray]) -> list[NDArray]:
    """The inputs in order, the atom mask as the featuriser has it."""
    given = SimpleNamespace(**{name: inputs[f"templates.{name}"] for name in TEMPLATES})
    floats = [np.asarray(inputs[name], np.float32) for name in INPUTS]
    return [*floats, given.aatype, given.atom_positions, given.atom_mask != 0]


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight."""
    return network.shapes(_transformed(config), "", _arguments(inputs))


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Gives pair_update [N, N, c_z]."""
    return network.run(_transformed(config), "", weights, _arguments(inputs))
