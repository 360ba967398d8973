"""Idle power of logic and periphery."""

from __future__ import annotations

__all__ = ["leakage_mw"]

import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats


def leakage_mw(
    logic_area_um2: npt.ArrayLike,
    density_mw_per_mm2: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    nominal_v: npt.ArrayLike,
) -> FloatArray:
    r"""Idle power of an area, :math:`P = p A V / V_0`.

    Parameters
    ----------
    logic_area_um2 : array_like
        Area of leaking circuits. [um2]
    density_mw_per_mm2 : array_like
        Idle power per area at nominal supply. [mW/mm2]
    supply_v, nominal_v : array_like
        Supply and nominal supply. [V]

    Returns
    -------
    ndarray
        Power. [mW]

    Notes
    -----
    The current is taken as constant; drain-induced barrier lowering makes it fall with the supply,
    by about a third from 0.9 to 0.6 V, so low supplies are charged too much.

    Examples
    --------
    >>> float(leakage_mw(1e6, 5.0, 0.45, 0.9))
    2.5
    """
    supply = as_floats(supply_v) / as_floats(nominal_v)
    return as_floats(1e-6 * as_floats(logic_area_um2) * as_floats(density_mw_per_mm2) * supply)
