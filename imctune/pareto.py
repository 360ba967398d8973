"""Pareto front and hypervolume, on moocore; every objective is minimised."""

from __future__ import annotations

__all__ = ["hypervolume", "nondominated"]

import moocore
import numpy as np
import numpy.typing as npt


def nondominated(points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which points no other point dominates; points with infinite or no values are not.

    Equal points are all kept.

    Parameters
    ----------
    points : array_like
        One row per point, one column per objective, (n, m).

    Examples
    --------
    >>> nondominated([[1.0, 3.0], [2.0, 2.0], [3.0, 3.0], [2.0, 2.0]]).tolist()
    [True, True, False, True]
    """
    values = np.asarray(points, dtype=np.float64)
    usable = np.isfinite(values).all(axis=1)
    front = np.zeros(len(values), dtype=np.bool_)
    if usable.any():
        front[usable] = moocore.is_nondominated(values[usable], keep_weakly=True)
    return front


def hypervolume(points: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Return the volume that the points dominate, up to a reference point.

    Examples
    --------
    >>> hypervolume([[1.0, 2.0], [2.0, 1.0]], [3.0, 3.0])
    3.0
    """
    values = np.asarray(points, dtype=np.float64)
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) == 0:
        return 0.0
    return float(moocore.hypervolume(values, ref=np.asarray(reference, dtype=np.float64)))
