"""Memory cells: stored levels, reads, settling, IR drop and writes of RRAM and SRAM arrays."""

from __future__ import annotations

__all__ = [
    "input_mean_square",
    "mean_level",
    "rram_conductance_ms",
    "rram_ir_drop",
    "rram_read_energy_fj",
    "rram_write_energy_fj",
    "rram_write_time_ps_per_row",
    "settle_ps",
    "sram_column_energy_fj",
    "sram_multiply_energy_fj",
    "sram_write_energy_fj_per_bit",
]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats, ceil_div


def mean_level(
    encoding_is_differential: npt.ArrayLike,
    weight_bits: npt.ArrayLike,
    bits_per_cell: npt.ArrayLike,
    density: npt.ArrayLike,
) -> FloatArray:
    r"""Mean level that cells store, as a share of the highest level :math:`2^c - 1`.

    Bits are independent and one with probability q, so a full cell holds q of the highest level on
    average; the last cell of a weight holds fewer bits when c does not divide the width. In a
    differential pair one of both devices is always at zero.

    Parameters
    ----------
    encoding_is_differential : array_like of bool
        Whether weights are stored as pairs of sign and magnitude, else as offset code.
    weight_bits : array_like
        Bits of a weight with its sign. [bit]
    bits_per_cell : array_like
        Bits stored in one cell. [bit]
    density : array_like
        Share of ones: of the offset code, or of the `weight_bits - 1` magnitude bits. [1]

    Returns
    -------
    ndarray
        Share of the highest level, averaged over all cells. [1]

    Examples
    --------
    >>> mean_level([False, False, True], 8, [1, 3, 1], [0.5, 0.5, 0.3]).round(4).tolist()
    [0.5, 0.4048, 0.15]
    """
    differential = np.asarray(encoding_is_differential, dtype=np.bool_)
    stored = np.maximum(as_floats(weight_bits) - differential, 1.0)
    per_cell = as_floats(bits_per_cell)
    slices = ceil_div(stored, per_cell)
    last_bits = stored - (slices - 1.0) * per_cell
    last_share = (np.power(2.0, last_bits) - 1.0) / (np.power(2.0, per_cell) - 1.0)
    filled = (slices - 1.0 + last_share) / slices
    return as_floats(np.where(differential, 0.5, 1.0) * filled * as_floats(density))


def rram_conductance_ms(
    level_share: npt.ArrayLike, r_low_kohm: npt.ArrayLike, r_high_kohm: npt.ArrayLike
) -> FloatArray:
    """Conductance of a cell, straight in its level between both states.

    Parameters
    ----------
    level_share : array_like
        Level as a share of the highest, 0 to 1. [1]
    r_low_kohm, r_high_kohm : array_like
        Resistance at the highest and at the lowest level. [kohm]

    Returns
    -------
    ndarray
        Conductance. [mS]

    Examples
    --------
    >>> rram_conductance_ms([0.0, 0.5, 1.0], 100.0, 1000.0).round(6).tolist()
    [0.001, 0.0055, 0.01]
    """
    low, high = 1.0 / as_floats(r_high_kohm), 1.0 / as_floats(r_low_kohm)
    return as_floats(low + (high - low) * as_floats(level_share))


def input_mean_square(dac_bits: npt.ArrayLike, bit_density: npt.ArrayLike) -> FloatArray:
    r"""Mean square of one input step over its largest value, :math:`\langle x^2\rangle/x_{max}^2`.

    For d independent bits that are one with probability p, with
    :math:`S = \sum_j 4^j = (4^d - 1)/3`:
    :math:`\langle x^2 \rangle = p S + p^2 ((2^d - 1)^2 - S)`.

    Parameters
    ----------
    dac_bits : array_like
        Bits applied at once, at least 1. [bit]
    bit_density : array_like
        Share of ones among input bits. [1]

    Returns
    -------
    ndarray
        Mean square, 0 to 1; the bit density itself for one bit. [1]

    Examples
    --------
    >>> input_mean_square([1, 2], 0.5).round(4).tolist()
    [0.5, 0.3889]
    """
    p, bits = as_floats(bit_density), as_floats(dac_bits)
    squares = (np.power(4.0, bits) - 1.0) / 3.0
    largest = np.square(np.power(2.0, bits) - 1.0)
    return as_floats((p * squares + np.square(p) * (largest - squares)) / largest)


def rram_read_energy_fj(
    conductance_ms: npt.ArrayLike,
    read_v: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    input_mean_square: npt.ArrayLike,
    time_ps: npt.ArrayLike,
) -> FloatArray:
    r"""Supply energy of one cell for one step, :math:`E = G V_r^2 \langle x^2 \rangle t V/V_r`.

    The read rail is regulated down from the supply, which delivers the same current.

    Parameters
    ----------
    conductance_ms : array_like
        Mean conductance. [mS]
    read_v : array_like
        Voltage across the cell at the largest input. [V]
    supply_v : array_like
        Supply. [V]
    input_mean_square : array_like
        Mean square of the input over its largest value. [1]
    time_ps : array_like
        Time for which the cell conducts. [ps]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Examples
    --------
    A 100 kohm cell at 0.2 V for 10 ns takes 4 fJ, and its 0.9 V supply 18 fJ:

    >>> float(rram_read_energy_fj(0.01, 0.2, 0.9, 1.0, 10_000.0).round(6))
    18.0
    """
    current_ma = as_floats(conductance_ms) * as_floats(read_v) * as_floats(input_mean_square)
    return as_floats(current_ma * as_floats(supply_v) * as_floats(time_ps))


def rram_ir_drop(
    cells_active: npt.ArrayLike,
    conductance_ms: npt.ArrayLike,
    wire_kohm_per_cell: npt.ArrayLike,
    on_share: npt.ArrayLike,
    cells_before: npt.ArrayLike = 0.0,
) -> FloatArray:
    r"""Mean loss of current along a column sensed at one end, :math:`r G f n (m + n / 3)`.

    Parameters
    ----------
    cells_active : array_like
        Cells of the column on driven rows, n. [1]
    conductance_ms : array_like
        Their mean conductance, G. [mS]
    wire_kohm_per_cell : array_like
        Wire resistance per cell, r. [kohm]
    on_share : array_like
        Share of rows whose input is on, f. [1]
    cells_before : array_like
        Cells between them and the end at which the column is sensed, m. [1]

    Returns
    -------
    ndarray
        Relative loss, first order: valid well below 1. [1]

    Examples
    --------
    >>> float(rram_ir_drop(128, 0.0053, 0.0056, 0.25).round(4))
    0.0405
    """
    n = as_floats(cells_active)
    per_cell = as_floats(wire_kohm_per_cell) * as_floats(conductance_ms) * as_floats(on_share)
    return as_floats(per_cell * n * (as_floats(cells_before) + n / 3.0))


def settle_ps(
    bits: npt.ArrayLike,
    driver_kohm: npt.ArrayLike,
    line_ff: npt.ArrayLike,
    wire_kohm: npt.ArrayLike,
    wire_ff: npt.ArrayLike,
) -> FloatArray:
    r"""Time for a line to settle within half a step of b bits.

    .. math:: t = \ln(2^{b+1}) (R C + 0.38 R_w C_w)

    Parameters
    ----------
    bits : array_like
        Resolution to settle to. [bit]
    driver_kohm, line_ff : array_like
        Resistance that drives the line [kohm] and its whole load [fF].
    wire_kohm, wire_ff : array_like
        Resistance [kohm] and load [fF] spread along the whole line.

    Returns
    -------
    ndarray
        Time. [ps]

    Notes
    -----
    0.38 is the distributed-line coefficient that NeuroSim uses.

    Examples
    --------
    >>> float(settle_ps(8, 5.0, 40.0, 0.1, 40.0).round(1))
    1257.1
    """
    tau = as_floats(driver_kohm) * as_floats(line_ff) + (
        0.38 * as_floats(wire_kohm) * as_floats(wire_ff)
    )
    return as_floats((as_floats(bits) + 1.0) * np.log(2.0) * tau)


def rram_write_energy_fj(
    bits_per_cell: npt.ArrayLike,
    write_v: npt.ArrayLike,
    pulse_ps: npt.ArrayLike,
    conductance_ms: npt.ArrayLike,
    pulses_per_level: npt.ArrayLike,
    bit_line_ff: npt.ArrayLike,
    efficiency: npt.ArrayLike,
) -> FloatArray:
    r"""Supply energy of writing one cell with pulses that are checked.

    .. math:: E = N (V_w^2 G t + 2 C_{bl} V_w^2) / \eta, \quad N = N_l 2^c

    Parameters
    ----------
    bits_per_cell : array_like
        Bits stored in the cell. [bit]
    write_v, pulse_ps : array_like
        Voltage [V] and length [ps] of a pulse.
    conductance_ms : array_like
        Mean conductance while a pulse lasts. [mS]
    pulses_per_level : array_like
        Pulses per level of the cell. [1]
    bit_line_ff : array_like
        Load of the bit line, swung with each pulse. [fF]
    efficiency : array_like
        Share of supply energy that reaches the array. [1]

    Returns
    -------
    ndarray
        Energy per cell; the word line and the checking reads are small beside. [fJ]

    Notes
    -----
    Published models give 15 to 26 pJ per cell at the cell itself (NVM extension of ZigZag; example
    cell of CiMLoop).

    Examples
    --------
    >>> float(rram_write_energy_fj(1, 2.0, 50_000.0, 0.02, 1.0, 40.0, 0.5).round())
    17280.0
    """
    squared = np.square(as_floats(write_v))
    pulse = as_floats(conductance_ms) * as_floats(pulse_ps) + 2.0 * as_floats(bit_line_ff)
    pulses = as_floats(pulses_per_level) * np.power(2.0, bits_per_cell)
    return as_floats(pulses * squared * pulse / as_floats(efficiency))


def rram_write_time_ps_per_row(
    bits_per_cell: npt.ArrayLike,
    pulse_ps: npt.ArrayLike,
    verify_ps: npt.ArrayLike,
    pulses_per_level: npt.ArrayLike,
) -> FloatArray:
    """Time of writing one row: all its cells at once, each pulse followed by a check.

    Parameters
    ----------
    bits_per_cell : array_like
        Bits stored in a cell. [bit]
    pulse_ps, verify_ps : array_like
        Time of a pulse and of its check. [ps]
    pulses_per_level : array_like
        Pulses per level of the cell. [1]

    Returns
    -------
    ndarray
        Time. [ps]

    Examples
    --------
    >>> float(rram_write_time_ps_per_row(3, 50_000.0, 10_000.0, 1.0))
    480000.0
    """
    pulses = as_floats(pulses_per_level) * np.power(2.0, bits_per_cell)
    return as_floats(pulses * (as_floats(pulse_ps) + as_floats(verify_ps)))


def sram_column_energy_fj(
    rows: npt.ArrayLike, bit_line_ff_per_cell: npt.ArrayLike, supply_v: npt.ArrayLike
) -> FloatArray:
    r"""Energy of one read of a column, :math:`E = N C_{bl} V^2`: all rows load it [1]_.

    Parameters
    ----------
    rows : array_like
        Cells on the bit line, driven or not. [1]
    bit_line_ff_per_cell : array_like
        Load of one cell. [fF]
    supply_v : array_like
        Supply. [V]

    Returns
    -------
    ndarray
        Energy. [fJ]

    References
    ----------
    .. [1] J. Sun, P. Houshmand, M. Verhelst, ICCAD 2023 (ZigZag-IMC)

    Examples
    --------
    >>> float(sram_column_energy_fj(128, 0.35, 0.9).round(3))
    36.288
    """
    load_ff = as_floats(rows) * as_floats(bit_line_ff_per_cell)
    return as_floats(load_ff * np.square(as_floats(supply_v)))


def sram_multiply_energy_fj(
    cap_ff: npt.ArrayLike, supply_v: npt.ArrayLike, product_density: npt.ArrayLike
) -> FloatArray:
    r"""Energy of one charge-domain cell for one step, :math:`E = p C V^2`.

    The capacitor is emptied before each step and charged where the product of input and weight
    bit is one.

    Parameters
    ----------
    cap_ff : array_like
        Capacitor of the cell. [fF]
    supply_v : array_like
        Supply. [V]
    product_density : array_like
        Share of ones among products. [1]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Examples
    --------
    >>> float(sram_multiply_energy_fj(1.5, 0.9, 0.25).round(5))
    0.30375
    """
    charged_ff = as_floats(product_density) * as_floats(cap_ff)
    return as_floats(charged_ff * np.square(as_floats(supply_v)))


def sram_write_energy_fj_per_bit(
    rows: npt.ArrayLike,
    bit_line_ff_per_cell: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    word_line_ff: npt.ArrayLike,
    cols: npt.ArrayLike,
) -> FloatArray:
    r"""Energy of writing one bit: one bit line of a pair, and a share of the word line.

    .. math:: E = (N C_{bl} + C_{wl} / M) V^2

    Parameters
    ----------
    rows : array_like
        Cells on a bit line. [1]
    bit_line_ff_per_cell : array_like
        Load of one cell. [fF]
    supply_v : array_like
        Supply. [V]
    word_line_ff : array_like
        Load of the word line. [fF]
    cols : array_like
        Cells written with it. [1]

    Returns
    -------
    ndarray
        Energy; write drivers are in the column periphery. [fJ/bit]

    Examples
    --------
    >>> float(sram_write_energy_fj_per_bit(128, 0.35, 0.9, 44.8, 128).round(2))
    36.57
    """
    column_ff = as_floats(rows) * as_floats(bit_line_ff_per_cell)
    row_ff = as_floats(word_line_ff) / as_floats(cols)
    return as_floats((column_ff + row_ff) * np.square(as_floats(supply_v)))
