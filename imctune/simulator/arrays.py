"""Array types, and exact whole-number division on arrays."""

from __future__ import annotations

__all__ = ["FloatArray", "as_floats", "ceil_div", "floor_div", "sum_arrays"]

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def as_floats(values: npt.ArrayLike) -> FloatArray:
    """Return `values` as an array of float64, without a copy where they are one already."""
    return np.asarray(values, dtype=np.float64)


def ceil_div(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> FloatArray:
    r"""Whole-number division rounded up, on whole numbers held in float64.

    Exact for whole numbers with ``0 <= numerator < 2**53`` and ``denominator >= 1``: a quotient
    that is not whole differs from the next whole number by at least ``1 / denominator``, which is
    more than half a unit in the last place of the quotient, so rounding cannot reach it. Float64
    divides several times faster than int64 in numpy.

    Parameters
    ----------
    numerator, denominator : array_like
        Whole numbers, any common unit.

    Returns
    -------
    ndarray
        The smallest whole number not below the quotient.

    Examples
    --------
    >>> float(ceil_div(21, 7)), float(ceil_div(22, 7))
    (3.0, 4.0)
    """
    quotient: FloatArray = np.asarray(np.divide(numerator, denominator))
    np.ceil(quotient, out=quotient)
    return quotient


def floor_div(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> FloatArray:
    """Whole-number division rounded down; exact under the conditions of `ceil_div`.

    >>> float(floor_div(20, 7))
    2.0
    """
    quotient: FloatArray = np.asarray(np.divide(numerator, denominator))
    np.floor(quotient, out=quotient)
    return quotient


def sum_arrays(parts: Sequence[FloatArray]) -> FloatArray:
    """Sum the parts in their order, so that a breakdown sums to its total to the last bit."""
    if len(parts) == 1:
        return parts[0]
    total = np.zeros(np.broadcast_shapes(*(part.shape for part in parts)))
    for part in parts:
        total += part
    return total
