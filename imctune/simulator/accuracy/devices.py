"""Cells that are not what they should be: errors of the counts that they add, by level."""

from __future__ import annotations

__all__ = ["CellErrors", "cell_errors", "level_errors"]

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from imctune.simulator.accuracy import normal
from imctune.simulator.accuracy.operands import Digits
from imctune.simulator.arrays import FloatArray
from imctune.variation import Variation


@dataclass(frozen=True, eq=False)
class CellErrors:
    """Errors of the cells that hold weights, in counts, over the distribution of the weights.

    Attributes
    ----------
    drift, analog, analog_square : ndarray
        Of every slice, (slices,): the mean over the weights of its programming error, of the square
        of that error, and of the square's own square. A converter may round it off.
    read : float
        Variance of one slice from read to read.
    stuck_mean, stuck_square : float
        Mean and mean square of the error of a whole weight because of cells that are stuck: whole
        counts, which no converter rounds off.
    """

    drift: FloatArray
    analog: FloatArray
    analog_square: FloatArray
    read: float
    stuck_mean: float
    stuck_square: float

    @cached_property
    def is_none(self) -> bool:
        """Whether every cell is what it should be."""
        return not (self.analog.any() or self.read or self.stuck_square)


def level_errors(
    bits_per_cell: int, unset: float, variation: Variation
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the counts of a cell that is not stuck, by its level.

    Conductances stay above zero: a Gaussian error that would pass it ends there.

    Parameters
    ----------
    bits_per_cell : int
        Bits of the cell. [bit]
    unset : float
        Conductance of the lowest level over that of the highest. [1]
    variation : Variation

    Returns
    -------
    tuple of ndarray
        (levels,) each, less what the cell should have, in counts and squared counts: a count is
        the step of conductance from one level to the next.
    """
    top = 2**bits_per_cell - 1
    target = unset + (1.0 - unset) * np.arange(top + 1, dtype=np.float64) / top
    sigma = variation.conductance_sigma(target)
    counts = top / (1.0 - unset)
    if variation.law == "lognormal":
        return np.zeros_like(target), np.where(target > 0.0, np.square(sigma * counts), 0.0)
    centre, safe = target + variation.mean_shift, np.maximum(sigma, 1e-12)
    above, falls = normal.upper_tail(-centre / safe), normal.density(centre / safe)
    first = centre * above + sigma * falls
    second = (np.square(centre) + np.square(sigma)) * above + centre * sigma * falls
    variance = np.maximum(second - np.square(first), 0.0)
    return (first - centre) * counts, variance * counts * counts


@lru_cache(4096)
def cell_errors(
    digits: Digits, bits_per_cell: int, unset: float, variation: Variation | None
) -> CellErrors:
    """Errors of the cells of weights whose digits are given.

    Parameters
    ----------
    digits : Digits
        Slices of the weights; negative levels stand in the second cell of a pair.
    bits_per_cell, unset, variation
        As in `level_errors`; no variation means cells without error.
    """
    none = np.zeros(digits.n_digits)
    if variation is None or variation.is_none:
        return CellErrors(none, none, none, 0.0, 0.0, 0.0)
    is_pair, top = digits.lowest < 0, 2**bits_per_cell - 1
    off, on = variation.stuck_off_share, variation.stuck_on_share
    works = 1.0 - off - on
    mean, variance = level_errors(bits_per_cell, unset, variation)
    lost = np.arange(top + 1, dtype=np.float64)
    stuck, stuck_square = on * (top - lost) - off * lost, on * (top - lost) ** 2 + off * lost**2
    spread = stuck_square - np.square(stuck)
    mean, analog = works * mean, works * variance
    if is_pair:  # the other cell of the pair is at the lowest level
        mean, stuck = mean - mean[0], stuck - stuck[0]
        analog, spread = analog + analog[0], spread + spread[0]
    levels, signs = np.abs(digits.values), np.where(digits.values < 0, -1.0, 1.0)
    shares, scale = digits.shares, digits.weights[:, None]
    square = analog[levels] + np.square(mean[levels])
    of_weight = (signs * stuck[levels] * scale).sum(axis=0)
    around = (spread[levels] * np.square(scale)).sum(axis=0)
    per_cell = variation.read_noise_share * top / (1.0 - unset)
    return CellErrors(
        drift=(signs * mean[levels] * shares).sum(axis=-1),
        analog=(square * shares).sum(axis=-1),
        analog_square=(np.square(square) * shares).sum(axis=-1),
        read=per_cell * per_cell * (2.0 if is_pair else 1.0),
        stuck_mean=float((of_weight * shares).sum()),
        stuck_square=float(((np.square(of_weight) + around) * shares).sum()),
    )
