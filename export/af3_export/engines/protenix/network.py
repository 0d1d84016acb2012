"""Imports the pinned network, kernels off, and gives its modules configs, weights and inputs. Nothing has a batch axis."""

import contextlib
import importlib
import logging
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.checkouts import put_on_path, verified_checkout
from af3_export.core.torch.modules import Outputs, inference, known, set_weights, shapes, versions
from af3_export.core.torch.modules import build as build_module

__all__ = ["Outputs", "build", "inference", "known", "module", "outputs", "set_weights", "shapes", "tensors", "versions"]

# PyTorch's own operations: what else the modules offer needs a GPU and packages that are not here.
KERNELS = {"triangle_multiplicative": "torch", "triangle_attention": "torch"}
# Integers of the case format that are numbers to the network and no indices.
NUMBERS = ("ref_charge", "ref_mask", "template_atom_mask", "has_frame")


class _Unneeded(types.ModuleType):
    """Stands for a module whose names are imported and never used here."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


# What the featuriser's file about templates imports beside the arithmetic that is taken from it: downloads and parsers.
UNNEEDED = ("requests", "protenix.data.template.template_parser", "protenix.data.tools.kalign")


@contextlib.contextmanager
def _own_logging() -> Iterator[None]:
    """The repository's modules take over the root logger when they are imported, and some print."""
    loggers = logging.getLogger()
    handlers, level = list(loggers.handlers), loggers.level
    with contextlib.redirect_stdout(sys.stderr):
        yield
    loggers.handlers, loggers.level = handlers, level


def module(name: str) -> Any:
    """A module below protenix, such as `model.modules.pairformer`, or `configs.configs_base`, from the verified checkout."""
    if "protenix" not in sys.modules:
        put_on_path(verified_checkout("protenix"))
        os.environ["LAYERNORM_TYPE"] = "torch"  # read when the module is imported; the other one is compiled for a GPU
        for unneeded in UNNEEDED:
            sys.modules.setdefault(unneeded, _Unneeded(unneeded))
    whole = name if name.startswith("configs.") else f"protenix.{name}"
    if whole in sys.modules:
        return sys.modules[whole]
    with _own_logging():
        return importlib.import_module(whole)


@contextlib.contextmanager
def unset_values() -> Iterator[None]:
    """Leaves out the initial values of linear layers, which scipy draws for minutes: all weights are set behind it."""
    with contextlib.ExitStack() as stack:
        for place in ("model.triangular.layers", "model.modules.primitives"):
            stack.enter_context(mock.patch.object(module(place), "trunc_normal_init_", lambda *_, **__: None))
        yield


def build(kind: Callable[..., torch.nn.Module], config: Mapping[str, Any]) -> torch.nn.Module:
    """A module in eval mode, its weights still to be set. Some modules print when they are built."""
    with unset_values(), contextlib.redirect_stdout(sys.stderr):
        return build_module(kind, config)


def tensors(inputs: Mapping[str, NDArray]) -> dict[str, torch.Tensor]:
    """Inputs in the network's types: float32, indices int64."""
    found = {}
    for name, value in inputs.items():
        integer = value.dtype.kind == "i" and name not in NUMBERS
        found[name] = torch.from_numpy(np.array(value, np.int64 if integer else np.float32))
    return found


def outputs(found: Mapping[str, torch.Tensor]) -> Outputs:
    """Outputs as float32 arrays."""
    return {name: np.ascontiguousarray(value.float().numpy()) for name, value in found.items()}
