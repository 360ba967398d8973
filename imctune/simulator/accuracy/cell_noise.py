"""What the cells of row groups add to their errors, after the converter."""

from __future__ import annotations

__all__ = ["cell_noise"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy.conversions import RowGroups
from imctune.simulator.accuracy.devices import CellErrors
from imctune.simulator.accuracy.rounding import rounded_noise
from imctune.simulator.arrays import FloatArray, as_floats

TINY = 1e-12
MIDDLE_ORDER = 5  # of what rounding makes of noise, beyond what is proportional to it


def cell_noise(
    groups: RowGroups, cells: list[CellErrors], slope: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance that the cells of every group add to its error, (n,).

    Parameters
    ----------
    groups : RowGroups
    cells : list of CellErrors
        Of the slices of each of the groups' products.
    slope : ndarray
        Mean product of each conversion's error with its count, normalised, (c,).
    """
    mean, variance = np.empty(len(groups.at)), np.empty(len(groups.at))
    shapes = [(x.inputs.n_digits, x.slices.n_digits) for x in groups.products]
    for shape in sorted(set(shapes)):
        some = np.flatnonzero(np.array([each == shape for each in shapes])[groups.at])
        if len(some):
            mean[some], variance[some] = _of_shape(groups, cells, slope, some, shape)
    return mean, variance


def _of_shape(
    groups: RowGroups,
    cells: list[CellErrors],
    slope: FloatArray,
    some: npt.NDArray[np.int64],
    shape: tuple[int, int],
) -> tuple[FloatArray, FloatArray]:
    """Of groups with these numbers of digits and slices: arrays (n, digits, slices)."""
    own, at = np.unique(groups.at[some], return_inverse=True)
    places = groups.first[some][:, None] + np.arange(shape[0] * shape[1])
    slope, weight, deviation = (
        x[places].reshape(-1, *shape) for x in (slope, groups.weights, groups.counts.deviation)
    )
    inputs = [groups.products[i].inputs for i in own]
    slices = [groups.products[i].slices for i in own]
    errors = [cells[i] for i in own]
    group_rows, step = groups.rows[some], groups.step[some][:, None, None]
    rows = group_rows[:, None, None]
    drift, analog, analog_square = (
        np.stack([getattr(x, name) for x in errors])[at][:, None, :]
        for name in ("drift", "analog", "analog_square")
    )
    read = np.array([x.read for x in errors])[at][:, None, None]
    moments = np.stack([x.moments for x in inputs])[at][..., None]
    first, second, fourth = moments[:, :, 0], moments[:, :, 1], moments[:, :, 3]
    each = analog + read
    # As if rows were active with some share, each adding the same: mean and variance are right.
    unit = fourth * (analog_square + read * (2.0 * analog + read)) / np.maximum(second * each, TINY)
    share = np.minimum(second * each / np.maximum(unit, TINY), 1.0)
    noise = rounded_noise(rows + 0.0 * share, share, unit, np.fmod(step, 2.0) < 1.0)
    # No noise gets through where counts saturate, or stay below the first of wide steps.
    passes = np.clip(1.0 + slope / np.maximum(deviation, TINY), 0.0, 1.0)
    variance = rows * second * each
    gain = np.where(variance > TINY, passes * noise.product / np.maximum(variance, TINY), 0.0)
    alone = passes * noise.square - np.square(gain) * (rows * second * analog)
    result = _total(np.square(weight) * alone)
    # What rounding makes of the same cells in steps alike is alike, too: it has orders 3, 5, 7 ...
    rounded = np.maximum(passes * noise.square - np.square(gain) * variance, 0.0)
    parts = np.swapaxes(weight * np.sqrt(rounded), 1, 2)
    programmed = (analog / np.maximum(each, TINY))[:, 0, :, None, None]
    joint = np.stack([x.joint for x in inputs])[at]
    alike = (_likeness(joint)[:, None] * programmed) ** MIDDLE_ORDER
    result += _total((parts[:, :, :, None] * parts[:, :, None, :] * alike).sum(axis=-1))
    # The same cells in all steps: (n, slices, digits, digits).
    steps, through = np.stack([x.weights for x in inputs])[at], np.swapaxes(gain, 1, 2)
    joint = joint * (steps[:, :, None] * steps[:, None, :])
    both = through[:, :, :, None] * through[:, :, None, :] * joint[:, None, :, :]
    scale = np.square(np.stack([x.weights for x in slices])[at]) * analog[:, 0]
    result += group_rows * _total(scale[:, :, None, None] * both)
    input_mean, input_square = (
        np.array([getattr(x, name) for x in inputs])[at] for name in ("mean", "square")
    )
    stuck_mean, stuck_square = (
        np.array([getattr(x, name) for x in errors])[at] for name in ("stuck_mean", "stuck_square")
    )
    result += group_rows * (input_square * stuck_square - np.square(input_mean * stuck_mean))
    mean = _total(weight * gain * (rows * first * drift))
    return mean + group_rows * input_mean * stuck_mean, result


def _likeness(joint: FloatArray) -> FloatArray:
    """Mean products of different digits over their root mean squares, (n, digits, digits)."""
    size = np.sqrt(np.einsum("nii->ni", joint))
    likeness = joint / np.maximum(size[:, :, None] * size[:, None, :], TINY)
    np.einsum("nii->ni", likeness)[...] = 0.0
    return np.asarray(likeness)


def _total(values: FloatArray) -> FloatArray:
    """Sum over all axes but the first: in the same order for one case as for many."""
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    return as_floats(flat.sum(axis=-1))
