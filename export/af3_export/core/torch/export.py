"""Exports components of a network in PyTorch to ONNX with torch.onnx.export, repaired from outside the repository."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import onnx_ir
import onnxscript
import torch
from onnxscript import rewriter

from af3_export.core.case_files import Case, Seeded, counting
from af3_export.core.component_case import Arrays
from af3_export.core.declared_cases import folder_name
from af3_export.core.errors import InputError
from af3_export.core.onnx.exporting import check_sizes, check_variant, committed_cases, patches_of, weights_of
from af3_export.core.onnx.files import Check, Graph, say, write
from af3_export.core.torch.component import SEED, Component, Config, Sizes
from af3_export.core.torch.modules import inference, versions

OPSET = 20


@dataclass(frozen=True)
class Exporter:
    """What the export must know of an engine."""

    engine: str
    components: Mapping[str, Component]
    # What the exporter sees: sizes that differ from each other and from every width's 1, so that none is taken for another.
    traced: Mapping[str, int]
    # By size the least and the most that a graph may be given.
    dims: Mapping[str, tuple[int, int]]
    # The network's own modules exchanged while it is exported.
    patched: Callable[[], AbstractContextManager[Any]]
    # The built network made ready: dropout goes, and in the variant mha attention becomes one node.
    prepare: Callable[[torch.nn.Module, str], None]
    patches: Sequence[str]
    mha_patch: str
    # What a Pairformer's config may leave to the inputs, under these names.
    widths: Sequence[str] = ()
    # Sizes that come in multiples.
    multiples: Mapping[str, int] = field(default_factory=dict)
    # Fields of a config that say how often a graph is passed: it is the same graph.
    trips: Sequence[str] = ()


class _Exported(torch.nn.Module):
    """A component with positional inputs, which have a batch axis."""

    def __init__(self, component: Component, network: torch.nn.Module, names: list[str]) -> None:
        super().__init__()
        self.component, self.network, self.names = component, network, names

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.component.call(self.network, dict(zip(self.names, tensors, strict=True)))


def _dynamic(exporter: Exporter, shapes: Mapping[str, Any], sizes: Sizes) -> tuple[dict[int, Any], ...]:
    """By input: which axes of the batched tensor are of any size."""
    dims: dict[str, Any] = {}
    for name, (least, most) in exporter.dims.items():
        step = exporter.multiples.get(name, 1)
        if step > 1:
            dims[name] = step * torch.export.Dim(f"{name}_by_{step}", min=-(-least // step), max=most // step)
        else:
            dims[name] = torch.export.Dim(name, min=least, max=most)
    free = set(dims) - set(sizes)
    return tuple({axis: dims[dim] for axis, dim in enumerate(shape, 1) if dim in free} for shape in shapes.values())


def _arguments(component: Component, config: Config, sizes: Sizes) -> tuple[torch.Tensor, ...]:
    """Inputs to trace, with zeros where something is carried."""
    inputs, _ = component.ports(config, sizes)
    trip = component.trips(config, component.example(config, sizes))[0]
    zeros = {port.name: np.zeros(port.shape, np.float32) for port in inputs if port.tensor is None}
    return tuple(torch.from_numpy((trip | zeros)[port.name].copy()) for port in inputs)


def _traced(
    exporter: Exporter, component: Component, config: Config, sizes: Sizes, variant: str
) -> tuple[torch.onnx.ONNXProgram, Any]:
    """The exported graph with the weights as ordinary initializers, not yet simplified, and the exported module."""
    shapes = component.inputs(config)
    network = component.build(config)
    exporter.prepare(network, variant)
    exported = _Exported(component, network, list(shapes)).eval()
    arguments = _arguments(component, config, {name: sizes.get(name, exporter.traced[name]) for name in component.sizes})
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns that torchvision is absent
    with exporter.patched(), inference():
        program = torch.onnx.export(
            exported,
            arguments,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(shapes),
            output_names=list(component.outputs(config)),
            dynamic_shapes=(_dynamic(exporter, shapes, sizes),),
            optimize=False,
            verbose=False,
        )
    if program is None:
        raise InputError("torch.onnx.export returned no graph")
    return program, exported


def _model(
    exporter: Exporter, component: Component, config: Config, sizes: Sizes, variant: str
) -> tuple[Any, dict[str, str]]:
    """The simplified graph, and the names of its weights."""
    program, exported = _traced(exporter, component, config, sizes, variant)
    graph = program.model.graph
    names = {name for name, _ in exported.named_parameters()}
    inputs = len(graph.inputs)
    # While the graph is simplified its weights are inputs: else they would be folded, or merged where they are equal.
    for name, value in list(graph.initializers.items()):
        if name in names:
            del graph.initializers[name]
            graph.inputs.append(value)
    values = {value.name: value.const_value for value in graph.inputs[inputs:]}
    for value in graph.inputs[inputs:]:
        value.const_value = None
    # This rule looks at all nodes for each node: with 48 blocks that takes longer than everything else.
    rules = [rule for rule in rewriter._DEFAULT_REWRITE_RULES if rule.name != "SlicesSplit"]
    with mock.patch.object(rewriter, "_DEFAULT_REWRITE_RULES", rules):
        program.optimize()
    weights = list(program.model.graph.inputs[inputs:])
    del program.model.graph.inputs[inputs:]
    found = {}
    for value in weights:
        if not value.uses():
            continue
        value.const_value = values[value.name]
        value.name = component.prefix + value.name.removeprefix("network.").removeprefix("embedder.")
        found[value.name] = value.name
        program.model.graph.register_initializer(value)
    model = onnx_ir.to_proto(program.model)
    # The exporter calls a size that comes in multiples by its factors; a reader wants the same name in graph and manifest.
    names = {f"{step}*{name}_by_{step}": name for name, step in exporter.multiples.items()}
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in names:
                dim.dim_param = names[dim.dim_param]
    return model, found


def _wanted(component: Component, config: Config, case: Case, inputs: Arrays) -> dict[str, Any]:
    """The `want`, `counts` and `positions` of a check: what is stored of a case's outputs."""
    sizes = _sizes_of(component, config, inputs)
    _, outputs = component.ports(config, sizes)
    found: dict[str, dict[str, Any]] = {"want": {}, "counts": {}, "positions": {}}
    for port in outputs:
        name = str(port.tensor)
        found["want"][port.name] = case.expected[name]
        counts = counting(case, inputs, name, int(np.prod(port.shape)))
        if counts is not None:
            found["counts"][port.name] = counts
        positions = case.expected.get(f"{name}:indices")
        if positions is not None:
            found["positions"][port.name] = positions
    return found


def _sizes_of(component: Component, config: Config, inputs: Arrays) -> dict[str, int]:
    """The sizes of a case's inputs."""
    trip = component.trips(config, inputs)[0]
    return {
        dim: size
        for name, shape in component.inputs(config).items()
        if name in trip
        for dim, size in zip(shape, trip[name].shape[1:], strict=True)
        if isinstance(dim, str)
    }


def _random_check(
    exporter: Exporter, component: Component, config: Config, sizes: Sizes, shapes: Mapping[str, Any]
) -> Check:
    """Seeded weights and inputs, of sizes that the exporter has not seen unless they are fixed."""
    dims = {name: sizes.get(name, size) for name, size in component.sizes.items()}
    inputs, weights = component.example(config, dims), weights_of(exporter.engine, Seeded(SEED), shapes)
    expected = component.reference(config, weights, inputs)
    case = Case(exporter.engine, "", config, {}, "", component.valid, Seeded(SEED), inputs, expected)
    listed = ", ".join(f"{name} {size}" for name, size in dims.items())
    return Check(
        f"the unpatched network, seed {SEED}, {listed}",
        weights,
        component.trips(config, inputs),
        **_wanted(component, config, case, inputs),
    )


def _golden_checks(
    exporter: Exporter, name: str, component: Component, config: Config, sizes: Sizes, shapes: Mapping[str, Any]
) -> Iterator[Check]:
    """The committed cases of the component with this config that have the graph's sizes."""
    for declaration, case in committed_cases(exporter.engine, name):
        inputs = declaration.inputs()
        given = {**component.widths(inputs), **case.config}
        any_trips = dict.fromkeys(exporter.trips)
        if component.resolve(given) | any_trips != {**config, **any_trips}:
            continue
        if sizes.items() <= _sizes_of(component, config, inputs).items():
            wanted = _wanted(component, config, case, inputs)
            weights = weights_of(exporter.engine, case.weights, shapes)
            yield Check(folder_name(declaration), weights, component.trips(config, inputs), **wanted)


def export(
    exporter: Exporter,
    component: str,
    config: dict[str, Any],
    widths: dict[str, int],
    sizes: dict[str, int],
    variant: str,
    out: Path | None,
) -> str:
    """Exports, checks and writes one component; see core/onnx/files.py."""
    exported = exporter.components[component]
    check_variant(component, variant, exported.attention)
    check_sizes(component, sizes, exported.sizes)
    # A Pairformer's config need not say what its inputs say.
    kept = {name: widths[name] for name in exporter.widths if name in widths and component == "pairformer"}
    kept = {name: width for name, width in kept.items() if config.get(name) is None}
    resolved = exported.resolve({**config, **kept})
    say(f"exporting {component} ({variant}) of {exporter.engine}; this takes a minute, for a deep network many")
    model, weights = _model(exporter, exported, resolved, sizes, variant)
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer if tensor.name in weights}
    checks = [_random_check(exporter, exported, resolved, sizes, shapes)]
    checks.extend(_golden_checks(exporter, component, exported, resolved, sizes, shapes))
    inputs, outputs = exported.ports(resolved, sizes)
    graph = Graph(
        engine=exporter.engine,
        component=component,
        variant=variant,
        config=config,
        widths=kept,
        sizes=sizes,
        model=model,
        weights=weights,
        inputs=inputs,
        outputs=outputs,
        patches=patches_of(variant, exporter.patches, exporter.mha_patch),
        versions=versions() | {"onnxscript": onnxscript.__version__},
        carry=exported.carry,
        unused=exported.unused,
        per_trip=exported.per_trip,
    )
    return write(graph, checks, out)
