"""protenix's Pairformer in double-precision numpy, independent of the reference: the second witness of `--check`."""

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

HEAD = 32


def pairformer(config: Config, weights: Tensors, inputs: Tensors) -> dict[str, Array]:
    """s [N, c_s] and z [N, N, c_z] after every block."""
    s, z = doubles(inputs, "s", "z")
    mask = doubles(inputs, "pair_mask")[0] if "pair_mask" in inputs else np.ones(z.shape[:2])
    heads = z.shape[-1] // HEAD if setting(config, "hidden_scale_up", False) else 4
    for block in range(setting(config, "n_blocks", 48)):
        read = reader(weights, f"pairformer_stack.blocks.{block}.")
        z = z + _triangle_multiplication(z, mask, read, "tri_mul_out", True)
        z = z + _triangle_multiplication(z, mask, read, "tri_mul_in", False)
        z = z + _triangle_attention(z, mask, read, "tri_att_start", heads)
        # The ending node sees everything turned, its bias too.
        z = z + _triangle_attention(z.swapaxes(0, 1), mask.T, read, "tri_att_end", heads).swapaxes(0, 1)
        z = z + _transition(z, read, "pair_transition")
        s = s + _single_attention(s, z, read, setting(config, "n_heads", 16))
        s = s + _transition(s, read, "single_transition")
    return {"s": s, "z": z}


def _norm(x: Array, read: Read, name: str) -> Array:
    """Layer norm with the torch names of its two vectors."""
    return layer_norm(x, read(f"{name}.weight"), read(f"{name}.bias"))


def _linear(x: Array, read: Read, name: str) -> Array:
    """Linear layer without a bias, weight [out, in]."""
    return x @ read(f"{name}.weight").T


def _triangle_multiplication(z: Array, mask: Array, read: Read, name: str, outgoing: bool) -> Array:
    """Triangle update."""
    x = _norm(z, read, f"{name}.layer_norm_in")
    a, b = (
        mask[..., None]
        * sigmoid(_linear(x, read, f"{name}.linear_{part}_g"))
        * _linear(x, read, f"{name}.linear_{part}_p")
        for part in "ab"
    )
    y = contract_triangle(a, b) if outgoing else contract_triangle(a.swapaxes(0, 1), b.swapaxes(0, 1))
    y = _linear(_norm(y, read, f"{name}.layer_norm_out"), read, f"{name}.linear_z")
    return y * sigmoid(_linear(x, read, f"{name}.linear_g"))


def _triangle_attention(z: Array, mask: Array, read: Read, name: str, heads: int) -> Array:
    """Row i attends along itself: queries j, keys k, bias from x[j, k]."""
    x = _norm(z, read, f"{name}.layer_norm")
    bias = np.moveaxis(_linear(x, read, f"{name}.linear"), -1, 0)
    key_bias = 1e9 * (mask - 1)
    out = np.empty_like(z)
    for rows in row_blocks(len(z), heads):
        q, k, v = (split_heads(_linear(x[rows], read, f"{name}.mha.linear_{part}"), heads) for part in "qkv")
        logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + key_bias[rows, None, None, :] + bias
        o = join_heads(softmax(logits) @ v) * sigmoid(_linear(x[rows], read, f"{name}.mha.linear_g"))
        out[rows] = _linear(o, read, f"{name}.mha.linear_o")
    return out


def _single_attention(s: Array, z: Array, read: Read, heads: int) -> Array:
    """Attention over tokens with a bias from the pair representation; only the queries have a projection bias."""
    name = "attention_pair_bias"
    x = _norm(s, read, f"{name}.layernorm_a")
    pair = _linear(_norm(z, read, f"{name}.layernorm_z"), read, f"{name}.linear_nobias_z")
    q = split_heads(_linear(x, read, f"{name}.attention.linear_q") + read(f"{name}.attention.linear_q.bias"), heads)
    k, v = (split_heads(_linear(x, read, f"{name}.attention.linear_{part}"), heads) for part in "kv")
    logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + np.moveaxis(pair, -1, 0)
    o = join_heads(softmax(logits) @ v) * sigmoid(_linear(x, read, f"{name}.attention.linear_g"))
    return _linear(o, read, f"{name}.attention.linear_o")


def _transition(x: Array, read: Read, name: str) -> Array:
    """SwiGLU transition; linear_no_bias_a goes through silu."""
    x = _norm(x, read, f"{name}.layernorm1")
    hidden = silu(_linear(x, read, f"{name}.linear_no_bias_a")) * _linear(x, read, f"{name}.linear_no_bias_b")
    return _linear(hidden, read, f"{name}.linear_no_bias")
