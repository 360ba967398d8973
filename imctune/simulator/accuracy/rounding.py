r"""Noise that goes through a converter: rounding removes it where it is well below half a step.

With noise of standard deviation :math:`\sigma` counts on a whole count, a converter of one count a
step errs by :math:`e = \mathrm{round}(\epsilon)`: nothing at :math:`\sigma \ll 1/2`, and
:math:`\sigma^2 + 1/12` in mean square at :math:`\sigma \gg 1/2`. With wider steps that come upon
counts evenly, odd steps behave the same; with even ones a threshold lies on a count, where the
least noise decides.
"""

from __future__ import annotations

__all__ = ["Rounded", "rounded_noise"]

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy import normal
from imctune.simulator.arrays import FloatArray, as_floats

NODES = 20  # numbers of active rows over which noise is averaged
BELOW, ABOVE = 4.0, 6.0  # how far these reach from their mean, in standard deviations
MOST_ROWS = 8192


@dataclass(frozen=True)
class Rounded:
    """Mean square of the error that noise causes, and its mean product with the noise itself."""

    square: FloatArray
    product: FloatArray


def rounded_noise(
    rows: npt.ArrayLike, share: npt.ArrayLike, unit: npt.ArrayLike, is_even: npt.ArrayLike
) -> Rounded:
    """What a converter makes of the noise of a row group's cells, averaged over the active rows.

    Parameters
    ----------
    rows : array_like
        Rows of the group, whole. [1]
    share : array_like
        Probability that a row is active: each then adds the same variance. [1]
    unit : array_like
        Variance that an active row adds, in squared counts. [1]
    is_even : array_like of bool
        Whether the converter's step is an even number of counts.

    Returns
    -------
    Rounded
        In squared counts; binomial numbers of active rows, all of them where they are fewer than
        20, else 20 evenly spaced ones.

    Examples
    --------
    Noise of a tenth of a count is gone after rounding, that of 2 counts is not:

    >>> noise = rounded_noise(1, 1.0, [0.01, 4.0], False)
    >>> noise.square.round(3).tolist()
    [0.0, 4.083]
    """
    rows, share = as_floats(rows)[..., None], as_floats(share)[..., None]
    mean = rows * share
    deviation = np.sqrt(mean * (1.0 - share))
    first = np.maximum(0.0, np.floor(mean - BELOW * deviation))
    stride = np.maximum(1.0, np.ceil((BELOW + ABOVE) * deviation / NODES))
    active = np.minimum(first + stride * np.arange(NODES), rows)
    is_new = np.concatenate([np.ones_like(active[..., :1]), np.diff(active, axis=-1)], axis=-1) > 0
    weights = np.where(is_new, _binomial(rows, share, active), 0.0)
    weights /= weights.sum(axis=-1, keepdims=True)
    variance = active * as_floats(unit)[..., None]
    deviation = np.sqrt(variance)
    places = np.log(np.maximum(deviation, 1e-9))
    results = []
    for table, beyond in ((_SQUARES, variance), (_PRODUCTS, variance)):
        odd, even = (np.interp(places, _LOGARITHMS, row) for row in table)
        within = np.where(as_floats(is_even)[..., None] > 0.0, even, odd)
        rest = np.where(as_floats(is_even)[..., None] > 0.0, -1.0 / 6.0, 1.0 / 12.0)
        far = beyond + (rest if table is _SQUARES else 0.0)
        results.append((weights * np.where(deviation > WIDEST, far, within)).sum(axis=-1))
    return Rounded(*results)


def _binomial(rows: FloatArray, share: FloatArray, hits: FloatArray) -> FloatArray:
    """Probability of so many hits in so many rows."""
    sure = np.clip(share, 1e-300, 1.0 - 1e-16)
    ways = _LOG_FACTORIALS[rows.astype(np.int64)] - (
        _LOG_FACTORIALS[hits.astype(np.int64)] + _LOG_FACTORIALS[(rows - hits).astype(np.int64)]
    )
    return as_floats(np.exp(ways + hits * np.log(sure) + (rows - hits) * np.log1p(-sure)))


def _tables() -> tuple[FloatArray, FloatArray]:
    """Mean squares and products for the deviations of `_LOGARITHMS`: odd steps, even steps."""
    deviation = np.exp(_LOGARITHMS)
    half = np.arange(40)[:, None] + 0.5
    whole = np.arange(1.0, 40.0)[:, None]
    squares = [
        (4.0 * half * normal.upper_tail(half / deviation)).sum(axis=0),
        (4.0 * whole * normal.upper_tail(whole / deviation)).sum(axis=0),
    ]
    at_whole = normal.density(0.0) + 2.0 * normal.density(whole / deviation).sum(axis=0)
    products = [
        2.0 * deviation * normal.density(half / deviation).sum(axis=0),
        deviation * at_whole,
    ]
    return np.stack(squares), np.stack(products)


NARROWEST, WIDEST = 0.02, 4.0
_LOGARITHMS = np.linspace(math.log(NARROWEST), math.log(WIDEST), 1025)
_SQUARES, _PRODUCTS = _tables()
_LOG_FACTORIALS = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, MOST_ROWS + 1.0)))])
