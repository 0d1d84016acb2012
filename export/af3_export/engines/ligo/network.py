"""Imports the pinned ligo network with two stand-ins, and gives its modules configs, weights and inputs."""

import importlib
import inspect
import platform
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.checkouts import put_on_path, verified_checkout
from af3_export.core.errors import InputError

Outputs = dict[str, NDArray[np.float32]]


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


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def known(kind: Callable[..., Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a config that a class takes; absent and null ones have its default. No checkpoints: they warn."""
    taken = inspect.signature(kind).parameters
    found = {key: value for key, value in config.items() if key in taken and value is not None}
    return found | {key: None for key in ("blocks_per_ckpt",) if key in taken}


def build(kind: Callable[..., torch.nn.Module], config: Mapping[str, Any]) -> torch.nn.Module:
    """A module in eval mode (dropout is active otherwise, whatever its arguments say)."""
    try:
        return kind(**known(kind, config)).eval()
    except (AssertionError, TypeError, ValueError) as error:
        raise InputError(f"the config contradicts itself: {str(error).strip()}") from None


def shapes(network: torch.nn.Module, prefix: str) -> dict[str, tuple[int, ...]]:
    """Names in the full model and shapes of every weight."""
    return {prefix + name: tuple(value.shape) for name, value in network.state_dict().items()}


def set_weights(
    network: torch.nn.Module, weights: Mapping[str, NDArray], prefix: str, unused: tuple[str, ...] = ()
) -> None:
    """Gives every parameter its value, save those below `unused`; tensors of other parts of the model are ignored."""
    state = {}
    for name, parameter in network.state_dict().items():
        if name.startswith(unused):
            continue
        value = weights.get(prefix + name)
        if value is None:
            raise InputError(f"the weights lack {prefix + name}")
        if value.shape != tuple(parameter.shape):
            raise InputError(f"{prefix + name} has shape {list(value.shape)}, expected {list(parameter.shape)}")
        state[name] = torch.from_numpy(np.array(value, np.float32))
    network.load_state_dict(state, strict=not unused)


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


@contextmanager
def inference() -> Iterator[None]:
    """No gradients, one thread, and silence about checkpoints that do nothing without gradients."""
    torch.set_num_threads(1)  # the order of additions, and so the last digits, depends on the number of threads
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
