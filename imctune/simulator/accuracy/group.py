r"""The error of one row group: all input steps and weight slices of one output, summed up.

With :math:`w_i` what a count of conversion i counts in the product, i for each pair of an input
digit and a weight slice, the error is :math:`\sum_i w_i e_i`. Converter errors of the digits of one
operand are correlated, since large operands have many high bits: with :math:`\rho` the correlation
of two counts,

.. math:: \mathrm{cov}(e, e') = \sum_m \rho^m c_m c_m',

where :math:`c_m` are the mean products of an error with the orthonormal polynomials of its count,
exactly where counts are few and as of a normal count where they are many. What orders up to 4 leave
counts as order 5. Errors of programming are the same at every input step; noise of reading is not.
"""

from __future__ import annotations

__all__ = ["GroupError", "group_errors"]

from dataclasses import dataclass

import numpy as np

from imctune.simulator.accuracy.cell_noise import cell_noise
from imctune.simulator.accuracy.conversions import ConverterErrors, RowGroups, conversion_errors
from imctune.simulator.accuracy.devices import CellErrors
from imctune.simulator.arrays import FloatArray


@dataclass(frozen=True)
class GroupError:
    """Mean and variance of a row group's error, in squared steps of the product. [1]."""

    mean: FloatArray
    variance: FloatArray


def group_errors(groups: RowGroups, cells: list[CellErrors]) -> GroupError:
    """Mean and variance of the error of every row group, (n,).

    Parameters
    ----------
    groups : RowGroups
    cells : list of CellErrors
        Of the slices of each of the groups' products.
    """
    errors = conversion_errors(groups)
    weight = groups.weights
    mean = groups.total(weight * errors.coefficients[0])
    own = errors.square + errors.rounding - np.square(errors.coefficients[0])
    variance = groups.total(np.square(weight) * own) + _between(groups, errors)
    if not all(each.is_none for each in cells):
        mean_of_cells, more = cell_noise(groups, cells, errors.coefficients[1])
        mean, variance = mean + mean_of_cells, variance + more
    return GroupError(mean, np.maximum(variance, 0.0))


def _between(groups: RowGroups, errors: ConverterErrors) -> FloatArray:
    """Covariances of the converter errors of different digits, summed up."""
    parts = groups.weights * np.concatenate([errors.coefficients[1:], errors.rest[None]])
    inner = np.empty_like(parts)
    # Groups of the same products come one after the other.
    starts = np.flatnonzero(np.diff(groups.at, prepend=-1))
    bounds = [*groups.first[starts].tolist(), parts.shape[1]]
    for start, first, end in zip(starts.tolist(), bounds[:-1], bounds[1:], strict=True):
        power = _powers(groups.products[groups.at[start]].correlation, len(parts))
        own = parts[:, first:end].reshape(len(parts), -1, 1, power.shape[-1])
        inner[:, first:end] = np.matmul(own, power[:, None]).reshape(len(parts), -1)
    return groups.total((parts * inner).sum(axis=0))


def _powers(correlation: FloatArray, n_powers: int) -> FloatArray:
    """Powers of each number, from the first on, (powers, pairs, pairs)."""
    powers = np.empty((n_powers, *correlation.shape))
    powers[0] = correlation
    for order in range(1, n_powers):
        np.multiply(powers[order - 1], correlation, out=powers[order])
    return powers
