"""Products of the digits of inputs and weights: what one row adds to the count of each pair."""

from __future__ import annotations

__all__ = ["Products", "products_of", "spectrum"]

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy.counts import Cumulants, count_cumulants
from imctune.simulator.accuracy.lattice import row_spectrum
from imctune.simulator.accuracy.operands import Digits
from imctune.simulator.arrays import FloatArray

TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Products:
    """Every input digit times every weight slice: pairs in a row, those of one digit together.

    Attributes
    ----------
    inputs, slices : Digits
    weights : ndarray
        What a one of each pair counts in the product of the operands, (pairs,).
    counts : Cumulants
        Of what one row adds, (pairs,).
    correlation : ndarray
        Of the counts of two pairs, whatever the rows, (pairs, pairs); 0 of a pair with itself.
    largest : float
        Highest count that one row adds.
    rounding : float
        Mean square of the error of one row from rounding the operands. [1]
    """

    inputs: Digits
    slices: Digits
    weights: FloatArray
    counts: Cumulants
    correlation: FloatArray
    largest: float
    rounding: float

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return len(self.weights)

    @property
    def is_differential(self) -> bool:
        """Whether counts are differences of two columns."""
        return self.slices.lowest < 0


def products_of(inputs: Digits, slices: Digits, rounding: float) -> Products:
    """Products of the digits of two operands, which are independent of each other."""
    counts = count_cumulants(1.0, inputs.moments, slices.moments)
    one_row = Cumulants(*(x.ravel() for x in vars(counts).values()))
    mean, scale = one_row.mean, 1.0 / np.maximum(one_row.deviation, TINY)
    pairs = len(mean)
    joint = inputs.joint[:, None, :, None] * slices.joint[None, :, None, :]
    correlation = joint.reshape(pairs, pairs) - mean[:, None] * mean
    correlation *= scale[:, None] * scale
    np.minimum(np.maximum(correlation, -1.0, out=correlation), 1.0, out=correlation)
    correlation.flat[:: pairs + 1] = 0.0
    top = slices.probabilities.shape[1] - 1 + slices.lowest
    return Products(
        inputs=inputs,
        slices=slices,
        weights=np.outer(inputs.weights, slices.weights).ravel(),
        counts=one_row,
        correlation=correlation,
        largest=float((inputs.probabilities.shape[1] - 1) * top),
        rounding=rounding,
    )


@lru_cache(512)
def spectrum(products: Products, n_counts: int) -> npt.NDArray[np.complex128]:
    """Characteristic function of what one row adds, (pairs, waves); see `lattice`."""
    slices = products.slices
    found = row_spectrum(
        products.inputs.probabilities, slices.probabilities, slices.lowest, n_counts
    )
    return found.reshape(products.n_pairs, -1)
