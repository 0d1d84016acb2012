"""The shims' protocol with an engine in memory, and with the real ones on a golden case where their environment is."""

import errno
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from af3_export.core.case_files import read_case, sampled
from af3_export.core.checkouts import checkout_path
from af3_export.core.errors import UnavailableError
from af3_export.core.presets import REPOSITORY
from af3_export.core.shims.protocol import Answer, Broken, Load, Measured, ShimError, serve

EXPORT = REPOSITORY / "export"
MODULES = {
    "ligo": ("torch", "einops", "scipy"),
    "deepmind": ("jax", "haiku", "tokamax"),
    "protenix": ("torch", "rdkit", "optree", "ml_collections"),
}


class Doubling:
    """An engine that multiplies x by its weight, and fails when x says so."""

    def __init__(self) -> None:
        self.weight: NDArray | None = None
        self.calls: list[str] = []

    def hello(self) -> Answer:
        """Who is here."""
        return {"engine": "doubling"}

    def load(self, request: Load, weights: Mapping[str, NDArray]) -> Answer:
        """Keeps the weight."""
        self.calls.append(f"load {request.component} {request.threads}")
        self.weight = weights["w"]
        return {"weights_bytes": self.weight.nbytes, "settings": {}}

    def run(self, inputs: Mapping[str, NDArray]) -> tuple[dict[str, NDArray], Measured]:
        """Multiplies, or fails."""
        failures = {1: MemoryError(), 2: RuntimeError("first\nsecond"), 3: UnavailableError("no such thing")}
        failures[4] = RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")
        failures[5] = ShimError("unavailable", "no compiler", "install one")
        if int(inputs["x"][0]) in failures:
            raise failures[int(inputs["x"][0])]
        with np.errstate(over="ignore"):
            outputs = {"y": inputs["x"] * self.weight}
        return outputs, Measured(exec_ms=1.0, elapsed_ms=2.0, compile_ms=float("nan"), peak_bytes=None)

    def unload(self) -> None:
        """Forgets."""
        self.calls.append("unload")


class Protocol(unittest.TestCase):
    """serve() on lines."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.engine = Doubling()
        self.weights = self.file("weights", w=np.full(2, 2, np.float32))
        self.outputs = str(self.folder / "outputs")

    def file(self, name: str, **tensors: NDArray) -> str:
        """A safetensors file."""
        path = self.folder / name
        save_file(tensors, path)
        return str(path)

    def ask(self, *requests: Any, engine: Any = None) -> list[dict[str, Any]]:
        """The answers to requests, some of them raw lines."""
        lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in requests]
        answers = io.BytesIO()
        with redirect_stderr(io.StringIO()):
            self.assertEqual(serve(engine or self.engine, io.BytesIO(b"\n".join(lines) + b"\n"), answers), 0)
        return [json.loads(line) for line in answers.getvalue().splitlines()]

    def load(self, **fields: Any) -> dict[str, Any]:
        """A request to load."""
        names = {"component": "c", "device": "cpu", "variant": "eager", "weights": self.weights}
        return {"id": 1, "op": "load", "config": {}, "sizes": {}, **names, **fields}

    def run_on(self, x: float, **fields: Any) -> dict[str, Any]:
        """A request to run on x."""
        inputs = self.file(f"inputs{x}", x=np.full(2, x, np.float32))
        return {"id": 2, "op": "run", "inputs": inputs, "outputs": self.outputs, **fields}

    def test_a_conversation(self) -> None:
        """Every request has its answer, and close is the last."""
        answers = self.ask(
            {"id": 7, "op": "hello"}, self.load(threads=3), self.run_on(8), {"id": 3, "op": "unload"},
            {"id": 4, "op": "close"}, {"id": 5, "op": "hello"},
        )  # fmt: skip
        self.assertEqual([(answer["id"], answer["ok"]) for answer in answers], [(i, True) for i in (7, 1, 2, 3, 4)])
        self.assertEqual(answers[0]["protocol"], 1)
        self.assertEqual(answers[1]["weights_bytes"], 8)
        self.assertGreaterEqual(answers[1]["load_ms"], 0)
        self.assertEqual([answers[2][name] for name in ("exec_ms", "elapsed_ms", "compile_ms")], [1.0, 2.0, None])
        self.assertGreater(answers[2]["process_peak_bytes"], 1e6)
        self.assertGreaterEqual(answers[2]["processor_ms"], 0)
        np.testing.assert_array_equal(load_file(self.outputs)["y"], [16, 16])
        self.assertEqual(self.engine.calls, ["unload", "load c 3", "unload"])

    def test_requests_that_are_none(self) -> None:
        """Each gets a sentence, and the next request its answer."""
        for request, expected in (
            (b"{", (None, "no JSON")),
            (b"\xff\xfe", (None, "no JSON")),
            ([], (None, "an object")),
            ({"op": "hello"}, (None, "an object")),
            ({"id": 9}, (9, 'unknown "op" null')),
            ({"id": 9, "op": "answer"}, (9, 'unknown "op" "answer"')),
            ({"id": 9, "op": "run"}, (9, '"inputs" is null, expected str')),
            (self.load(config=None), (1, '"config" is null, expected dict')),
            (self.load(threads="all"), (1, '"threads" is "all", expected int')),
            (self.load(threads=True), (1, '"threads" is true')),
            (self.load(threads=0), (1, '"threads" is 0')),
            (self.load(weights=str(self.folder / "nothing")), (1, "there is no such file")),
            (self.load(weights=self.file("nan", w=np.full(2, np.nan, np.float32))), (1, "the weight w holds NaN")),
            (self.run_on(8), (2, "nothing is loaded")),
        ):
            with self.subTest(request=request):
                refused, hello = self.ask(request, {"id": 10, "op": "hello"})
                self.assertEqual((refused["id"], refused["ok"], refused["kind"]), (expected[0], False, "bad-input"))
                self.assertIn(expected[1], refused["error"])
                self.assertTrue(hello["ok"])

    def test_runs_that_fail(self) -> None:
        """The kind and the sentence of each; no file is left, and the network stays loaded."""
        for request, kind, message in (
            (self.run_on(1), "out-of-memory", "MemoryError"),
            (self.run_on(2), "failed", "RuntimeError: first"),
            (self.run_on(3), "unavailable", "no such thing"),
            (self.run_on(4), "out-of-memory", "Tried to allocate 20 GiB"),
            (self.run_on(5), "unavailable", "no compiler"),
            (self.run_on(np.inf), "bad-input", "the input x holds NaN or infinity"),
            (self.run_on(3e38), "failed", "tensor y holds NaN or infinity"),
            (self.run_on(8, outputs=f"{self.weights}/below"), "failed", "cannot make this folder"),
            (self.run_on(8, inputs=self.outputs), "bad-input", "there is no such file"),
        ):
            with self.subTest(message=message):
                _, refused, ran = self.ask(self.load(), request, self.run_on(8))
                self.assertEqual((refused["ok"], refused["kind"]), (False, kind))
                self.assertIn(message, refused["error"])
                self.assertEqual("fix" in refused, message == "no compiler")
                self.assertTrue(ran["ok"])
                Path(self.outputs).unlink()

    def test_a_full_disk(self) -> None:
        """The outputs' file is not there, nor a part of it."""
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch.object(Path, "write_bytes", side_effect=full):
            _, refused = self.ask(self.load(), self.run_on(8))
        self.assertEqual((refused["kind"], refused["ok"]), ("failed", False))
        self.assertIn("No space left on device", refused["error"])
        self.assertEqual([path.name for path in self.folder.iterdir() if "outputs" in path.name], [])

    def test_an_engine_that_cannot_be_imported(self) -> None:
        """Every request says why, but those that end."""
        broken = Broken("torch is not there", "make the environment")
        hello, load, close = self.ask({"id": 1, "op": "hello"}, self.load(), {"id": 3, "op": "close"}, engine=broken)
        for answer in (hello, load):
            self.assertEqual((answer["kind"], answer["error"]), ("unavailable", "torch is not there"))
            self.assertEqual(answer["fix"], "make the environment")
        self.assertTrue(close["ok"])

    def test_stdout_is_the_protocols(self) -> None:
        """What anybody prints, child processes too, goes to stderr; children read nothing of stdin."""
        source = """
import os, subprocess, sys
from af3_export.core.shims.protocol import guarded_streams
requests, answers = guarded_streams()
print("by print", flush=True)
os.write(1, b"by number\\n")
subprocess.run([sys.executable, "-c", "import sys; print('by a child', sys.stdin.read())"], check=True)
answers.write(requests.readline())
"""
        ran = subprocess.run(
            [sys.executable, "-c", source], check=False, input=b"one\ntwo\n", capture_output=True, cwd=EXPORT
        )
        self.assertEqual(ran.stdout, b"one\n")
        for said in (b"by print", b"by number", b"by a child"):
            self.assertIn(said, ran.stderr)

    def test_usage(self) -> None:
        """A process without an engine ends with 2."""
        for arguments in ([], ["boltz"], ["ligo", "deepmind"]):
            command = [sys.executable, "-m", "af3_export.shims", *arguments]
            ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=EXPORT)
            self.assertEqual((ran.returncode, ran.stdout, ran.stderr.count("\n")), (2, "", 1))


class RealShims(unittest.TestCase):
    """The process that the backend starts, on a golden case."""

    def check(self, engine: str) -> None:
        """Two runs of the Pairformer, and an error between them."""
        missing = [name for name in MODULES[engine] if importlib.util.find_spec(name) is None]
        if missing or not checkout_path(engine).is_dir():
            self.skipTest(f"needs the environment and the checkout of {engine}: `npm run setup:native -- {engine}`")
        case = read_case(REPOSITORY / "cases" / f"{engine}-pairformer-odd")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            save_file(dict(case.weights), folder / "weights")
            save_file(dict(case.inputs), folder / "inputs")
            load = {"op": "load", "component": "pairformer", "config": case.config, "sizes": {"c_s": 1, "c_z": 1}}
            load |= {"weights": str(folder / "weights"), "device": "cpu", "threads": 1}
            run = {"op": "run", "inputs": str(folder / "inputs"), "outputs": str(folder / "outputs")}
            plain = {"deepmind": "compile"}.get(engine, "eager")
            requests = [
                {"op": "hello"}, {**load, "variant": "tf32"}, {**load, "variant": plain, "component": "nothing"},
                {**load, "variant": plain}, run, {**run, "inputs": str(folder / "weights")}, run, {"op": "close"},
            ]  # fmt: skip
            lines = "".join(json.dumps({"id": at, **request}) + "\n" for at, request in enumerate(requests))
            command = [sys.executable, "-m", "af3_export.shims", engine]
            ran = subprocess.run(command, check=False, input=lines, capture_output=True, text=True, cwd=EXPORT)
            answers = [json.loads(line) for line in ran.stdout.splitlines()]
            self.assertEqual(
                [answer.get("kind", "ok") for answer in answers],
                ["ok", "unavailable", "bad-input", "ok", "ok", answers[5]["kind"], "ok", "ok"],
                ran.stderr,
            )
            self.assertEqual(answers[1]["error"], "there is no variant tf32 on cpu")
            self.assertEqual(answers[3]["settings"]["threads"], 1)
            self.assertFalse(answers[5]["ok"])
            outputs = load_file(folder / "outputs")
        for name, value in sampled(outputs).items():
            # A padded entry of ligo is no number that anybody can reproduce; this case's masks say which count.
            counts = case.inputs[case.valid[name]] != 0 if name in case.valid else np.ones(value.shape, bool)
            want = case.expected[name]
            scale = np.sqrt(np.mean(np.square(want[counts])))
            self.assertLess(np.abs(value - want)[counts].max() / scale, 1e-5, name)

    def test_ligo(self) -> None:
        """PyTorch, eager."""
        self.check("ligo")

    def test_protenix(self) -> None:
        """PyTorch, eager; its repository takes over the logging and prints while it is built."""
        self.check("protenix")

    def test_deepmind(self) -> None:
        """JAX, compiled."""
        self.check("deepmind")
