"""The pinned ligo Pairformer on CPU in float32: built, given weights, run. Needs torch, einops and scipy."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from af3_export.core.configs import positive
from af3_export.core.errors import InputError
from af3_export.engines.ligo import network

PREFIX = "pairformer."
CONFIG_KEYS = (
    "c_s",
    "c_z",
    "no_blocks",
    "c_hidden_mul",
    "c_hidden_pair_attn",
    "no_heads_tri_attn",
    "no_heads_single_attn",
    "transition_n",
)


def build_pairformer(config: Mapping[str, Any], c_s: int, c_z: int) -> torch.nn.Module:
    """The real PairformerStack in eval mode; unknown config keys are ignored, absent and null ones take the default."""
    known: dict[str, Any] = {**positive(config, CONFIG_KEYS)}
    for key, width in (("c_s", c_s), ("c_z", c_z)):
        if known.setdefault(key, width) != width:
            raise InputError(f"config says {key} = {known[key]}, the inputs have {width} channels")
    fused = config.get("fuse_projection_weights")
    fused = False if fused is None else fused
    if not isinstance(fused, bool):
        raise InputError(f"config.fuse_projection_weights is {fused!r}, expected true or false")
    stack = network.module("models.pairformer").PairformerStack
    return network.build(stack, {**known, "fuse_projection_weights": fused})


def _built(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> torch.nn.Module:
    """The stack for inputs s [N, c_s] and z [N, N, c_z]."""
    return build_pairformer(config, inputs["s"].shape[-1], inputs["z"].shape[-1])


def shapes(config: Mapping[str, Any], inputs: Mapping[str, NDArray]) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return network.shapes(_built(config, inputs), PREFIX)


def run(config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]) -> network.Outputs:
    """Runs the stack on s [N, c_s], z [N, N, c_z], single_mask [N], pair_mask [N, N] and returns s and z."""
    stack = _built(config, inputs)
    network.set_weights(stack, weights, PREFIX)
    arguments = network.batched(inputs, ("s", "z", "single_mask", "pair_mask"))
    with network.inference():
        s, z = stack(*arguments.values(), use_deepspeed_evo_attention=False, inplace_safe=False)
    return network.outputs({"s": s, "z": z})
