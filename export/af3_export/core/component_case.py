"""What a golden case is made of, its inputs by seed (docs/random-tensors.md)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from af3_export.core import random_tensors
from af3_export.core.case_files import Seeded

Arrays = Mapping[str, NDArray]
Shapes = Mapping[str, Sequence[int]]


class ComponentReference(Protocol):
    """What the reference module of a component offers (declared_cases.py names it)."""

    def shapes(self, config: Mapping[str, Any], inputs: Arrays) -> dict[str, tuple[int, ...]]:
        """Names in the full model and shapes of every weight."""

    def run(self, config: Mapping[str, Any], weights: Arrays, inputs: Arrays) -> dict[str, NDArray]:
        """Outputs of the real network in float32."""


@dataclass(frozen=True)
class ComponentCase:
    """One case. The seed names the weights, and the inputs, too, where `dims` is given; else the inputs are stored."""

    name: str
    engine: str
    component: str
    shows: str
    config: Mapping[str, Any]
    seed: int
    # All inputs. Called when the case is made, so it may import the engine's reference (gather maps, row orders).
    inputs: Callable[[], Arrays]
    dims: Mapping[str, int] | None = None
    valid: Mapping[str, str] = field(default_factory=dict)
    # Whether the weights are kept in a file, too.
    stored_weights: bool = False
    # What a reader must ignore: entries merged into the config (at any depth) and tensors beside the real weights.
    extra_config: Mapping[str, Any] = field(default_factory=dict)
    extra_weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    # The seed of seeded inputs, where it is not that of the weights.
    inputs_seed: int | None = None
    # Whether outputs are kept whole, however large.
    whole_outputs: bool = False
    # Outputs that may be alike everywhere: flags.
    flags: tuple[str, ...] = ()

    def seeded_inputs(self) -> Seeded | None:
        """How the inputs are named, if they are not stored."""
        seed = self.seed if self.inputs_seed is None else self.inputs_seed
        return None if self.dims is None else Seeded(seed, self.dims)

    def whole_config(self) -> dict[str, Any]:
        """The config with what must be ignored."""
        return merged(self.config, self.extra_config)


def merged(config: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A config with the extra entries added, dictionaries merged key by key."""
    found = dict(config)
    for key, value in extra.items():
        found[key] = merged(found.get(key) or {}, value) if isinstance(value, Mapping) else value
    return found


def seeded_inputs(seed: int, representations: Shapes, masks: Shapes) -> dict[str, NDArray]:
    """Inputs by seed: representations are normal(1); masks are `mask` with what docs/random-tensors.md sets to 1."""
    made: dict[str, NDArray] = {name: random_tensors.normal(seed, name, s) for name, s in representations.items()}
    for name, shape in masks.items():
        made[name] = random_tensors.mask(seed, name, shape)
        if name == "pair_mask":
            np.fill_diagonal(made[name], 1)
        else:
            made[name][0] = 1  # the first token; of an MSA mask the first row
    return made
