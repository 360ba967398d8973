"""Routers and the wires between them."""

from __future__ import annotations

__all__ = ["router_area_um2", "router_energy_fj_per_bit", "wire_energy_fj_per_bit_mm"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.components.scaling import capacitance_scale, logic_area_scale

_ROUTER_UM2_PER_BIT = 37500.0 / 256.0
_ROUTER_NM = 32.0


def router_energy_fj_per_bit(
    supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, router_ff_per_bit: npt.ArrayLike
) -> FloatArray:
    r"""Energy of one bit through one router, :math:`E = C V^2`.

    Parameters
    ----------
    supply_v : array_like
        Supply. [V]
    node_nm : array_like
        Process node, 7 to 130. [nm]
    router_ff_per_bit : array_like
        Capacitance switched per bit and hop at 28 nm. [fF/bit]

    Returns
    -------
    ndarray
        Energy. [fJ/bit]

    Examples
    --------
    >>> float(router_energy_fj_per_bit(0.9, 28.0, 123.0).round(1))
    99.6
    """
    capacitance = as_floats(router_ff_per_bit) * capacitance_scale(node_nm)
    return as_floats(capacitance * np.square(as_floats(supply_v)))


def wire_energy_fj_per_bit_mm(
    supply_v: npt.ArrayLike, link_ff_per_mm: npt.ArrayLike, toggle_share: npt.ArrayLike
) -> FloatArray:
    r"""Energy of one bit over one millimetre of link, :math:`E = a C V^2`, at any node.

    Parameters
    ----------
    supply_v : array_like
        Supply. [V]
    link_ff_per_mm : array_like
        Capacitance of wire and repeaters. [fF/mm]
    toggle_share : array_like
        Charged transitions per bit, 0 to 1. [1]

    Returns
    -------
    ndarray
        Energy. [fJ/bit/mm]

    Examples
    --------
    >>> float(wire_energy_fj_per_bit_mm(0.9, 200.0, 0.5).round(1))
    81.0
    """
    return as_floats(
        as_floats(toggle_share) * as_floats(link_ff_per_mm) * np.square(as_floats(supply_v))
    )


def router_area_um2(width_bits: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Area of one router, in proportion to its width.

    Parameters
    ----------
    width_bits : array_like
        Width of a port, 32 to 512. [bit]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area. [um2]

    Notes
    -----
    37,500 um2 for 256 bits at 32 nm: a quarter of the router of ISAAC [1]_, which four tiles share,
    as CiMLoop books it. Published routers of five ports span 10,000 to 40,000 um2 for 128 to 256
    bits at 28-32 nm.

    References
    ----------
    .. [1] A. Shafiee et al., ISCA 2016

    Examples
    --------
    >>> float(router_area_um2(256, 32.0).round())
    37500.0
    """
    node = logic_area_scale(node_nm) / logic_area_scale(_ROUTER_NM)
    return as_floats(_ROUTER_UM2_PER_BIT * as_floats(width_bits) * node)
