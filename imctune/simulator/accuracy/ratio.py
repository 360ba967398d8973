"""Noise of every layer of a population against its signal, and what it makes of workloads.

Arrays have shape (n_designs, n_layers), or an axis of length 1 where all are alike.
"""

from __future__ import annotations

__all__ = ["Accuracy", "NoiseModel", "decibel"]

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.knobs import lossless_bits
from imctune.simulator.accuracy.cases import Setting, Statistics, group_errors_of
from imctune.simulator.accuracy.group import GroupError
from imctune.simulator.accuracy.operands import input_operand, rounding_noise, weight_operand
from imctune.simulator.actions import input_density
from imctune.simulator.arrays import FloatArray, floor_div
from imctune.simulator.components import cell
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.technology import RramCell, Technology
from imctune.variation import Variation

BITS = 17  # precisions 0 to 16
MOMENTS = 4
# Bits that the parts of a key take, from its lowest: rows, converter, and the operands' digits.
WIDTHS = (13, 5, 1, 13, 3, 3, 4, 4, 1, 16)
SETTING_AT = sum(WIDTHS[:4])
MOST_KEPT = 1 << 20


@dataclass(frozen=True)
class Accuracy:
    """Accuracy of the arithmetic of a population.

    Attributes
    ----------
    snr_db, snr_mean_db : ndarray
        Signal-to-noise ratio of the worst layer of each workload, and that of the mean noise over
        its multiply-accumulates, (n, W). [dB]
    ir_drop_excess : ndarray
        Largest loss of current in the wires of a row group of each workload, over the largest for
        which the model holds, less one, (n, W). [1]
    """

    snr_db: FloatArray
    snr_mean_db: FloatArray
    ir_drop_excess: FloatArray


def decibel(noise: FloatArray) -> FloatArray:
    """Signal-to-noise ratio of a noise-to-signal ratio of powers; infinite without noise. [dB].

    >>> decibel(np.array([0.01, 0.0])).tolist()
    [20.0, inf]
    """
    with np.errstate(divide="ignore"):
        return np.asarray(-10.0 * np.log10(noise))


class NoiseModel:
    """Noise of the products of a set of workloads on one technology.

    Errors of row groups depend on few knobs and on the statistics of the operands. Each is worked
    out once and kept.

    Parameters
    ----------
    table : LayerTable
        The products.
    technology : Technology
    variation : Variation or None
        Errors of the cells; None for ideal ones.
    """

    def __init__(
        self, table: LayerTable, technology: Technology, variation: Variation | None
    ) -> None:
        self.table = table
        self.technology = technology
        self.variation = None if variation is None or variation.is_none else variation
        memory = technology.cell
        self.unset = memory.r_low_kohm / memory.r_high_kohm if isinstance(memory, RramCell) else 0.0
        columns = zip(
            table.input_zero_share.tolist(),
            table.input_bit_density.tolist(),
            table.is_signed.tolist(),
            table.weight_magnitude_density.tolist(),
            strict=True,
        )
        every = [Statistics(*column) for column in columns]
        self.kinds = list(dict.fromkeys(every))
        places = {kind: place for place, kind in enumerate(self.kinds)}
        self.kind = np.array([places[kind] for kind in every], dtype=np.int64)
        self._moments = np.full((MOMENTS, len(self.kinds), BITS, BITS), np.nan)
        self._errors: dict[int, tuple[float, float]] = {}
        operations = table.operations * table.positions
        total = table.per_workload(operations[None, :])
        self._shares = operations / np.maximum(table.to_layers(total), 1.0)

    def over_workloads(self, noise: FloatArray, drop: FloatArray) -> Accuracy:
        """Accuracy of every workload, from what `noise` gives for its layers."""
        return Accuracy(
            snr_db=decibel(self.table.max_per_workload(noise)),
            snr_mean_db=decibel(self.table.per_workload(noise * self._shares)),
            ir_drop_excess=self.table.max_per_workload(drop) - 1.0,
        )

    def noise(
        self,
        knobs: KnobColumns,
        geometry: ArrayGeometry,
        on_arrays: npt.NDArray[np.bool_],
        wire_kohm: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Noise of every layer over its signal, and loss of current over the limit, (n, n_layers).

        The signal is the variance of the product before its operands were rounded. Zero blocks
        between packed groups are taken to err as blocks of weights do.

        Parameters
        ----------
        knobs : KnobColumns
        geometry : ArrayGeometry
        on_arrays : ndarray of bool
            Whether arrays run a layer; the vector unit is exact but for rounding.
        wire_kohm : ndarray
            Resistance of a bit line from one cell to the next, (n, 1). [kohm]
        """
        table = self.table
        inputs = _alike(knobs.input_bits).astype(np.int64)
        weights = np.where(table.is_dynamic, inputs, _alike(knobs.weight_bits).astype(np.int64))
        signal, rounding, offset, pair = self._moments_of(inputs, weights)
        noise = rounding / signal + np.zeros(on_arrays.shape)
        is_analog = on_arrays & ~knobs.is_digital
        drop = np.zeros(on_arrays.shape)
        if not is_analog.any():
            return noise, drop
        if isinstance(self.technology.cell, RramCell):
            lost, farthest = self._ir_drop(knobs, geometry, self.technology.cell, wire_kohm)
            residual = self.technology.cell.ir_drop_residual * lost
            summed = np.where(knobs.is_differential, pair / signal, offset / signal)
            noise += np.where(is_analog, np.square(residual) * summed, 0.0)
            drop = np.where(is_analog, farthest / self.technology.cell.ir_drop_max, 0.0)
        lossless = lossless_bits(
            knobs.rows_active, knobs.bits_per_cell, knobs.dac_bits, knobs.is_differential
        )
        errs = is_analog & ((knobs.adc_bits < lossless) | (self.variation is not None))
        rows = np.flatnonzero(errs.any(axis=1))
        if len(rows):
            square = self._group_noise(rows, errs, knobs, geometry, lossless, inputs, weights)
            some = _rows(signal, rows)
            noise[rows] += square / (table.k * some)
        return noise, drop

    def _moments_of(
        self, inputs: npt.NDArray[np.int64], weights: npt.NDArray[np.int64]
    ) -> tuple[FloatArray, ...]:
        """Of one row: signal, rounding, and variance of what offset codes, or pairs, sum up."""
        found = self._moments[:, self.kind, inputs, weights]
        missing = np.isnan(found[0])
        if missing.any():
            kinds, x, w = (
                np.broadcast_to(a, missing.shape)[missing] for a in (self.kind, inputs, weights)
            )
            for key in sorted(set(zip(kinds.tolist(), x.tolist(), w.tolist(), strict=True))):
                self._moments[(slice(None), *key)] = self._moments_at(*key)
            found = self._moments[:, self.kind, inputs, weights]
        return tuple(found)

    def _moments_at(self, kind: int, input_bits: int, weight_bits: int) -> tuple[float, ...]:
        zeros, density, is_signed, weight_density = self.kinds[kind]
        x = input_operand(input_bits, zeros, density, is_signed)
        w = weight_operand(weight_bits, weight_density)
        signal = x.true_square * w.true_square
        rounding = rounding_noise(x, w)
        middle = 2.0 ** (weight_bits - 1)
        coded = w.mean_square + middle * middle
        offset = x.mean_square * coded - (x.mean * middle) ** 2
        return signal, rounding, offset, x.mean_square * w.mean_square

    def _ir_drop(
        self, knobs: KnobColumns, geometry: ArrayGeometry, memory: RramCell, wire_kohm: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Loss of current of a row group: mean over the groups of an array, and of the farthest."""
        table = self.table
        density = np.where(
            knobs.is_differential, table.weight_magnitude_density, table.weight_bit_density
        )
        # Dynamic operands are never in these cells: all that they hold are weights.
        level = density * cell.mean_level(
            knobs.is_differential, knobs.weight_bits, knobs.bits_per_cell, 1.0
        )
        conductance = cell.rram_conductance_ms(level, memory.r_low_kohm, memory.r_high_kohm)
        active = np.minimum(knobs.rows_active, geometry.rows_full)
        on = input_density(table, knobs)
        beyond = geometry.rows_full - active
        farthest = cell.rram_ir_drop(active, conductance, wire_kohm, on, beyond)
        mean = cell.rram_ir_drop(active, conductance, wire_kohm, on, 0.5 * beyond)
        return mean, farthest

    def _group_noise(
        self,
        rows: npt.NDArray[np.int64],
        errs: npt.NDArray[np.bool_],
        knobs: KnobColumns,
        geometry: ArrayGeometry,
        lossless: npt.NDArray[np.int64],
        inputs: npt.NDArray[np.int64],
        weights: npt.NDArray[np.int64],
    ) -> FloatArray:
        """Mean square of the error of converters and cells, of the designs at `rows`."""
        table = self.table
        total = np.where(geometry.packed > 1.0, geometry.packed * table.k, table.k)
        height, active = _rows(knobs.rows, rows), _rows(knobs.rows_active, rows)
        more = _rows(geometry.n_k, rows) - 1.0
        last = _rows(total, rows) - more * height
        whole, rest = floor_div(height, active), floor_div(last, active)
        sizes = (active, height - whole * active, last - rest * active)
        times: tuple[npt.ArrayLike, ...] = (more * whole + rest, more, 1.0)
        bits = _rows(lossless, rows)
        adc_bits = np.minimum(_rows(knobs.adc_bits, rows), bits)
        is_full = _rows(knobs.is_full_range, rows) & (adc_bits < bits)
        base = self._keys(
            (adc_bits, 1),
            (is_full, 0),
            (np.where(is_full, active, 1.0), 1),  # else the converter does not depend on it
            (_rows(knobs.bits_per_cell, rows), 1),
            (_rows(knobs.dac_bits, rows), 1),
            (_rows(inputs, rows), 1),
            (_rows(weights, rows), 1),
            (_rows(knobs.is_differential, rows), 0),
            (self.kind, 0),
        )
        shape = (len(rows), table.n_layers)
        occurs, keys = [], []
        for size, count in zip(sizes, times, strict=True):
            some = errs[rows] & (size * np.asarray(count) > 0.0)
            key = (base << WIDTHS[0]) | np.maximum(size.astype(np.int64) - 1, 0)
            occurs.append(some)
            keys.append(np.broadcast_to(key, shape)[some])
        found = self._errors_of(np.concatenate(keys))
        each = np.split(found, np.cumsum([len(key) for key in keys[:-1]]), axis=1)
        mean, variance = np.zeros(shape), np.zeros(shape)
        for some, count, own in zip(occurs, times, each, strict=True):
            n_groups = np.broadcast_to(count, shape)[some]
            mean[some] += n_groups * own[0]
            variance[some] += n_groups * own[1]
        return variance + np.square(mean)

    def _keys(self, *parts: tuple[npt.NDArray[np.generic], int]) -> npt.NDArray[np.int64]:
        """Pack all but the rows, each less its lowest value, into one number: the first lowest."""
        key = np.zeros(1, dtype=np.int64)
        for (values, lowest), width in zip(reversed(parts), reversed(WIDTHS[1:]), strict=True):
            key = (key << width) | (values.astype(np.int64) - lowest)
        return key

    def _errors_of(self, keys: npt.NDArray[np.int64]) -> FloatArray:
        """Mean and variance of the error of the row groups with these keys, (2, n)."""
        unique, back = np.unique(keys, return_inverse=True)
        names = unique.tolist()
        known = self._errors
        missing = [key for key in names if key not in known]
        if missing:
            if len(known) > MOST_KEPT:
                known.clear()
                missing = names
            found = self._new_errors(np.array(missing))
            pairs = zip(found.mean.tolist(), found.variance.tolist(), strict=True)
            known.update(zip(missing, pairs, strict=True))
        return np.array([known[key] for key in names]).T[:, back]

    def _new_errors(self, keys: npt.NDArray[np.int64]) -> GroupError:
        """Work out the row groups with these ascending keys."""
        rows, adc_bits, is_full, active, *_ = _unpacked(keys)
        settings, at = np.unique(keys >> SETTING_AT, return_inverse=True)
        parts = zip(*(x.tolist() for x in _unpacked(settings << SETTING_AT)[4:]), strict=True)
        return group_errors_of(
            [
                Setting(self.kinds[kind], x + 1, w + 1, cell_bits + 1, dac + 1, bool(is_pair))
                for cell_bits, dac, x, w, is_pair, kind in parts
            ],
            at,
            adc_bits + 1,
            is_full > 0,
            active + 1,
            rows + 1,
            self.unset,
            self.variation,
        )


def _unpacked(keys: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Parts of keys, less their lowest values."""
    parts = []
    for width in WIDTHS:
        parts.append(keys & ((1 << width) - 1))
        keys = keys >> width
    return parts


def _alike(values: FloatArray) -> FloatArray:
    """Return one value where all are the same."""
    first = values.flat[0]
    return values[:1, :1] if (values == first).all() else values


def _rows(values: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Pick designs, of an array that may have one row for all."""
    return values if values.ndim < 2 or len(values) == 1 else values[rows]
