r"""The error of one row group: all input steps and weight slices of one output, summed up.

With :math:`a_j` and :math:`b_k` what a one of input digit j and of weight slice k counts, the error
is :math:`\sum_{jk} a_j b_k e_{jk}`. Converter errors of the digits of one operand are correlated,
since large operands have many high bits: with :math:`\rho` the correlation of two counts,

.. math:: \mathrm{cov}(e, e') = \sum_m \rho^m c_m c_m',

where :math:`c_m` are the mean products of an error with the orthonormal polynomials of its count,
exactly where counts are few and as of a normal count where they are many. What orders up to 4 leave
counts as order 5. Errors of programming are the same at every input step; noise of reading is not.
"""

from __future__ import annotations

__all__ = ["GroupError", "RowGroups", "converter_codes", "group_errors"]

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy import normal
from imctune.simulator.accuracy.counts import Cumulants, Excess, count_cumulants, excess
from imctune.simulator.accuracy.devices import CellErrors
from imctune.simulator.accuracy.lattice import converter_error, count_shares
from imctune.simulator.accuracy.operands import Digits
from imctune.simulator.accuracy.rounding import rounded_noise
from imctune.simulator.accuracy.steps import step_errors
from imctune.simulator.arrays import FloatArray, as_floats, ceil_div, sum_arrays

NORMS = tuple(math.sqrt(math.factorial(order)) for order in range(5))
MIRRORED = (1.0, -1.0, 1.0, -1.0, 1.0)  # of the polynomials of the orders, in a count's negative
TINY = 1e-12
LEAST_NORM = 1e-6
LEAST_PART = 3e-4  # of all squared errors of a group: smaller ones need no lattice
LATTICES = (64, 256)
FEW_ROWS = 16.0
LUMPY = 1.5  # standard deviations in steps below which steps are not met evenly
MIDDLE_ORDER = 5  # of what rounding makes of noise, beyond what is proportional to it
ROOM = 9.0  # standard deviations that a lattice must hold


@dataclass(frozen=True)
class GroupError:
    """Mean and variance of a row group's error, in squared steps of the product. [1]."""

    mean: FloatArray
    variance: FloatArray


@dataclass(frozen=True)
class ConverterErrors:
    """Errors of single conversions, (n, digits, slices) each, in counts.

    Attributes
    ----------
    coefficients : list of ndarray
        Mean products with the orthonormal polynomials of the counts, orders 0 to 4.
    square : ndarray
        Mean square, but for `rounding`.
    rounding : ndarray
        Mean square of rounding to wide steps that counts come upon evenly: it is a conversion's
        own, whatever the others err.
    """

    coefficients: list[FloatArray]
    square: FloatArray
    rounding: FloatArray

    @property
    def rest(self) -> FloatArray:
        """Root of what the coefficients leave of the mean square: orders above 4."""
        known = np.square(self.coefficients[0])
        for coefficient in self.coefficients[1:]:
            known = known + np.square(coefficient)
        return np.asarray(np.sqrt(np.maximum(self.square - known, 0.0)))


@dataclass(frozen=True)
class RowGroups:
    """Row groups of n cases whose operands have the same numbers of digits and of values.

    Attributes
    ----------
    rows : ndarray
        Rows of the group, (n,).
    step, low, high : ndarray
        Counts from one code of the converter to the next, lowest and highest code, (n,).
    inputs, slices, cells : list
        Digits of inputs; digits of weights, and the errors of their cells.
    inputs_at, slices_at : ndarray
        Which of them each case has, (n,).
    """

    rows: FloatArray
    step: FloatArray
    low: FloatArray
    high: FloatArray
    inputs: list[Digits]
    slices: list[Digits]
    cells: list[CellErrors]
    inputs_at: npt.NDArray[np.int64]
    slices_at: npt.NDArray[np.int64]


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


def group_errors(groups: RowGroups) -> GroupError:
    """Mean and variance of the error of every row group, (n,)."""
    inputs, slices = _stacked(groups.inputs), _stacked(groups.slices)
    at_x, at_w = groups.inputs_at, groups.slices_at
    rows = groups.rows[:, None, None]
    counts = count_cumulants(rows, inputs["moments"][at_x], slices["moments"][at_w])
    weight = inputs["weights"][at_x][:, :, None] * slices["weights"][at_w][:, None, :]
    errors = _converter_errors(groups, counts, inputs, slices, weight)
    mean = _total(weight * errors.coefficients[0])
    own = errors.square + errors.rounding - np.square(errors.coefficients[0])
    variance = _total(np.square(weight) * own)
    variance += _between(weight, errors, counts, rows, inputs, slices, groups)
    if not all(cells.is_none for cells in groups.cells):
        mean_of_cells, more = _cell_noise(
            groups, errors.coefficients[1], counts, inputs, slices, weight
        )
        mean, variance = mean + mean_of_cells, variance + more
    return GroupError(mean, np.maximum(variance, 0.0))


def _stacked(operands: list[Digits]) -> dict[str, FloatArray]:
    """Stack the statistics of the operands, one row each."""
    names = ("weights", "moments", "joint", "probabilities", "mean", "square")
    return {name: np.stack([getattr(x, name) for x in operands]) for name in names}


def _total(values: FloatArray) -> FloatArray:
    """Sum over both digit axes, whatever the number of cases: the same for one as for many."""
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    return as_floats(flat.sum(axis=-1))


def _converter_errors(
    groups: RowGroups,
    counts: Cumulants,
    inputs: dict[str, FloatArray],
    slices: dict[str, FloatArray],
    weight: FloatArray,
) -> ConverterErrors:
    """Errors of every conversion, of counts that are many or few."""
    is_pair = groups.slices[0].lowest < 0
    step, low, high = (x[:, None, None] for x in (groups.step, groups.low, groups.high))
    # Half a step beyond the last code is still told right.
    slack = np.floor(0.5 * step)
    upper = excess(counts, high * step + slack, is_difference=is_pair)
    coefficients, square = _of_saturation(upper, -1.0), upper.square
    if is_pair:
        mirrored = Cumulants(-counts.mean, counts.deviation, -counts.skewness, counts.kurtosis)
        lower = excess(mirrored, slack - low * step, is_difference=True)
        both = zip(coefficients, _of_saturation(lower, 1.0), MIRRORED, strict=True)
        coefficients = [x + sign * y for x, y, sign in both]
        square = square + lower.square
    # No count is beyond that of all rows at once.
    errs = (groups.rows * _largest(groups))[:, None, None] > np.minimum(
        high, -low if is_pair else high
    ) * step
    square = np.where(errs, square, 0.0)
    coefficients = [np.where(errs, x, 0.0) for x in coefficients]
    rounding = np.zeros_like(square)
    if (step > 1.0).any():
        of_steps, rounding = step_errors(counts.mean, counts.deviation, step, len(coefficients))
        known = sum_arrays([np.square(x) for x in of_steps])
        rounding, square = np.maximum(rounding - known, 0.0), square + known
        coefficients = [x + y for x, y in zip(coefficients, of_steps, strict=True)]
    errors = ConverterErrors(coefficients, square, rounding)
    part = np.square(weight) * (square + rounding)
    matters = (errs | (step > 1.0)) & (
        part > LEAST_PART * np.maximum(_total(part), TINY)[:, None, None]
    )
    for n_counts, fits in _few_counts(groups, counts):
        chosen = fits & matters
        _put_exactly(errors, chosen, n_counts, groups, counts, inputs, slices)
    return errors


def _of_saturation(tail: Excess, sign: float) -> list[FloatArray]:
    """Coefficients of an error that grows straight from a threshold on, as of a normal count."""
    score, density, share = tail.score, normal.density(tail.score), normal.upper_tail(tail.score)
    scale = sign * tail.mean / np.maximum(density - score * share, TINY)
    peak = scale * density
    return [
        sign * tail.mean,
        scale * share,
        peak / NORMS[2],
        peak * score / NORMS[3],
        peak * (np.square(score) - 1.0) / NORMS[4],
    ]


def _few_counts(groups: RowGroups, counts: Cumulants) -> list[tuple[int, npt.NDArray[np.bool_]]]:
    """Which counts are so few that they are worked out one by one, by size of the lattice."""
    largest = _largest(groups)
    rows = np.broadcast_to(groups.rows[:, None, None], counts.mean.shape)
    span = np.abs(counts.mean) + ROOM * counts.deviation + largest
    needed = np.minimum(span, rows * largest) + 1.0
    if groups.slices[0].lowest < 0:
        needed = 2.0 * needed
    small, large = LATTICES
    fits = needed <= small
    # Wide steps, too: counts that fill few of them do not come upon them evenly.
    is_lumpy = (
        counts.deviation < LUMPY * np.where(groups.step > 1.0, groups.step, 0.0)[:, None, None]
    )
    return [(small, fits), (large, ~fits & (needed <= large) & ((rows <= FEW_ROWS) | is_lumpy))]


def _largest(groups: RowGroups) -> float:
    """Highest count that one row adds."""
    inputs, slices = groups.inputs[0], groups.slices[0]
    top = slices.probabilities.shape[1] - 1 + slices.lowest
    return float((inputs.probabilities.shape[1] - 1) * top)


def _put_exactly(
    errors: ConverterErrors,
    chosen: npt.NDArray[np.bool_],
    n_counts: int,
    groups: RowGroups,
    counts: Cumulants,
    inputs: dict[str, FloatArray],
    slices: dict[str, FloatArray],
) -> None:
    """Replace the chosen errors by exact ones."""
    if not chosen.any():
        return
    case, digit, place = np.nonzero(chosen)
    shares = count_shares(
        groups.rows[case],
        inputs["probabilities"][groups.inputs_at[case], digit],
        slices["probabilities"][groups.slices_at[case], place],
        groups.slices[0].lowest,
        n_counts,
    )
    numbers = np.arange(n_counts, dtype=np.float64)
    if groups.slices[0].lowest < 0:
        numbers = np.where(numbers >= n_counts // 2, numbers - n_counts, numbers)
    wrong = converter_error(
        numbers, groups.step[case, None], groups.low[case, None], groups.high[case, None]
    )
    where = (case, digit, place)
    errors.square[where] = (shares * np.square(wrong)).sum(axis=-1)
    errors.rounding[where] = 0.0
    # Orthonormal polynomials of this very count, by their recurrence.
    apart = (numbers - counts.mean[where][:, None]) / np.maximum(counts.deviation[where], TINY)[
        :, None
    ]
    polynomial, last, carried = np.ones_like(apart), np.zeros_like(apart), np.zeros((len(apart), 1))
    for coefficient in errors.coefficients:
        coefficient[where] = (shares * wrong * polynomial).sum(axis=-1)
        weighted = apart * polynomial
        middle = (shares * weighted * polynomial).sum(axis=-1)[:, None]
        weighted -= middle * polynomial + carried * last
        carried = np.sqrt((shares * np.square(weighted)).sum(axis=-1))[:, None]
        last = polynomial
        polynomial = np.where(carried > LEAST_NORM, weighted / np.maximum(carried, TINY), 0.0)


def _between(
    weight: FloatArray,
    errors: ConverterErrors,
    counts: Cumulants,
    rows: FloatArray,
    inputs: dict[str, FloatArray],
    slices: dict[str, FloatArray],
    groups: RowGroups,
) -> FloatArray:
    """Covariances of the converter errors of different digits, summed up."""
    deviation = np.maximum(counts.deviation, 1e-12)
    joint_x, joint_w = inputs["joint"][groups.inputs_at], slices["joint"][groups.slices_at]
    mean_x = inputs["moments"][groups.inputs_at][:, :, 0]
    mean_w = slices["moments"][groups.slices_at][:, :, 0]
    n, digits, places = weight.shape
    covariance = joint_x[:, :, None, :, None] * joint_w[:, None, :, None, :]
    means = mean_x[:, :, None] * mean_w[:, None, :]
    covariance = covariance - means[:, :, :, None, None] * means[:, None, None, :, :]
    covariance = (rows[:, :, :, None, None] * covariance).reshape(n, digits * places, -1)
    flat = deviation.reshape(n, -1)
    correlation = np.clip(covariance / (flat[:, :, None] * flat[:, None, :]), -1.0, 1.0)
    np.einsum("nii->ni", correlation)[...] = 0.0
    total = np.zeros(n)
    power = correlation
    for coefficient in (*errors.coefficients[1:], errors.rest):
        parts = (weight * coefficient).reshape(n, -1)
        inner = (power * parts[:, None, :]).sum(axis=-1)
        total += (parts * inner).sum(axis=-1)
        power = power * correlation
    return total


def _likeness(joint: FloatArray) -> FloatArray:
    """Mean products of different digits over their root mean squares, (n, digits, digits)."""
    size = np.sqrt(np.einsum("nii->ni", joint))
    likeness = joint / np.maximum(size[:, :, None] * size[:, None, :], TINY)
    np.einsum("nii->ni", likeness)[...] = 0.0
    return np.asarray(likeness)


def _cell_noise(
    groups: RowGroups,
    slope: FloatArray,
    counts: Cumulants,
    inputs: dict[str, FloatArray],
    slices: dict[str, FloatArray],
    weight: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance that the cells of a group add to its error, after the converter."""
    at_x, at_w = groups.inputs_at, groups.slices_at
    rows = groups.rows[:, None, None]
    drift, analog, analog_square = (
        np.stack([getattr(x, name) for x in groups.cells])[at_w][:, None, :]
        for name in ("drift", "analog", "analog_square")
    )
    read = np.array([x.read for x in groups.cells])[at_w][:, None, None]
    moments = inputs["moments"][at_x][..., None]
    first, second, fourth = moments[:, :, 0], moments[:, :, 1], moments[:, :, 3]
    each = analog + read
    # As if rows were active with some share, each adding the same: mean and variance are right.
    unit = fourth * (analog_square + read * (2.0 * analog + read)) / np.maximum(second * each, TINY)
    share = np.minimum(second * each / np.maximum(unit, TINY), 1.0)
    noise = rounded_noise(
        rows + 0.0 * share, share, unit, np.fmod(groups.step, 2.0)[:, None, None] < 1.0
    )
    # No noise gets through where counts saturate, or stay below the first of wide steps.
    passes = np.clip(1.0 + slope / np.maximum(counts.deviation, TINY), 0.0, 1.0)
    variance = rows * second * each
    gain = np.where(variance > TINY, passes * noise.product / np.maximum(variance, TINY), 0.0)
    own = passes * noise.square - np.square(gain) * (rows * second * analog)
    result = _total(np.square(weight) * own)
    # What rounding makes of the same cells in steps alike is alike, too: it has orders 3, 5, 7 ...
    rounded = np.maximum(passes * noise.square - np.square(gain) * variance, 0.0)
    parts = np.swapaxes(weight * np.sqrt(rounded), 1, 2)
    programmed = (analog / np.maximum(each, TINY))[:, 0, :, None, None]
    alike = (_likeness(inputs["joint"][at_x])[:, None] * programmed) ** MIDDLE_ORDER
    result += _total((parts[:, :, :, None] * parts[:, :, None, :] * alike).sum(axis=-1))
    # The same cells in all steps: (n, slices, digits, digits).
    steps, through = inputs["weights"][at_x], np.swapaxes(gain, 1, 2)
    joint = inputs["joint"][at_x] * (steps[:, :, None] * steps[:, None, :])
    both = through[:, :, :, None] * through[:, :, None, :] * joint[:, None, :, :]
    scale = np.square(slices["weights"][at_w]) * analog[:, 0]
    result += groups.rows * _total(scale[:, :, None, None] * both)
    input_mean, input_square = inputs["mean"][at_x], inputs["square"][at_x]
    stuck_mean, stuck_square = (
        np.array([getattr(x, name) for x in groups.cells])[at_w]
        for name in ("stuck_mean", "stuck_square")
    )
    result += groups.rows * (input_square * stuck_square - np.square(input_mean * stuck_mean))
    mean = _total(weight * gain * (rows * first * drift))
    return mean + groups.rows * input_mean * stuck_mean, result
