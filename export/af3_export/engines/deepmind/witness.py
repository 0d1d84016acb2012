"""deepmind's Pairformer in double-precision numpy, independent of the reference: the second witness of `--check`."""

import numpy as np

from af3_export.core.numpy_layers import (
    Array,
    Config,
    Read,
    Tensors,
    contract_triangle,
    doubles,
    join_heads,
    layer_norm,
    reader,
    row_blocks,
    setting,
    sigmoid,
    silu,
    softmax,
    split_heads,
)

SCOPE = "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer/"


def pairformer(config: Config, weights: Tensors, inputs: Tensors) -> dict[str, Array]:
    """single [N, c_s] and pair [N, N, c_z] after every layer; every entry counts, padded ones too."""
    single, pair, seq_mask, pair_mask = doubles(inputs, "single", "pair", "seq_mask", "pair_mask")
    for layer in range(setting(config, "num_layer", 48)):
        read = reader(weights, SCOPE, layer)
        pair = pair + _triangle_multiplication(pair, pair_mask, read, "triangle_multiplication_outgoing")
        pair = pair + _triangle_multiplication(pair, pair_mask, read, "triangle_multiplication_incoming")
        pair = pair + _triangle_attention(pair, pair_mask, read, "pair_attention1", False)
        pair = pair + _triangle_attention(pair, pair_mask, read, "pair_attention2", True)
        pair = pair + _transition(pair, read, "pair_transition")
        single = single + _single_attention(single, pair, seq_mask, read)
        single = single + _transition(single, read, "single_transition")
    return {"single": single, "pair": pair}


def _norm(x: Array, read: Read, name: str) -> Array:
    """Layer norm with the haiku names of its two vectors."""
    return layer_norm(x, read(f"{name}:scale"), read(f"{name}:offset"))


def _triangle_multiplication(z: Array, mask: Array, read: Read, name: str) -> Array:
    """Triangle update; even channels are a, odd ones b, and the incoming one sums a[k, j] b[k, i]: a carries j."""
    x = _norm(z, read, f"{name}/left_norm_input")
    both = mask[..., None] * sigmoid(x @ read(f"{name}/gate:weights")) * (x @ read(f"{name}/projection:weights"))
    a, b = both[..., 0::2], both[..., 1::2]
    incoming = name.endswith("incoming")
    y = contract_triangle(b.swapaxes(0, 1), a.swapaxes(0, 1)) if incoming else contract_triangle(a, b)
    y = _norm(y, read, f"{name}/center_norm") @ read(f"{name}/output_projection:weights")
    return y * sigmoid(x @ read(f"{name}/gating_linear:weights"))


def _triangle_attention(z: Array, mask: Array, read: Read, name: str, ending: bool) -> Array:
    """Attention along rows; both nodes take the bias from the unturned tensor, and a row without keys averages all."""
    x = _norm(z, read, f"{name}/act_norm")
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


def _single_attention(single: Array, pair: Array, mask: Array, read: Read) -> Array:
    """Attention over tokens with a bias from the pair representation; only the queries have a projection bias."""
    x = _norm(single, read, "single_attention_layer_norm")
    pair_logits = _norm(pair, read, "single_pair_logits_norm") @ read("single_pair_logits_projection:weights")
    wq, wk, wv = (read(f"single_attention_{part}_projection:weights") for part in "qkv")
    heads = wq.shape[1]
    q, k, v = (split_heads(x @ w.reshape(len(w), -1), heads) for w in (wq, wk, wv))
    q = q + read("single_attention_q_projection:bias")[:, None, :]
    logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + 1e9 * (mask - 1) + np.moveaxis(pair_logits, -1, 0)
    o = join_heads(softmax(logits) @ v) * sigmoid(x @ read("single_attention_gating_query:weights"))
    return o @ read("single_attention_transition2:weights")


def _transition(x: Array, read: Read, name: str) -> Array:
    """SwiGLU transition; the first half of transition1 goes through silu."""
    x = _norm(x, read, f"{name}/input_layer_norm")
    gate, value = np.split(x @ read(f"{name}/transition1:weights"), 2, axis=-1)
    return (silu(gate) * value) @ read(f"{name}/transition2:weights")
