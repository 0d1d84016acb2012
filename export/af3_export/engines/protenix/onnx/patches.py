"""What is exchanged in protenix's network, from outside and only while it is exported, so that a graph is right and lean.

Every replacement computes what the repository's own code computes without masks: the checks compare with the unpatched network.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import MethodType
from typing import Any
from unittest import mock

import torch

from af3_export.core.torch.windows import ownership, whole_windows, windows
from af3_export.engines.protenix import network

OUTSIDE = 1e10

PATCHES = (
    "windows of atoms are slices of atoms padded to whole windows, token pairs of atom pairs one gather: unfolding and guards on the"
    " padding fix the number of atoms",
    "atoms are averaged into tokens by a matrix product, not by scatter_add; atoms take their token's values by an index",
    "attention is two products and a softmax, not scaled_dot_product_attention",
    "triangle modules have no mask: it is all ones wherever the model runs them",
    "rows of the MSA that a pass does not take are zero in the outer product, which counts those that it takes: the number of rows stays"
    " free, and the model's choice of rows is no gather of unknown length",
    "the MSA is averaged by a matrix product, not by a product with six axes; transitions are not cut into chunks",
    "templates and the confidence head's samples are an axis, not a loop, which would fix their number",
    "distances are roots of summed squares, not cdist; representative atoms are taken by a matrix product, not by a boolean index",
    "one-hot vectors are comparisons, ids float32 there (exact to 2^24)",
)
MHA_PATCH = (
    "attention over pairs and tokens is com.microsoft.MultiHeadAttention with the pair bias; the atoms' windows keep their own"
)


def one_hot(x: torch.Tensor, classes: int) -> torch.Tensor:
    """torch.nn.functional.one_hot in float32."""
    return (x[..., None] == torch.arange(classes, dtype=x.dtype)).to(torch.float32)


def _dense(
    q: Any, k: Any, dim_q: Any, dim_k: Any, n_queries: int = 32, n_keys: int = 128, compute_mask: bool = True
) -> tuple[Any, Any, dict[str, Any]]:
    """rearrange_qk_to_dense_trunk of single tensors [.., A, c]; the mask is not asked for."""
    q, k = whole_windows(q, n_queries), whole_windows(k, n_queries)
    return windows(q, n_queries, n_queries), windows(k, n_queries, n_keys), {}


def inside(atoms: torch.Tensor, n_queries: int = 32, n_keys: int = 128) -> torch.Tensor:
    """[W, 1, n_keys] of ones where a window's key is an atom, from anything [A, ..]."""
    ones = torch.ones_like(atoms[:, :1])
    return windows(whole_windows(ones, n_queries), n_queries, n_keys).transpose(-1, -2)


def _pairs_of_tokens(
    z_token: torch.Tensor, atom_to_token_idx: torch.Tensor, n_queries: int, n_keys: int, compute_mask: bool = True
) -> tuple[torch.Tensor, dict[str, Any]]:
    """broadcast_token_to_local_atom_pair: [.., N, N, c] to [.., W, 32, 128, c]; outside the atoms, token 0."""
    tokens, channels = z_token.shape[-2:]
    column = whole_windows(atom_to_token_idx[:, None].to(torch.float32), n_queries)
    queries = windows(column, n_queries, n_queries)
    keys = windows(column, n_queries, n_keys).transpose(-1, -2)
    places = (queries * tokens + keys).to(torch.int32).reshape(-1)
    flat = torch.index_select(z_token.flatten(-3, -2), -2, places)
    return flat.reshape(*z_token.shape[:-3], -1, n_queries, n_keys, channels), {}


def _softmax_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, attn_bias: torch.Tensor | None = None, **_: Any
) -> torch.Tensor:
    """_attention by its two products."""
    logits = torch.matmul(q, k.transpose(-1, -2))
    return torch.matmul(torch.softmax(logits if attn_bias is None else logits + attn_bias, -1), v)


def _local_attention(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    n_queries: int,
    n_keys: int,
    trunked_attn_bias: torch.Tensor,
    **_: Any,
) -> torch.Tensor:
    """_local_attention on [.., H, A, c] with a bias [.., H, W, 32, 128]."""
    atoms = q.shape[-2]
    keys = inside(q.flatten(0, -3)[0], n_queries, n_keys)
    bias = trunked_attn_bias + OUTSIDE * (keys - 1)
    queries = windows(whole_windows(q, n_queries), n_queries, n_queries)
    k, v = (windows(whole_windows(x, n_queries), n_queries, n_keys) for x in (k, v))
    return _softmax_attention(queries, k, v, bias).flatten(-3, -2)[..., :atoms, :]


def mean_of_atoms(
    x_atom: torch.Tensor, atom_to_token_idx: torch.Tensor, n_token: int, reduce: str = "mean"
) -> torch.Tensor:
    """aggregate_atom_to_token, [.., A, c] to [.., N, c]."""
    owned = ownership(n_token, atom_to_token_idx)
    return torch.matmul(owned, x_atom) / torch.clamp(owned.sum(-1), min=1)[:, None]


@contextmanager
def averaging_to(tokens: int) -> Iterator[None]:
    """Meanwhile atoms are averaged into so many tokens: the encoder of the input embedder does not say how many, but counts them."""

    def mean(x_atom: torch.Tensor, atom_to_token_idx: torch.Tensor, **_: Any) -> torch.Tensor:
        return mean_of_atoms(x_atom, atom_to_token_idx, tokens)

    with mock.patch.object(network.module("model.modules.transformer"), "aggregate_atom_to_token", mean):
        yield


def _of_tokens(x_token: torch.Tensor, atom_to_token_idx: torch.Tensor) -> torch.Tensor:
    """broadcast_token_to_atom, [.., N, c] to [.., A, c]."""
    return torch.index_select(x_token, -2, atom_to_token_idx)


def _triangle_multiplication(self: Any, z: torch.Tensor, **_: Any) -> torch.Tensor:
    """TriangleMultiplicativeUpdate.forward without a mask."""
    x = self.layer_norm_in(z)
    a = self.sigmoid(self.linear_a_g(x)) * self.linear_a_p(x)
    b = self.sigmoid(self.linear_b_g(x)) * self.linear_b_p(x)
    y = self.linear_z(self.layer_norm_out(self._combine_projections(a, b)))
    return y * self.sigmoid(self.linear_g(x))


def _triangle_attention(self: Any, x: torch.Tensor, **_: Any) -> torch.Tensor:
    """TriangleAttention.forward of a starting node (the ending node's z is transposed outside) without a mask."""
    x = self.layer_norm(x)
    bias = self.linear(x).movedim(-1, -3)[..., None, :, :, :]
    return self.mha(q_x=x, kv_x=x, biases=[bias])


def _transition(self: Any, x: torch.Tensor) -> torch.Tensor:
    """Transition.forward in one piece."""
    y = self.layernorm1(x)
    return self.linear_no_bias(torch.nn.functional.silu(self.linear_no_bias_a(y)) * self.linear_no_bias_b(y))


def _average(self: Any, m: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """MSAPairWeightedAveraging.forward: rows [M, N, c] weighted by softmax over the second token."""
    m = self.layernorm_m(m)
    weights = torch.softmax(self.linear_no_bias_z(self.layernorm_z(z)), -2).permute(2, 0, 1)
    v = self.linear_no_bias_mv(m).unflatten(-1, (self.n_heads, self.c))
    columns = v.permute(2, 1, 0, 3).flatten(-2)
    sums = torch.matmul(weights, columns).unflatten(-1, (-1, self.c)).permute(2, 1, 0, 3).flatten(-2)
    return self.linear_no_bias_out(torch.sigmoid(self.linear_no_bias_mg(m)) * sums)


def _msa_stack(self: Any, m: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """MSAStack.forward in one piece."""
    m = m + self.msa_pair_weighted_averaging(m, z)
    return m + self.transition_m(m)


def outer_product(self: Any, m: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """OuterProductMean.forward of rows [M, N, c] of which those count that `chosen` [M] says."""
    x = self.layer_norm(m)
    a, b = self.linear_1(x) * chosen[:, None, None], self.linear_2(x)
    rows, tokens, channels = a.shape
    outer = torch.matmul(a.reshape(rows, -1).T, b.reshape(rows, -1))
    pairs = outer.reshape(tokens, channels, tokens, channels).transpose(1, 2).flatten(-2)
    return self.linear_out(pairs) / (chosen.sum() + self.eps)


def _confidence(self: Any, given: dict[str, torch.Tensor], **arguments: Any) -> tuple[torch.Tensor, ...]:
    """ConfidenceHead.forward with its samples as an axis."""
    s_inputs, x = arguments["s_inputs"], arguments["x_pred_coords"]
    s = self.input_strunk_ln(torch.clamp(arguments["s_trunk"], min=-512, max=512))
    owned = ownership(s.shape[-2], given["atom_to_token_idx"]) * given["distogram_rep_atom_mask"]
    standing = torch.matmul(owned, x)
    apart = standing[..., :, None, :] - standing[..., None, :, :]
    distance = torch.sqrt((apart * apart).sum(-1, keepdim=True))
    bins = ((distance > self.lower_bins) & (distance < self.upper_bins)).to(torch.float32)
    z = arguments["z_trunk"] + self.linear_no_bias_s1(s_inputs) + self.linear_no_bias_s2(s_inputs)[:, None]
    z = z + self.linear_no_bias_d(bins) + self.linear_no_bias_d_wo_onehot(distance)
    s, z = self.pairformer_stack(s.expand(x.shape[0], -1, -1), z, None, **network.KERNELS)
    atoms = _of_tokens(s, given["atom_to_token_idx"])

    def per_atom(norm: Any, weight: torch.Tensor) -> torch.Tensor:
        own = torch.index_select(weight, 0, given["atom_to_tokatom_idx"])
        return torch.matmul(norm(atoms)[..., None, :], own)[..., 0, :]

    pae = self.linear_no_bias_pae(self.pae_ln(z))
    pde = self.linear_no_bias_pde(self.pde_ln(z + z.transpose(-2, -3)))
    return (
        per_atom(self.plddt_ln, self.plddt_weight),
        pae,
        pde,
        per_atom(self.resolved_ln, self.resolved_weight),
    )


def _multi_head(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, bias: torch.Tensor, heads: int) -> torch.Tensor:
    """[B, N, H c] as one node of ONNX Runtime; the bias is [1, H, N, N] or one for each of B."""
    return torch.onnx.ops.symbolic(
        "com.microsoft::MultiHeadAttention",
        (q, k, v, None, None, bias),
        {"num_heads": heads, "scale": 1 / math.sqrt(q.shape[-1] // heads)},
        dtype=q.dtype,
        shape=q.shape,
        version=1,
    )


def _attend_pairs(
    self: Any, q_x: torch.Tensor, kv_x: torch.Tensor, biases: list[torch.Tensor], **_: Any
) -> torch.Tensor:
    """The triangle modules' Attention.forward on [.., I, J, c] with one bias [.., 1, H, J, J] for all I."""
    lead = q_x.shape[:-2]
    (bias,) = biases
    if bias.dim() > 4:  # samples or templates in front, each with its own
        bias = bias.expand(*lead, *bias.shape[-3:]).flatten(0, -4)
    q, k, v = (layer(q_x).flatten(0, -3) for layer in (self.linear_q, self.linear_k, self.linear_v))
    o = _multi_head(q, k, v, bias, self.no_heads).unflatten(0, lead)
    return self.linear_o(o * self.sigmoid(self.linear_g(q_x)))


def _attend_tokens(self: Any, a: torch.Tensor, s: torch.Tensor | None, z: torch.Tensor, **_: Any) -> torch.Tensor:
    """AttentionPairBias.forward over tokens [.., N, c] with pairs [.., N, N, c_z]."""
    a = self.layernorm_a(a=a, s=s) if self.has_s else self.layernorm_a(a)
    made, lead = self.attention, a.shape[:-2]
    bias = self.linear_nobias_z(self.layernorm_z(z)).movedim(-1, -3)
    bias = bias.flatten(0, -4) if bias.dim() > 3 else bias[None]
    x = a.flatten(0, -3) if lead else a[None]
    o = _multi_head(made.linear_q(x), made.linear_k(x), made.linear_v(x), bias, made.num_heads)
    o = made.linear_o(o * made.sigmoid(made.linear_g(x)))
    o = o.unflatten(0, lead) if lead else o[0]
    return torch.sigmoid(self.linear_a_last(s)) * o if self.has_s else o


def prepare(built: torch.nn.Module, variant: str) -> None:
    """In the variant mha makes attention over pairs and tokens one node; a window's queries and keys differ in number."""
    if variant != "mha":
        return
    pairs = network.module("model.triangular.layers").Attention
    tokens = network.module("model.modules.transformer").AttentionPairBias
    for module in built.modules():
        if isinstance(module, pairs):
            module.forward = MethodType(_attend_pairs, module)  # type: ignore[method-assign]
        elif isinstance(module, tokens) and not module.cross_attention_mode:
            module.forward = MethodType(_attend_tokens, module)  # type: ignore[method-assign]


@contextmanager
def patched() -> Iterator[None]:
    """The repository's modules with the replacements; those on instances are `prepare`'s."""
    part = network.module
    primitives, transformer = part("model.modules.primitives"), part("model.modules.transformer")
    confidence, pairformer = part("model.modules.confidence"), part("model.modules.pairformer")
    triangular = part("model.triangular.triangular")
    with ExitStack() as stack:

        def put(place: Any, **values: Any) -> None:
            stack.enter_context(mock.patch.multiple(place, **values))

        put(primitives, _attention=_softmax_attention, _local_attention=_local_attention)
        put(primitives.Transition, forward=_transition)
        put(
            transformer,
            rearrange_qk_to_dense_trunk=_dense,
            broadcast_token_to_local_atom_pair=_pairs_of_tokens,
            aggregate_atom_to_token=mean_of_atoms,
            broadcast_token_to_atom=_of_tokens,
        )
        put(triangular.TriangleMultiplicativeUpdate, forward=_triangle_multiplication)
        put(triangular.TriangleAttention, forward=_triangle_attention)
        put(pairformer.MSAPairWeightedAveraging, forward=_average)
        put(pairformer.MSAStack, forward=_msa_stack)
        put(confidence.ConfidenceHead, forward=_confidence)
        yield
