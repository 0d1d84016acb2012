"""ligo's Pairformer in double-precision numpy, independent of the reference: the second witness of `--check`."""

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


def pairformer(config: Config, weights: Tensors, inputs: Tensors) -> dict[str, Array]:
    """s [N, c_s] and z [N, N, c_z] after every block; entries outside the masks are not what float32 gives."""
    s, z, single_mask, pair_mask = doubles(inputs, "s", "z", "single_mask", "pair_mask")
    triangle_heads = setting(config, "no_heads_tri_attn", 4)
    single_heads = setting(config, "no_heads_single_attn", 16)
    fused = setting(config, "fuse_projection_weights", False)
    for block in range(setting(config, "no_blocks", 48)):
        read = reader(weights, f"pairformer.blocks.{block}.")
        z = z + _triangle_multiplication(z, pair_mask, read, "pair_stack.tri_mul_out", True, fused)
        z = z + _triangle_multiplication(z, pair_mask, read, "pair_stack.tri_mul_in", False, fused)
        z = z + _triangle_attention(z, pair_mask, read, "pair_stack.tri_att_start", triangle_heads)
        turned = _triangle_attention(z.swapaxes(0, 1), pair_mask.T, read, "pair_stack.tri_att_end", triangle_heads)
        z = z + turned.swapaxes(0, 1)
        z = z + _transition(z, read, "pair_stack.transition")
        s = s + _single_attention(s, z, single_mask, read, single_heads)
        s = s + _transition(s, read, "transition")
    return {"s": s, "z": z}


def _norm(x: Array, read: Read, name: str) -> Array:
    """Layer norm with the torch names of its two vectors."""
    return layer_norm(x, read(f"{name}.weight"), read(f"{name}.bias"))


def _linear(x: Array, read: Read, name: str) -> Array:
    """Linear layer with a bias, weight [out, in]."""
    return x @ read(f"{name}.weight").T + read(f"{name}.bias")


def _triangle_multiplication(z: Array, mask: Array, read: Read, name: str, outgoing: bool, fused: bool) -> Array:
    """Triangle update; the fused weights hold a's channels, then b's."""
    x = _norm(z, read, f"{name}.layer_norm_in")
    gated = [
        mask[..., None]
        * sigmoid(_linear(x, read, f"{name}.linear_{part}_g"))
        * _linear(x, read, f"{name}.linear_{part}_p")
        for part in (["ab"] if fused else ["a", "b"])
    ]
    a, b = np.split(gated[0], 2, axis=-1) if fused else gated
    y = contract_triangle(a, b) if outgoing else contract_triangle(a.swapaxes(0, 1), b.swapaxes(0, 1))
    y = _linear(_norm(y, read, f"{name}.layer_norm_out"), read, f"{name}.linear_z")
    return y * sigmoid(_linear(x, read, f"{name}.linear_g"))


def _triangle_attention(z: Array, mask: Array, read: Read, name: str, heads: int) -> Array:
    """Row i attends along itself: queries j, keys k, bias from x[j, k]; the ending node gives z and mask turned."""
    x = _norm(z, read, f"{name}.layer_norm")
    bias = np.moveaxis(x @ read(f"{name}.linear.weight").T, -1, 0)
    key_bias = 1e8 * (mask - 1)
    out = np.empty_like(z)
    for rows in row_blocks(len(z), heads):
        q, k, v = (split_heads(x[rows] @ read(f"{name}.mha.linear_{part}.0.weight").T, heads) for part in "qkv")
        logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + key_bias[rows, None, None, :] + bias
        o = join_heads(softmax(logits) @ v) * sigmoid(x[rows] @ read(f"{name}.mha.to_gamma.0.weight").T)
        out[rows] = o @ read(f"{name}.mha.linear_o.weight").T
    return out


def _single_attention(s: Array, z: Array, mask: Array, read: Read, heads: int) -> Array:
    """Attention over tokens with a bias from the pair representation; only the queries have a projection bias."""
    x = _norm(s, read, "attention.input_proj")
    pair = _norm(z, read, "attention.proj_pair_bias.0") @ read("attention.proj_pair_bias.1.weight").T
    q = split_heads(_linear(x, read, "attention.attention.linear_q.0"), heads)
    k, v = (split_heads(x @ read(f"attention.attention.linear_{part}.0.weight").T, heads) for part in "kv")
    logits = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + 1e8 * (mask - 1) + np.moveaxis(pair, -1, 0)
    o = join_heads(softmax(logits) @ v) * sigmoid(x @ read("attention.attention.to_gamma.0.weight").T)
    return o @ read("attention.attention.linear_o.weight").T * mask[:, None]


def _transition(x: Array, read: Read, name: str) -> Array:
    """SwiGLU transition without biases; linear_1 goes through silu."""
    x = _norm(x, read, f"{name}.layer_norm")
    hidden = silu(x @ read(f"{name}.linear_1.weight").T) * (x @ read(f"{name}.linear_2.weight").T)
    return hidden @ read(f"{name}.output_linear.weight").T
