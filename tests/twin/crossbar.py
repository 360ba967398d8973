"""A crossbar bit by bit: whole numbers in, what the converters make of them out.

Every cell is drawn, every step converted. Written from the physics: slices of weights in cells,
input digits one step after another, row groups within arrays, converters that saturate, and sums
in digital. Nothing is a formula for the noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.variation import Variation

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Array:
    """The knobs of one design that products depend on.

    `unset` is the conductance of an unset cell over that of a fully set one (0: charge domain).
    `adc_range`: ``lsb`` tells single counts apart and saturates, ``full`` spans all counts in
    equal steps.
    """

    rows: int
    rows_active: int
    bits_per_cell: int
    dac_bits: int
    adc_bits: int
    weight_bits: int
    input_bits: int
    is_differential: bool
    is_signed: bool = False
    adc_range: str = "lsb"
    unset: float = 0.0

    @property
    def top(self) -> int:
        """Highest level of a cell."""
        return int(2**self.bits_per_cell - 1)

    @property
    def n_slices(self) -> int:
        """Cells of one weight and polarity."""
        magnitude = max(1, self.weight_bits - 1) if self.is_differential else self.weight_bits
        return -(-magnitude // self.bits_per_cell)


@dataclass(frozen=True)
class Cells:
    """Conductances of the cells of a layer, (slices, polarities, k, m), and read noise."""

    conductance: FloatArray
    reference: float
    read_noise: float


def stored_levels(weights: IntArray, array: Array) -> IntArray:
    """Levels of the cells that hold the weights (k, m): (slices, polarities, k, m)."""
    if array.is_differential:
        parts = [np.maximum(weights, 0), np.maximum(-weights, 0)]
    else:
        parts = [weights + 2 ** (array.weight_bits - 1)]
    shifts = array.bits_per_cell * np.arange(array.n_slices)[:, None, None, None]
    return np.asarray((np.stack(parts)[None] >> shifts) & array.top)


def ideal_cells(weights: IntArray, array: Array) -> Cells:
    """Cells that hold exactly what was written."""
    levels = stored_levels(weights, array)
    span = 1.0 - array.unset
    return Cells(array.unset + span * levels / array.top, array.unset, 0.0)


def drawn_cells(
    weights: IntArray,
    array: Array,
    variation: Variation,
    rng: np.random.Generator,
    sigma_factor: float = 1.0,
) -> Cells:
    """Cells of one chip: programmed with errors, some stuck, drifted; none below zero."""
    target = ideal_cells(weights, array).conductance
    programmed = np.polynomial.polynomial.polyval(target, variation.sigma_share)
    aged = math.log(variation.time_s)
    drifted = variation.drift_spread_share + variation.drift_spread_share_per_log_s * aged
    sigma = sigma_factor * np.hypot(programmed, drifted)
    normal = rng.standard_normal(target.shape)
    if variation.law == "gaussian":
        actual = target + sigma * normal
    else:
        relative = np.divide(sigma, target, out=np.zeros_like(sigma), where=target > 0.0)
        log_sigma = np.sqrt(np.log1p(relative**2))
        actual = target * np.exp(log_sigma * normal - log_sigma**2 / 2.0)
    shift = variation.drift_share_per_log_s * aged
    actual = np.maximum(actual + shift, 0.0)
    luck = rng.random(target.shape)
    off = luck < variation.stuck_off_share
    on = ~off & (luck < variation.stuck_off_share + variation.stuck_on_share)
    actual = np.where(off, array.unset + shift, np.where(on, 1.0 + shift, actual))
    return Cells(actual, array.unset + shift, sigma_factor * variation.read_noise_share)


def input_steps(inputs: IntArray, array: Array) -> Iterator[tuple[float, IntArray]]:
    """Weight and digits (positions, k) of each step in which the inputs are applied.

    Signed inputs come as two's complement, the last bit subtracted, where a step takes one bit;
    else the positive and the negative ones apart.
    """
    base = 2**array.dac_bits
    n_steps = -(-array.input_bits // array.dac_bits)
    if array.is_signed and array.dac_bits > 1:
        parts = [(1.0, np.maximum(inputs, 0)), (-1.0, np.maximum(-inputs, 0))]
    else:
        parts = [(1.0, inputs)]
    for sign, values in parts:
        for step in range(n_steps):
            digits = (values >> (array.dac_bits * step)) & (base - 1)
            last = array.is_signed and array.dac_bits == 1 and step == n_steps - 1
            yield (-sign if last else sign) * float(base**step), digits


def row_groups(n_rows: int, array: Array) -> Iterator[slice]:
    """Rows that are driven together: within one array, at most `rows_active` at once."""
    for first in range(0, n_rows, array.rows):
        last = min(first + array.rows, n_rows)
        for start in range(first, last, array.rows_active):
            yield slice(start, min(start + array.rows_active, last))


def converted(counts: FloatArray, array: Array) -> FloatArray:
    """What a converter makes of the counts of its column, or of the difference of two.

    That is the nearest code, and the even one of two that are as near; codes of a difference run
    from ``-2**(bits - 1)`` to ``2**(bits - 1) - 1``. Errors below half a count vanish where steps
    are single counts.
    """
    most = array.rows_active * array.top * (2**array.dac_bits - 1)
    codes = 2**array.adc_bits
    lowest = -codes // 2 if array.is_differential else 0
    step = 1
    if array.adc_range == "full":
        n_counts = 2 * most + 1 if array.is_differential else most + 1
        step = -(-n_counts // codes)
    return np.asarray(np.clip(np.rint(counts / step), lowest, lowest + codes - 1) * step)


def multiplied(
    inputs: IntArray, weights: IntArray, array: Array, cells: Cells, rng: np.random.Generator
) -> FloatArray:
    """Products of inputs (positions, k) and weights (k, m) as the crossbar gives them."""
    scale = array.top / (1.0 - array.unset)
    result = np.zeros((len(inputs), weights.shape[1]))
    for step_weight, digits in input_steps(inputs, array):
        for rows in row_groups(len(weights), array):
            driven = digits[:, rows].astype(np.float64)
            reference = cells.reference * driven.sum(axis=1, keepdims=True)
            # Read noise of all cells of a column: independent, so its sum is drawn at once.
            spread = cells.read_noise * np.sqrt((driven**2).sum(axis=1, keepdims=True))
            for place, pair in enumerate(cells.conductance):
                currents = []
                for column in pair:
                    current = driven @ column[rows]
                    if cells.read_noise:
                        current += spread * rng.standard_normal(current.shape)
                    currents.append(current)
                counts = currents[0] - (currents[1] if len(currents) == 2 else reference)
                weight = step_weight * 2.0 ** (array.bits_per_cell * place)
                # A sum of whole counts comes out of floats a hair off: rounding hides it.
                result += weight * converted(np.round(counts * scale, 9), array)
    if not array.is_differential:
        result -= 2.0 ** (array.weight_bits - 1) * inputs.sum(axis=1, keepdims=True)
    return result


def snr_db(wanted: npt.ArrayLike, got: npt.ArrayLike) -> float:
    """Variance of what was wanted over the mean square of the error. [dB]."""
    right, actual = np.asarray(wanted, dtype=np.float64), np.asarray(got, dtype=np.float64)
    noise = float(np.mean((actual - right) ** 2))
    return math.inf if noise == 0.0 else 10.0 * math.log10(float(np.var(right)) / noise)
