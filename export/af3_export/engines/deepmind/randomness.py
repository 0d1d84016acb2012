"""Gives the real deepmind model recorded random values: the MSA's row orders and every draw of the sampler."""

import contextlib
import types
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.engines.deepmind import network

# Shapes [S, N, 24, 3], [steps, S, 3, 3], [steps, S, 3] and [steps, S, N, 24, 3].
NOISE = ("init_noise", "step_rotation", "step_translation", "step_noise")


def rotations(normals: NDArray) -> NDArray[np.float32]:
    """Rotations [..., 3, 3] of pairs of normal vectors [..., 2, 3] by Gram-Schmidt, rows e0, e1 and e0 x e1."""
    first, second = normals[..., 0, :].astype(np.float64), normals[..., 1, :].astype(np.float64)
    e0 = first / np.maximum(1e-10, np.linalg.norm(first, axis=-1, keepdims=True))
    second = second - e0 * (second * e0).sum(-1, keepdims=True)
    e1 = second / np.maximum(1e-10, np.linalg.norm(second, axis=-1, keepdims=True))
    return np.stack([e0, e1, np.cross(e0, e1)], -2).astype(np.float32)


def seeded_noise(seed: int, samples: int, steps: int, tokens: int) -> dict[str, NDArray]:
    """Noise for a run of the sampler, each kind a stream of its own name."""
    positions = (tokens, 24, 3)
    return {
        "init_noise": random_tensors.normal(seed, "init_noise", (samples, *positions)),
        "step_rotation": rotations(random_tensors.normal(seed, "step_rotation", (steps, samples, 2, 3))),
        "step_translation": random_tensors.normal(seed, "step_translation", (steps, samples, 3)),
        "step_noise": random_tensors.normal(seed, "step_noise", (steps, samples, *positions)),
    }


def _jax_with(split: Any, normal: Any = None) -> types.ModuleType:
    """The jax that one module sees, with other random functions."""
    found = types.ModuleType("jax")
    found.__dict__.update(jax.__dict__)
    found.random = types.SimpleNamespace(split=split, normal=normal)  # type: ignore[attr-defined]
    return found


class _SamplerKeys:
    """Keys of the sampler as integers: [0] before the samples part, then [sample, step]. Draws look them up."""

    def __init__(self, noise: Mapping[str, Any]) -> None:
        self.noise = noise

    def split(self, key: jax.Array, parts: int = 2) -> Any:
        """Follows the sampler's three kinds of splits."""
        if key.dtype != jnp.int32:  # the model's own key, into those of the samples and of the first draw
            return jnp.zeros(1, jnp.int32), jnp.zeros(1, jnp.int32)
        if key.shape == (1,):
            return jnp.stack([jnp.arange(parts), jnp.zeros(parts, jnp.int32)], axis=1)
        if parts == 3:
            return key + jnp.array([0, 1]), key, key
        return key, key

    def normal(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """The draw that belongs to a key; its kind follows from the shape."""
        if key.shape == (1,):
            return self.noise["init_noise"].reshape(shape)
        kind = "step_translation" if shape == (3,) else "step_noise"
        return self.noise[kind][key[1], key[0]].reshape(shape)

    def rotation(self, key: jax.Array) -> jax.Array:
        """The rotation that belongs to a key."""
        return self.noise["step_rotation"][key[1], key[0]]


@contextlib.contextmanager
def recorded_noise(noise: Mapping[str, Any]) -> Iterator[None]:
    """While it lasts, diffusion_head.sample (traced or not) draws recorded values."""
    head, keys = network.module("model.network.diffusion_head"), _SamplerKeys(noise)
    with (
        mock.patch.object(head, "jax", _jax_with(keys.split, keys.normal)),
        mock.patch.object(head, "random_rotation", keys.rotation),
    ):
        yield


@contextlib.contextmanager
def recorded_orders(orders: jax.Array) -> Iterator[None]:
    """While it lasts, the model's key counts its passes (give it an int32 zero) and the MSA's rows follow `orders`."""
    model, evoformer = network.module("model.model"), network.module("model.network.evoformer")
    templates = network.module("model.network.template_modules")

    def shuffle(key: jax.Array, msa: Any) -> Any:
        return msa.index_msa_rows(orders[key]), key

    with (
        mock.patch.object(model, "jax", _jax_with(lambda key: (key + 1, key))),
        mock.patch.object(evoformer, "jax", _jax_with(lambda key: (key, key))),
        mock.patch.object(templates, "jax", _jax_with(lambda key, parts: jnp.full(parts, key))),
        mock.patch.object(model.featurization, "shuffle_msa", shuffle),
    ):
        yield
