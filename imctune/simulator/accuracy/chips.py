r"""Chips of one design: how the noise of their layers differs from one to the next.

All cells of a chip err by a common factor :math:`e^{s z}` more or less (`chip_sigma_spread` s), and
each layer has luck of its own with its cells. With D the error of a weight, of mean :math:`\mu`,
variance v and excess kurtosis :math:`\kappa`, and inputs of mean square q and squared mean b, the
noise that the K cells of a column add is :math:`(q - b) \sum D^2 + b (\sum D)^2`, of variance

.. math:: K v^2 ((\kappa + 2) q^2 + 2 b^2 (K - 1)) + 4 b^2 K^3 \mu^2 v

from chip to chip, which the M columns of a layer average. The draws are the same for every design.
"""

from __future__ import annotations

__all__ = [
    "ChipDraws",
    "ChipNoise",
    "SampledChips",
    "WeightErrors",
    "draw_chips",
    "draw_conductances",
    "noise_spread",
    "weight_errors",
]

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy.devices import level_errors
from imctune.simulator.accuracy.operands import (
    Digits,
    input_operand,
    weight_digits,
    weight_operand,
)
from imctune.simulator.accuracy.ratio import NoiseModel, decibel
from imctune.simulator.arrays import FloatArray, as_floats, sum_arrays
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.variation import Variation
from imctune.workload import Layer

NODES = (-2.0, 2.0)  # standard deviations of a chip's errors between which noise is interpolated
TINY = 1e-30
MOST_AT_ONCE = 1 << 21  # numbers


@dataclass(frozen=True, eq=False)
class ChipDraws:
    """Standard normal numbers of each chip: (chips,) of its cells, (layers, chips) of layers."""

    cells: FloatArray
    layers: FloatArray


@dataclass(frozen=True, eq=False)
class SampledChips:
    """Chips of some designs.

    Attributes
    ----------
    snr_db : ndarray
        Signal-to-noise ratio of the worst layer, (n, W, chips). [dB]
    conductance : ndarray
        Mean conductance of a chip's cells over the usual one, (chips,). It is trimmed out of the
        results, but not out of the energy of reading cells. [1]
    """

    snr_db: FloatArray
    conductance: FloatArray


def draw_conductances(spread: float, n_chips: int, seed: int) -> FloatArray:
    """Draw the mean conductances of chips over the usual one: lognormal, of mean 1."""
    variance = np.log1p(spread * spread)
    normal = np.random.default_rng([seed, 2]).standard_normal(n_chips)
    return as_floats(np.exp(np.sqrt(variance) * normal - 0.5 * variance))


def draw_chips(layers: Sequence[Layer], n_chips: int, seed: int) -> ChipDraws:
    """Draw chips; what a layer gets does not depend on the layers beside it."""
    own = [
        np.random.default_rng([seed, 1, zlib.crc32(repr(layer).encode())]).standard_normal(n_chips)
        for layer in layers
    ]
    return ChipDraws(
        np.random.default_rng([seed, 0]).standard_normal(n_chips),
        np.array(own).reshape(len(layers), n_chips),
    )


@dataclass(frozen=True)
class WeightErrors:
    """Error of a weight, in its steps: what its value alone decides on, and what is left to luck.

    Attributes
    ----------
    mean, mean_square : float
        Of the error that weights of one value have in the mean.
    variance, kurtosis : float
        Of the rest; excess kurtosis.
    """

    mean: float
    mean_square: float
    variance: float
    kurtosis: float


@lru_cache(4096)
def weight_errors(
    digits: Digits, bits_per_cell: int, unset: float, variation: Variation
) -> WeightErrors:
    """Moments of the error of weights whose digits are given; see `devices.cell_errors`."""
    top = 2**bits_per_cell - 1
    level = np.arange(top + 1, dtype=np.float64)
    drift, variance = level_errors(bits_per_cell, unset, variation)
    off, on = variation.stuck_off_share, variation.stuck_on_share
    ways = ((1.0 - off - on, drift, variance), (off, -level, 0.0), (on, top - level, 0.0))
    mean = sum_arrays([as_floats(share * m) for share, m, _ in ways])
    second = sum_arrays([as_floats(share * (v + (m - mean) ** 2)) for share, m, v in ways])
    parts = [3.0 * v * v + 6.0 * v * (m - mean) ** 2 + (m - mean) ** 4 for _, m, v in ways]
    shares_of_ways = (1.0 - off - on, off, on)
    fourth = sum_arrays([as_floats(x * y) for x, y in zip(shares_of_ways, parts, strict=True)])
    cumulant = fourth - 3.0 * np.square(second)
    if digits.lowest < 0:  # the other cell of the pair is at the lowest level
        mean, second, cumulant = mean - mean[0], second + second[0], cumulant + cumulant[0]
    levels, signs = np.abs(digits.values), np.where(digits.values < 0, -1.0, 1.0)
    scale, shares = digits.weights[:, None], digits.shares
    own = (scale * signs * mean[levels]).sum(axis=0)
    spread = (scale**2 * second[levels]).sum(axis=0)
    heavy = (scale**4 * cumulant[levels]).sum(axis=0) + 3.0 * np.square(spread)
    variance_of_all = float((shares * spread).sum())
    return WeightErrors(
        mean=float((shares * own).sum()),
        mean_square=float((shares * np.square(own)).sum()),
        variance=variance_of_all,
        kurtosis=float((shares * heavy).sum()) / max(variance_of_all, TINY) ** 2 - 3.0,
    )


def noise_spread(
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    input_mean: npt.ArrayLike,
    input_square: npt.ArrayLike,
    errors: WeightErrors,
) -> FloatArray:
    """Standard deviation, from chip to chip, of a layer's noise from its cells, over its mean.

    Parameters
    ----------
    rows, columns : array_like
        Reduction length K, and number of outputs M. [1]
    input_mean, input_square : array_like
        Mean and mean square of an input. [1]
    errors : WeightErrors

    Examples
    --------
    Inputs that are zero in the mean: chi-squared of rows x columns degrees of freedom.

    >>> spread = noise_spread(50, 4, 0.0, 1.0, WeightErrors(0.0, 0.0, 1.0, 0.0))
    >>> float((np.square(spread) * 200.0).round(9))
    2.0
    """
    k, v = as_floats(rows), errors.variance
    q, b = as_floats(input_square), np.square(input_mean)
    systematic = q * errors.mean_square + (k - 1.0) * b * errors.mean**2
    own = (errors.kurtosis + 2.0) * np.square(q) + 2.0 * np.square(b) * (k - 1.0)
    variance = k * v * v * own + 4.0 * np.square(b) * k**3 * errors.mean**2 * v
    expected = np.maximum(k * (q * v + systematic), TINY)
    return as_floats(np.sqrt(variance / as_floats(columns)) / expected)


class ChipNoise:
    """Noise of the products of a set of workloads on sampled chips.

    Parameters
    ----------
    typical : NoiseModel
        The chip whose errors are as large as the variation says.
    """

    def __init__(self, typical: NoiseModel) -> None:
        self._typical = typical
        self._draws: dict[tuple[int, int], ChipDraws] = {}
        table, technology, variation = typical.table, typical.technology, typical.variation
        self._quiet = self._typical
        self._around: list[NoiseModel] = []
        if variation is not None:
            self._quiet = NoiseModel(table, technology, None)
            factors = np.exp(np.array(NODES) * variation.chip_sigma_spread)
            self._around = [
                NoiseModel(table, technology, variation.scaled(float(x))) for x in factors
            ]

    def worst_snr_db(
        self,
        knobs: KnobColumns,
        geometry: ArrayGeometry,
        on_arrays: npt.NDArray[np.bool_],
        wire_kohm: FloatArray,
        n_chips: int,
        seed: int,
    ) -> FloatArray:
        """Signal-to-noise ratio of the worst layer of every workload and chip, (n, W, chips). [dB].

        Parameters
        ----------
        knobs, geometry, on_arrays, wire_kohm
            See `NoiseModel.noise`.
        n_chips, seed : int
            Same numbers: same chips, for every design.
        """
        table, draws = self._typical.table, self._drawn(n_chips, seed)
        run = (knobs, geometry, on_arrays, wire_kohm)
        quiet = self._quiet.noise(*run)[0]
        added = [
            np.log(np.maximum(model.noise(*run)[0] - quiet, TINY))
            for model in (self._typical, *self._around)
        ]
        spread = np.log1p(np.square(self._spread(knobs, geometry, on_arrays)))
        result = np.empty((len(quiet), table.n_workloads, n_chips))
        n_rows = max(1, MOST_AT_ONCE // max(1, n_chips * table.n_layers))
        for start in range(0, len(quiet), n_rows):
            rows = slice(start, start + n_rows)
            some = [values[rows, :, None] for values in (quiet, spread, *added)]
            noise = _sampled(some, draws)
            flat = np.swapaxes(noise, 1, 2).reshape(-1, table.n_layers)
            worst = table.max_per_workload(flat).reshape(len(noise), n_chips, -1)
            result[rows] = np.swapaxes(worst, 1, 2)
        return decibel(result)

    def _drawn(self, n_chips: int, seed: int) -> ChipDraws:
        if (n_chips, seed) not in self._draws:
            self._draws[n_chips, seed] = draw_chips(self._typical.table.layers, n_chips, seed)
        return self._draws[n_chips, seed]

    def _spread(
        self, knobs: KnobColumns, geometry: ArrayGeometry, on_arrays: npt.NDArray[np.bool_]
    ) -> FloatArray:
        """Relative spread of the noise of every layer, (n, n_layers)."""
        model, table = self._typical, self._typical.table
        if model.variation is None:
            return np.zeros(on_arrays.shape)
        parts = (model.kind, geometry.weight_bits, knobs.input_bits, knobs.bits_per_cell)
        key = np.zeros(on_arrays.shape, dtype=np.int64)
        for values in (*parts, knobs.is_differential):
            key = (key << 8) | values.astype(np.int64)
        unique, back = np.unique(key, return_inverse=True)
        spread = np.zeros(on_arrays.shape)
        for place, packed in enumerate(unique.tolist()):
            kind, weight_bits, input_bits, cell_bits, is_pair = (
                (packed >> shift) & 255 for shift in (32, 24, 16, 8, 0)
            )
            zeros, density, is_signed, weight_density = model.kinds[kind]
            inputs = input_operand(input_bits, zeros, density, is_signed)
            weights = weight_operand(weight_bits, weight_density)
            digits = weight_digits(weights, weight_bits, cell_bits, bool(is_pair))
            errors = weight_errors(digits, cell_bits, model.unset, model.variation)
            columns = table.m * table.groups
            each = noise_spread(table.k, columns, inputs.mean, inputs.mean_square, errors)
            spread = np.where((back == place).reshape(spread.shape), each, spread)
        return spread


def _sampled(values: Sequence[FloatArray], draws: ChipDraws) -> FloatArray:
    """Noise of every layer on every chip, (n, n_layers, chips)."""
    quiet, spread, middle, low, high = (
        values if len(values) == 5 else (*values, values[2], values[2])
    )
    slope = (high - low) / (NODES[1] - NODES[0])
    curve = (high + low - 2.0 * middle) / (2.0 * NODES[1] ** 2)
    # Noise powers are positive and skewed: lognormal, of mean 1 and the spread wanted.
    luck = np.sqrt(spread) * draws.layers - 0.5 * spread
    return quiet + np.exp(middle + (slope + curve * draws.cells) * draws.cells + luck)
