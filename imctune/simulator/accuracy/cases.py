"""Row groups by the knobs and statistics that decide on their error, many at once."""

from __future__ import annotations

__all__ = ["Case", "Statistics", "case_errors", "product_noise"]

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from imctune.simulator.accuracy.devices import cell_errors
from imctune.simulator.accuracy.group import (
    GroupError,
    RowGroups,
    converter_codes,
    group_errors,
)
from imctune.simulator.accuracy.operands import (
    Digits,
    input_digits,
    input_operand,
    weight_digits,
    weight_operand,
)
from imctune.simulator.arrays import as_floats
from imctune.variation import Variation

AT_ONCE = 128  # cases: their covariances between digits must fit the caches


class Statistics(NamedTuple):
    """What is known of the operands of a layer; see `operands`."""

    zero_share: float
    input_density: float
    is_signed: bool
    weight_density: float


class Case(NamedTuple):
    """Everything that the error of a row group depends on, but for the cells."""

    statistics: Statistics
    input_bits: int
    weight_bits: int
    bits_per_cell: int
    dac_bits: int
    is_differential: bool
    adc_bits: int
    is_full: bool
    rows_active: int
    rows: int

    @property
    def inputs(self) -> Digits:
        """Digits of the inputs."""
        zeros, density, is_signed, _ = self.statistics
        operand = input_operand(self.input_bits, zeros, density, is_signed)
        return input_digits(operand, self.input_bits, self.dac_bits, is_signed)

    @property
    def slices(self) -> Digits:
        """Digits of the weights."""
        operand = weight_operand(self.weight_bits, self.statistics.weight_density)
        return weight_digits(operand, self.weight_bits, self.bits_per_cell, self.is_differential)


def case_errors(cases: Sequence[Case], unset: float, variation: Variation | None) -> GroupError:
    """Mean and variance of the error of a row group of every case, (n,).

    Parameters
    ----------
    cases : sequence of Case
    unset : float
        Conductance of the lowest level of a cell over that of the highest. [1]
    variation : Variation or None
        Errors of the cells; None for ideal ones.
    """
    mean, variance = np.empty(len(cases)), np.empty(len(cases))
    digits = [(case.inputs, case.slices) for case in cases]
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for place, (inputs, slices) in enumerate(digits):
        shape = (*inputs.probabilities.shape, *slices.probabilities.shape, slices.lowest)
        by_shape.setdefault(shape, []).append(place)
    for places in by_shape.values():
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            groups = _row_groups(
                [cases[i] for i in some], [digits[i] for i in some], unset, variation
            )
            errors = group_errors(groups)
            mean[some], variance[some] = errors.mean, errors.variance
    return GroupError(mean, variance)


def product_noise(
    case: Case, k: int, rows: int, unset: float, variation: Variation | None
) -> float:
    """Mean square of the error of a product over its variance, rounding of operands left out.

    Parameters
    ----------
    case : Case
        The layer and its design; its `rows` do not count here.
    k, rows : int
        Reduction length, and rows of an array. [1]
    unset, variation
        As in `case_errors`.

    Examples
    --------
    8-bit converters for 256 rows of single bits lose little:

    >>> statistics = Statistics(0.57, 0.19, False, 0.4)
    >>> case = Case(statistics, 8, 8, 1, 1, False, 7, False, 256, 256)
    >>> product_noise(case, 256, 256, 0.0, None) < 1e-4
    True
    """
    sizes = Counter(group_sizes(k, rows, case.rows_active))
    errors = case_errors([case._replace(rows=size) for size in sizes], unset, variation)
    counts = as_floats(list(sizes.values()))
    noise = float((counts * errors.variance).sum() + (counts * errors.mean).sum() ** 2)
    inputs = input_operand(case.input_bits, *case.statistics[:3])
    weights = weight_operand(case.weight_bits, case.statistics.weight_density)
    return noise / (k * inputs.mean_square * weights.mean_square)


def group_sizes(k: int, rows: int, rows_active: int) -> Iterator[int]:
    """Rows of every group of a reduction over as many arrays as it takes."""
    for first in range(0, k, rows):
        used = min(rows, k - first)
        for start in range(0, used, rows_active):
            yield min(rows_active, used - start)


def _row_groups(
    cases: Sequence[Case],
    digits: Sequence[tuple[Digits, Digits]],
    unset: float,
    variation: Variation | None,
) -> RowGroups:
    """Stack cases of one shape; each operand once."""
    inputs = list(dict.fromkeys(x for x, _ in digits))
    slices = list(
        dict.fromkeys((w, c.bits_per_cell) for (_, w), c in zip(digits, cases, strict=True))
    )
    input_places = {x: place for place, x in enumerate(inputs)}
    slice_places = {w: place for place, (w, _) in enumerate(slices)}
    most = [c.rows_active * (2**c.bits_per_cell - 1) * (2**c.dac_bits - 1) for c in cases]
    step, low, high = converter_codes(
        [case.adc_bits for case in cases],
        most,
        [case.is_differential for case in cases],
        [case.is_full for case in cases],
    )
    return RowGroups(
        rows=as_floats([case.rows for case in cases]),
        step=step,
        low=low,
        high=high,
        inputs=inputs,
        slices=[w for w, _ in slices],
        cells=[cell_errors(w, bits, unset, variation) for w, bits in slices],
        inputs_at=np.array([input_places[x] for x, _ in digits]),
        slices_at=np.array([slice_places[w] for _, w in digits]),
    )
