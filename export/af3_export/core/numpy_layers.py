"""Layers in double precision, written from the mathematics: the second witness of the golden cases."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensors = Mapping[str, NDArray]
Config = Mapping[str, Any]
# Reads a weight by its name within a block.
Read = Callable[[str], Array]
# Rows of a triangle attention that are computed together, so that 256 tokens stay far below a gigabyte.
ROWS_BYTES = 1 << 28


def sigmoid(x: Array) -> Array:
    """Logistic function without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def silu(x: Array) -> Array:
    """x times its logistic."""
    return x * sigmoid(x)


def layer_norm(x: Array, scale: Array, offset: Array) -> Array:
    """Normalises the last axis (biased variance, epsilon 1e-5), then scales and shifts."""
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, -1, keepdims=True) + 1e-5) * scale + offset


def softmax(logits: Array) -> Array:
    """Softmax over the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def split_heads(x: Array, heads: int) -> Array:
    """[..., T, heads * C] to [..., heads, T, C], channels head-major."""
    parts = x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)
    return np.moveaxis(parts, -2, -3)


def join_heads(x: Array) -> Array:
    """[..., heads, T, C] to [..., T, heads * C]."""
    x = np.moveaxis(x, -3, -2)
    return x.reshape(*x.shape[:-2], -1)


def contract_triangle(a: Array, b: Array) -> Array:
    """sum_k a[i, k, c] * b[j, k, c] for all i, j: [N, N, C]."""
    left, right = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.moveaxis(left @ np.swapaxes(right, 1, 2), 0, -1)


def row_blocks(tokens: int, heads: int) -> Iterator[slice]:
    """Slices over the rows of a triangle attention whose logits [rows, heads, N, N] fit the memory bound."""
    step = max(1, ROWS_BYTES // (8 * heads * tokens * tokens))
    for start in range(0, tokens, step):
        yield slice(start, min(start + step, tokens))


def doubles(tensors: Tensors, *names: str) -> list[Array]:
    """Tensors in double precision."""
    return [np.asarray(tensors[name], np.float64) for name in names]


def reader(weights: Tensors, prefix: str, layer: int | None = None) -> Read:
    """Reads weights below a prefix in double precision; of layers that are stacked, those of one."""

    def read(name: str) -> Array:
        found = weights[prefix + name]
        return np.asarray(found if layer is None else found[layer], np.float64)

    return read


def setting(config: Config, key: str, default: Any) -> Any:
    """A config value; absent and null mean the engine's default."""
    value = config.get(key)
    return default if value is None else value
