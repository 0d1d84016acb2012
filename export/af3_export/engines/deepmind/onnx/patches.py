"""What is replaced, from outside the pinned repository, while its network is traced for ONNX."""

import contextlib
import dataclasses
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import tokamax

from af3_export.engines.deepmind import network
from af3_export.engines.deepmind.onnx import nodes

PATCHES = (
    "einsums are MatMul with Reshape and Transpose: jax2onnx expands a weight over all batch axes (24 GB at 128 tokens)",
    "layer norms are LayerNormalization, in transposed axes where the network norms the first one: they come decomposed",
    "tokamax's gated linear unit is one MatMul and a Split; its attention is MatMul and Softmax: they have no ONNX form",
    "pair attention scales its queries instead of its logits",
    "where a key of pair attention is masked the lowest float32 is added, which leaves the same as putting it there",
    "layers follow each other: their loop is taken apart, a Split hands each its weights",
    "attention and transitions are not cut into chunks",
    "gathers, lookups, one-hot codes and the matrix of bonds are Gather, GatherElements, Equal and ScatterElements on int32",
    "indices are clamped as JAX does: jax2onnx leaves that out",
    "random keys are left out: the MSA's row order is an input",
)
MHA_PATCH = "attention of queries and keys is one com.microsoft.MultiHeadAttention, all masks added into its bias"
_SCORES, _AVERAGE = "...qhc,...khc->...hqk", "...hqk,...khc->...qhc"


@dataclass
class Body:
    """The body of a loop over layers: a function of what it closes over, what it carries and its slices."""

    name: str
    function: Callable[..., Any]
    arguments: list[jax.ShapeDtypeStruct]


@dataclass
class Bodies:
    """The bodies met while tracing, in the order in which they end: one comes after those inside it."""

    found: list[Body] = field(default_factory=list)

    def scan(
        self,
        step: Callable[..., Any],
        init: Any,
        xs: Any = None,
        length: int | None = None,
        reverse: bool = False,
        unroll: int = 1,
    ) -> tuple[Any, Any]:
        """jax.lax.scan as calls of one body, one after the other."""
        del unroll
        if reverse:
            raise NotImplementedError("a reversed scan is not exported")
        carried, carry_tree = jax.tree.flatten(init)
        sliced, slice_tree = jax.tree.flatten(xs)
        count = len(sliced[0]) if length is None else length
        slices = [nodes.rows(x) for x in sliced]
        out_tree: Any = None

        def flat(*values: Any) -> list[Any]:
            nonlocal out_tree
            split = len(carried)
            result = step(carry_tree.unflatten(values[:split]), slice_tree.unflatten(values[split:]))
            leaves, out_tree = jax.tree.flatten(result)
            return leaves

        if count == 0:
            return init, None
        avals = [_struct(x) for x in (*carried, *(parts[0] for parts in slices))]
        closed = jax.make_jaxpr(flat)(*avals)
        call = self._called(closed, avals)
        stacked: list[list[Any]] = []
        for index in range(count):
            leaves = call([*carried, *(parts[index] for parts in slices)])
            carried, rest = leaves[: len(carried)], leaves[len(carried) :]
            stacked.append(rest)
        ys = [jnp.stack(values) for values in zip(*stacked, strict=True)]
        return out_tree.unflatten([*carried, *ys])

    def _called(self, closed: Any, avals: list[jax.ShapeDtypeStruct]) -> Callable[[Sequence[Any]], list[Any]]:
        """Notes a body and returns what calls it."""
        constants = list(closed.consts)
        name = f"Body{len(self.found)}"
        outputs = tuple((aval.shape, str(aval.dtype)) for aval in closed.out_avals)

        def function(*values: Any) -> Any:
            split = len(constants)
            return tuple(jax.core.eval_jaxpr(closed.jaxpr, values[:split], *values[split:]))

        self.found.append(Body(name, function, [*map(_struct, constants), *avals]))
        return lambda values: nodes.node(name, (*constants, *values), outputs, domain=nodes.BODIES)


def _struct(x: Any) -> jax.ShapeDtypeStruct:
    """Shape and type."""
    return jax.ShapeDtypeStruct(x.shape, x.dtype)


@dataclass(frozen=True)
class Scores:
    """The logits of an attention before they are computed: queries, already scaled, keys, and what is added."""

    q: jax.Array
    k: jax.Array
    biases: tuple[jax.Array, ...] = ()

    def __add__(self, bias: jax.Array) -> "Scores":
        return dataclasses.replace(self, biases=(*self.biases, bias))


def attention(scores: Scores, v: jax.Array, fused: bool) -> jax.Array:
    """softmax(q k + biases) v of q [..., Q, H, D], k [..., K, H, D], v [..., K, H, E], biases like [..., H, Q, K]."""
    q, k = scores.q, scores.k
    if fused:
        bias = sum(scores.biases[1:], start=scores.biases[0])
        shape = (1,) * (4 - len(bias.shape)) + bias.shape
        full = (shape[0], shape[1], q.shape[-3], k.shape[-3])
        return nodes.fused_attention(q, k, v, jnp.broadcast_to(jnp.reshape(bias, shape), full), 1.0)
    logits = nodes.matmul(jnp.swapaxes(q, -2, -3), jnp.moveaxis(k, -3, -1))
    for bias in scores.biases:
        logits = logits + bias
    return jnp.swapaxes(nodes.matmul(jax.nn.softmax(logits, axis=-1), jnp.swapaxes(v, -2, -3)), -2, -3)


def _gated_linear_unit(x: jax.Array, weights: jax.Array, *, activation: Callable[..., Any]) -> jax.Array:
    """tokamax's gated linear unit: x [..., C], weights [C, 2, F]."""
    channels, _, width = weights.shape
    gate, value = jnp.split(nodes.matmul(x, jnp.reshape(weights, (channels, 2 * width))), 2, axis=-1)
    return activation(gate) * value


def _layer_norm(self: hk.LayerNorm, inputs: jax.Array, scale: Any = None, offset: Any = None) -> jax.Array:
    """hk.LayerNorm.__call__ with given scale and offset."""
    rank = len(inputs.shape)
    (axis,) = (axis % rank for axis in self.axis)
    width = inputs.shape[axis]
    scale = jnp.ones(width, jnp.float32) if scale is None else jnp.reshape(scale, (width,))
    offset = None if offset is None else jnp.reshape(offset, (width,))
    if axis == rank - 1:
        return nodes.layer_norm(inputs, scale, offset, self.eps)
    return jnp.moveaxis(nodes.layer_norm(jnp.moveaxis(inputs, axis, -1), scale, offset, self.eps), -1, axis)


def _attention_patches(fused: bool) -> list[Any]:
    """Replaces both forms of attention. The engine's own one comes in four steps, which end in Scores and attention."""
    softmax, asarray = jax.nn.softmax, jnp.asarray

    def products(equation: str, *operands: Any, **_: Any) -> Any:
        if equation == _SCORES:
            return Scores(*operands)
        if equation == _AVERAGE and isinstance(operands[0], Scores):
            return attention(*operands, fused)
        return nodes.einsum(equation, *operands)

    def unchanged(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, *rest, **named: x if isinstance(x, Scores) else original(x, *rest, **named)

    def tokamax_attention(q: Any, k: Any, v: Any, *, mask: Any, bias: Any, implementation: Any) -> Any:
        del implementation
        floor = jnp.where(mask, np.float32(0), np.finfo(np.float32).min)
        return attention(Scores(q * q.shape[-1] ** -0.5, k, (bias, floor)), v, fused)

    return [
        mock.patch.object(jnp, "einsum", products),
        mock.patch.object(jnp, "asarray", unchanged(asarray)),
        mock.patch.object(jax.nn, "softmax", unchanged(softmax)),
        mock.patch.object(tokamax, "dot_product_attention", tokamax_attention),
    ]


def _gathered(info: Any, x: jax.Array, *, layout_axes: tuple[int, ...] = (0,)) -> jax.Array:
    """atom_layout.convert: the layout's axes as one, gathered, masked."""
    first, last = layout_axes[0] % len(x.shape), layout_axes[-1] % len(x.shape)
    flat = jnp.reshape(x, (*x.shape[:first], -1, *x.shape[last + 1 :]))
    mask = jnp.reshape(info.gather_mask, (*info.gather_mask.shape, *(1,) * (len(x.shape) - last - 1)))
    return nodes.take(flat, info.gather_idxs, first) * mask


def _one_hot(x: jax.Array, classes: int, *, axis: int = -1, dtype: Any = jnp.float32) -> jax.Array:
    """jax.nn.one_hot over a new last axis."""
    del axis
    return (x[..., None] == jnp.arange(classes, dtype=x.dtype)).astype(dtype)


def _indexed(function: Callable[..., Any]) -> Callable[..., Any]:
    """jax.vmap of the one function that the templates map: x [N, K] and i [N] to x[n, i[n]]."""
    del function
    return lambda x, i: jnp.squeeze(nodes.take_along(x, i[:, None], 1), 1)


class _Contacts:
    """The matrix of bonds while it is written: jnp.zeros((n, n)) with `.at[i, j].set(value)`."""

    def __init__(self, shape: tuple[int, int], values: jax.Array | None = None, places: Any = None) -> None:
        self.shape, self.places = shape, places
        self.values = jnp.zeros(shape[0] * shape[1]) if values is None else values

    @property
    def at(self) -> "_Contacts":
        """What is indexed to be set."""
        return self

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        if key == (slice(None), slice(None), None):
            return jnp.reshape(self.values, (*self.shape, 1))
        rows, columns = (jnp.atleast_1d(jnp.asarray(part, jnp.int32)) for part in key)
        return _Contacts(self.shape, self.values, rows * self.shape[1] + columns)

    def set(self, value: float) -> "_Contacts":
        """The matrix with the indexed places set."""
        return _Contacts(self.shape, nodes.scatter(self.values, self.places, value))


def _overlaid(original: types.ModuleType, **names: Any) -> types.ModuleType:
    """A module as one other module sees it, with other functions."""
    found = types.ModuleType(original.__name__)
    found.__dict__.update(original.__dict__, **names)
    return found


def _gathers() -> list[Any]:
    """Replaces indexing, which jax2onnx lowers to a dozen nodes each, among them some on int64."""
    evoformer, templates = (network.module(f"model.network.{name}") for name in ("evoformer", "template_modules"))

    def take(x: Any, indices: jax.Array, axis: int) -> jax.Array:
        return nodes.take(jnp.asarray(x), indices, axis)

    return [
        mock.patch.object(network.module("model.atom_layout.atom_layout"), "convert", _gathered),
        mock.patch.object(templates, "jax", _overlaid(jax, vmap=_indexed)),
        mock.patch.object(evoformer, "jnp", _overlaid(jnp, zeros=_Contacts)),
        mock.patch.object(jnp, "take", take),
        mock.patch.object(jnp, "take_along_axis", nodes.take_along),
        mock.patch.object(jax.nn, "one_hot", _one_hot),
    ]


def _no_keys(key: Any, parts: int = 2) -> np.ndarray:
    """jax.random.split: the network hands keys on and draws nothing."""
    del key
    return np.zeros((parts, 2), np.uint32)


@contextlib.contextmanager
def exportable(variant: str) -> Iterator[Bodies]:
    """While it lasts, the network is traced to nodes that ONNX Runtime is good at; yields the bodies of its loops."""
    bodies = Bodies()
    featurization, mapping = (
        network.module(f"model.{name}") for name in ("network.featurization", "components.mapping")
    )
    with contextlib.ExitStack() as stack:
        for patch in (
            *_attention_patches(variant == "mha"),
            *_gathers(),
            mock.patch.object(tokamax, "gated_linear_unit", _gated_linear_unit),
            mock.patch.object(hk.LayerNorm, "__call__", _layer_norm),
            mock.patch.object(mapping, "sharded_apply", lambda function, *_, **__: function),
            mock.patch.object(featurization, "truncate_msa_batch", lambda msa, rows: msa),
            mock.patch.object(jax.random, "split", _no_keys),
            mock.patch.object(jax.lax, "scan", bodies.scan),
        ):
            stack.enter_context(patch)
        yield bodies
