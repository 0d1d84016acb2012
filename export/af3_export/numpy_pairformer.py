"""Both Pairformers in double-precision numpy, independent of the reference code: the second witness of `--check`."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.numpy_layers import (
    Array,
    contract_triangle,
    join_heads,
    layer_norm,
    row_blocks,
    sigmoid,
    silu,
    softmax,
    split_heads,
)

Read = Callable[[str], Array]
DEEPMIND_SCOPE = "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer/"


def _setting(config: Mapping[str, Any], key: str, default: Any) -> Any:
    """A config value; absent and null mean the engine's default."""
    value = config.get(key)
    return default if value is None else value


def ligo_pairformer(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> dict[str, Array]:
    """s [N, c_s] and z [N, N, c_z] after every block; entries outside the masks are not what float32 gives."""
    s, z, single_mask, pair_mask = (np.asarray(inputs[n], np.float64) for n in ("s", "z", "single_mask", "pair_mask"))
    triangle_heads = _setting(config, "no_heads_tri_attn", 4)
    single_heads = _setting(config, "no_heads_single_attn", 16)
    fused = _setting(config, "fuse_projection_weights", False)
    for block in range(_setting(config, "no_blocks", 48)):

        def read(name: str, block: int = block) -> Array:
            return np.asarray(weights[f"pairformer.blocks.{block}.{name}"], np.float64)

        z = z + _ligo_triangle_multiplication(z, pair_mask, read, "pair_stack.tri_mul_out", True, fused)
        z = z + _ligo_triangle_multiplication(z, pair_mask, read, "pair_stack.tri_mul_in", False, fused)
        z = z + _ligo_triangle_attention(z, pair_mask, read, "pair_stack.tri_att_start", triangle_heads)
        turned = _ligo_triangle_attention(z.swapaxes(0, 1), pair_mask.T, read, "pair_stack.tri_att_end", triangle_heads)
        z = z + turned.swapaxes(0, 1)
        z = z + _ligo_transition(z, read, "pair_stack.transition")
        s = s + _ligo_single_attention(s, z, single_mask, read, single_heads)
        s = s + _ligo_transition(s, read, "transition")
    return {"s": s, "z": z}


def _ligo_norm(x: Array, read: Read, name: str) -> Array:
    """Layer norm with the torch names of its two vectors."""
    return layer_norm(x, read(f"{name}.weight"), read(f"{name}.bias"))


def _ligo_linear(x: Array, read: Read, name: str) -> Array:
    """Linear layer with a bias, weight [out, in]."""
    return x @ read(f"{name}.weight").T + read(f"{name}.bias")


def _ligo_triangle_multiplication(z: Array, mask: Array, read: Read, name: str, outgoing: bool, fused: bool) -> Array:
    """Triangle update; the fused weights hold a's channels, then b's."""
    x = _ligo_norm(z, read, f"{name}.layer_norm_in")
    gated = [
        mask[..., None]
        * sigmoid(_ligo_linear(x, read, f"{name}.linear_{part}_g"))
        * _ligo_linear(x, read, f"{name}.linear_{part}_p")
        for part in (["ab"] if fused else ["a", "b"])
    ]
    a, b = np.split(gated[0], 2, axis=-1) if fused else gated
    y = contract_triangle(a, b) if outgoing else contract_triangle(a.swapaxes(0, 1), b.swapaxes(0, 1))
    y = _ligo_linear(_ligo_norm(y, read, f"{name}.layer_norm_out"), read, f"{name}.linear_z")
    return y * sigmoid(_ligo_linear(x, read, f"{name}.linear_g"))


def _ligo_triangle_attention(z: Array, mask: Array, read: Read, name: str, heads: int) -> Array:
    """Row i attends along itself: queries j, keys k, bias from x[j, k]; the ending node gives z and mask turned."""
    x = _ligo_norm(z, read, f"{name}.layer_norm")
    bias = np.moveaxis(x @ read(f"{name}.linear.weight").T, -1, 0)
    key_bias = 1e8 * (mask - 1)
    out = np.empty_like(z)
    for rows in row_blocks(len(z), heads):
        q, k, v = (split_heads(x[rows] @ read(f"{name}.mha.linear_{part}.0.weight").T, heads) for part in "qkv")
        logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + key_bias[rows, None, None, :] + bias
        o = join_heads(softmax(logits) @ v) * sigmoid(x[rows] @ read(f"{name}.mha.to_gamma.0.weight").T)
        out[rows] = o @ read(f"{name}.mha.linear_o.weight").T
    return out


def _ligo_single_attention(s: Array, z: Array, mask: Array, read: Read, heads: int) -> Array:
    """Attention over tokens with a bias from the pair representation; only the queries have a projection bias."""
    x = _ligo_norm(s, read, "attention.input_proj")
    pair = _ligo_norm(z, read, "attention.proj_pair_bias.0") @ read("attention.proj_pair_bias.1.weight").T
    q = split_heads(_ligo_linear(x, read, "attention.attention.linear_q.0"), heads)
    k, v = (split_heads(x @ read(f"attention.attention.linear_{part}.0.weight").T, heads) for part in "kv")
    logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + 1e8 * (mask - 1) + np.moveaxis(pair, -1, 0)
    o = join_heads(softmax(logits) @ v) * sigmoid(x @ read("attention.attention.to_gamma.0.weight").T)
    return o @ read("attention.attention.linear_o.weight").T * mask[:, None]


def _ligo_transition(x: Array, read: Read, name: str) -> Array:
    """SwiGLU transition without biases; linear_1 goes through silu."""
    x = _ligo_norm(x, read, f"{name}.layer_norm")
    hidden = silu(x @ read(f"{name}.linear_1.weight").T) * (x @ read(f"{name}.linear_2.weight").T)
    return hidden @ read(f"{name}.output_linear.weight").T


def deepmind_pairformer(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> dict[str, Array]:
    """single [N, c_s] and pair [N, N, c_z] after every layer; every entry counts, padded ones too."""
    names = ("single", "pair", "seq_mask", "pair_mask")
    single, pair, seq_mask, pair_mask = (np.asarray(inputs[name], np.float64) for name in names)
    for layer in range(_setting(config, "num_layer", 48)):

        def read(name: str, layer: int = layer) -> Array:
            return np.asarray(weights[DEEPMIND_SCOPE + name][layer], np.float64)

        pair = pair + _deepmind_triangle_multiplication(pair, pair_mask, read, "triangle_multiplication_outgoing")
        pair = pair + _deepmind_triangle_multiplication(pair, pair_mask, read, "triangle_multiplication_incoming")
        pair = pair + _deepmind_triangle_attention(pair, pair_mask, read, "pair_attention1", False)
        pair = pair + _deepmind_triangle_attention(pair, pair_mask, read, "pair_attention2", True)
        pair = pair + _deepmind_transition(pair, read, "pair_transition")
        single = single + _deepmind_single_attention(single, pair, seq_mask, read)
        single = single + _deepmind_transition(single, read, "single_transition")
    return {"single": single, "pair": pair}


def _deepmind_norm(x: Array, read: Read, name: str) -> Array:
    """Layer norm with the haiku names of its two vectors."""
    return layer_norm(x, read(f"{name}:scale"), read(f"{name}:offset"))


def _deepmind_triangle_multiplication(z: Array, mask: Array, read: Read, name: str) -> Array:
    """Triangle update; even channels are a, odd ones b, and the incoming one sums a[k, j] b[k, i]: a carries j."""
    x = _deepmind_norm(z, read, f"{name}/left_norm_input")
    both = mask[..., None] * sigmoid(x @ read(f"{name}/gate:weights")) * (x @ read(f"{name}/projection:weights"))
    a, b = both[..., 0::2], both[..., 1::2]
    incoming = name.endswith("incoming")
    y = contract_triangle(b.swapaxes(0, 1), a.swapaxes(0, 1)) if incoming else contract_triangle(a, b)
    y = _deepmind_norm(y, read, f"{name}/center_norm") @ read(f"{name}/output_projection:weights")
    return y * sigmoid(x @ read(f"{name}/gating_linear:weights"))


def _deepmind_triangle_attention(z: Array, mask: Array, read: Read, name: str, ending: bool) -> Array:
    """Attention along rows; both nodes take the bias from the unturned tensor, and a row without keys averages all."""
    x = _deepmind_norm(z, read, f"{name}/act_norm")
    bias = np.moveaxis(x @ read(f"{name}/pair_bias_projection:weights"), -1, 0)
    keys = mask.T != 0
    x = x.swapaxes(0, 1) if ending else x
    wq, wk, wv = (read(f"{name}/{part}_projection:weights") for part in "qkv")
    heads = len(wq)
    out = np.empty_like(x)
    for rows in row_blocks(len(x), heads):
        # q and k are stored [heads, dim, in], v [in, heads, dim], the gate [out, in].
        q, k = (split_heads(x[rows] @ w.reshape(-1, w.shape[-1]).T, heads) for w in (wq, wk))
        v = split_heads(x[rows] @ wv.reshape(len(wv), -1), heads)
        logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + bias
        logits = np.where(keys[rows, None, None, :], logits, np.finfo(np.float32).min)
        o = join_heads(softmax(logits) @ v) * sigmoid(x[rows] @ read(f"{name}/gating_query:weights").T)
        out[rows] = o @ read(f"{name}/output_projection:weights")
    return out.swapaxes(0, 1) if ending else out


def _deepmind_single_attention(single: Array, pair: Array, mask: Array, read: Read) -> Array:
    """Attention over tokens with a bias from the pair representation; only the queries have a projection bias."""
    x = _deepmind_norm(single, read, "single_attention_layer_norm")
    pair_logits = _deepmind_norm(pair, read, "single_pair_logits_norm") @ read("single_pair_logits_projection:weights")
    wq, wk, wv = (read(f"single_attention_{part}_projection:weights") for part in "qkv")
    heads = wq.shape[1]
    q, k, v = (split_heads(x @ w.reshape(len(w), -1), heads) for w in (wq, wk, wv))
    q = q + read("single_attention_q_projection:bias")[:, None, :]
    logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + 1e9 * (mask - 1) + np.moveaxis(pair_logits, -1, 0)
    o = join_heads(softmax(logits) @ v) * sigmoid(x @ read("single_attention_gating_query:weights"))
    return o @ read("single_attention_transition2:weights")


def _deepmind_transition(x: Array, read: Read, name: str) -> Array:
    """SwiGLU transition; the first half of transition1 goes through silu."""
    x = _deepmind_norm(x, read, f"{name}/input_layer_norm")
    gate, value = np.split(x @ read(f"{name}/transition1:weights"), 2, axis=-1)
    return (silu(gate) * value) @ read(f"{name}/transition2:weights")


WITNESSES = {"ligo": ligo_pairformer, "deepmind": deepmind_pairformer}
