"""What the ONNX export of a network in PyTorch must know of a component."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from af3_export.core.component_case import Arrays
from af3_export.core.onnx.files import Carry, Port, Shape

SEED = 7
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
    # Inputs that the graph takes as int32; all others are float32.
    integers: tuple[str, ...] = ()
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
            return np.asarray(given, np.int32 if name in self.integers else np.float32)[None]

        return [{name: value(name, trip) for name in names} for trip in range(count)]
