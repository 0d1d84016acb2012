"""What an engine's folder says of it: everything shared code must know, without the engine's Python environment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray]
Config = Mapping[str, Any]


@dataclass(frozen=True)
class PairformerInputs:
    """What the standard synthetic Pairformer inputs are called (docs/random-tensors.md)."""

    single: str
    pair: str
    # None where nothing is ever masked.
    single_mask: str | None
    # Whether the component's config holds c_s and c_z; else they are dims of seeded inputs.
    config_has_widths: bool
    # Which entries of an output count: output to mask (docs/cases.md); all where it names none.
    valid: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Engine:
    """An engine; found by its name in `core.registry`."""

    name: str
    # By component the name of its modules: CASES in cases/<module>.py, shapes() and run() in references/<module>.py.
    components: Mapping[str, str]
    # A weight of the full model by seed, full name and shape; None where the engine has no such weight.
    weight: Callable[[int, str, Sequence[int]], NDArray[np.float32] | None]
    pairformer: PairformerInputs
    # Double-precision numpy for components that have it: (config, weights, inputs) to outputs.
    witnesses: Mapping[str, Callable[[Config, Arrays, Arrays], dict[str, NDArray]]] = field(default_factory=dict)
