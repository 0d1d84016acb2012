"""Torch checkpoints become safetensors; what is no checkpoint, or holds code, is one sentence."""

import contextlib
import io
import os
import pickle
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from af3_export.cli import main

try:
    import torch
except ModuleNotFoundError:
    torch = None  # type: ignore[assignment]


class Attack:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)


@unittest.skipIf(torch is None, "torch is missing: run in the environment of ligo")
class Checkpoints(unittest.TestCase):
    """`convert-checkpoint` on checkpoints made here."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.out = self.folder / "out.safetensors"

    def convert(self, content: Any, *options: str) -> tuple[int, str]:
        """Saves a checkpoint, converts it, and returns the exit code and what was said."""
        path = self.folder / "in.pt"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main(["convert-checkpoint", str(path), "--out", str(self.out), *options])
        return code, said.getvalue()

    def test_plain(self) -> None:
        weight = torch.arange(6.0).reshape(2, 3)
        plain = {"a.weight": weight.T, "half": weight.bfloat16(), "double": weight.double(), "steps": torch.tensor(7)}
        self.assertEqual(self.convert(plain)[0], 0)
        found = load_file(self.out)
        np.testing.assert_array_equal(found["a.weight"], weight.T.numpy())
        self.assertEqual({str(value.dtype) for name, value in found.items() if name != "steps"}, {"float32"})
        self.assertEqual((found["steps"].dtype, found["steps"].shape, int(found["steps"])), (np.int32, (), 7))

    def test_lightning(self) -> None:
        checkpoint = {
            "state_dict": {"model.x": torch.ones(2), "model.model.y": torch.zeros(1)},
            "ema": {"params": {"x": torch.full((2,), 3.0)}, "decay": 0.999},
            "epoch": 3,
        }
        self.assertEqual(self.convert(checkpoint)[0], 0)
        self.assertEqual(sorted(load_file(self.out)), ["model.y", "x"])
        self.assertEqual(self.convert(checkpoint, "--entry", "ema")[0], 0)
        np.testing.assert_array_equal(load_file(self.out)["x"], [3, 3])

    def test_training_script(self) -> None:
        checkpoint = {"model": {"module.x": torch.ones(2), "module.y.z": torch.zeros(1)}, "step": 3, "optimizer": {}}
        for options in ((), ("--entry", "model")):
            self.assertEqual(self.convert(checkpoint, *options)[0], 0)
            self.assertEqual(sorted(load_file(self.out)), ["x", "y.z"])

    def test_prefix_is_kept_unless_all_have_it(self) -> None:
        self.assertEqual(self.convert({"model.x": torch.ones(1), "y": torch.ones(1)})[0], 0)
        self.assertEqual(sorted(load_file(self.out)), ["model.x", "y"])

    def test_refusals(self) -> None:
        mark = self.folder / "mark"
        for content, options, message in (
            (b"", (), "is no torch checkpoint"),
            (b"PK\x03\x04 nonsense", (), "is no torch checkpoint"),
            (pickle.dumps({"x": Attack(f"touch {mark}")}), (), "never loaded"),
            ({"x": Attack(f"touch {mark}")}, (), "holds Python objects besides tensors, which are never loaded"),
            ([torch.ones(1)], (), "holds a list, expected a dictionary"),
            ({}, (), "holds no tensors"),
            ({"x": 3}, (), "x is no plain tensor"),
            ({3: torch.ones(1)}, (), "has the key 3, expected names"),
            ({"x": torch.tensor(float("nan"))}, (), "tensor x holds NaN or infinity"),
            ({"x": torch.tensor(1e300, dtype=torch.float64)}, (), "x holds values beyond float32"),
            ({"x": torch.tensor(2**40)}, (), "x holds integers beyond int32"),
            ({"x": torch.ones(1)}, ("--entry", "ema"), "has no moving average (ema.params)"),
            ({"x": torch.ones(1)}, ("--entry", "model"), "has no entry model"),
            ({"x": torch.ones(1)}, ("--entry", "other"), "there is no entry other"),
        ):
            with self.subTest(message=message):
                code, said = self.convert(content, *options)
                self.assertEqual((code, said.count("\n")), (2, 1), said)
                self.assertIn(message, said)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["in.pt"])

    def test_cut_and_flipped(self) -> None:
        self.assertEqual(self.convert({"x": torch.arange(50.0)})[0], 0)
        whole = (self.folder / "in.pt").read_bytes()
        for length in range(0, len(whole), 97):
            self.assertIn(self.convert(whole[:length])[0], (0, 2))
        for at in range(0, len(whole), 13):
            self.assertIn(self.convert(whole[:at] + bytes([whole[at] ^ 32]) + whole[at + 1 :])[0], (0, 2))


if __name__ == "__main__":
    unittest.main()
