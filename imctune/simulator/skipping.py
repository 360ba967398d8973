"""Steps without a single input bit set: how often they come."""

from __future__ import annotations

__all__ = ["idle_share", "row_idle_probability"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns


def row_idle_probability(
    bit_density: npt.ArrayLike, zero_share: npt.ArrayLike, dac_bits: npt.ArrayLike
) -> FloatArray:
    r"""Probability that all bits of a row's step are zero, :math:`z + (1 - z) (1 - p')^d`.

    An input is zero with probability :math:`z`; the bits of others are ones with probability
    :math:`p' = p / (1 - z)`, independently. With one bit a step this is :math:`1 - p`.

    Parameters
    ----------
    bit_density : array_like
        Share of ones among all input bits, :math:`p`. [1]
    zero_share : array_like
        Share of inputs that are zero, :math:`z`, at most 1 - p. [1]
    dac_bits : array_like
        Input bits of a step, :math:`d`. [bit]

    Returns
    -------
    ndarray
        Probability. [1]

    Examples
    --------
    >>> row_idle_probability(0.2, 0.6, [1, 2]).round(6).tolist()  # 0.6 + 0.4 x 0.5^2
    [0.8, 0.7]
    """
    ones = as_floats(bit_density)
    used = np.maximum(1.0 - as_floats(zero_share), ones)
    among_used = np.divide(ones, used, out=np.zeros_like(used), where=used > 0.0)
    several = (1.0 - used) + used * np.power(1.0 - among_used, dac_bits)
    return np.where(as_floats(dac_bits) > 1.0, several, 1.0 - ones)


def idle_share(
    bit_density: FloatArray,
    zero_share: npt.ArrayLike,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
) -> FloatArray:
    """Probability that no row of a row group has a bit set in a step; 0 without skipping.

    Rows are taken to be independent, and every group as full as the fullest.
    """
    if not knobs.zero_skipping.any():
        return np.zeros(1)
    jointly = np.minimum(knobs.rows_active, geometry.rows_full)
    row = row_idle_probability(bit_density, zero_share, knobs.dac_bits)
    return np.where(knobs.zero_skipping, row**jointly, 0.0)
