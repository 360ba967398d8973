"""Time of one position on an array, in whole picoseconds."""

from __future__ import annotations

__all__ = ["mvm_time_ps"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray


def mvm_time_ps(
    steps: npt.ArrayLike,
    read_ps: npt.ArrayLike,
    convert_ps: npt.ArrayLike,
    add_ps: npt.ArrayLike,
    sample_hold: npt.ArrayLike,
) -> FloatArray:
    """Time of one matrix-vector product on an array.

    With sample-and-hold, the columns of a step are converted while the next step is read:
    ``t_read + (S - 1) max(t_read, t_conv) + t_conv + t_add``; without, each step is read and
    converted before the next: ``S (t_read + t_conv) + t_add``.

    Parameters
    ----------
    steps : array_like
        Steps ``S``: input steps times row groups, at least 1.
    read_ps, convert_ps : array_like
        Time to drive and settle the columns, and to convert all columns of the busiest converter
        (or to let the adder trees settle). Whole numbers. [ps]
    add_ps : array_like
        Time of the last shift-and-add. Whole number. [ps]
    sample_hold : array_like of bool

    Returns
    -------
    ndarray
        Whole picoseconds, of the common shape.

    References
    ----------
    ISAAC (ISCA 2016, doi:10.1109/ISCA.2016.12) overlaps reads and conversions in this way.

    Examples
    --------
    >>> float(mvm_time_ps(8, 10, 80, 5, True)), float(mvm_time_ps(8, 10, 80, 5, False))
    (655.0, 725.0)
    """
    read, convert = np.asarray(read_ps, np.float64), np.asarray(convert_ps, np.float64)
    count = np.asarray(steps, np.float64)
    overlapped = read + (count - 1.0) * np.maximum(read, convert) + convert
    apart = count * (read + convert)
    return np.asarray(np.where(sample_hold, overlapped, apart) + np.asarray(add_ps, np.float64))
