"""How far two tensors are apart, over the entries that count (the error metric of all golden cases)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Difference:
    """Largest errors of a tensor: `element` relative to |want| + rms(want), `of_rms` relative to rms(want)."""

    element: float
    of_rms: float
    rms: float


def difference(got: NDArray, want: NDArray, counts: NDArray[np.bool_] | None = None) -> Difference:
    """Compares two tensors of one shape; `counts` (same shape) picks the entries, NaN gives an infinite error."""
    got64, want64 = np.asarray(got, np.float64), np.asarray(want, np.float64)
    if counts is not None:
        got64, want64 = got64[counts], want64[counts]
    if want64.size == 0:
        return Difference(0.0, 0.0, 0.0)
    rms = float(np.sqrt(np.mean(want64**2)))
    gap = np.abs(got64 - want64)
    if not np.isfinite(gap).all():
        return Difference(float("inf"), float("inf"), rms)
    if not gap.any():
        return Difference(0.0, 0.0, rms)
    with np.errstate(divide="ignore"):
        return Difference(float(np.max(gap / (np.abs(want64) + rms))), float(np.max(gap) / rms), rms)
