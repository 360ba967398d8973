r"""SRAM buffers: smooth surfaces fitted to CACTI, in banks of 512 KiB.

The surfaces :math:`y = (x_1^s + x_2^s)^{1/s}`, with :math:`x_1` for the lines that a wide port
moves and :math:`x_2` for the depth of the array, are fitted to 70 runs of CACTI [1]_ (low-standby-
power cells, one port, 22-90 nm, 2-512 KiB, 64-1024 bits). Mean and largest error at 22-45 nm: read
5 and 21 %, write 6 and 19 %, area 6 and 22 %, access time 4 and 14 %; over all runs 7, 6, 6 and
4 % (one run, 2 KiB at 65 nm, is 43 % off). Beyond 512 KiB banks and wires between them replace the
single array that CACTI builds, which costs up to three times more; ports beyond 1024 bits read
several banks at once. Below 22 nm energy follows (n/22)^0.5 and area n/22, as in CiMLoop.

All hold at the nominal supply of the node.

References
----------
.. [1] N. Muralimanohar, R. Balasubramonian, N. Jouppi, CACTI 6.0, HPL-2009-85; version 7
"""

from __future__ import annotations

__all__ = [
    "Costs",
    "access_time_ps",
    "area_um2",
    "costs",
    "leakage_mw",
    "read_energy_fj",
    "write_energy_fj",
]

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.components.scaling import interpolate_log, nominal_supply_v

_BANK_BYTES = 512.0 * 1024.0
_WIDEST_PORT = 1024.0
_OLDEST_FIT_NM = 22.0
_LEAKAGE_NODES = (22.0, 32.0, 45.0, 65.0, 90.0)
_LEAKAGE_MW = (0.01046, 0.00305, 0.00178, 0.01167, 0.00604)
# Wires between banks: 0.2 pF/mm (NeuroSim, CiMLoop), half of the bits toggle.
_WIRE_FF_PER_MM = 200.0
_WIRE_TOGGLE_SHARE = 0.5
# [estimate] 150 (100-250) ps/mm for a repeated global wire.
_WIRE_PS_PER_MM = 150.0


@dataclass(frozen=True)
class _Surface:
    """Coefficients of one surface in ln(bytes / 64 KiB), ln(bits / 256) and ln(node / 32 nm).

    Attributes
    ----------
    port, port_bits, port_node : float
        Logarithm of the port term and its slopes.
    depth, depth_bytes, depth_bits, depth_node, depth_cross : float
        Logarithm of the depth term, its slopes, and the bytes-times-bits slope.
    sharpness : float
        The exponent `s` that joins both.
    node_square : float
        Curvature in the node, of both terms.
    """

    port: float
    port_bits: float
    port_node: float
    depth: float
    depth_bytes: float
    depth_bits: float
    depth_node: float
    sharpness: float
    depth_cross: float = 0.0
    node_square: float = 0.0

    def __call__(self, n_bytes: FloatArray, bits: FloatArray, node_nm: FloatArray) -> FloatArray:
        """Value of the surface in the unit of its fit."""
        size, width = np.log(n_bytes / 65536.0), np.log(bits / 256.0)
        node = np.log(np.maximum(node_nm, _OLDEST_FIT_NM) / 32.0)
        port = self.port + self.port_bits * width + self.port_node * node
        depth = (
            self.depth
            + self.depth_bytes * size
            + self.depth_bits * width
            + self.depth_node * node
            + self.depth_cross * size * width
        )
        joined = np.logaddexp(self.sharpness * port, self.sharpness * depth) / self.sharpness
        return as_floats(np.exp(joined + self.node_square * np.square(node)))


_READ_PJ = _Surface(1.609, 1.779, 1.985, 3.158, 0.675, 0.523, 1.91, 7.098, 0.061, -0.183)
_WRITE_PJ = _Surface(-2.945, 5.059, 1.958, 3.565, 0.472, 0.901, 2.033, 3.436, 0.026, -0.185)
_AREA_MM2 = _Surface(-5.282, 1.734, 2.044, -2.164, 1.006, 0.021, 1.892, 1.516)
_ACCESS_NS = _Surface(-1.063, -0.096, 1.318, 0.165, 0.343, 0.024, 0.682, 1.31)


@dataclass(frozen=True)
class _Banks:
    """How a buffer is cut: banks read at once, size and port of each, and wires to them."""

    at_once: FloatArray
    n_bytes: FloatArray
    bits: FloatArray
    area_um2: FloatArray
    wire_mm: FloatArray

    @classmethod
    def cut(
        cls, capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node: FloatArray
    ) -> _Banks:
        """Cut a buffer into banks of at most 512 KiB and ports of at most 1024 bits."""
        capacity, port = as_floats(capacity_bytes), as_floats(port_bits)
        at_once = np.maximum(port / _WIDEST_PORT, 1.0)
        n_bytes = np.minimum(capacity / at_once, _BANK_BYTES)
        bits = port / at_once
        shrink = np.minimum(node / _OLDEST_FIT_NM, 1.0)
        bank_um2 = 1e6 * _AREA_MM2(n_bytes, bits, node) * shrink
        area = bank_um2 * (capacity / n_bytes)
        # Banks that are read at once are their own side away from the port already.
        wire_mm = 1e-3 * (np.sqrt(area) - np.sqrt(at_once * bank_um2))
        return cls(at_once, n_bytes, bits, area, np.maximum(wire_mm, 0.0))


@dataclass(frozen=True)
class Costs:
    """Energy of one read and one write of the whole port [fJ], area [um2] and idle power [mW]."""

    read_fj: FloatArray
    write_fj: FloatArray
    area_um2: FloatArray
    leakage_mw: FloatArray


def costs(capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node_nm: npt.ArrayLike) -> Costs:
    """All costs of a buffer at once: `read_energy_fj` and the other functions, cut only once."""
    node = as_floats(node_nm)
    banks = _Banks.cut(capacity_bytes, port_bits, node)
    return Costs(
        read_fj=_energy_fj(_READ_PJ, banks, node),
        write_fj=_energy_fj(_WRITE_PJ, banks, node),
        area_um2=banks.area_um2,
        leakage_mw=_leakage_mw(banks, capacity_bytes, node),
    )


def _energy_fj(surface: _Surface, banks: _Banks, node: FloatArray) -> FloatArray:
    shrink = np.sqrt(np.minimum(node / _OLDEST_FIT_NM, 1.0))
    bank_fj = 1e3 * surface(banks.n_bytes, banks.bits, node) * shrink
    wire_fj = (
        (_WIRE_FF_PER_MM * _WIRE_TOGGLE_SHARE) * banks.wire_mm * np.square(nominal_supply_v(node))
    )
    return banks.at_once * (bank_fj + banks.bits * wire_fj)


def read_energy_fj(
    capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Energy of one read of the whole port, at nominal supply.

    Parameters
    ----------
    capacity_bytes : array_like
        Capacity, 1 KiB to 64 MiB. [byte]
    port_bits : array_like
        Width of the port, 32 to 2048. [bit]
    node_nm : array_like
        Process node, 7 to 90. [nm]

    Returns
    -------
    ndarray
        Energy of one access. [fJ]

    Examples
    --------
    >>> read_energy_fj([8192, 131072], 256, 32.0).round(-2).tolist()  # CACTI: 6369, 41761
    [6000.0, 37600.0]
    """
    return costs(capacity_bytes, port_bits, node_nm).read_fj


def write_energy_fj(
    capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Energy of one write of the whole port, at nominal supply.

    Parameters
    ----------
    capacity_bytes : array_like
        Capacity, 1 KiB to 64 MiB. [byte]
    port_bits : array_like
        Width of the port, 32 to 2048. [bit]
    node_nm : array_like
        Process node, 7 to 90. [nm]

    Returns
    -------
    ndarray
        Energy of one access. [fJ]

    Examples
    --------
    >>> write_energy_fj([8192, 131072], 256, 32.0).round(-2).tolist()  # CACTI: 14556, 48663
    [13200.0, 49000.0]
    """
    return costs(capacity_bytes, port_bits, node_nm).write_fj


def area_um2(
    capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Area of a buffer.

    Parameters
    ----------
    capacity_bytes : array_like
        Capacity, 1 KiB to 64 MiB. [byte]
    port_bits : array_like
        Width of the port, 32 to 2048. [bit]
    node_nm : array_like
        Process node, 7 to 90. [nm]

    Returns
    -------
    ndarray
        Area. [um2]

    Examples
    --------
    >>> area_um2([8192, 131072], 256, 32.0).round(-2).tolist()  # CACTI: 15600, 239700
    [16100.0, 231200.0]
    """
    return costs(capacity_bytes, port_bits, node_nm).area_um2


def access_time_ps(
    capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Time from address to data at nominal supply; larger buffers are pipelined over cycles.

    Parameters
    ----------
    capacity_bytes : array_like
        Capacity, 1 KiB to 64 MiB. [byte]
    port_bits : array_like
        Width of the port, 32 to 2048. [bit]
    node_nm : array_like
        Process node, 22 to 90; below, that of 22 nm. [nm]

    Returns
    -------
    ndarray
        Time. [ps]

    Examples
    --------
    >>> access_time_ps([8192, 131072], 256, 32.0).round(-1).tolist()  # CACTI: 844, 1614
    [790.0, 1660.0]
    """
    node = as_floats(node_nm)
    banks = _Banks.cut(capacity_bytes, port_bits, node)
    return 1e3 * _ACCESS_NS(banks.n_bytes, banks.bits, node) + _WIRE_PS_PER_MM * banks.wire_mm


def leakage_mw(
    capacity_bytes: npt.ArrayLike, port_bits: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Idle power with low-standby-power cells, at nominal supply.

    Parameters
    ----------
    capacity_bytes : array_like
        Capacity, 1 KiB to 64 MiB. [byte]
    port_bits : array_like
        Width of the port, which hardly matters. [bit]
    node_nm : array_like
        Process node, 22 to 90; below, that of 22 nm. [nm]

    Returns
    -------
    ndarray
        Power; within 20 % of CACTI. [mW]

    Examples
    --------
    >>> leakage_mw([131072], 256, 32.0).round(4).tolist()  # CACTI: 0.0056
    [0.0057]
    """
    return costs(capacity_bytes, port_bits, node_nm).leakage_mw


def _leakage_mw(banks: _Banks, capacity_bytes: npt.ArrayLike, node: FloatArray) -> FloatArray:
    of_64_kib = interpolate_log(node, _LEAKAGE_NODES, _LEAKAGE_MW)
    of_bank = of_64_kib * np.power(banks.n_bytes / 65536.0, 0.91)
    return of_bank * (as_floats(capacity_bytes) / banks.n_bytes)
