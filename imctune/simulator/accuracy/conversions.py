"""Errors of single conversions: of counts that saturate, or that come in wide steps.

Arrays have shape (c,): every pair of an input digit and a weight slice of every row group, one
group after the other.
"""

from __future__ import annotations

__all__ = ["ConverterErrors", "RowGroups", "conversion_errors", "converter_codes"]

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy import normal
from imctune.simulator.accuracy.counts import Cumulants, Excess, excess
from imctune.simulator.accuracy.lattice import converter_error, count_shares
from imctune.simulator.accuracy.products import Products, spectrum
from imctune.simulator.accuracy.steps import step_errors
from imctune.simulator.arrays import FloatArray, as_floats, ceil_div, sum_arrays

ORDERS = 5  # polynomials of a count, from order 0 on
NORMS = tuple(math.sqrt(math.factorial(order)) for order in range(ORDERS))
MIRRORED = (1.0, -1.0, 1.0, -1.0, 1.0)  # of the polynomials of the orders, in a count's negative
TINY = 1e-12
LEAST_NORM = 1e-6
LEAST_PART = 3e-4  # of all squared errors of a group: smaller ones need no lattice
LEAST_NOISE = 1e-4  # of what rounding of the operands adds: so little need not be known well
LATTICES = (16, 24, 32, 48, 64, 96, 128, 192, 256)
FEW_COUNTS = 64  # up to which, or with few rows, counts are worked out one by one
FEW_ROWS = 16.0
AT_ONCE = 1 << 16  # numbers of a lattice's array: it must fit the caches
LUMPY = 1.5  # standard deviations in steps below which steps are not met evenly
ROOM = 9.0  # standard deviations that a lattice must hold


@dataclass(frozen=True)
class RowGroups:
    """Row groups of n cases, whose columns are all subtracted in pairs, or none.

    Attributes
    ----------
    products : list of Products
        Of all operands that occur.
    at : ndarray
        Which of them each group has, ascending, (n,).
    rows : ndarray
        Rows of the group, (n,).
    step, low, high : ndarray
        Counts from one code of the converter to the next, lowest and highest code, (n,).
    """

    products: list[Products]
    at: npt.NDArray[np.int64]
    rows: FloatArray
    step: FloatArray
    low: FloatArray
    high: FloatArray

    @cached_property
    def begins(self) -> npt.NDArray[np.int64]:
        """First of the pairs of each products among those of all, and the number of all."""
        return np.cumsum([0, *(x.n_pairs for x in self.products)])

    @cached_property
    def n_pairs(self) -> npt.NDArray[np.int64]:
        """Conversions of each group, (n,)."""
        return np.array([x.n_pairs for x in self.products])[self.at]

    @cached_property
    def first(self) -> npt.NDArray[np.int64]:
        """First conversion of each group, (n,)."""
        return np.cumsum(self.n_pairs) - self.n_pairs

    @cached_property
    def group(self) -> npt.NDArray[np.int64]:
        """Group of each conversion, (c,)."""
        return np.repeat(np.arange(len(self.at)), self.n_pairs)

    @cached_property
    def pair(self) -> npt.NDArray[np.int64]:
        """Place of each conversion among the pairs of all products, (c,)."""
        shift = self.begins[self.at] - self.first
        return np.arange(len(self.group)) + np.repeat(shift, self.n_pairs)

    @cached_property
    def weights(self) -> FloatArray:
        """What a count of each conversion counts in the product of the operands, (c,)."""
        return np.concatenate([x.weights for x in self.products])[self.pair]

    @cached_property
    def counts(self) -> Cumulants:
        """Counts of each conversion, (c,)."""
        parts = [x.counts for x in self.products]
        one_row = Cumulants(
            np.concatenate([x.mean for x in parts]),
            np.concatenate([x.deviation for x in parts]),
            np.concatenate([x.skewness for x in parts]),
            np.concatenate([x.kurtosis for x in parts]),
        )
        return one_row.at(self.pair).of_rows(self.rows[self.group])

    @cached_property
    def largest(self) -> FloatArray:
        """Highest count of each group, (n,)."""
        return self.rows * as_floats([x.largest for x in self.products])[self.at]

    @cached_property
    def rounding(self) -> FloatArray:
        """Mean square of the error of each group from rounding the operands, (n,)."""
        return self.rows * as_floats([x.rounding for x in self.products])[self.at]

    @property
    def is_differential(self) -> bool:
        """Whether counts are differences of two columns."""
        return self.products[0].is_differential

    def total(self, values: FloatArray) -> FloatArray:
        """Sum over the conversions of each group, (n,)."""
        return as_floats(np.add.reduceat(values, self.first))


@dataclass(frozen=True)
class ConverterErrors:
    """Errors of single conversions, (c,) each, in counts.

    Attributes
    ----------
    coefficients : ndarray
        Mean products with the orthonormal polynomials of the counts, (orders, c).
    square : ndarray
        Mean square, but for `rounding`.
    rounding : ndarray
        Mean square of rounding to wide steps that counts come upon evenly: it is a conversion's
        own, whatever the others err.
    """

    coefficients: FloatArray
    square: FloatArray
    rounding: FloatArray

    @property
    def rest(self) -> FloatArray:
        """Root of what the coefficients leave of the mean square: orders above 4."""
        known = sum_arrays(list(np.square(self.coefficients)))
        return np.asarray(np.sqrt(np.maximum(self.square - known, 0.0)))


def converter_codes(
    adc_bits: npt.ArrayLike,
    most: npt.ArrayLike,
    is_differential: npt.ArrayLike,
    is_full: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Counts of a converter's step, its lowest and its highest code.

    Parameters
    ----------
    adc_bits : array_like
        Resolution. [bit]
    most : array_like
        Highest count of a column of the design, of its whole row group. [1]
    is_differential : array_like of bool
        Whether two columns are subtracted before the conversion: codes are then signed.
    is_full : array_like of bool
        Whether steps are as wide as it takes to span all counts (range policy `full`); else they
        are one count wide, and counts beyond the codes saturate (`lsb`).

    Examples
    --------
    >>> [x.tolist() for x in converter_codes(6, 128.0, [False, True], [True, False])]
    [[3.0, 1.0], [0.0, -32.0], [63.0, 31.0]]
    """
    codes, most = np.exp2(as_floats(adc_bits)), as_floats(most)
    n_counts = np.where(is_differential, 2.0 * most, most) + 1.0
    step = np.where(is_full, ceil_div(n_counts, codes), 1.0)
    low = np.where(is_differential, -0.5 * codes, 0.0)
    step, low, codes = np.broadcast_arrays(step, low, codes)
    return as_floats(step), as_floats(low), as_floats(low + codes - 1.0)


def conversion_errors(groups: RowGroups) -> ConverterErrors:
    """Errors of every conversion, of counts that are many or few."""
    counts, group = groups.counts, groups.group
    step, low, high = groups.step[group], groups.low[group], groups.high[group]
    # Half a step beyond the last code is still told right.
    slack = np.floor(0.5 * step)
    upper = excess(counts, high * step + slack, is_difference=groups.is_differential)
    coefficients, square = _of_saturation(upper, -1.0), upper.square
    if groups.is_differential:
        mirrored = Cumulants(-counts.mean, counts.deviation, -counts.skewness, counts.kurtosis)
        lower = excess(mirrored, slack - low * step, is_difference=True)
        coefficients += np.array(MIRRORED)[:, None] * _of_saturation(lower, 1.0)
        square = square + lower.square
    # No count is beyond that of all rows at once.
    errs = (groups.largest > groups.high * groups.step)[group]
    square = np.where(errs, square, 0.0)
    coefficients = np.where(errs, coefficients, 0.0)
    rounding = np.zeros_like(square)
    is_wide = step > 1.0
    if is_wide.any():
        of_steps, rounding = step_errors(counts.mean, counts.deviation, step, ORDERS)
        known = sum_arrays([np.square(x) for x in of_steps])
        rounding, square = np.maximum(rounding - known, 0.0), square + known
        coefficients = coefficients + np.stack(of_steps)
    errors = ConverterErrors(coefficients, square, rounding)
    part = np.square(groups.weights) * (square + rounding)
    least = np.maximum(LEAST_PART * groups.total(part), LEAST_NOISE * groups.rounding)
    matters = (errs | is_wide) & (part > least[group])
    for n_counts, fits in _few_counts(groups):
        _put_exactly(errors, np.flatnonzero(fits & matters), n_counts, groups)
    return errors


def _of_saturation(tail: Excess, sign: float) -> FloatArray:
    """Coefficients of an error that grows straight from a threshold on, as of a normal count."""
    score, density, share = tail.score, normal.density(tail.score), normal.upper_tail(tail.score)
    scale = sign * tail.mean / np.maximum(density - score * share, TINY)
    peak = scale * density
    return np.stack(
        [
            sign * tail.mean,
            scale * share,
            peak / NORMS[2],
            peak * score / NORMS[3],
            peak * (np.square(score) - 1.0) / NORMS[4],
        ]
    )


def _few_counts(groups: RowGroups) -> list[tuple[int, npt.NDArray[np.bool_]]]:
    """Which counts are so few that they are worked out one by one, by size of the lattice."""
    counts, group = groups.counts, groups.group
    rows, largest = groups.rows[group], groups.largest[group]
    span = np.abs(counts.mean) + ROOM * counts.deviation + largest / rows
    needed = np.minimum(span, largest) + 1.0
    if groups.is_differential:
        needed = 2.0 * needed
    # Wide steps, too: counts that fill few of them do not come upon them evenly.
    step = groups.step[group]
    is_lumpy = counts.deviation < LUMPY * np.where(step > 1.0, step, 0.0)
    fits = (needed <= FEW_COUNTS) | (rows <= FEW_ROWS) | is_lumpy
    size = np.searchsorted(LATTICES, needed)
    return [(n_counts, fits & (size == place)) for place, n_counts in enumerate(LATTICES)]


def _put_exactly(
    errors: ConverterErrors, chosen: npt.NDArray[np.int64], n_counts: int, groups: RowGroups
) -> None:
    """Replace the chosen errors by exact ones."""
    numbers = np.arange(n_counts, dtype=np.float64)
    if groups.is_differential:
        numbers = np.where(numbers >= n_counts // 2, numbers - n_counts, numbers)
    for start in range(0, len(chosen), AT_ONCE // n_counts):
        some = chosen[start : start + AT_ONCE // n_counts]
        group = groups.group[some]
        shares = count_shares(
            groups.rows[group].astype(np.int64), _spectra(groups, groups.pair[some], n_counts)
        )
        step, low, high = (x[group, None] for x in (groups.step, groups.low, groups.high))
        root = np.sqrt(shares)
        wrong = converter_error(numbers, step, low, high) * root
        errors.square[some] = np.einsum("cn,cn->c", wrong, wrong)
        errors.rounding[some] = 0.0
        mean, deviation = groups.counts.mean[some], groups.counts.deviation[some]
        apart = (numbers - mean[:, None]) * _inverse(deviation)[:, None]
        errors.coefficients[:, some] = _in_polynomials(wrong, root, apart)


def _spectra(
    groups: RowGroups, pair: npt.NDArray[np.int64], n_counts: int
) -> npt.NDArray[np.complex128]:
    """Characteristic functions of what one row adds to conversions, (conversions, waves)."""
    finest = max(size for size in LATTICES if size % n_counts == 0)
    found = np.empty((len(pair), n_counts // 2 + 1), dtype=np.complex128)
    bounds = np.searchsorted(pair, groups.begins).tolist()
    places = zip(groups.products, groups.begins.tolist(), bounds[:-1], bounds[1:], strict=False)
    for products, begin, first, end in places:
        if end > first:
            waves = spectrum(products, finest)
            found[first:end] = waves[pair[first:end] - begin, :: finest // n_counts]
    return found


def _inverse(norm: FloatArray) -> FloatArray:
    """One over the norm; 0 where counts are too few for another polynomial."""
    exists = norm > LEAST_NORM
    return np.where(exists, 1.0 / np.where(exists, norm, 1.0), 0.0)


def _in_polynomials(wrong: FloatArray, root: FloatArray, apart: FloatArray) -> FloatArray:
    """Mean products with the orthonormal polynomials of each count, by their recurrence.

    Parameters
    ----------
    wrong, root, apart : ndarray
        Of every count, (n, counts): its error times the root of its probability, that root, and
        how far it is from the mean, in standard deviations.
    """
    found = np.empty((ORDERS, len(wrong)))
    last, polynomial = root.copy(), apart * root
    found[0] = np.einsum("cn,cn->c", root, wrong)
    found[1] = np.einsum("cn,cn->c", polynomial, wrong)
    carried = np.ones(len(root))
    for order in range(2, ORDERS):
        following = apart * polynomial
        middle = np.einsum("cn,cn->c", polynomial, following)
        following -= middle[:, None] * polynomial
        if order > 2:
            last *= carried[:, None]
        following -= last
        carried = np.sqrt(np.einsum("cn,cn->c", following, following))
        following *= _inverse(carried)[:, None]
        found[order] = np.einsum("cn,cn->c", following, wrong)
        last, polynomial = polynomial, following
    return found
