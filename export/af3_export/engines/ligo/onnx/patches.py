"""What is exchanged in ligo's network, from outside and only while it is exported, so that a graph is right and lean.

Every replacement computes what the repository's own code computes: the checks compare with the unpatched network.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import MethodType, SimpleNamespace
from typing import Any
from unittest import mock

import torch

from af3_export.core.torch.windows import ownership, windows
from af3_export.engines.ligo import network as ligo_network

WINDOW_STEP = 32

PATCHES = (
    "atoms are averaged into tokens by a matrix product: scatter_reduce(mean, include_self=False) becomes a scatter"
    " without a reduction, silently wrong",
    "windows of atoms are slices, token pairs of atom pairs one gather: the repository's loop over slices fixes the"
    " number of atoms and makes all pairs of atoms",
    "atoms take their token's values by an index, not by vmap, which fails with dynamic shapes",
    "the MSA is averaged by a matrix product, not by a product with six axes",
    "isclose has one comparison: its logical or falls to the CPU under WebGPU",
    "softmax is not followed by nan_to_num, which WebGPU leaves to the CPU: a finite mask makes no NaN",
    "one-hot vectors of integers are comparisons, not argmin and scatter, and ids are float32 there (exact to 2^24)",
    "dropout is the identity: in eval it would multiply by ones; checkpoints call their function",
    "the sampler's samples share one mask",
)
MHA_PATCH = (
    "attention over pairs and tokens is com.microsoft.MultiHeadAttention, with mask and pair bias added beforehand; the"
    " atoms' windows keep their own"
)


def remove_dropout(network: torch.nn.Module) -> None:
    """Replaces every dropout module by the identity."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if "Dropout" in type(child).__name__:
                setattr(module, name, torch.nn.Identity())


def _windows(
    x: torch.Tensor, n_queries: int = WINDOW_STEP, n_keys: int = 128, pad_value: float | None = None
) -> torch.Tensor:
    """partition_tensor: [.., A, c] to [.., A / 32, n_keys, c]."""
    return windows(x, n_queries, n_keys, pad_value)


def _mean_of_atoms(atoms: torch.Tensor, tok_idx: torch.Tensor, n_tokens: int) -> torch.Tensor:
    """[1, S, A, c] to [1, S, N, c]: the mean of each token's atoms, 0 where it has none."""
    owned = ownership(n_tokens, tok_idx)
    sums = torch.matmul(owned[:, None], atoms)
    return sums / torch.clamp(owned.sum(-1), min=1)[:, None, :, None]


def _of_tokens(token_repr: torch.Tensor, tok_idx: torch.Tensor) -> torch.Tensor:
    """[1, .., N, c] to [1, .., A, c]: each atom's token's row."""
    return torch.index_select(token_repr, -2, tok_idx[0])


def _pairs_of_tokens(
    token_pairs: torch.Tensor, tok_idx: torch.Tensor, n_queries: int = WINDOW_STEP, n_keys: int = 128
) -> torch.Tensor:
    """[1, N, N, c] to [1, W, 32, 128, c]; where a window leaves the atoms, both tokens are 0, as in the repository."""
    n_tokens, channels = token_pairs.shape[-2:]
    column = tok_idx[0, :, None].to(torch.float32)  # slices of integers fall to the CPU under WebGPU

    queries = windows(column, n_queries, n_queries).to(torch.int32)
    keys = windows(column, n_queries, n_keys).to(torch.int32).transpose(-1, -2)
    inside = windows(torch.ones_like(column), n_queries, n_keys).to(torch.int32).transpose(-1, -2)
    flat = torch.index_select(token_pairs.reshape(-1, channels), 0, (queries * inside * n_tokens + keys).reshape(-1))
    return flat.reshape(1, -1, n_queries, n_keys, channels)


def _decode(
    self: Any,
    token_repr: torch.Tensor,
    atom_single_skip_repr: torch.Tensor,
    atom_single_skip_proj: torch.Tensor,
    atom_pair_skip_repr: torch.Tensor,
    tok_idx: torch.Tensor,
    mask: torch.Tensor | None = None,
    use_deepspeed_evo_attention: bool = False,
) -> torch.Tensor:
    """AtomAttentionDecoder.forward: tokens [1, S, N, c_token] to updates [1, S, A, 3]."""
    atoms = self.linear_atom(_of_tokens(token_repr, tok_idx)) + atom_single_skip_repr
    atoms = self.atom_transformer(atoms, atom_single_skip_proj, atom_pair_skip_repr, mask)
    return self.linear_update(self.layer_norm(atoms))


def _average(self: Any, v: torch.Tensor, b: torch.Tensor, g: torch.Tensor, n_seq: int, n_res: int) -> torch.Tensor:
    """MSAWeightedAveragingNaive.forward: values [1, M, N, H, c] weighted by [1, N, N, H] to [1, M, N, H * c]."""
    weights = torch.softmax(b.permute(0, 3, 1, 2), -1)
    columns = v.permute(0, 3, 2, 1, 4).flatten(-2)
    sums = torch.matmul(weights, columns).unflatten(-1, (-1, self.c_hidden))
    return (torch.sigmoid(g) * sums.permute(0, 3, 2, 1, 4)).flatten(-2)


def _one_hot_of_integers(x: torch.Tensor, v_bins: torch.Tensor) -> torch.Tensor:
    """What the nearest bin gives for integers among the integer bins."""
    return (x[..., None] == v_bins).to(v_bins.dtype)


def _is_close(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """torch.isclose of finite values."""
    return (x - y).abs() <= 1e-8 + 1e-5 * y.abs()


def _one_hot(x: torch.Tensor, num_classes: int) -> torch.Tensor:
    """torch.nn.functional.one_hot in float32."""
    return (x[..., None] == torch.arange(num_classes, dtype=x.dtype)).to(torch.float32)


def _biases(
    self: Any, single_repr: torch.Tensor, pair_repr: torch.Tensor, mask: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """AttentionPairBias._prep_biases: [1, 1, 1, 1, N] for all samples, and [1, 1, H, N, N]."""
    mask_bias = self.inf * (mask.to(single_repr.dtype) - 1)
    return mask_bias[:, None, None, None, :], self.proj_pair_bias(pair_repr).permute(0, 3, 1, 2)[:, None]


def _attend(
    self: Any,
    q_x: torch.Tensor,
    kv_x: torch.Tensor,
    biases: list[torch.Tensor],
    use_deepspeed_evo_attention: bool = False,
) -> torch.Tensor:
    """Attention.forward on [1, B, N, c] as one node of ONNX Runtime."""
    lead = q_x.shape[:2]
    q, k, v = (
        layer[0](x).flatten(0, 1) for layer, x in ((self.linear_q, q_x), (self.linear_k, kv_x), (self.linear_v, kv_x))
    )
    bias = biases[0] + biases[1]
    o = torch.onnx.ops.symbolic(
        "com.microsoft::MultiHeadAttention",
        (q, k, v, None, None, bias.flatten(0, 1)),
        {"num_heads": self.no_heads, "scale": self.c_hidden**-0.5},
        dtype=q.dtype,
        shape=q.shape,
        version=1,
    )
    gate = torch.sigmoid(self.to_gamma[0](q_x))
    return self.linear_o(o.unflatten(0, lead) * gate)


def use_multi_head_attention(network: torch.nn.Module) -> None:
    """Makes every attention over pairs and tokens one node; a window's queries and keys differ in number."""
    attention = ligo_network.module("models.components.primitives").Attention
    windows = ligo_network.module("models.components.atom_attention").AtomAttentionPairBias
    kept = {id(module.attention) for module in network.modules() if isinstance(module, windows)}
    for module in network.modules():
        if isinstance(module, attention) and id(module) not in kept:
            module.forward = MethodType(_attend, module)  # type: ignore[method-assign]


def _direct(function: Callable[..., Any], *arguments: Any) -> Any:
    """A checkpoint without gradients."""
    return function(*arguments)


@contextmanager
def patched() -> Iterator[None]:
    """The repository's modules with the replacements; those on instances are remove_dropout and the attention's."""
    part = ligo_network.module
    atoms = part("models.components.atom_attention")
    embedders, msa = part("models.embedders"), part("models.msa_module")
    conditioning = part("models.diffusion_conditioning")
    with ExitStack() as stack:

        def put(place: Any, **values: Any) -> None:
            stack.enter_context(mock.patch.multiple(place, **values))

        put(part("models.components.primitives"), safe_softmax=lambda x, axis=-1: torch.softmax(x, axis))
        put(
            atoms,
            checkpoint=_direct,
            partition_tensor=_windows,
            aggregate_atom_to_token=lambda atom_representation, tok_idx, n_tokens: _mean_of_atoms(
                atom_representation, tok_idx, n_tokens
            ),
            gather_token_repr=_of_tokens,
            map_token_pairs_to_local_atom_pairs=_pairs_of_tokens,
        )
        put(atoms.AtomAttentionDecoder, forward=_decode)
        put(msa, checkpoint=_direct)
        put(msa.MSAWeightedAveragingNaive, forward=_average)
        put(conditioning, checkpoint=_direct)
        close = SimpleNamespace(**{**vars(torch), "isclose": _is_close})
        put(part("models.components.relative_position_encoding"), one_hot=_one_hot_of_integers, torch=close)
        put(embedders, checkpoint=_direct, F=SimpleNamespace(one_hot=_one_hot), torch=close)
        put(part("models.components.attention_pair_bias").AttentionPairBias, _prep_biases=_biases)
        yield
