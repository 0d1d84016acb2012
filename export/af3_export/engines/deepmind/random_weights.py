"""The rule for deepmind's weights by seed (docs/random-tensors.md)."""

import math
import re
from collections.abc import Sequence

from af3_export.core.random_tensors import Float32, normal, one_plus

# Pair attention stores these output-first: their inputs are the last axis (a square gating_query does not show it).
TRANSPOSED = re.compile(r"/pair_attention[12]/(q_projection|k_projection|gating_query):weights$")


def weight(seed: int, name: str, shape: Sequence[int]) -> Float32 | None:
    """A weight of the full model under its full name; None where the model has none of this kind."""
    if name.endswith(":scale"):
        return one_plus(seed, name, shape, 0.1)
    if name.endswith((":offset", ":bias")):
        return normal(seed, name, shape, 0.1)
    if name.endswith(":output_b"):  # pairs without a common row of the MSA are divided by 1e-3
        return normal(seed, name, shape, 0.003)
    layers = name.count("/__layer_stack_")
    if name.endswith(":output_w") and len(shape) == layers + 3:
        return normal(seed, name, shape, 1 / math.sqrt(shape[layers] * shape[layers + 1]))
    if name.endswith(":weights") and len(shape) > layers:
        return normal(seed, name, shape, 1 / math.sqrt(_fan_in(name, shape, layers)))
    return None


def _fan_in(name: str, shape: Sequence[int], layers: int) -> int:
    """How many inputs a weight sums: the axis behind the layer axes; a vector there has one scalar input."""
    if len(shape) == layers + 1:
        return 1
    return shape[-1] if TRANSPOSED.search(name) else shape[layers]
