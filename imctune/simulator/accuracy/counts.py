r"""Counts of a column: how likely they are, and how far they pass what a converter can tell.

A count is the sum over the R rows of a group of products of an input digit and a slice's level.
Rows are independent, so its cumulants are R times those of one product. Beyond a threshold, the
tail is that of a binomial (for differences of two columns: of a difference of two Poisson counts)
with the same cumulants, tilted to have its mean at the threshold [1]_. Where counts are few, they
are not taken for a smooth distribution but worked out one by one (`lattice`).

References
----------
.. [1] H. E. Daniels, Annals of Mathematical Statistics 25(4), 1954 (saddlepoint approximation)
"""

from __future__ import annotations

__all__ = ["Cumulants", "Excess", "count_cumulants", "excess"]

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy import normal
from imctune.simulator.arrays import FloatArray, as_floats

TINY = 1e-12
MEAN_OF_TILTED = 1e-9  # least distance of a threshold from the end of a binomial, relative
FARTHEST = 20.0  # standard deviations; nothing counts beyond
LIGHT = 1e-6  # kurtosis up to which differences are not taken for those of Poisson counts
FAR = 12.0  # from here on, tails by their expansions


@dataclass(frozen=True)
class Cumulants:
    """Mean, standard deviation, skewness and excess kurtosis of counts, all of one shape."""

    mean: FloatArray
    deviation: FloatArray
    skewness: FloatArray
    kurtosis: FloatArray

    def of_rows(self, rows: FloatArray) -> Cumulants:
        """Of as many independent rows, where these are of one."""
        root = np.sqrt(rows)
        return Cumulants(
            self.mean * rows, self.deviation * root, self.skewness / root, self.kurtosis / rows
        )

    def at(self, places: npt.NDArray[np.int64]) -> Cumulants:
        """Pick some of them."""
        return Cumulants(
            self.mean[places],
            self.deviation[places],
            self.skewness[places],
            self.kurtosis[places],
        )


@dataclass(frozen=True)
class Excess:
    """Tail beyond a threshold.

    Attributes
    ----------
    mean, square : ndarray
        Mean, and mean square, of what exceeds the threshold.
    score : ndarray
        Threshold of a standard normal variable that is passed as often, nearly.
    """

    mean: FloatArray
    square: FloatArray
    score: FloatArray


def count_cumulants(
    rows: npt.ArrayLike, input_moments: FloatArray, slice_moments: FloatArray
) -> Cumulants:
    """Cumulants of the counts of each input digit (axis -2) and weight slice (axis -1).

    Parameters
    ----------
    rows : array_like
        Rows of the group, (..., 1, 1). [1]
    input_moments, slice_moments : ndarray
        Moments 1 to 4, (..., digits, 4) and (..., slices, 4).

    Returns
    -------
    Cumulants
        (..., digits, slices).

    Examples
    --------
    64 rows of bits, each one with probability 1/2 in both operands:

    >>> bits = np.full((1, 4), 0.5)
    >>> counts = count_cumulants(64, bits, bits)
    >>> float(counts.mean[0, 0]), round(float(counts.deviation[0, 0]), 4)
    (16.0, 3.4641)
    """
    moments = input_moments[..., :, None, :] * slice_moments[..., None, :, :]
    first, second, third, fourth = np.moveaxis(moments, -1, 0)
    squared = first * first
    variance = np.maximum(second - squared, 0.0)
    central3 = third - first * (3.0 * second - 2.0 * squared)
    central4 = fourth - first * (4.0 * third) + squared * (6.0 * second - 3.0 * squared)
    safe = np.maximum(variance, TINY)
    one_row = Cumulants(
        mean=first,
        deviation=np.sqrt(variance),
        skewness=central3 / (safe * np.sqrt(safe)),
        kurtosis=central4 / (safe * safe) - 3.0,
    )
    return one_row.of_rows(as_floats(rows))


def excess(counts: Cumulants, threshold: npt.ArrayLike, *, is_difference: bool) -> Excess:
    """What counts exceed a threshold by.

    Parameters
    ----------
    counts : Cumulants
    threshold : array_like
        In counts, of a shape that broadcasts.
    is_difference : bool
        Whether counts are differences of two columns, distributed evenly about zero.

    Returns
    -------
    Excess
        In counts, within 0.5 dB of the sums over all counts where 64 rows or more are driven and
        the tail holds more than 1e-7.
    """
    deviation = np.maximum(counts.deviation, TINY)
    distance = np.clip((as_floats(threshold) - counts.mean) / deviation, -FARTHEST, FARTHEST)
    mirrored = np.where(distance < 0.0, -1.0, 1.0)
    tail = _difference_tail if is_difference else _binomial_tail
    upper = tail(np.abs(distance), mirrored * counts.skewness, counts.kurtosis)
    is_below = distance < 0.0
    mean = upper.mean + np.where(is_below, -distance, 0.0)
    square = np.where(is_below, 1.0 + np.square(distance) - upper.square, upper.square)
    return Excess(mean * deviation, square * np.square(deviation), mirrored * upper.score)


def _binomial_tail(distance: FloatArray, skewness: FloatArray, kurtosis: FloatArray) -> Excess:
    """Tail of a binomial of n trials, scaled to variance 1, from its mean or above.

    1 / (n p (1 - p)) = 3 skewness² - 2 kurtosis, and (1 - 2 p)² is skewness² times n p (1 - p);
    where no p can give both, the skewness counts.
    """
    squared = np.square(skewness)
    inverse = np.maximum(np.maximum(3.0 * squared - 2.0 * kurtosis, squared), TINY)
    product = np.clip(0.25 * (1.0 - squared / inverse), 1e-7, 0.25)
    variance = 1.0 / inverse
    trials = variance / product
    share = 0.5 * (1.0 - np.copysign(np.sqrt(1.0 - 4.0 * product), skewness))
    hits, misses = trials * share, trials * (1.0 - share)
    beyond = distance * np.sqrt(variance)
    is_possible = beyond < misses
    beyond = np.minimum(beyond, misses * (1.0 - MEAN_OF_TILTED))
    up, down = np.log1p(beyond / hits), np.log1p(-beyond / misses)
    exponent = (hits + beyond) * up + (misses - beyond) * down
    tilted = (hits + beyond) * (misses - beyond) / trials
    tail = _tilted_tail(exponent, (up - down) * np.sqrt(tilted), np.sqrt(tilted * inverse))
    mean, square = (np.where(is_possible, x, 0.0) for x in (tail.mean, tail.square))
    return Excess(mean, square, np.where(is_possible, tail.score, FARTHEST))


def _difference_tail(distance: FloatArray, skewness: FloatArray, kurtosis: FloatArray) -> Excess:
    """Tail of a difference of two equal Poisson counts, scaled to variance 1, above its mean.

    Its kurtosis is one over its variance; where it is not above 0, a binomial takes its place.
    """
    heavy = np.maximum(kurtosis, TINY)
    variance = 1.0 / heavy
    ratio = distance * np.sqrt(heavy)
    tilt = np.arcsinh(ratio)
    spread = np.sqrt(1.0 + np.square(ratio))
    exponent = variance * (ratio * tilt - np.square(ratio) / (1.0 + spread))
    tail = _tilted_tail(exponent, tilt * np.sqrt(variance * spread), np.sqrt(spread))
    light = np.nonzero(kurtosis <= LIGHT)
    if len(light[0]):
        least = np.minimum(kurtosis[light], -TINY)
        found = _binomial_tail(distance[light], 0.0 * skewness[light], least)
        tail.mean[light], tail.square[light] = found.mean, found.square
        tail.score[light] = found.score
    return tail


def _tilted_tail(exponent: FloatArray, tilt: FloatArray, deviation: FloatArray) -> Excess:
    """Integrals of u and u² times exp(-exponent - tilt u) over a normal u above 0.

    `tilt` is in units of one over the tilted standard deviation, `deviation`.
    """
    mills = normal.mills_ratio(tilt)
    # Differences of nearly equal numbers far out: their expansions there.
    over = 1.0 / np.maximum(np.square(tilt), 1.0)
    far = tilt > FAR
    first = np.where(far, over * (1.0 - 3.0 * over), 1.0 - tilt * mills)
    second = np.where(
        far, 2.0 * over * (1.0 - 6.0 * over) / np.maximum(tilt, 1.0), mills - tilt * first
    )
    weight = normal.density(0.0) * np.exp(-exponent)
    score = np.sqrt(2.0 * np.maximum(exponent, 0.0))
    return Excess(weight * first * deviation, weight * second * np.square(deviation), score)
