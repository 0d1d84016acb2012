"""Folders of exported graphs: what a backend reads must be what the exporter wrote and checked."""

import contextlib
import hashlib
import importlib.util
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np

MISSING = [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
REASON = f"needs {' and '.join(MISSING)}: `npm run setup:python -- ligo`, then that Python"

if not MISSING:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from af3_export.core.errors import InputError
    from af3_export.core.onnx import files

WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
OFFSET = np.array([0.5, -1, 4], np.float32)


def value(name: str, width: int) -> "onnx.ValueInfoProto":
    """An input or output of any number of tokens."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "tokens", width])


def graph(**changes: Any) -> "files.Graph":
    """y = tanh(x @ kernel + previous) * offset + 1, previous carried; kernel and offset are weights."""
    nodes = [
        helper.make_node("MatMul", ["x", "kernel"], ["product"], doc_string="/home/somebody"),
        helper.make_node("Add", ["product", "previous"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["bounded"]),
        helper.make_node("Mul", ["bounded", "offset"], ["scaled"]),
        helper.make_node("Add", ["scaled", "one"], ["y"]),
    ]
    initializers = [
        numpy_helper.from_array(WEIGHT, "kernel"),
        numpy_helper.from_array(OFFSET, "offset"),
        numpy_helper.from_array(np.float32(1), "one"),
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "tiny", [value("x", 2), value("previous", 3)], [value("y", 3)], initializers),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    fields = {
        "engine": "ligo",
        "component": "tiny",
        "variant": "plain",
        "config": {"width": 3},
        "widths": {},
        "sizes": {},
        "model": model,
        "weights": {"kernel": "full.kernel", "offset": "full.offset"},
        "inputs": [
            files.Port("x", "x", [1, "tokens", 2]),
            files.Port("previous", None, [1, "tokens", 3]),
        ],
        "outputs": [files.Port("y", "y", [1, "tokens", 3])],
        "patches": ["none"],
        "versions": {},
        "carry": [files.Carry("y", "previous")],
    }
    return files.Graph(**(fields | changes))


def check(trips: int = 2, error: float = 0) -> "files.Check":
    """Other weights than the graph holds, and what they give."""
    weights = {"full.kernel": WEIGHT * 3 + 1, "full.offset": -OFFSET}
    x = np.linspace(-1, 1, 10, dtype=np.float32).reshape(1, 5, 2)
    y = np.zeros((5, 3), np.float32)
    for _ in range(trips):
        y = np.tanh(x[0] @ weights["full.kernel"] + y) * weights["full.offset"] + np.float32(1)
    return files.Check("arithmetic", weights, [{"x": x}] * trips, {"y": y + np.float32(error)})


def written(folder: Path, *checks: "files.Check", **changes: Any) -> dict[str, Any]:
    """The manifest of a graph that is written quietly."""
    with contextlib.redirect_stderr(io.StringIO()):
        files.write(graph(**changes), checks, folder)
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


@unittest.skipIf(MISSING, REASON)
class Folders(unittest.TestCase):
    """write() and what it leaves."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.out = Path(temporary.name) / "out"

    def test_any_weights_can_be_put_in(self) -> None:
        manifest = written(self.out, check())
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["manifest.json", "model.onnx"])
        for given in (check(trips=1), check(trips=3)):
            files.write_weights(self.out / "weights.bin", manifest["weights"], given.weights)
            found = files.run(self.out / "model.onnx", given.trips, [files.Carry("y", "previous")])
            np.testing.assert_allclose(found["y"][0], given.want["y"], atol=1e-6)

    def test_the_manifest_describes_the_files(self) -> None:
        manifest = written(self.out, check())
        content = (self.out / "model.onnx").read_bytes()
        self.assertEqual(manifest["files"]["model.onnx"]["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(manifest["files"]["model.onnx"]["bytes"], len(content))
        self.assertEqual([entry["tensor"] for entry in manifest["weights"]], ["full.kernel", "full.offset"])
        self.assertEqual([entry["bytes"] for entry in manifest["weights"]], [24, 12])
        first, second = manifest["weights"]
        self.assertGreaterEqual(second["offset"], first["offset"] + first["bytes"])
        self.assertEqual(manifest["weights_bytes"], second["offset"] + second["bytes"])
        self.assertEqual(
            manifest["inputs"][0], {"name": "x", "tensor": "x", "type": "float32", "shape": [1, "tokens", 2]}
        )
        self.assertEqual(manifest["carry"], [{"output": "y", "input": "previous", "first": "zeros"}])
        self.assertEqual((manifest["opset"], manifest["nodes"]), (20, 5))

    def test_only_weights_lie_outside(self) -> None:
        written(self.out, check())
        model = onnx.load(self.out / "model.onnx", load_external_data=False)
        outside = {tensor.name: tensor.data_location == TensorProto.EXTERNAL for tensor in model.graph.initializer}
        self.assertEqual(outside, {"kernel": True, "offset": True, "one": False})

    def test_the_bytes_do_not_depend_on_the_machine(self) -> None:
        written(self.out, check())
        self.assertNotIn(b"somebody", (self.out / "model.onnx").read_bytes())

    def test_a_wrong_graph_is_not_written(self) -> None:
        for wrong in (check(error=1e-2), check(error=float("nan"))):
            with self.assertRaisesRegex(InputError, "differs from arithmetic"):
                written(self.out, check(), wrong)
            self.assertFalse(self.out.exists())

    def test_a_declared_shape_is_the_graphs(self) -> None:
        with self.assertRaisesRegex(ValueError, "y of the graph has shape"):
            written(self.out, check(), outputs=[files.Port("y", "y", [1, "tokens", 4])])
        with self.assertRaisesRegex(ValueError, "has no initializer absent"):
            written(self.out, check(), weights={"absent": "full.absent"})

    def test_weights_that_do_not_fit_are_refused(self) -> None:
        manifest = written(self.out, check())
        for weights in ({}, {"full.kernel": WEIGHT.T}):
            with self.assertRaisesRegex(InputError, r"weight full.kernel: expected shape \[2, 3\]"):
                files.write_weights(self.out / "weights.bin", manifest["weights"], weights)
