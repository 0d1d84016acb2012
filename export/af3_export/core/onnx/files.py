"""Exported graphs on disk, format `af3-gpu-onnx/2`: model.onnx without weights beside manifest.json.

An engine's exporter is its module `onnx.export`, which offers

    COMPONENTS: tuple[str, ...]
    def export(
        component: str,             # a component of the engine that can be exported
        config: dict[str, Any],     # as in case.json
        widths: dict[str, int],     # what the config does not say; an exporter keeps only what its graph depends on
        sizes: dict[str, int],      # {} for a graph of any size, else the fixed ones: tokens, rows, atoms, samples ...
        variant: str,               # one of VARIANTS
        out: Path | None,           # the folder to write, or None for place(key) in the cache
    ) -> str                        # a line about what was written

and ends with `return write(graph, checks, out)`; exporting.py has what all of them do alike. Nothing is written unless
every check passes. No torch or JAX here.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from af3_export.core.checkouts import pin
from af3_export.core.compare import difference
from af3_export.core.errors import InputError
from af3_export.core.files import new_folder
from af3_export.core.onnx.key import key, place
from af3_export.core.onnx.weights import WEIGHTS_FILE, externalise, weights_bytes, write_weights

FORMAT = "af3-gpu-onnx/2"
VARIANTS = ("plain", "mha")
FILES = ("model.onnx", "manifest.json")
CHECK_BOUND = 1e-4

Arrays = Mapping[str, NDArray]
Shape = Sequence[int | str]


@dataclass(frozen=True)
class Port:
    """An input or output of a graph; its shape has names of sizes, its name in the case format is None if carried."""

    name: str
    tensor: str | None
    shape: Shape


@dataclass(frozen=True)
class Carry:
    """What trip k + 1 takes of trip k; the first trip takes zeros."""

    output: str
    input: str


@dataclass(frozen=True)
class Graph:
    """A graph as an exporter hands it over, with its weights inside or already stripped of their values."""

    engine: str
    component: str
    variant: str
    config: Mapping[str, Any]
    widths: Mapping[str, int]
    sizes: Mapping[str, int]
    model: onnx.ModelProto
    # The engine's full weight name of every initializer that is a weight; all other initializers stay inside.
    weights: Mapping[str, str]
    inputs: Sequence[Port]
    outputs: Sequence[Port]
    patches: Sequence[str]
    versions: Mapping[str, str]
    carry: Sequence[Carry] = ()
    # Inputs of the component's golden cases that the graph does not take.
    unused: Sequence[str] = ()
    # Inputs whose leading axis in a golden case counts trips: the graph takes one row of them per trip.
    per_trip: Sequence[str] = ()

    @property
    def key(self) -> str:
        """The name of the graph's folder in the cache."""
        return key(self.engine, self.component, self.variant, self.config, self.widths, self.sizes)


@dataclass(frozen=True)
class Check:
    """What the graph must answer for some weights and inputs."""

    name: str
    # By the engine's full weight names.
    weights: Arrays
    # Per trip the graph inputs in the graph's shapes and types, without the carried ones.
    trips: Sequence[Arrays]
    # By graph output, after the last trip, without a batch axis; or values at the flat positions of `positions`.
    want: Arrays
    # Which of the wanted values count, if not all: booleans of the shape of `want`.
    counts: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    positions: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    # On compare.difference's `element`; another bound needs a reason, which the manifest keeps.
    bound: float = CHECK_BOUND
    reason: str = ""


def say(line: str) -> None:
    """Progress, on stderr."""
    print(f"af3_export: {line}", file=sys.stderr, flush=True)


def session(model: Path) -> onnxruntime.InferenceSession:
    """The graph in ONNX Runtime's CPU provider; weights.bin lies beside it."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(model: Path, trips: Sequence[Arrays], carry: Sequence[Carry] = ()) -> dict[str, NDArray]:
    """Outputs of the last trip by graph output. A carried input of any size has the other inputs' size in trip 1."""
    opened = session(model)
    names = [output.name for output in opened.get_outputs()]
    dims = _named_dims(opened, trips[0])
    carried = {
        entry.name: np.zeros([dims[d] if isinstance(d, str) else d for d in entry.shape], np.float32)
        for entry in opened.get_inputs()
        if entry.name in {link.input for link in carry}
    }
    found: dict[str, NDArray] = {}
    for trip in trips:
        found = dict(zip(names, opened.run(names, {**trip, **carried}), strict=True))
        carried = {link.input: found[link.output] for link in carry}
    return found


def _named_dims(opened: onnxruntime.InferenceSession, given: Arrays) -> dict[str, int]:
    """The sizes that a graph's inputs name, from given inputs."""
    return {
        name: size
        for entry in opened.get_inputs()
        if entry.name in given
        for name, size in zip(entry.shape, given[entry.name].shape, strict=True)
        if isinstance(name, str)
    }


def _errors(found: Arrays, check: Check) -> dict[str, float]:
    """Largest element error of each output, without the graph's batch axis."""
    errors = {}
    for name, want in check.want.items():
        positions = check.positions.get(name)
        got = found[name].reshape(-1)[positions] if positions is not None else found[name].reshape(want.shape)
        errors[name] = difference(got, want, check.counts.get(name)).element
    return errors


def _checked(graph: Graph, model: bytes, entries: Sequence[Mapping[str, Any]], checks: Sequence[Check]) -> list[Any]:
    """Runs the checks in a temporary folder and returns the `checked` entries of the manifest, or refuses the graph."""
    if not checks:
        raise ValueError("a graph is not written without a check")
    results = []
    with tempfile.TemporaryDirectory(prefix="af3-gpu-onnx-") as name:
        path, weights = Path(name) / FILES[0], Path(name) / WEIGHTS_FILE
        path.write_bytes(model)
        for number, check in enumerate(checks):
            write_weights(weights, entries, check.weights)
            if number == 0:
                onnx.checker.check_model(path, full_check=True)
            errors = _errors(run(path, check.trips, graph.carry), check)
            listed = ", ".join(f"{output} {error:.1e}" for output, error in errors.items())
            say(f"checked against {check.name}: {listed}")
            if not max(errors.values()) <= check.bound:
                raise InputError(
                    f"the exported graph differs from {check.name} by more than {check.bound:.0e} ({listed});"
                    " nothing was written"
                )
            tool = f"onnxruntime {onnxruntime.__version__} CPU"
            result = {"against": check.name, "tool": tool, "bound": check.bound, "error": errors}
            results.append(result | ({"reason": check.reason} if check.reason else {}))
    return results


def _ports(declared: Sequence[Port], found: Sequence[onnx.ValueInfoProto]) -> list[dict[str, Any]]:
    """The `inputs` or `outputs` of the manifest, after comparing them with the graph's own."""
    if [port.name for port in declared] != [value.name for value in found]:
        raise ValueError(
            f"the graph has {[value.name for value in found]}, expected {[port.name for port in declared]}"
        )
    ports = []
    for port, value in zip(declared, found, strict=True):
        tensor = value.type.tensor_type
        dims = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in tensor.shape.dim]
        fits = len(dims) == len(port.shape) and all(
            isinstance(want, str) and isinstance(dim, str) if isinstance(dim, str) else dim == want
            for dim, want in zip(dims, port.shape, strict=True)
        )
        if not fits:
            raise ValueError(f"{port.name} of the graph has shape {dims}, expected {list(port.shape)}")
        kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
        ports.append({"name": port.name, "tensor": port.tensor, "type": kind, "shape": list(port.shape)})
    return ports


def write(graph: Graph, checks: Sequence[Check], out: Path | None) -> str:
    """Checks a graph, writes its folder in full or not at all, and returns a line about it.

    The graph's model loses its weights' values: of a large network there is no second copy.
    """
    model = graph.model
    strip(model)
    entries = externalise(model, graph.weights)
    content = model.SerializeToString(deterministic=True)
    inputs, outputs = _ports(graph.inputs, model.graph.input), _ports(graph.outputs, model.graph.output)
    opset = next(entry.version for entry in model.opset_import if entry.domain == "")
    manifest = {
        "format": FORMAT,
        "engine": graph.engine,
        "component": graph.component,
        "variant": graph.variant,
        "config": dict(graph.config),
        "widths": dict(graph.widths),
        "sizes": dict(graph.sizes),
        "opset": opset,
        "nodes": len(model.graph.node),
        "inputs": inputs,
        "outputs": outputs,
        "carry": [{"output": link.output, "input": link.input, "first": "zeros"} for link in graph.carry],
        "unused": list(graph.unused),
        "per_trip": list(graph.per_trip),
        "weights": entries,
        "weights_bytes": weights_bytes(entries),
        "files": {FILES[0]: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}},
        "source": pin(graph.engine).source(),
        "patches": list(graph.patches),
        "versions": {**graph.versions, "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
        "checked": _checked(graph, content, entries, checks),
    }
    folder = place(graph.key) if out is None else out
    with new_folder(folder, FILES) as temporary:
        (temporary / FILES[0]).write_bytes(content)
        (temporary / FILES[1]).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    worst = max(error for entry in manifest["checked"] for error in entry["error"].values())
    return (
        f"{folder}: {graph.key}, {len(model.graph.node)} nodes, {len(content) / 2**20:.1f} MiB and"
        f" {manifest['weights_bytes'] / 2**20:.1f} MiB of weights outside, error {worst:.1e}"
    )


def strip(model: onnx.ModelProto) -> None:
    """Removes what makes a graph's bytes depend on the machine: exporters record stack traces and file names."""
    graph = model.graph
    functions = [node for function in model.functions for node in function.node]
    for item in (
        model,
        graph,
        *graph.node,
        *graph.input,
        *graph.output,
        *graph.value_info,
        *graph.initializer,
        *model.functions,
        *functions,
    ):
        item.doc_string = ""
        if hasattr(item, "metadata_props"):
            del item.metadata_props[:]
