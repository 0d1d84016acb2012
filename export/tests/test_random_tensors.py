"""The seeded generator against its fixture and against a second, scalar implementation."""

import json
import math
import struct
import unittest

import numpy as np

from af3_export.core import random_fixture, random_tensors
from af3_export.core.errors import InputError
from af3_export.core.presets import REPOSITORY

MASK = 0xFFFFFFFF


def scalar_mix(x: int) -> int:
    """fmix32 on a Python integer."""
    x ^= x >> 16
    x = x * 0x85EBCA6B & MASK
    x ^= x >> 13
    x = x * 0xC2B2AE35 & MASK
    return x ^ x >> 16


def scalar_words(seed: int, name: str, index: int) -> tuple[int, int]:
    """Words 2i and 2i + 1 of a stream."""
    key = scalar_mix(random_tensors.fnv1a(name) ^ scalar_mix((seed + 0x9E3779B9) & MASK))
    key2 = scalar_mix(key ^ 0x5BD1E995)
    u, v = (scalar_mix(scalar_mix((j + key) & MASK) ^ key2) for j in (2 * index, 2 * index + 1))
    return u, v


def as_float32(value: float) -> float:
    """A double rounded once to float32."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def scalar_normal(seed: int, name: str, index: int, sigma: float) -> float:
    """One element of normal(sigma)."""
    u, v = scalar_words(seed, name, index)
    total = (u & 0xFFFF) + (u >> 16) + (v & 0xFFFF) + (v >> 16) - 131070
    return as_float32(total * as_float32(sigma / math.sqrt((2**32 - 1) / 3)))


class RandomTensors(unittest.TestCase):
    """Scheme af3-gpu/1."""

    def test_fixture_is_what_the_code_makes(self) -> None:
        path = REPOSITORY / "test" / "fixtures" / "random-tensors.json"
        self.assertEqual(json.loads(path.read_text(encoding="utf-8")), random_fixture.entries())

    def test_published_hash_values(self) -> None:
        self.assertEqual(random_tensors.fnv1a(""), 0x811C9DC5)
        self.assertEqual(random_tensors.fnv1a("foobar"), 0xBF9CF968)

    def test_scalar_implementation_agrees(self) -> None:
        for seed, name in ((0, "s"), (2**32 - 1, "β"), (7, "")):
            values = random_tensors.normal(seed, name, (5, 3), 0.3).reshape(-1)
            self.assertEqual([scalar_normal(seed, name, i, 0.3) for i in range(15)], values.tolist())
            ones = random_tensors.one_plus(seed, name, (15,), 0.3)
            self.assertEqual([as_float32(1 + scalar_normal(seed, name, i, 0.3)) for i in range(15)], ones.tolist())
            bits = random_tensors.mask(seed, name, (15,))
            self.assertEqual([float(scalar_words(seed, name, i)[0] < 0xE0000000) for i in range(15)], bits.tolist())

    def test_chunks_leave_no_seam(self) -> None:
        long = random_tensors.normal(1, "z", (random_tensors.CHUNK + 3,))
        for index in (random_tensors.CHUNK - 1, random_tensors.CHUNK, random_tensors.CHUNK + 2):
            self.assertEqual(scalar_normal(1, "z", index, 1.0), float(long[index]))

    def test_distribution(self) -> None:
        values = random_tensors.normal(0, "distribution", (1 << 18,), 2.0)
        self.assertAlmostEqual(float(values.mean()), 0, delta=0.02)
        self.assertAlmostEqual(float(values.std()), 2, delta=0.02)
        self.assertAlmostEqual(float(random_tensors.mask(0, "m", (1 << 18,)).mean()), 7 / 8, delta=0.01)

    def test_pairformer_inputs(self) -> None:
        inputs = random_tensors.pairformer_inputs("ligo", 4, 33, 6, 5)
        self.assertEqual({k: v.shape for k, v in inputs.items()}["z"], (33, 33, 5))
        self.assertEqual(inputs["single_mask"][0], 1)
        self.assertTrue((np.diag(inputs["pair_mask"]) == 1).all())
        self.assertFalse((inputs["pair_mask"] == inputs["pair_mask"].T).all())
        self.assertEqual(
            list(random_tensors.pairformer_inputs("deepmind", 4, 2, 6, 5)), ["single", "pair", "seq_mask", "pair_mask"]
        )

    def test_refusals(self) -> None:
        for seed in (-1, 2**32):
            with self.assertRaises(InputError):
                random_tensors.normal(seed, "s", (1,))
        for engine, name, shape in (
            ("ligo", "x.weight", (1, 2, 3)),
            ("deepmind", "diffuser/a:output_w", (1, 2, 3, 4)),
            ("deepmind", "diffuser/__layer_stack_no_per_layer/a:weights", (4,)),
            ("deepmind", "__meta__:__identifier__", (64,)),
            ("boltz", "x", (1,)),
        ):
            with self.assertRaises(InputError):
                random_tensors.weight(engine, 0, name, shape)
