"""Torch checkpoints as float32 safetensors: plain state dicts, those of training scripts, and Lightning's with their moving averages."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from af3_export.core.case_files import encode
from af3_export.core.errors import InputError, UnavailableError
from af3_export.core.files import write_atomically

# What wrappers put in front of all names: DistributedDataParallel, and Lightning, which keeps the network as its attribute `model`.
PREFIXES = ("module.", "model.")
ENTRIES = ("state_dict", "model", "ema")


def _load(path: Path) -> Any:
    """What a checkpoint holds; of all Python objects only tensors and plain containers are ever made."""
    try:
        import torch
    except ModuleNotFoundError:
        fix = "run `npm run setup:python -- ligo` and use the Python it names"
        raise UnavailableError(f"this Python lacks torch, which reads checkpoints; {fix}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols; a refusal is one sentence
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except pickle.UnpicklingError as error:
        # torch's message goes on with advice to load unsafely, which is not to be passed on.
        objects = "Unsupported" in str(error) or "GLOBAL" in str(error)
        why = "holds Python objects besides tensors, which are never loaded" if objects else "is no torch checkpoint"
        raise InputError(f"{path}: {why}") from None
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"{path}: is no torch checkpoint ({first})") from None


def _state(path: Path, loaded: Any, entry: str) -> Mapping[str, Any]:
    """The tensors by name below the entry that was asked for; a plain state dict is its own entry, and a script's is `model`."""
    if not isinstance(loaded, Mapping):
        raise InputError(f"{path}: holds a {type(loaded).__name__}, expected a dictionary")
    state: Any = loaded
    if entry == "ema":
        if not isinstance(loaded.get("ema"), Mapping) or "params" not in loaded["ema"]:
            raise InputError(f"{path}: has no moving average (ema.params)")
        state = loaded["ema"]["params"]
    elif entry == "model" and not isinstance(loaded.get("model"), Mapping):
        raise InputError(f"{path}: has no entry model")
    elif entry == "state_dict" and "state_dict" in loaded:
        state = loaded["state_dict"]
    elif isinstance(loaded.get("model"), Mapping):
        state = loaded["model"]
    if not isinstance(state, Mapping) or not state:
        raise InputError(f"{path}: {entry} holds no tensors")
    return state


def _array(path: Path, name: str, value: Any) -> NDArray:
    """A tensor's values as float32 or int32, the types of the format."""
    import torch

    if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.is_complex():
        raise InputError(f"{path}: {name} is no plain tensor")
    if value.is_floating_point():
        array = value.detach().to(torch.float32).numpy()
        if value.dtype == torch.float64 and not np.isfinite(array).all() and bool(torch.isfinite(value).all()):
            raise InputError(f"{path}: {name} holds values beyond float32")
        return array
    wide = value.detach().to(torch.int64).numpy()
    if not np.array_equal(wide, wide.astype(np.int32)):
        raise InputError(f"{path}: {name} holds integers beyond int32")
    return wide.astype(np.int32)


def tensors_of(path: Path, entry: str = "state_dict") -> dict[str, NDArray]:
    """The tensors of a checkpoint under the network's own names; `entry` is `state_dict`, `model` or `ema`."""
    if entry not in ENTRIES:
        raise InputError(f"there is no entry {entry}; there are {', '.join(ENTRIES)}")
    state = _state(path, _load(path), entry)
    for name in state:
        if not isinstance(name, str):
            raise InputError(f"{path}: {entry} has the key {name!r}, expected names")
    # The moving average is that of the network alone, so its names have no prefix.
    names = {name: name for name in state}
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in names.values()):
            names = {name: short[len(prefix) :] for name, short in names.items()}
    return {short: _array(path, name, state[name]) for name, short in names.items()}


def convert(path: Path, out: Path, entry: str = "state_dict") -> str:
    """Writes a checkpoint as safetensors and returns a line about it."""
    tensors = tensors_of(path, entry)
    content = encode(tensors)
    write_atomically(out, content)
    return f"{out}: {len(tensors)} tensors, {len(content) / 2**20:.1f} MiB"
