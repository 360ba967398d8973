"""Figures that say how well a model agrees with measurements."""

from __future__ import annotations

__all__ = ["FloatArray", "factor_of", "median", "spearman", "within"]

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def factor_of(model: npt.ArrayLike, measured: npt.ArrayLike) -> FloatArray:
    """Error as a factor of at least 1: exp|ln(model / measured)|."""
    ratio = np.asarray(model, np.float64) / np.asarray(measured, np.float64)
    return np.asarray(np.exp(np.abs(np.log(ratio))))


def median(values: npt.ArrayLike) -> float | None:
    """Median, or None of nothing."""
    array = np.asarray(values, np.float64)
    return float(np.median(array)) if array.size else None


def within(factors: npt.ArrayLike, limit: float) -> float | None:
    """Share of errors of at most a factor `limit`, or None of nothing."""
    array = np.asarray(factors, np.float64)
    return float(np.mean(array <= limit)) if array.size else None


def spearman(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Rank correlation with mean ranks of ties; None for less than three pairs or all equal."""
    one, two = _ranks(first), _ranks(second)
    if one.size < 3 or np.ptp(one) == 0.0 or np.ptp(two) == 0.0:
        return None
    return float(np.corrcoef(one, two)[0, 1])


def _ranks(values: npt.ArrayLike) -> FloatArray:
    """Rank of every value, equal values sharing the mean of theirs."""
    array = np.asarray(values, np.float64)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    last = np.cumsum(counts, dtype=np.float64)
    return np.asarray((last - 0.5 * (counts - 1.0))[inverse])
