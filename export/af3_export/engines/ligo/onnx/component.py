"""What the ONNX export must know of a component of ligo, and what its components share."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.component_case import Arrays
from af3_export.core.errors import InputError
from af3_export.core.onnx.files import Carry, Port, Shape
from af3_export.engines.ligo import network as ligo_network

SEED = 7
# Integers of the case format. The network indexes with some; the others it compares and subtracts, which float32 does
# exactly to 2^24, and the WebGPU provider better than int64.
INDICES = ("atom_to_token", "aatype", "template_aatype")
IDS = ("residue_index", "token_index", "asym_id", "entity_id", "ref_space_uid")
Config = Mapping[str, Any]
Tensors = dict[str, torch.Tensor]
Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Component:
    """One component. Shapes have no batch axis, a name in them is a size; the graph's shapes have a leading 1."""

    # In front of the module's parameter names in the full model.
    prefix: str
    # The config with the classes' defaults, without what they do not know.
    resolve: Callable[[Config], dict[str, Any]]
    # The module that is exported, from a resolved config.
    build: Callable[[Config], torch.nn.Module]
    # By graph input: the shape. Names are those of the case format but for carried inputs.
    inputs: Callable[[Config], Mapping[str, Shape]]
    # By graph output: the tensor of the case format, and the shape.
    outputs: Callable[[Config], Mapping[str, tuple[str, Shape]]]
    # The outputs in order, from the module and its inputs with a batch axis.
    call: Callable[[torch.nn.Module, Tensors], tuple[torch.Tensor, ...]]
    # The unpatched network on a case's inputs.
    reference: Callable[[Config, Arrays, Arrays], dict[str, NDArray]]
    # A case's inputs at these sizes.
    example: Callable[[Config, Sizes], Arrays]
    # The sizes it has, with what they are in the check unless they are fixed.
    sizes: Sizes
    # Which entries of an output count, as in case.json.
    valid: Mapping[str, str]
    attention: bool = True
    carry: tuple[Carry, ...] = ()
    unused: tuple[str, ...] = ()
    per_trip: tuple[str, ...] = ()
    # What a config may leave to the inputs, by its name there.
    widths: Callable[[Arrays], Mapping[str, int]] = lambda _: {}

    def ports(self, config: Config, sizes: Sizes) -> tuple[list[Port], list[Port]]:
        """Inputs and outputs of the graph; sizes that are given are fixed."""
        carried = {link.input for link in self.carry}

        def shape(found: Shape) -> list[int | str]:
            return [1, *(sizes.get(dim, dim) if isinstance(dim, str) else dim for dim in found)]

        inputs = self.inputs(config).items()
        outputs = self.outputs(config).items()
        return (
            [Port(name, None if name in carried else name, shape(dims)) for name, dims in inputs],
            [Port(name, tensor, shape(dims)) for name, (tensor, dims) in outputs],
        )

    def trips(self, config: Config, inputs: Arrays) -> list[dict[str, NDArray]]:
        """What the graph takes in each trip, from a case's inputs."""
        names = [name for name in self.inputs(config) if name not in {link.input for link in self.carry}]
        count = len(inputs[self.per_trip[0]]) if self.per_trip else 1

        def value(name: str, trip: int) -> NDArray:
            given = inputs[name][trip] if name in self.per_trip else inputs[name]
            return np.asarray(given, np.int32 if name in INDICES + IDS else np.float32)[None]

        return [{name: value(name, trip) for name in names} for trip in range(count)]


def with_defaults(kind: Callable[..., Any], config: Config) -> dict[str, Any]:
    """The arguments of a class: its defaults, and what the config says of them."""
    parameters = inspect.signature(kind).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.default is not entry.empty}
    found = defaults | ligo_network.known(kind, config)
    required = [entry.name for entry in parameters if entry.default is entry.empty and entry.kind != entry.VAR_KEYWORD]
    missing = [name for name in required if name not in found]
    if missing:
        raise InputError(f"the config lacks {missing[0]}, which {kind.__name__} has no default for")
    return found


def class_of(place: str, name: str) -> Callable[..., torch.nn.Module]:
    """A class of the repository."""
    return getattr(ligo_network.module(place), name)


def floats(features: Tensors) -> Tensors:
    """Features with all integers but indices in float32."""
    return {name: value.to(torch.float32) if name in IDS else value for name, value in features.items()}
