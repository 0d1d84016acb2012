"""Tensors from a seed, scheme `af3-gpu/1`: the same bytes as the TypeScript side (docs/random-tensors.md)."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.core.registry import find_engine

SCHEME = "af3-gpu/1"
UNIT = math.sqrt((2**32 - 1) / 3)
CHUNK = 1 << 20

Float32 = NDArray[np.float32]
Words = NDArray[np.uint32]


def fmix32(x: Words) -> Words:
    """Bijective mixing of 32-bit words, modulo 2^32."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x85EBCA6B)
    x = x ^ (x >> np.uint32(13))
    x = x * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def fnv1a(name: str) -> int:
    """32-bit hash of a name's UTF-8 bytes."""
    value = 0x811C9DC5
    for byte in name.encode("utf-8"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def require_seed(seed: int) -> int:
    """Returns the seed or refuses one outside [0, 2^32)."""
    if not 0 <= seed < 2**32:
        raise InputError(f"seed {seed}: expected an integer in [0, 4294967295]")
    return seed


def words(seed: int, name: str, indices: NDArray[np.uint64]) -> Words:
    """The stream of (seed, name) at any positions, taken modulo 2^32."""
    seed_word = np.array([(require_seed(seed) + 0x9E3779B9) & 0xFFFFFFFF], np.uint32)
    key = fmix32(np.uint32(fnv1a(name)) ^ fmix32(seed_word))
    key2 = fmix32(key ^ np.uint32(0x5BD1E995))
    return fmix32(fmix32((indices & np.uint64(0xFFFFFFFF)).astype(np.uint32) + key) ^ key2)


def _fill(seed: int, name: str, shape: Sequence[int], value: Callable[[Words, Words], Float32]) -> Float32:
    """Computes elements from their two words, a chunk at a time so that large tensors need little extra memory."""
    size = math.prod(shape)
    flat = np.empty(size, np.float32)
    for start in range(0, size, CHUNK):
        index = np.arange(start, min(start + CHUNK, size), dtype=np.uint64) * np.uint64(2)
        flat[start : start + len(index)] = value(words(seed, name, index), words(seed, name, index + np.uint64(1)))
    return flat.reshape(shape)


def normal(seed: int, name: str, shape: Sequence[int], sigma: float = 1.0) -> Float32:
    """Bell-shaped values of mean 0 and standard deviation sigma: four 16-bit uniforms added, scaled once."""
    factor = np.float32(sigma / UNIT)

    def value(u: Words, v: Words) -> Float32:
        low, high = np.uint32(0xFFFF), np.uint32(16)
        halves = (u & low, u >> high, v & low, v >> high)
        total = np.full(u.shape, -131070, np.int32)
        for half in halves:
            total += half.astype(np.int32)
        return np.multiply(total, factor, dtype=np.float32)  # the integer is exact in float32: one rounding

    return _fill(seed, name, shape, value)


def one_plus(seed: int, name: str, shape: Sequence[int], sigma: float) -> Float32:
    """1 plus normal(sigma), rounded to float32 after each of the two steps."""
    values = normal(seed, name, shape, sigma)
    values += np.float32(1)
    return values


def mask(seed: int, name: str, shape: Sequence[int]) -> Float32:
    """1 in seven of eight places, else 0."""
    return _fill(seed, name, shape, lambda u, _: (u < np.uint32(0xE0000000)).astype(np.float32))


def weight(engine: str, seed: int, name: str, shape: Sequence[int]) -> Float32:
    """A weight of the full model under its full name; the distribution follows from engine, name and shape."""
    found = find_engine(engine).weight(seed, name, shape)
    if found is None:
        raise InputError(f"{SCHEME} has no rule for the {engine} weight {name} of shape {list(shape)}")
    return found


def weights(engine: str, seed: int, shapes: Mapping[str, Sequence[int]]) -> dict[str, Float32]:
    """All weights of a component from its table of names and shapes."""
    return {name: weight(engine, seed, name, shape) for name, shape in shapes.items()}


def pairformer_inputs(engine: str, seed: int, tokens: int, c_s: int, c_z: int) -> dict[str, Float32]:
    """Inputs of the Pairformer: representations [tokens, c_s] and [tokens, tokens, c_z] and their masks, where it has any."""
    names = find_engine(engine).pairformer
    found = {
        names.single: normal(seed, names.single, (tokens, c_s)),
        names.pair: normal(seed, names.pair, (tokens, tokens, c_z)),
    }
    if names.single_mask is None:
        return found
    single_mask = mask(seed, names.single_mask, (tokens,))
    single_mask[0] = 1
    pair_mask = mask(seed, "pair_mask", (tokens, tokens))
    np.fill_diagonal(pair_mask, 1)
    return {**found, names.single_mask: single_mask, "pair_mask": pair_mask}
