"""Imports the pinned ligo network with two stand-ins, and gives its modules configs, weights and inputs."""

import importlib
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.checkouts import put_on_path, verified_checkout
from af3_export.core.torch.modules import Outputs, build, inference, known, set_weights, shapes, versions

__all__ = ["Outputs", "batched", "build", "inference", "known", "module", "outputs", "set_weights", "shapes", "versions"]


def module(name: str) -> Any:
    """A module below src, such as `models.pairformer`, imported from the verified checkout."""
    if "src.utils" not in sys.modules:
        checkout = verified_checkout("ligo")
        put_on_path(checkout)
        # An empty package keeps the real one from pulling in hydra and lightning.
        utils = types.ModuleType("src.utils")
        utils.__path__ = [str(checkout / "src" / "utils")]
        sys.modules[utils.__name__] = utils
        # The fused kernel needs triton and a GPU; the class that the cases record is the one beside it.
        kernel = types.ModuleType("src.models.components.msa_kernel")
        kernel.MSAWeightedAveragingFused = None  # type: ignore[attr-defined]
        sys.modules[kernel.__name__] = kernel
    return importlib.import_module(f"src.{name}")


def batched(inputs: Mapping[str, NDArray], names: tuple[str, ...] | None = None) -> dict[str, torch.Tensor]:
    """Inputs with a batch axis, all or some: float32, integers int64 as one_hot wants them. Masks are float32."""
    found = {}
    for name in inputs if names is None else names:
        integer = inputs[name].dtype.kind == "i" and "mask" not in name
        found[name] = torch.from_numpy(np.array(inputs[name], np.int64 if integer else np.float32))[None]
    return found


def outputs(tensors: Mapping[str, torch.Tensor]) -> Outputs:
    """Outputs without their batch axis."""
    return {name: np.ascontiguousarray(value[0].numpy()) for name, value in tensors.items()}
