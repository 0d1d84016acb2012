"""Rounded operands: every matrix product of the frameworks sees them, and nothing else does."""

import importlib.util
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors, rounding_costs, rounding_depth
from af3_export.core.errors import InputError
from af3_export.core.rounding_costs import TYPES


def operands() -> tuple[NDArray, NDArray]:
    """Two matrices whose products halves change."""
    return random_tensors.normal(0, "left", (5, 7)), random_tensors.normal(0, "right", (7, 3))


class Recorded(unittest.TestCase):
    """What the file of costs holds of a case's draws."""

    def test_median_and_largest(self) -> None:
        draws = {"f16": [0.004, 0.04, 0.001, 0.0123456, 0.002], "bf16": [0.03]}
        self.assertEqual(rounding_costs.summary(draws), {"f16": 0.004, "f16_largest": 0.04, "bf16": 0.03})
        self.assertEqual(rounding_costs.summary({**draws, "f16": [0.0123456]})["f16_largest"], 0.0123)

    def test_cases_are_merged_and_another_format_is_refused(self) -> None:
        found = {"z": rounding_costs.summary({"f16": [0.1, 0.2, 0.3], "bf16": [1.0]})}
        with tempfile.TemporaryDirectory() as name, mock.patch.object(rounding_costs, "versions", lambda _: {}):
            file = Path(name) / "rounding.json"
            rounding_costs.merge(file, "ligo", {"b": found})
            rounding_costs.merge(file, "protenix", {"a": found})
            after = json.loads(file.read_text())
            self.assertEqual(list(after["cases"].items()), [("a", found), ("b", found)])
            self.assertEqual(set(after["origin"]), {"ligo", "protenix"})
            file.write_text(json.dumps({**after, "format": "af3-gpu-rounding/2"}))
            with self.assertRaises(InputError):
                rounding_costs.merge(file, "ligo", {"b": found})


@unittest.skipIf(
    any(importlib.util.find_spec(name) is None for name in ("torch", "einops")), "needs `npm run setup:python -- ligo`"
)
class Torch(unittest.TestCase):
    """PyTorch's products, however a module asks for them."""

    def test_products_round(self) -> None:
        import torch

        from af3_export.engines.ligo.rounding import rounded_operands

        left, right = (torch.from_numpy(value) for value in operands())
        ways = (
            lambda: left @ right,
            lambda: torch.einsum("ij,jk->ik", left, right),
            lambda: torch.nn.functional.linear(left, right.T.contiguous()),
            lambda: torch.nn.functional.linear(left, right.T.contiguous(), torch.zeros(3)),
            lambda: torch.matmul(left[None], right[None])[0],
        )
        kinds = {"f16": torch.float16, "bf16": torch.bfloat16}
        for dtype, scale in (("f16", 1.0), ("f16", 1.4), ("bf16", 1.0)):
            kind = kinds[dtype]
            want = ((left * scale).to(kind).float() / scale) @ ((right * scale).to(kind).float() / scale)
            for way in ways:
                with torch.no_grad(), rounded_operands(dtype, scale):
                    got = way()
                np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-6, atol=1e-6)
                self.assertGreater(float((got - left @ right).abs().max()), 1e-5)

    def test_the_rest_stays(self) -> None:
        import torch

        from af3_export.engines.ligo.rounding import rounded_operands

        left, right = (torch.from_numpy(value) for value in operands())
        with torch.no_grad(), rounded_operands("f16"):
            summed = left + 1e-6
            _ = left @ right
        np.testing.assert_array_equal(summed.numpy(), (left + 1e-6).numpy())

    def test_what_is_not_rounded_is_refused(self) -> None:
        import torch

        from af3_export.engines.ligo.rounding import rounded_operands

        with self.assertRaises(NotImplementedError), torch.no_grad(), rounded_operands("f16"):
            torch.nn.functional.conv1d(torch.zeros(1, 1, 4), torch.zeros(1, 1, 2))
        with self.assertRaises(RuntimeError), rounded_operands("f16"):
            pass


@unittest.skipIf(
    any(importlib.util.find_spec(name) is None for name in ("torch", "einops")), "needs `npm run setup:python -- ligo`"
)
class Depth(unittest.TestCase):
    """Costs over depth and scale, of ligo's smallest Pairformer."""

    def test_workloads(self) -> None:
        found = rounding_depth.workloads("ligo", "tiny", 3, [1, 2], [1.0, 8.0])
        self.assertEqual([(one.depth, one.scale) for one in found], [(1, 1.0), (2, 1.0), (1, 8.0)])
        plain, deep, scaled = found
        self.assertEqual((plain.config()["no_blocks"], deep.config()["no_blocks"]), (1, 2))
        np.testing.assert_array_equal(scaled.inputs()["z"], 8 * plain.inputs()["z"])
        for name in ("pair_mask", "single_mask"):
            self.assertTrue((scaled.inputs()[name] == 1).all())

    def test_costs_and_what_else_a_row_holds_stays(self) -> None:
        (workload,) = rounding_depth.workloads("ligo", "tiny", 5, [1], [1.0])
        found = rounding_depth.costs(workload)
        self.assertEqual(set(found), {"s", "z"})
        for errors in found.values():
            self.assertGreater(errors["bf16"], 2 * errors["f16"])
            self.assertGreater(errors["f16"], 0)
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "depth.json"
            rows = rounding_depth.rows(workload, found)
            rounding_depth.merge(file, "ligo", "first", rows)
            kept = json.loads(file.read_text())
            kept["rows"][0]["mixed"] = 0.5
            file.write_text(json.dumps(kept))
            rounding_depth.merge(file, "ligo", "again", [{**rows[0], "bf16": 1.0}])
            after = json.loads(file.read_text())
        self.assertEqual(after["rows"][0], {**kept["rows"][0], "bf16": 1.0})
        self.assertEqual(after["rows"][1:], kept["rows"][1:])
        self.assertIn("again", after["origin"]["ligo"])


@unittest.skipIf(importlib.util.find_spec("jax") is None, "needs jax: `npm run setup:python -- deepmind`")
class Jax(unittest.TestCase):
    """JAX's products, traced and compiled."""

    def test_products_round(self) -> None:
        import jax
        import jax.numpy as jnp

        from af3_export.engines.deepmind.rounding import TYPES as KINDS
        from af3_export.engines.deepmind.rounding import rounded_operands

        left, right = operands()
        exact = jax.jit(jnp.matmul)(left, right)
        for dtype in TYPES:
            kind = KINDS[dtype]
            want = np.asarray(jnp.asarray(left, kind), np.float32) @ np.asarray(jnp.asarray(right, kind), np.float32)
            for way in (jnp.matmul, lambda a, b: jnp.einsum("ij,jk->ik", a, b)):
                with rounded_operands(dtype):
                    got = jax.jit(way)(left, right)
                np.testing.assert_allclose(np.asarray(got), want, rtol=1e-6, atol=1e-6)
                self.assertGreater(float(jnp.abs(got - exact).max()), 1e-5)
        np.testing.assert_array_equal(jax.jit(jnp.matmul)(left, right), exact)

    def test_no_product_is_a_mistake(self) -> None:
        from af3_export.engines.deepmind.rounding import rounded_operands

        with self.assertRaises(RuntimeError), rounded_operands("f16"):
            pass


if __name__ == "__main__":
    unittest.main()
