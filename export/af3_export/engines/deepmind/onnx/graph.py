"""From a traced function of the deepmind network to one plain ONNX graph."""

import contextlib
import io
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax2onnx
import numpy as np
import onnx
from onnx import helper, inliner, numpy_helper
from onnx.reference import ReferenceEvaluator

from af3_export.engines.deepmind.onnx.nodes import BODIES, CONTRIB
from af3_export.engines.deepmind.onnx.patches import Body

OPSET = 20
# Constants up to this many elements are folded here (shapes, indices, bin edges); weights are left to the runtime.
FOLDED = 4096
# Behind the names of outputs: some are inputs too.
OUT = "_out"
Function = Callable[..., Any]


def _converted(function: Function, arguments: Sequence[jax.ShapeDtypeStruct]) -> onnx.ModelProto:
    """A function of arrays as jax2onnx gives it, tidied; its inputs are in_0, in_1 ... without those that nothing reads."""
    logging.getLogger("onnx_ir.serde").setLevel(logging.ERROR)  # shapes of values without a type are of no use here
    with contextlib.redirect_stdout(io.StringIO()):
        model = jax2onnx.to_onnx(function, list(arguments), opset=OPSET)
    return tidied(model)


def exported(
    function: Function, arguments: Sequence[jax.ShapeDtypeStruct], bodies: list[Body], names: Sequence[str]
) -> onnx.ModelProto:
    """The graph of a function that returns a dictionary; its inputs that are read have `names`, its outputs keys and OUT.

    `bodies` is the list that the patches of the function fill while it is traced.
    """
    keys: list[str] = []

    def positional(*values: Any) -> tuple[Any, ...]:
        found = function(*values)
        keys[:] = list(found)
        return tuple(found.values())

    model = _converted(positional, arguments)
    model.functions.extend(_function(body) for body in bodies)
    model.opset_import.append(helper.make_opsetid(BODIES, 1))
    if not any(entry.domain == CONTRIB for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(CONTRIB, 1))
    model = inliner.inline_local_functions(model)
    _lift_constants(model.graph)
    _fold(model.graph)  # what bodies are given may be constant
    _keep_used(model)
    renamed = dict(zip((f"in_{index}" for index in range(len(names))), names, strict=True))
    renamed |= dict(zip((value.name for value in model.graph.output), (key + OUT for key in keys), strict=True))
    return _renamed(model, renamed)


def _function(body: Body) -> onnx.FunctionProto:
    """A body as a function of the model; those inside it, which are there too, are still calls."""
    model = _converted(body.function, body.arguments)
    constants = [helper.make_node("Constant", [], [value.name], value=value) for value in model.graph.initializer]
    return helper.make_function(
        BODIES,
        body.name,
        [f"in_{index}" for index in range(len(body.arguments))],
        [value.name for value in model.graph.output],
        [*constants, *model.graph.node],
        [helper.make_opsetid("", OPSET), helper.make_opsetid(BODIES, 1), helper.make_opsetid(CONTRIB, 1)],
    )


def tidied(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without what computes constants, changes nothing, or is read by nothing. It keeps its values' shapes."""
    graph = model.graph
    _lift_constants(graph)
    _fold(graph)
    shapes = _shapes(graph)
    _drop_idle(graph, shapes)
    _keep_used(model)
    return model


def _shapes(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    """Shapes of all values that have fixed ones."""
    found = {value.name: tuple(value.dims) for value in graph.initializer}
    for value in (*graph.value_info, *graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in dims):
            found[value.name] = tuple(dim.dim_value for dim in dims)
    return found


def _lift_constants(graph: onnx.GraphProto) -> None:
    """Constant nodes become initializers, equal ones one."""
    kept: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    values = [*graph.initializer]
    nodes = []
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            value = node.attribute[0].t
            value.name = node.output[0]
            values.append(value)
        else:
            nodes.append(node)
    outputs = {value.name for value in graph.output}
    initializers = []
    for value in values:
        array = numpy_helper.to_array(value)
        identity = f"{array.dtype}{array.shape}".encode() + array.tobytes()
        if identity in kept and value.name not in outputs:
            renamed[value.name] = kept[identity]
        else:
            kept.setdefault(identity, value.name)
            initializers.append(value)
    for node in nodes:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    _replace(graph.initializer, initializers)
    _replace(graph.node, nodes)


def _replace(field: Any, values: Sequence[Any]) -> None:
    """Sets a repeated field, whose present entries may be among the values."""
    copies = [type(value)() for value in values]
    for copy, value in zip(copies, values, strict=True):
        copy.CopyFrom(value)
    del field[:]
    field.extend(copies)


def _fold(graph: onnx.GraphProto) -> None:
    """Computes nodes of small constants."""
    constants = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    shapes = _shapes(graph)
    outputs = {value.name for value in graph.output}
    nodes = []
    for node in graph.node:
        if node.op_type == "Shape" and not node.attribute and node.input[0] in shapes:
            name = node.output[0]
            constants[name] = np.array(shapes[node.input[0]], np.int64)
            graph.initializer.append(numpy_helper.from_array(constants[name], name))
            continue
        given = [constants.get(name) for name in node.input if name]
        small = all(value is not None and value.size <= FOLDED for value in given)
        if node.domain or not small or not outputs.isdisjoint(node.output):
            nodes.append(node)
            continue
        names = [name for name in dict.fromkeys(node.input) if name]
        found = ReferenceEvaluator(_alone(node, {name: constants[name] for name in names})).run(
            None, {name: constants[name] for name in names}
        )
        if any(value.size > FOLDED for value in found):
            nodes.append(node)
            continue
        for name, value in zip(node.output, found, strict=True):
            constants[name] = np.asarray(value)
            graph.initializer.append(numpy_helper.from_array(constants[name], name))
    _replace(graph.node, nodes)


def _alone(node: onnx.NodeProto, inputs: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """A model of one node."""
    given = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in inputs.items()
    ]
    made = [onnx.ValueInfoProto(name=name) for name in node.output]
    graph = helper.make_graph([node], "node", given, made)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])


def _drop_idle(graph: onnx.GraphProto, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Removes Identity, Expand and Reshape to the shape that is there, Transpose of nothing; joins Reshape and Transpose."""
    constants = {value.name: value for value in graph.initializer}
    makers: dict[str, onnx.NodeProto] = {}
    renamed: dict[str, str] = {}
    outputs = {value.name for value in graph.output}
    nodes = []
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        before = makers.get(node.input[0]) if node.input else None
        if before is not None and before.op_type == node.op_type:
            _join(node, before, constants)
        if _idle(node, shapes) and node.output[0] not in outputs:
            renamed[node.output[0]] = node.input[0]
            continue
        for name in node.output:
            makers[name] = node
        nodes.append(node)
    _replace(graph.node, nodes)


def _join(node: onnx.NodeProto, before: onnx.NodeProto, constants: Mapping[str, Any]) -> None:
    """Makes the second of two Reshapes, or of two Transposes, do the work of both."""
    if node.op_type == "Reshape" and node.input[1] in constants:
        if 0 not in numpy_helper.to_array(constants[node.input[1]]):
            node.input[0] = before.input[0]
    elif node.op_type == "Transpose":
        first, second = (list(helper.get_node_attr_value(entry, "perm")) for entry in (before, node))
        node.attribute[0].ints[:] = [first[axis] for axis in second]
        node.input[0] = before.input[0]


def _idle(node: onnx.NodeProto, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a node hands on what it is given."""
    if node.op_type == "Transpose":
        perm = list(helper.get_node_attr_value(node, "perm"))
        return perm == sorted(perm)
    same = node.input and node.input[0] in shapes and shapes[node.input[0]] == shapes.get(node.output[0])
    return node.op_type == "Identity" or (node.op_type in ("Reshape", "Expand", "Squeeze", "Unsqueeze") and bool(same))


def _keep_used(model: onnx.ModelProto) -> None:
    """Removes nodes, initializers, inputs and shapes that no output depends on."""
    graph = model.graph
    needed = {value.name for value in graph.output}
    nodes = []
    for node in reversed(graph.node):
        if not needed.isdisjoint(node.output):
            needed.update(node.input)
            nodes.append(node)
    _replace(graph.node, nodes[::-1])
    _replace(graph.initializer, [value for value in graph.initializer if value.name in needed])
    _replace(graph.input, [value for value in graph.input if value.name in needed])
    made = {name for node in graph.node for name in node.output}
    _replace(graph.value_info, [value for value in graph.value_info if value.name in made])


def _renamed(model: onnx.ModelProto, names: Mapping[str, str]) -> onnx.ModelProto:
    """The model with other names of values; those in their way get a prefix, nodes lose theirs."""
    taken = set(names.values())
    graph = model.graph

    def name(old: str) -> str:
        return names.get(old, f"value_{old}" if old in taken else old)

    for node in graph.node:
        node.name = ""
        node.input[:] = [name(value) for value in node.input]
        node.output[:] = [name(value) for value in node.output]
    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = name(value.name)
    graph.name = "af3-gpu"
    return model


def weights_outside(model: onnx.ModelProto, names: Mapping[str, str]) -> None:
    """Turns inputs that are weights into initializers without values; `names` are the weights' names by input."""
    graph = model.graph
    for value in graph.input:
        if value.name in names:
            dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            graph.initializer.append(onnx.TensorProto(name=value.name, data_type=onnx.TensorProto.FLOAT, dims=dims))
    _replace(graph.input, [value for value in graph.input if value.name not in names])
