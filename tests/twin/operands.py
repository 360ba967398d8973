"""Operands drawn one by one from the stated model of their distribution.

An input is zero with its zero share, else half-normal and clipped at full scale; a weight is
normal and clipped. Their scale is that at which 7 magnitude bits hold the given share of ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MAGNITUDE_BITS = 7


@dataclass(frozen=True)
class Drawn:
    """Operands before rounding, in steps of the whole numbers, and after it."""

    exact: FloatArray
    whole: IntArray


def drawn_operands(
    rng: np.random.Generator,
    shape: tuple[int, int],
    bits: int,
    density: float,
    *,
    zero_share: float = 0.0,
    is_signed: bool = False,
) -> Drawn:
    """Draw inputs, or weights (signed, no zeros beyond rounding)."""
    top = 2 ** (bits - 1) - 1 if is_signed else 2**bits - 1
    share = np.minimum(np.abs(rng.standard_normal(shape)) * scale(zero_share, density), 1.0)
    share[rng.random(shape) < zero_share] = 0.0
    if is_signed:
        share *= rng.choice([-1.0, 1.0], shape)
    return Drawn(share * top, np.rint(share * top).astype(np.int64))


@cache
def scale(zero_share: float, density: float) -> float:
    """Standard deviation over full scale, found by halving an interval of its logarithm."""
    low, high = -7.0, 7.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if (1.0 - zero_share) * ones(math.exp(middle)) < density:
            low = middle
        else:
            high = middle
    return math.exp(low)


def ones(spread: float) -> float:
    """Share of ones among the magnitude bits of a clipped half-normal number."""
    top = 2**MAGNITUDE_BITS - 1
    total = 0.0
    for value in range(1, top + 1):
        below = math.erf((value - 0.5) / top / spread / math.sqrt(2.0))
        above = 1.0 if value == top else math.erf((value + 0.5) / top / spread / math.sqrt(2.0))
        total += value.bit_count() * (above - below)
    return total / MAGNITUDE_BITS
