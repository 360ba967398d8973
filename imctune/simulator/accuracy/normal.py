"""The normal distribution, elementwise: numpy has no error function."""

from __future__ import annotations

__all__ = ["density", "mills_ratio", "upper_tail"]

import math

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats

FAR = 12.0
INTERVALS = 2048
TERMS = 30  # of the continued fraction, from FAR on: exact to float64


def _mills_exactly(x: float) -> float:
    """Upper tail over density, from the error function, or its continued fraction far out."""
    if x < FAR:
        return math.sqrt(math.pi / 2.0) * math.exp(x * x / 2.0) * math.erfc(x / math.sqrt(2.0))
    below = x
    for term in range(TERMS, 0, -1):
        below = x + term / below
    return 1.0 / below


# On [0, 1) in 1 / (1 + x / 4), where the ratio is nearly straight.
_RATIOS = np.array(
    [0.0, *(_mills_exactly(4.0 * INTERVALS / node - 4.0) for node in range(1, INTERVALS + 1))]
)
_SLOPES = np.diff(_RATIOS, append=_RATIOS[-1])


def density(x: npt.ArrayLike) -> FloatArray:
    """Density of the standard normal distribution.

    >>> float(density(0.0).round(6))
    0.398942
    """
    return as_floats(np.exp(-0.5 * np.square(x)) / math.sqrt(2.0 * math.pi))


def mills_ratio(x: npt.ArrayLike) -> FloatArray:
    """Upper tail over density of the standard normal distribution, for `x` of 0 or more.

    A straight line between 2,049 values of `math.erfc`: at most 1e-6 off, relative.

    >>> float(mills_ratio(0.0).round(6))
    1.253314
    """
    place = INTERVALS / (1.0 + 0.25 * as_floats(x))
    node = place.astype(np.int64)
    return as_floats(_RATIOS[node] + (place - node) * _SLOPES[node])


def upper_tail(x: npt.ArrayLike) -> FloatArray:
    """Probability that a standard normal variable exceeds `x`, any sign.

    >>> upper_tail([-1.0, 0.0, 1.0]).round(6).tolist()
    [0.841345, 0.5, 0.158655]
    """
    x = as_floats(x)
    tail = mills_ratio(np.abs(x)) * density(x)
    return as_floats(np.where(x < 0.0, 1.0 - tail, tail))
