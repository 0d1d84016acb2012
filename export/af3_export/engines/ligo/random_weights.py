"""The rule for ligo's weights by seed (docs/random-tensors.md)."""

import math
from collections.abc import Sequence

from af3_export.core.random_tensors import Float32, normal, one_plus


def weight(seed: int, name: str, shape: Sequence[int]) -> Float32 | None:
    """A weight of the full model under its full name; None where the model has none of this kind."""
    if len(shape) == 2:
        # Frequencies and phases [1, C] of the noise level: the network draws them once from normal(1).
        fourier = name.endswith((".fourier_embedding.weight", ".fourier_embedding.bias"))
        return normal(seed, name, shape, 1.0 if fourier else 1 / math.sqrt(shape[1]))
    if len(shape) == 1:
        make = one_plus if name.endswith(".weight") else normal
        return make(seed, name, shape, 0.1)
    return None
