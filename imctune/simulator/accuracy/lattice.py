"""Counts one by one: the exact distribution of few counts, and what a converter makes of each."""

from __future__ import annotations

__all__ = ["converter_error", "count_shares", "row_spectrum"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray

NOISE = 1e-14  # of the transform: smaller probabilities are none


def row_spectrum(
    inputs: FloatArray, slices: FloatArray, lowest: int, n_counts: int
) -> npt.NDArray[np.complex128]:
    """Characteristic function of what one row adds to a count.

    Parameters
    ----------
    inputs : ndarray
        Probabilities of the values 0, 1, ... of input digits, (digits, values).
    slices : ndarray
        Probabilities of the levels from `lowest` on, (slices, levels).
    lowest : int
        Lowest level of a slice.
    n_counts : int
        Even number of counts that are told apart: others are taken for those that differ by a
        multiple of it, so it must leave room for all counts that matter.

    Returns
    -------
    ndarray
        (digits, slices, n_counts / 2 + 1); every second one is that of half as many counts.
    """
    levels = np.arange(slices.shape[1]) + lowest
    shares = np.zeros((len(inputs), len(slices), n_counts))
    for value in range(1, inputs.shape[1]):
        shares[..., value * levels % n_counts] += inputs[:, value, None, None] * slices
    shares[..., 0] += inputs[:, :1]
    return np.asarray(np.fft.rfft(shares, axis=-1))


def count_shares(rows: npt.NDArray[np.int64], spectrum: npt.NDArray[np.complex128]) -> FloatArray:
    """Probability of every count, from the characteristic function of one row to the power R.

    Parameters
    ----------
    rows : ndarray
        Rows of the group, (n,). [1]
    spectrum : ndarray
        See `row_spectrum`, (n, n_counts / 2 + 1).

    Returns
    -------
    ndarray
        (n, n_counts): of 0, 1, ..., with the last half for negative counts where there are any.

    Examples
    --------
    Two rows of bits that are one with probability 1/2 in both operands:

    >>> bits = np.full((1, 2), 0.5)
    >>> count_shares(np.array([2]), row_spectrum(bits, bits, 0, 4)[0]).round(4).tolist()
    [[0.5625, 0.375, 0.0625, 0.0]]
    """
    has = (rows & 1)[:, None] > 0
    power, square = np.where(has, spectrum, 1.0), spectrum.copy()
    for bit in range(1, int(rows.max()).bit_length()):
        np.multiply(square, square, out=square)
        has = (rows >> bit & 1)[:, None] > 0
        np.multiply(power, square, out=power, where=has)
    shares = np.fft.irfft(power, 2 * (spectrum.shape[1] - 1), axis=1)
    shares[shares <= NOISE] = 0.0
    return np.asarray(shares)


def converter_error(
    counts: npt.ArrayLike, step: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
) -> FloatArray:
    """Error of a converter for whole counts: the nearest code, ties to the even one, saturated.

    Parameters
    ----------
    counts : array_like
        True counts of a column, or differences of two. [1]
    step : array_like
        Counts from one code to the next. [1]
    low, high : array_like
        Lowest and highest code. [1]

    Returns
    -------
    ndarray
        What the converter tells, in counts, less the true count.

    Examples
    --------
    >>> converter_error([0, 3, 9], 1, 0, 7).tolist()
    [0.0, 0.0, -2.0]
    >>> converter_error([0, 1, 2, 3], 2, 0, 7).tolist()
    [0.0, -1.0, 0.0, 1.0]
    """
    counts = np.asarray(counts, dtype=np.float64)
    return np.asarray(np.clip(np.rint(counts / step), low, high) * step - counts)
