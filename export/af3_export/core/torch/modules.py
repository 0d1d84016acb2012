"""Modules of PyTorch for a reference: configs in, weights in, no gradients."""

import inspect
import platform
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.errors import InputError

Outputs = dict[str, NDArray[np.float32]]


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def known(kind: Callable[..., Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a config that a class takes; absent and null ones have its default. No checkpoints: they warn."""
    taken = inspect.signature(kind).parameters
    found = {key: value for key, value in config.items() if key in taken and value is not None}
    return found | {key: None for key in ("blocks_per_ckpt",) if key in taken}


def with_defaults(kind: Callable[..., Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a class: its defaults, and what the config says of them."""
    parameters = inspect.signature(kind).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.default is not entry.empty}
    found = defaults | known(kind, config)
    required = [entry.name for entry in parameters if entry.default is entry.empty and entry.kind != entry.VAR_KEYWORD]
    missing = [name for name in required if name not in found]
    if missing:
        raise InputError(f"the config lacks {missing[0]}, which {kind.__name__} has no default for")
    return found


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


@contextmanager
def inference() -> Iterator[None]:
    """No gradients, one thread, and silence about checkpoints that do nothing without gradients."""
    torch.set_num_threads(1)  # the order of additions, and so the last digits, depends on the number of threads
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
