"""Row groups by the knobs and statistics that decide on their error, many at once."""

from __future__ import annotations

__all__ = ["Case", "Setting", "Statistics", "group_errors_of", "product_noise"]

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy.conversions import RowGroups, converter_codes
from imctune.simulator.accuracy.devices import cell_errors
from imctune.simulator.accuracy.group import GroupError, group_errors
from imctune.simulator.accuracy.operands import (
    input_digits,
    input_operand,
    rounding_noise,
    weight_digits,
    weight_operand,
)
from imctune.simulator.accuracy.products import Products, products_of
from imctune.simulator.arrays import as_floats
from imctune.variation import Variation

PAIRS_AT_ONCE = 1 << 14  # conversions: what is known of them must fit the caches


class Statistics(NamedTuple):
    """What is known of the operands of a layer; see `operands`."""

    zero_share: float
    input_density: float
    is_signed: bool
    weight_density: float


class Setting(NamedTuple):
    """Everything that the digits of operands depend on."""

    statistics: Statistics
    input_bits: int
    weight_bits: int
    bits_per_cell: int
    dac_bits: int
    is_differential: bool


class Case(NamedTuple):
    """Everything that the error of a row group depends on, but for its rows and the cells."""

    setting: Setting
    adc_bits: int
    is_full: bool
    rows_active: int


@lru_cache(512)
def setting_products(setting: Setting) -> Products:
    """Products of the digits of inputs and weights."""
    (zeros, density, is_signed, weight_density), bits, weight_bits, *_ = setting
    x = input_operand(bits, zeros, density, is_signed)
    w = weight_operand(weight_bits, weight_density)
    return products_of(
        input_digits(x, bits, setting.dac_bits, is_signed),
        weight_digits(w, weight_bits, setting.bits_per_cell, setting.is_differential),
        rounding_noise(x, w),
    )


def group_errors_of(
    settings: Sequence[Setting],
    at: npt.NDArray[np.int64],
    adc_bits: npt.NDArray[np.int64],
    is_full: npt.NDArray[np.bool_],
    rows_active: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    unset: float,
    variation: Variation | None,
) -> GroupError:
    """Mean and variance of the error of row groups, (n,).

    Parameters
    ----------
    settings : sequence of Setting
    at : ndarray
        Which of the settings each group has, ascending, (n,).
    adc_bits, is_full : ndarray
        Resolution of the converter, and whether its range is that of all counts of a whole row
        group (range policy `full`), (n,).
    rows_active, rows : ndarray
        Rows of a whole row group of the design, which count where `is_full`, and of this one.
    unset : float
        Conductance of the lowest level of a cell over that of the highest. [1]
    variation : Variation or None
        Errors of the cells; None for ideal ones.
    """
    products = [setting_products(setting) for setting in settings]
    cells = [
        cell_errors(x.slices, setting.bits_per_cell, unset, variation)
        for x, setting in zip(products, settings, strict=True)
    ]
    is_pair = np.array([setting.is_differential for setting in settings])
    largest = np.array([x.largest for x in products])
    n_pairs = np.array([x.n_pairs for x in products])
    step, low, high = converter_codes(adc_bits, rows_active * largest[at], is_pair[at], is_full)
    errs = (step > 1.0) | (rows * largest[at] > high)
    errs |= np.array([not each.is_none for each in cells])[at]
    mean, variance = np.zeros(len(at)), np.zeros(len(at))
    for differential in (False, True):
        places = np.flatnonzero(errs & (is_pair[at] == differential))
        chunk = np.cumsum(n_pairs[at[places]]) // PAIRS_AT_ONCE
        for some in np.split(places, np.flatnonzero(np.diff(chunk)) + 1):
            if not len(some):
                continue
            used, own = np.unique(at[some], return_inverse=True)
            groups = RowGroups(
                products=[products[i] for i in used],
                at=own,
                rows=as_floats(rows[some]),
                step=step[some],
                low=low[some],
                high=high[some],
            )
            found = group_errors(groups, [cells[i] for i in used])
            mean[some], variance[some] = found.mean, found.variance
    return GroupError(mean, variance)


def product_noise(
    case: Case, k: int, rows: int, unset: float, variation: Variation | None
) -> float:
    """Mean square of the error of a product over its variance, rounding of operands left out.

    Parameters
    ----------
    case : Case
        The layer and its design.
    k, rows : int
        Reduction length, and rows of an array. [1]
    unset, variation
        As in `group_errors_of`.

    Examples
    --------
    8-bit converters for 256 rows of single bits lose little:

    >>> setting = Setting(Statistics(0.57, 0.19, False, 0.4), 8, 8, 1, 1, False)
    >>> product_noise(Case(setting, 7, False, 256), 256, 256, 0.0, None) < 1e-4
    True
    """
    sizes = Counter(group_sizes(k, rows, case.rows_active))
    n = len(sizes)
    errors = group_errors_of(
        [case.setting],
        np.zeros(n, dtype=np.int64),
        np.full(n, case.adc_bits),
        np.full(n, case.is_full),
        np.full(n, case.rows_active),
        np.array(list(sizes)),
        unset,
        variation,
    )
    counts = as_floats(list(sizes.values()))
    noise = float((counts * errors.variance).sum() + (counts * errors.mean).sum() ** 2)
    statistics = case.setting.statistics
    inputs = input_operand(case.setting.input_bits, *statistics[:3])
    weights = weight_operand(case.setting.weight_bits, statistics.weight_density)
    return noise / (k * inputs.mean_square * weights.mean_square)


def group_sizes(k: int, rows: int, rows_active: int) -> Iterator[int]:
    """Rows of every group of a reduction over as many arrays as it takes."""
    for first in range(0, k, rows):
        used = min(rows, k - first)
        for start in range(0, used, rows_active):
            yield min(rows_active, used - start)
