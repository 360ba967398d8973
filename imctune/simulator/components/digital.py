"""Digital circuits: full adders, adder trees, registers, adders and multiply-accumulate units.

Gates are those of ZigZag-IMC [1]_, fitted on four digital in-memory-computing chips at 28 nm: a
NAND of two inputs switches 0.7 fF in 0.614 um2 and 47.8 ps, an XOR 1.05 fF in 1.474 um2 and
114.7 ps; a full adder is three NANDs and two XORs. The fitted delays hold the wires of a macro, so
they are slow for plain logic.

References
----------
.. [1] J. Sun, P. Houshmand, M. Verhelst, ICCAD 2023 (ZigZag-IMC), imc_unit.py
"""

from __future__ import annotations

__all__ = [
    "adder_area_um2",
    "adder_energy_fj",
    "adder_tree_delay_ps",
    "adder_tree_full_adders",
    "full_adder_area_um2",
    "full_adder_energy_fj",
    "gate_area_um2",
    "gate_energy_fj",
    "mac_area_um2",
    "mac_delay_ps",
    "mac_energy_fj",
    "register_area_um2_per_bit",
    "register_energy_fj_per_bit",
]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.components.scaling import (
    capacitance_scale,
    logic_area_scale,
    logic_delay_scale,
)

_NAND_FF, _NAND_UM2, _NAND_PS = 0.7, 0.614, 47.8
_XOR_FF, _XOR_UM2, _XOR_PS = 1.05, 1.474, 114.7
_FULL_ADDER_FF = 3.0 * _NAND_FF + 2.0 * _XOR_FF
_FULL_ADDER_UM2 = 3.0 * _NAND_UM2 + 2.0 * _XOR_UM2
# [estimate] 5.2 fF (2.1-7.8) with its clock: ZigZag-IMC 2.1, NeuroSim 5.2, Aladdin (40 nm) 7.8.
_REGISTER_FF = 5.2
_REGISTER_UM2 = 3.68
# Share of full switching on random operands; gives NeuroSim's 8-bit adder within 5 %.
_RANDOM_ACTIVITY = 0.5
# An accumulator takes 2**16 products without overflow.
_ACCUMULATOR_GUARD_BITS = 16.0
# [estimate] 600 ps (400-1200) at 28 nm: 30 inverters with fan-out 4 of 20 ps each.
_MAC_STAGE_PS = 600.0


def _energy_fj(
    capacitance_ff: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """C V^2 of a capacitance given at 28 nm."""
    scaled = as_floats(capacitance_ff) * capacitance_scale(node_nm)
    return as_floats(scaled * np.square(as_floats(supply_v)))


def gate_energy_fj(supply_v: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Energy of one NAND of two inputs that switches; 0.7 fF at 28 nm (ZigZag-IMC).

    Parameters
    ----------
    supply_v : array_like
        Supply. [V]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Examples
    --------
    >>> round(float(gate_energy_fj(0.9, 28.0)), 3)  # 0.7 fF x 0.81 V2
    0.567
    """
    return _energy_fj(_NAND_FF, supply_v, node_nm)


def gate_area_um2(node_nm: npt.ArrayLike) -> FloatArray:
    """Area of one NAND of two inputs; 0.614 um2 at 28 nm (ZigZag-IMC).

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area. [um2]

    Examples
    --------
    >>> round(float(gate_area_um2(28.0)), 3)
    0.614
    """
    return as_floats(_NAND_UM2 * logic_area_scale(node_nm))


def full_adder_energy_fj(supply_v: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Energy of one full adder when all its gates switch; 4.2 fF at 28 nm.

    Parameters
    ----------
    supply_v : array_like
        Supply. [V]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Examples
    --------
    >>> float(full_adder_energy_fj(0.9, 28.0).round(3))
    3.402
    """
    return _energy_fj(_FULL_ADDER_FF, supply_v, node_nm)


def full_adder_area_um2(node_nm: npt.ArrayLike) -> FloatArray:
    """Area of one full adder.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area; 4.79 um2 at 28 nm. [um2]

    Examples
    --------
    >>> float(full_adder_area_um2(28.0).round(2))
    4.79
    """
    return as_floats(_FULL_ADDER_UM2 * logic_area_scale(node_nm))


def _tree_levels(inputs: npt.ArrayLike) -> FloatArray:
    """Levels of a binary tree; the small step keeps log2 of a power of two whole."""
    return as_floats(np.ceil(np.log2(np.maximum(as_floats(inputs), 1.0)) - 1e-9))


def adder_tree_full_adders(inputs: npt.ArrayLike, width: npt.ArrayLike) -> FloatArray:
    r"""Full adders of a tree that sums N inputs of w bits, :math:`N(w+1) - (w + \log_2 N + 1)`.

    Parameters
    ----------
    inputs : array_like
        Numbers that are summed, at least 1; logarithm rounded up. [1]
    width : array_like
        Their width. [bit]

    Returns
    -------
    ndarray
        Full adders; 0 for one input. [1]

    Examples
    --------
    >>> adder_tree_full_adders([1, 2, 64, 128], [8, 1, 8, 1]).tolist()
    [0.0, 1.0, 561.0, 247.0]
    """
    n, w = as_floats(inputs), as_floats(width)
    return np.maximum(n * (w + 1.0) - (w + _tree_levels(n) + 1.0), 0.0)


def adder_tree_delay_ps(
    inputs: npt.ArrayLike, width: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    r"""Delay of an adder tree at nominal supply: sums down the levels, then the last carry.

    .. math:: (L - 1) 2 t_x + (t_x + 2 t_n) + (w + L - 2) 2 t_n, \quad L = \log_2 N

    Parameters
    ----------
    inputs : array_like
        Numbers that are summed, at least 1; logarithm rounded up. [1]
    width : array_like
        Their width. [bit]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Delay; 0 for one input. [ps]

    Examples
    --------
    >>> float(adder_tree_delay_ps(128, 8, 28.0).round(1))
    2829.5
    """
    levels, w = _tree_levels(inputs), as_floats(width)
    sums = (levels - 1.0) * 2.0 * _XOR_PS + _XOR_PS + 2.0 * _NAND_PS
    carries = (w + levels - 2.0) * 2.0 * _NAND_PS
    return as_floats(np.where(levels > 0.0, sums + carries, 0.0) * logic_delay_scale(node_nm))


def register_energy_fj_per_bit(supply_v: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Energy of clocking and writing one bit of a register with random content.

    Parameters
    ----------
    supply_v : array_like
        Supply. [V]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Energy; 5.2 fF at 28 nm [estimate, 2.1-7.8]. [fJ/bit]

    Examples
    --------
    >>> float(register_energy_fj_per_bit(0.9, 32.0).round(2))  # NeuroSim: 4.77
    4.81
    """
    return _energy_fj(_REGISTER_FF, supply_v, node_nm)


def register_area_um2_per_bit(node_nm: npt.ArrayLike) -> FloatArray:
    """Area of one bit of a register.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area; 3.68 um2 at 28 nm. [um2/bit]

    Examples
    --------
    >>> float(register_area_um2_per_bit(28.0))
    3.68
    """
    return as_floats(_REGISTER_UM2 * logic_area_scale(node_nm))


def adder_energy_fj(
    width_bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Energy of one ripple-carry addition of random numbers, without its register.

    Parameters
    ----------
    width_bits : array_like
        Width. [bit]
    supply_v : array_like
        Supply. [V]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Examples
    --------
    >>> float(adder_energy_fj(8, 0.9, 32.0).round(2))  # NeuroSim: 16.3
    15.55
    """
    return _energy_fj(_RANDOM_ACTIVITY * _FULL_ADDER_FF * as_floats(width_bits), supply_v, node_nm)


def adder_area_um2(width_bits: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Area of a ripple-carry adder, without its register.

    Parameters
    ----------
    width_bits : array_like
        Width. [bit]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area. [um2]

    Examples
    --------
    >>> float(adder_area_um2(8, 28.0).round(2))
    38.32
    """
    return as_floats(as_floats(width_bits) * full_adder_area_um2(node_nm))


def mac_energy_fj(
    a_bits: npt.ArrayLike, b_bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Energy of one multiply-accumulate of random operands, with its accumulator register.

    An array multiplier (a x b gates, a x (b - 1) full adders) and an accumulator of a + b + 16
    bits, adders at half activity.

    Parameters
    ----------
    a_bits, b_bits : array_like
        Widths of the operands, at least 1. [bit]
    supply_v : array_like
        Supply. [V]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Notes
    -----
    At 45 nm, 0.9 V and 8 bits 0.49 pJ, against 0.3 pJ for multiplier and 32-bit adder without
    register in M. Horowitz, ISSCC 2014, doi:10.1109/ISSCC.2014.6757323.

    Examples
    --------
    >>> float(mac_energy_fj(8, 8, 0.9, 32.0).round())
    346.0
    """
    a, b = as_floats(a_bits), as_floats(b_bits)
    accumulator = a + b + _ACCUMULATOR_GUARD_BITS
    logic_ff = a * b * _NAND_FF + (a * (b - 1.0) + accumulator) * _FULL_ADDER_FF
    total_ff = _RANDOM_ACTIVITY * logic_ff + accumulator * _REGISTER_FF
    return _energy_fj(total_ff, supply_v, node_nm)


def mac_area_um2(
    a_bits: npt.ArrayLike, b_bits: npt.ArrayLike, node_nm: npt.ArrayLike
) -> FloatArray:
    """Area of one multiply-accumulate unit with product and accumulator registers.

    Parameters
    ----------
    a_bits, b_bits : array_like
        Widths of the operands, at least 1. [bit]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area. [um2]

    Examples
    --------
    >>> float(mac_area_um2(8, 8, 28.0).round())
    637.0
    """
    a, b = as_floats(a_bits), as_floats(b_bits)
    accumulator = a + b + _ACCUMULATOR_GUARD_BITS
    logic_um2 = a * b * _NAND_UM2 + (a * (b - 1.0) + accumulator) * _FULL_ADDER_UM2
    registers_um2 = (a + b + accumulator) * _REGISTER_UM2
    return as_floats((logic_um2 + registers_um2) * logic_area_scale(node_nm))


def mac_delay_ps(node_nm: npt.ArrayLike) -> FloatArray:
    """Delay of the slowest single-cycle stage at nominal supply: a multiplier or an accumulator.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Delay; 600 ps at 28 nm [estimate, 400-1200]. [ps]

    Examples
    --------
    >>> float(mac_delay_ps(28.0))
    600.0
    """
    return as_floats(_MAC_STAGE_PS * logic_delay_scale(node_nm))
