"""ONNX nodes as JAX primitives, so that a traced function says which operators its graph shall have.

jax2onnx decomposes layer norms, expands the weights of `...` einsums over all batch axes and knows no fused attention.
What is written with these functions becomes exactly the operators named here.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx_ir
from jax.extend.core import Primitive
from jax2onnx.plugins._ir_shapes import _ensure_value_metadata, _stamp_type_and_shape
from jax2onnx.plugins.plugin_system import PrimitiveLeafPlugin, register_primitive

CONTRIB = "com.microsoft"
# Calls of a loop's body, until the calls are replaced by copies of it (graph.py).
BODIES = "af3_gpu.bodies"
# Axes that `...` stands for.
LEADING = "ABCDEFGH"

_NODE = Primitive("af3_gpu_node")
_NODE.multiple_results = True
Avals = tuple[tuple[tuple[int, ...], str], ...]


@_NODE.def_abstract_eval
def _abstract(*_: Any, outputs: Avals, **__: Any) -> list[jax.core.ShapedArray]:
    return [jax.core.ShapedArray(shape, np.dtype(kind)) for shape, kind in outputs]


@register_primitive(jaxpr_primitive=_NODE.name, since="0.17.1", context="af3_gpu", component="node", testcases=[])
class _NodePlugin(PrimitiveLeafPlugin):
    """How jax2onnx lowers the primitive: to the node it names."""

    _PRIM = _NODE
    _ABSTRACT_EVAL_BOUND = True

    def lower(self, ctx: Any, eqn: Any) -> None:
        """Adds the node and binds its outputs."""
        parameters = eqn.params
        given = [ctx.get_value_for_var(variable, name_hint=ctx.fresh_name("operand")) for variable in eqn.invars]
        places = parameters["places"] or range(len(given))
        inputs = [None if place is None else given[place] for place in places]
        names = [ctx.fresh_name(parameters["op"]) for _ in eqn.outvars]
        domain = {"_domain": parameters["domain"], "_version": 1} if parameters["domain"] else {}
        build = getattr(ctx.builder, parameters["op"])
        results = build(*inputs, _outputs=names, **domain, **dict(parameters["attributes"]))
        for variable, result in zip(eqn.outvars, [results] if len(names) == 1 else results, strict=True):
            result.type = onnx_ir.TensorType(onnx_ir.DataType.from_numpy(np.dtype(variable.aval.dtype)))
            _stamp_type_and_shape(result, tuple(variable.aval.shape))
            _ensure_value_metadata(ctx, result)
            ctx.bind_value_for_var(variable, result)


def node(
    op: str,
    inputs: tuple[Any, ...],
    outputs: Avals,
    domain: str = "",
    places: tuple[int | None, ...] = (),
    **attributes: Any,
) -> list[jax.Array]:
    """A node with outputs of these (shape, type); `places` says which input stands where, None for one left out."""
    named = tuple(sorted(attributes.items()))
    return _NODE.bind(*inputs, op=op, outputs=outputs, domain=domain, places=places, attributes=named)


def matmul(a: jax.Array, b: jax.Array) -> jax.Array:
    """MatMul of [..., m, k] and [..., k, n] with equal leading axes, or with none on the right."""
    (found,) = node("MatMul", (a, b), (((*a.shape[:-1], b.shape[-1]), "float32"),))
    return found


def layer_norm(x: jax.Array, scale: jax.Array, offset: jax.Array | None, epsilon: float) -> jax.Array:
    """LayerNormalization over the last axis."""
    inputs = (x, scale) if offset is None else (x, scale, offset)
    (found,) = node("LayerNormalization", inputs, ((x.shape, "float32"),), axis=-1, epsilon=epsilon)
    return found


def take(x: jax.Array, indices: jax.Array, axis: int) -> jax.Array:
    """Gather of slices of an axis, indices clamped to its last as JAX does."""
    bounded = jnp.minimum(indices, x.shape[axis] - 1)
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    (found,) = node("Gather", (x, bounded), ((shape, str(x.dtype)),), axis=axis)
    return found


def take_along(x: jax.Array, indices: jax.Array, axis: int) -> jax.Array:
    """GatherElements of an axis; the indices' other axes are broadcast to those of x."""
    place = axis % len(x.shape)
    shape = (*x.shape[:place], indices.shape[place], *x.shape[place + 1 :])
    inputs = (x, jnp.broadcast_to(indices, shape))
    (found,) = node("GatherElements", inputs, ((shape, str(x.dtype)),), axis=place)
    return found


def scatter(x: jax.Array, indices: jax.Array, value: float) -> jax.Array:
    """ScatterElements: x [n] with the value at some places, which may be named several times."""
    updates = jnp.full(indices.shape, value, x.dtype)
    (found,) = node("ScatterElements", (x, indices, updates), ((x.shape, str(x.dtype)),), axis=0)
    return found


def rows(x: jax.Array) -> list[jax.Array]:
    """The slices of the first axis. One Split of a weight is done when a runtime loads the graph."""
    count = x.shape[0]
    if count == 0:
        return []
    if x.dtype != np.float32:  # which WebGPU does not split
        return [take(x, jnp.asarray(index, jnp.int32), 0) for index in range(count)]
    parts = [x]
    if count > 1:
        part = ((1, *x.shape[1:]), str(x.dtype))
        parts = node("Split", (x,), (part,) * count, axis=0, num_outputs=count)
    return [jnp.reshape(part, x.shape[1:]) for part in parts]


def fused_attention(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array, scale: float) -> jax.Array:
    """MultiHeadAttention of q [..., Q, H, D], k [..., K, H, D], v [..., K, H, E] and a bias [1 or B, 1 or H, Q, K]."""
    batch, heads = math.prod(q.shape[:-3]), q.shape[-2]

    def packed(x: jax.Array) -> jax.Array:
        return jnp.reshape(x, (batch, x.shape[-3], heads * x.shape[-1]))

    inputs = (packed(q), packed(k), packed(v), bias)
    (found,) = node(
        "MultiHeadAttention",
        inputs,
        (((batch, q.shape[-3], heads * v.shape[-1]), "float32"),),
        domain=CONTRIB,
        places=(0, 1, 2, None, None, 3),
        num_heads=heads,
        scale=float(scale),
    )
    return jnp.reshape(found, (*q.shape[:-1], v.shape[-1]))


def _permuted(x: jax.Array, labels: str, order: str) -> jax.Array:
    """The axes of x in another order."""
    return x if labels == order else jnp.transpose(x, [labels.index(label) for label in order])


def _product(equation: str, a: jax.Array, b: jax.Array) -> jax.Array:
    """An einsum of two arrays whose labels are all kept by one side or summed over both."""
    inputs, out = equation.split("->")
    one, two = inputs.split(",")
    sizes = dict(zip(one, a.shape, strict=True)) | dict(zip(two, b.shape, strict=True))
    batch = "".join(label for label in out if label in one and label in two)
    left, right = ("".join(label for label in out if label not in other) for other in (two, one))
    summed = "".join(label for label in one if label in two and label not in out)
    if set(one) != set(batch + left + summed) or set(two) != set(batch + right + summed):
        raise NotImplementedError(f"an einsum like {equation} is not exported")
    if batch and left and right and out.index(right[0]) < out.index(left[0]):
        return _product(f"{two},{one}->{out}", b, a)  # its result needs no transposition

    def flat(labels: str) -> int:
        return math.prod(sizes[label] for label in labels)

    stacks = tuple(sizes[label] for label in batch)
    # A single matrix on the right serves all rows on the left; with batch axes the rows are one axis.
    lines = (flat(left),) if batch else tuple(sizes[label] for label in left) or (1,)
    first = jnp.reshape(_permuted(a, one, batch + left + summed), (*stacks, *lines, flat(summed)))
    second = jnp.reshape(_permuted(b, two, batch + summed + right), (*stacks, flat(summed), flat(right)))
    order = batch + left + right
    return _permuted(jnp.reshape(matmul(first, second), [sizes[label] for label in order]), order, out)


def einsum(equation: str, *operands: jax.Array) -> jax.Array:
    """jnp.einsum of two or three arrays, from left to right, by MatMul with Reshape and Transpose."""
    inputs, out = equation.replace(" ", "").split("->")
    terms = inputs.split(",")
    lengths = {len(x.shape) - len(term) + 3 for x, term in zip(operands, terms, strict=True) if "..." in term}
    leading = LEADING[: max(lengths, default=0)]
    terms, out = [term.replace("...", leading) for term in terms], out.replace("...", leading)
    found, term = operands[0], terms[0]
    for position, (other, label) in enumerate(zip(operands[1:], terms[1:], strict=True), 2):
        needed = out + "".join(terms[position:])
        kept = out if position == len(terms) else "".join(c for c in dict.fromkeys(term + label) if c in needed)
        found, term = _product(f"{term},{label}->{kept}", found, other), kept
    return found
