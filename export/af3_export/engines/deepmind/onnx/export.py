"""Exports components of deepmind to ONNX with jax2onnx, repaired from outside the repository. Graphs have fixed sizes."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
import onnx
from numpy.typing import NDArray

from af3_export.core.case_files import Seeded
from af3_export.core.component_case import Arrays
from af3_export.core.declared_cases import folder_name
from af3_export.core.onnx.exporting import check_sizes, check_variant, committed_cases, patches_of, weights_of
from af3_export.core.onnx.files import Check, Graph, Port, say, write
from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.onnx.components import Component, Config, Sizes, components
from af3_export.engines.deepmind.onnx.graph import OUT, exported, weights_outside
from af3_export.engines.deepmind.onnx.patches import MHA_PATCH, PATCHES, Body, exportable

SEED = 0
_COMPONENTS = components()
COMPONENTS = tuple(_COMPONENTS)
# The network's bytes hold small numbers; the case format has int32 for them.
TYPES = {np.dtype(np.int8): np.dtype(np.int32)}
# Masks that are indexed, which the provider for WebGPU leaves to the CPU unless they are float32.
INDEXED = ("templates.atom_mask", "template_atom_mask")
TRIPS = "num_recycles"


def _plain(name: str) -> str:
    """A name that every runtime takes: ONNX Runtime refuses some with colons and dots."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _typed(name: str, value: Any) -> NDArray:
    """An argument as the graph takes it."""
    found = np.asarray(value)
    return found.astype(np.float32 if name in INDEXED else TYPES.get(found.dtype, found.dtype))


class _Tracing:
    """A component at fixed sizes as a function of its inputs and weights, one array each."""

    def __init__(self, component: Component, config: Config, inputs: Arrays, variant: str) -> None:
        self.component, self.variant = component, variant
        self.function = component.function(config)
        leaves, self.tree = component.leaves(inputs)
        self.values = [_typed(name, value) for name, value in leaves]
        # What no case has the network demands and never reads.
        self.taken = [index for index, (name, _) in enumerate(leaves) if name in inputs]
        self.names = [leaves[index][0] for index in self.taken]
        self.shapes = network.shapes(self.function, component.prefix, component.arguments(inputs))
        self.bodies: list[Body] = []

    def __call__(self, *values: jax.Array) -> dict[str, jax.Array]:
        arguments: list[Any] = list(self.values)
        for index, value in zip(self.taken, values, strict=False):
            arguments[index] = value
        weights = dict(zip(self.shapes, values[len(self.taken) :], strict=True))
        parameters: dict[str, dict[str, jax.Array]] = {}
        for name, value in weights.items():
            scope, leaf = name.removeprefix(self.component.prefix).rsplit(":", 1)
            parameters.setdefault(scope, {})[leaf] = value
        with exportable(self.variant) as bodies:
            outputs = self.function.apply(parameters, None, *self.tree.unflatten(arguments))
        self.bodies[:] = bodies.found
        return outputs

    def model(self) -> tuple[onnx.ModelProto, dict[str, str]]:
        """The graph without weights, and its weights' full names."""
        inputs = [jax.ShapeDtypeStruct(self.values[index].shape, self.values[index].dtype) for index in self.taken]
        weights = [jax.ShapeDtypeStruct(shape, np.float32) for shape in self.shapes.values()]
        names = [_plain(name) for name in (*self.names, *self.shapes)]
        if len(set(names)) < len(names):
            raise ValueError("two inputs or weights have one name in the graph")
        model = exported(self, [*inputs, *weights], self.bodies, names)
        used = {value.name for value in model.graph.input}
        found = {_plain(name): name for name in self.shapes if _plain(name) in used}
        weights_outside(model, found)
        return model, found


def _sizes_of(inputs: Arrays) -> dict[str, int]:
    """The sizes of a case's inputs."""
    axes = {
        "tokens": (("seq_mask", 0), ("mask", 0), ("pair", 0), ("query_embedding", 0)),
        "rows": (("msa", 0),),
        "templates": (("template_aatype", 0), ("templates.aatype", 0)),
        "polymer_bonds": (("tokens_to_polymer_ligand_bonds:gather_idxs", 0),),
        "ligand_bonds": (("tokens_to_ligand_ligand_bonds:gather_idxs", 0),),
    }
    return {
        size: inputs[name].shape[axis]
        for size, places in axes.items()
        for name, axis in reversed(places)
        if name in inputs
    }


def _feeds(component: Component, inputs: Arrays, taken: set[str]) -> list[dict[str, NDArray]]:
    """What the graph takes in each trip, of a case's inputs."""
    return [
        {_plain(name): _typed(name, value) for name, value in component.leaves(trip)[0] if _plain(name) in taken}
        for trip in component.trips(inputs)
    ]


def _check(
    component: Component, name: str, weights: Arrays, inputs: Arrays, expected: Arrays, taken: set[str]
) -> Check:
    """A check of recorded or computed outputs."""
    marked = ":indices"
    positions = {key.removesuffix(marked) + OUT: value for key, value in expected.items() if key.endswith(marked)}
    want = {key + OUT: value for key, value in expected.items() if not key.endswith(marked)}
    return Check(name, weights, _feeds(component, inputs, taken), want, positions=positions)


def _of_graph(config: Config) -> dict[str, Any]:
    """What a graph depends on: it does not know how often it is run."""
    return {key: value for key, value in network.without_nulls(config).items() if key != TRIPS}


def _golden_checks(
    name: str, config: Config, sizes: Sizes, shapes: Mapping[str, Any], taken: set[str]
) -> Iterator[Check]:
    """The committed cases of the component with this config, and with weights and sizes that fit."""
    for declaration, case in committed_cases("deepmind", name):
        if _of_graph(case.config) != _of_graph(config):
            continue
        inputs = declaration.inputs()
        weights = weights_of("deepmind", case.weights, shapes)
        fits = all(tuple(weights[key].shape) == tuple(shape) for key, shape in shapes.items())
        if fits and sizes.items() <= _sizes_of(inputs).items():
            assert not isinstance(case.expected, Seeded)
            yield _check(_COMPONENTS[name], folder_name(declaration), weights, inputs, case.expected, taken)


def _random_check(
    component: Component, config: Config, inputs: Arrays, shapes: Mapping[str, tuple[int, ...]], taken: set[str]
) -> Check:
    """Seeded weights and inputs."""
    weights = weights_of("deepmind", Seeded(SEED), shapes)
    expected = component.run(config, weights, inputs)
    trips = len(component.trips(inputs))
    name = f"the unpatched network, seed {SEED}" + (f", {trips} trips" if component.per_trip else "")
    return _check(component, name, weights, inputs, expected, taken)


def _ports(component: Component, model: onnx.ModelProto, names: list[str]) -> tuple[list[Port], list[Port]]:
    """Inputs and outputs of the graph."""
    plain = {_plain(name): name for name in names}
    carried = {link.input for link in component.carry}

    def shape(value: onnx.ValueInfoProto) -> list[int]:
        return [dim.dim_value for dim in value.type.tensor_type.shape.dim]

    inputs = [
        Port(value.name, None if value.name in carried else plain[value.name], shape(value))
        for value in model.graph.input
    ]
    return inputs, [Port(value.name, value.name.removesuffix(OUT), shape(value)) for value in model.graph.output]


def export(
    component: str,
    config: dict[str, Any],
    widths: dict[str, int],
    sizes: dict[str, int],
    variant: str,
    out: Path | None,
) -> str:
    """Exports, checks and writes one component; see core/onnx/files.py."""
    chosen = _COMPONENTS[component]
    check_variant(component, variant, chosen.attention)
    kept = {name: widths[name] for name in chosen.widths if name in widths}
    fixed = chosen.sizes(config, sizes)
    check_sizes(component, sizes, fixed)
    # Two trips at least, to see what is carried from one to the next.
    checked = {**config, TRIPS: 1} if chosen.per_trip else config
    inputs = chosen.example(checked, kept, fixed)
    say(f"exporting {component} ({variant}) of deepmind; this takes a minute or two")
    tracing = _Tracing(chosen, config, {**chosen.trips(inputs)[0], **chosen.start(config, fixed)}, variant)
    model, weights = tracing.model()
    taken = {value.name for value in model.graph.input}
    ports = _ports(chosen, model, tracing.names)
    graph = Graph(
        engine="deepmind",
        component=component,
        variant=variant,
        config=config,
        widths=kept,
        sizes=fixed,
        model=model,
        weights=weights,
        inputs=ports[0],
        outputs=ports[1],
        patches=patches_of(variant, PATCHES, MHA_PATCH),
        versions=network.versions() | {"jax2onnx": version("jax2onnx")},
        carry=chosen.carry,
        unused=sorted(name for name in inputs if _plain(name) not in taken),
        per_trip=chosen.per_trip,
    )
    checks = [_random_check(chosen, checked, inputs, tracing.shapes, taken)]
    checks.extend(_golden_checks(component, config, fixed, tracing.shapes, taken))
    return write(graph, checks, out)
