"""The pinned ligo network on CPU in float32: built, given weights, run. Needs torch, einops and scipy."""

import importlib
import platform
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.checkouts import put_on_path, verified_checkout
from af3_export.configs import positive
from af3_export.errors import InputError

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


def _modules() -> types.ModuleType:
    """Imports src.models.pairformer; an empty `src.utils` keeps that package from pulling in hydra and lightning."""
    if "src.models.pairformer" not in sys.modules:
        checkout = verified_checkout("ligo")
        put_on_path(checkout)
        utils = types.ModuleType("src.utils")
        utils.__path__ = [str(checkout / "src" / "utils")]
        sys.modules["src.utils"] = utils
    return importlib.import_module("src.models.pairformer")


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def pairformer_widths(inputs: Mapping[str, NDArray]) -> tuple[int, int]:
    """Channels (c_s, c_z) of given inputs s [N, c_s] and z [N, N, c_z]."""
    return inputs["s"].shape[-1], inputs["z"].shape[-1]


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
    try:
        # blocks_per_ckpt=None: checkpointing changes nothing here and warns.
        stack = _modules().PairformerStack(**known, fuse_projection_weights=fused, blocks_per_ckpt=None)
    except (AssertionError, ValueError) as error:
        raise InputError(f"the config contradicts itself: {str(error).strip()}") from None
    return stack.eval()


def pairformer_shapes(config: Mapping[str, Any], c_s: int, c_z: int) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    state = build_pairformer(config, c_s, c_z).state_dict()
    return {PREFIX + name: tuple(value.shape) for name, value in state.items()}


def set_weights(network: torch.nn.Module, weights: Mapping[str, NDArray]) -> None:
    """Gives every parameter its value; tensors of other parts of the model are ignored, a missing one is refused."""
    state = {}
    for name, parameter in network.state_dict().items():
        value = weights.get(PREFIX + name)
        if value is None:
            raise InputError(f"the weights lack {PREFIX + name}")
        if value.shape != tuple(parameter.shape):
            raise InputError(f"{PREFIX + name} has shape {list(value.shape)}, expected {list(parameter.shape)}")
        state[name] = torch.from_numpy(np.array(value, np.float32))
    network.load_state_dict(state)


def run_pairformer(
    config: Mapping[str, Any], weights: Mapping[str, NDArray], inputs: Mapping[str, NDArray]
) -> dict[str, NDArray[np.float32]]:
    """Runs the stack on s [N, c_s], z [N, N, c_z], single_mask [N], pair_mask [N, N] and returns s and z."""
    torch.set_num_threads(1)  # the order of additions, and so the last digits, depends on the number of threads
    network = build_pairformer(config, *pairformer_widths(inputs))
    set_weights(network, weights)
    order = ("s", "z", "single_mask", "pair_mask")
    arguments = [torch.from_numpy(np.array(inputs[name], np.float32))[None] for name in order]
    with torch.no_grad():
        s, z = network(*arguments, use_deepspeed_evo_attention=False, inplace_safe=False)
    return {"s": s[0].numpy(), "z": z[0].numpy()}
