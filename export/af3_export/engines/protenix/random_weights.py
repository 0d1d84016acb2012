"""Values of protenix's weights by seed, by the rules of docs/random-tensors.md."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from af3_export.core.random_tensors import normal, one_plus

# The bounds of the confidence head's distance bins are parameters of the network; other numbers would be no bins.
FIRST_BIN, BIN_WIDTH, LAST_BOUND = 3.25, 1.25, 1e6


def _bins(name: str, count: int) -> NDArray[np.float32]:
    """Lower or upper bounds of the distance bins in ångström."""
    lower = (FIRST_BIN + BIN_WIDTH * np.arange(count)).astype(np.float32)
    return lower if name.endswith("lower_bins") else np.append(lower[1:], np.float32(LAST_BOUND))


def weight(seed: int, name: str, shape: Sequence[int]) -> NDArray[np.float32] | None:
    """Matrices by fan-in, layer norms near one, everything else small; the noise level's table is normal, as the network's."""
    if name.endswith(("lower_bins", "upper_bins")):
        return _bins(name, shape[0])
    if name.endswith((".fourier_embedding.w", ".fourier_embedding.b")):
        return normal(seed, name, shape)
    if len(shape) >= 2:
        return normal(seed, name, shape, 1 / math.sqrt(shape[1]))
    if len(shape) == 1:
        make = one_plus if name.endswith(".weight") else normal
        return make(seed, name, shape, 0.1)
    return None
