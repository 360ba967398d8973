"""Scaling with process node and supply: capacitance, area, delay, nominal supply, wafer cost.

Tables are interpolated along straight lines in log-log and held constant beyond their ends, so
nodes outside a table are extrapolations.
"""

from __future__ import annotations

__all__ = [
    "analog_area_scale",
    "capacitance_scale",
    "interpolate_log",
    "logic_area_scale",
    "logic_delay_scale",
    "nominal_supply_v",
    "relative_wafer_cost",
    "sram_cell_area_um2",
    "supply_delay_scale",
    "wire_resistance_kohm_per_um",
]

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats

_REFERENCE_NM = 28.0
_FINFET_NM = 22.0
_STILLMAKER_NODES = (7.0, 10.0, 14.0, 16.0, 20.0, 32.0, 45.0, 65.0, 90.0, 130.0)
_STILLMAKER_AREA = (0.0092, 0.016, 0.027, 0.03, 0.033, 0.072, 0.16, 0.23, 0.44, 1.0)
_SRAM_NODES = (3.0, 5.0, 7.0, 10.0, 14.0, 16.0, 22.0, 28.0, 32.0, 40.0, 45.0, 65.0, 90.0, 130.0)
_SRAM_CELL_UM2 = (
    *(0.020, 0.021, 0.027, 0.042, 0.070, 0.074, 0.092),
    *(0.127, 0.171, 0.242, 0.346, 0.525, 1.00, 2.43),
)
_SUPPLY_NODES = (7.0, 10.0, 14.0, 22.0, 28.0, 32.0, 45.0, 65.0, 90.0, 130.0)
_SUPPLY_V = (0.7, 0.75, 0.8, 0.85, 0.9, 0.9, 1.0, 1.1, 1.2, 1.3)
_WIRE_NODES = (7.0, 10.0, 14.0, 22.0, 32.0, 45.0, 65.0, 130.0)
_WIRE_KOHM_PER_UM = (0.0695, 0.0528, 0.0197, 0.0116, 0.0057, 0.0026, 0.00143, 0.00048)
_COST_NODES = (7.0, 10.0, 14.0, 22.0, 32.0, 45.0)
_COST = (3.870865385, 2.243076923, 1.4975625, 1.2828461538, 1.0, 0.6060847356)


def interpolate_log(
    node_nm: npt.ArrayLike, nodes: Sequence[float], values: Sequence[float]
) -> FloatArray:
    """Interpolate a table by straight lines in log-log, constant beyond its ends.

    Parameters
    ----------
    node_nm : array_like
        Where to look, > 0. [nm]
    nodes, values : sequence of float
        The table: increasing nodes, positive values.

    Returns
    -------
    ndarray
        Values at `node_nm`.

    Examples
    --------
    >>> float(interpolate_log(20.0, (10.0, 40.0), (1.0, 4.0)).round(12))
    2.0
    """
    node, table = as_floats(node_nm), (tuple(nodes), tuple(values))
    if node.size == 1:  # most often all designs are of one node
        return np.full(node.shape, _at_node(node.item(), *table))
    return as_floats(np.exp(np.interp(np.log(node), *_logarithms(*table))))


@cache
def _logarithms(
    nodes: tuple[float, ...], values: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    return np.log(nodes), np.log(values)


@lru_cache(256)
def _at_node(node_nm: float, nodes: tuple[float, ...], values: tuple[float, ...]) -> float:
    found = np.exp(np.interp(np.log([node_nm]), *_logarithms(nodes, values)))
    return float(found.item())


def capacitance_scale(node_nm: npt.ArrayLike) -> FloatArray:
    r"""Switched capacitance of logic over that at 28 nm.

    :math:`n/28` down to 22 nm, then :math:`(22/28) (n/22)^{0.4}`: at equal supply, digital
    in-memory-computing chips at 5 and 4 nm are no more efficient than at 28 nm (1118 and 1742
    against 1100-2400 1-bit TOPS/W [1]_), so linear scaling is not continued.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130; the exponent below 22 is an estimate (0 to 0.4). [nm]

    Returns
    -------
    ndarray
        Ratio, 1 at 28 nm. [1]

    References
    ----------
    .. [1] N. Shanbhag, S. Roy, IEEE OJ-SSCS 2022, doi:10.1109/OJSSCS.2022.3210152 and its
       UIUC-IMC-Benchmarking database

    Examples
    --------
    >>> capacitance_scale([14.0, 28.0, 56.0]).round(4).tolist()
    [0.6558, 1.0, 2.0]
    """
    node = as_floats(node_nm)
    planar = np.maximum(node, _FINFET_NM) / _REFERENCE_NM
    return planar * np.power(np.minimum(node / _FINFET_NM, 1.0), 0.4)


def logic_area_scale(node_nm: npt.ArrayLike) -> FloatArray:
    """Area of digital logic over that at 28 nm, by the table of Stillmaker and Baas [1]_.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130, interpolated in between. [nm]

    Returns
    -------
    ndarray
        Ratio, 1 at 28 nm. [1]

    References
    ----------
    .. [1] A. Stillmaker, B. Baas, Integration 58, 2017, doi:10.1016/j.vlsi.2017.02.002, table of
       area factors

    Examples
    --------
    >>> logic_area_scale([28.0, 65.0]).round(2).tolist()
    [1.0, 3.99]
    """
    at = interpolate_log(node_nm, _STILLMAKER_NODES, _STILLMAKER_AREA)
    return at / interpolate_log(_REFERENCE_NM, _STILLMAKER_NODES, _STILLMAKER_AREA)


def analog_area_scale(node_nm: npt.ArrayLike) -> FloatArray:
    r"""Area of converters and analog circuits over that at 28 nm.

    :math:`n/28` down to 22 nm, then :math:`(22/28)(n/22)^{0.5}` [estimate: capacitor matching and
    noise, not lithography, set the size; 0.44 at 7 nm].

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Ratio, 1 at 28 nm. [1]

    Examples
    --------
    >>> analog_area_scale([7.0, 28.0, 65.0]).round(3).tolist()
    [0.443, 1.0, 2.321]
    """
    node = as_floats(node_nm)
    planar = np.maximum(node, _FINFET_NM) / _REFERENCE_NM
    return planar * np.sqrt(np.minimum(node / _FINFET_NM, 1.0))


def sram_cell_area_um2(node_nm: npt.ArrayLike) -> FloatArray:
    """Area of the foundry 6T SRAM cell, high density.

    Parameters
    ----------
    node_nm : array_like
        Process node, 3 to 130. [nm]

    Returns
    -------
    ndarray
        Area; 140-170 squared feature sizes down to 22 nm, 550 at 7 nm. [um2]

    Notes
    -----
    Foundry publications (IEDM, VLSI), recalled and agreeing with the area per bit in NeuroSim.

    Examples
    --------
    >>> sram_cell_area_um2([7.0, 28.0, 32.0]).round(4).tolist()
    [0.027, 0.127, 0.171]
    """
    return interpolate_log(node_nm, _SRAM_NODES, _SRAM_CELL_UM2)


def nominal_supply_v(node_nm: npt.ArrayLike) -> FloatArray:
    """Nominal supply of a node, as in NeuroSim V1.4 (Param.cpp).

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Supply. [V]

    Examples
    --------
    >>> nominal_supply_v([7.0, 32.0, 65.0]).round(3).tolist()
    [0.7, 0.9, 1.1]
    """
    return interpolate_log(node_nm, _SUPPLY_NODES, _SUPPLY_V)


def logic_delay_scale(node_nm: npt.ArrayLike) -> FloatArray:
    r"""Gate delay at nominal supply over that at 28 nm, :math:`(n/28)^{0.8}`.

    The exponent fits the nominal-supply delays of Stillmaker and Baas [1]_ (32 at 130 nm, 19 at 65,
    12.5 at 45, 8.3 at 32, 6.7 at 16, 3.2 at 7 nm: 0.79) and the access times of CACTI (0.81).

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Ratio, 1 at 28 nm. [1]

    References
    ----------
    .. [1] A. Stillmaker, B. Baas, Integration 58, 2017, doi:10.1016/j.vlsi.2017.02.002, delay
       polynomials of the high-performance devices

    Examples
    --------
    >>> logic_delay_scale([7.0, 28.0, 32.0]).round(3).tolist()
    [0.33, 1.0, 1.113]
    """
    return np.power(as_floats(node_nm) / _REFERENCE_NM, 0.8)


def supply_delay_scale(
    supply_v: npt.ArrayLike,
    threshold_v: npt.ArrayLike,
    alpha: npt.ArrayLike,
    nominal_v: npt.ArrayLike,
) -> FloatArray:
    r"""Delay over that at nominal supply, by the alpha-power law [1]_.

    .. math:: t(V) / t(V_0), \quad t(V) = V / (V - V_{th})^{\alpha}

    Parameters
    ----------
    supply_v, threshold_v, nominal_v : array_like
        Supply, threshold and nominal supply, the last above the threshold. [V]
    alpha : array_like
        Exponent, 1 (velocity saturated) to 2. [1]

    Returns
    -------
    ndarray
        Ratio, 1 at nominal supply; ``inf`` where the supply is not above the threshold. [1]

    References
    ----------
    .. [1] T. Sakurai, A. R. Newton, IEEE JSSC 25(2), 1990, doi:10.1109/4.52187

    Examples
    --------
    >>> supply_delay_scale([0.3, 0.5, 0.9], 0.35, 1.4, 0.9).round(3).tolist()
    [inf, 3.425, 1.0]
    """
    supply = as_floats(supply_v)
    overdrive = supply - as_floats(threshold_v)
    works = overdrive > 0.0
    slowness = supply / np.power(np.where(works, overdrive, 1.0), alpha)
    nominal = as_floats(nominal_v)
    at_nominal = nominal / np.power(nominal - as_floats(threshold_v), alpha)
    return as_floats(np.where(works, slowness / at_nominal, np.inf))


def relative_wafer_cost(node_nm: npt.ArrayLike) -> FloatArray:
    """Cost of processed silicon per area over that at 32 nm.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 45; yield and masks are not in it. [nm]

    Returns
    -------
    ndarray
        Ratio, 1 at 32 nm. [1]

    Notes
    -----
    The factors that arXiv:2603.03880 (Krestinskaya et al.) stores with its designs.

    Examples
    --------
    >>> relative_wafer_cost([7.0, 32.0]).round(2).tolist()
    [3.87, 1.0]
    """
    return interpolate_log(node_nm, _COST_NODES, _COST)


def wire_resistance_kohm_per_um(node_nm: npt.ArrayLike) -> FloatArray:
    """Resistance of a local metal wire per length, from NeuroSim.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Resistance per length. [kohm/um]

    Examples
    --------
    >>> wire_resistance_kohm_per_um([22.0, 32.0]).round(4).tolist()
    [0.0116, 0.0057]
    """
    return interpolate_log(node_nm, _WIRE_NODES, _WIRE_KOHM_PER_UM)
