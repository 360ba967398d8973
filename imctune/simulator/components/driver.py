"""Row drivers with their input converters, and the periphery of a column."""

from __future__ import annotations

__all__ = [
    "column_periphery_area_um2",
    "row_drive_energy_fj",
    "row_driver_area_um2",
    "sample_hold_area_um2",
    "sample_hold_energy_fj",
    "word_line_capacitance_ff",
]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.components.scaling import analog_area_scale, logic_area_scale

# NeuroSim gives 3.94 and 3.80 um2 per row and column at 32 nm (128 x 128 array); silicon needs
# 4.7 times that (geometric mean of the 10.5, 9.1, 1 and 5.25 that CiMLoop sets for four chips).
_SILICON_FACTOR = 4.7
_ROW_DRIVER_UM2 = 3.94 * _SILICON_FACTOR
_COLUMN_UM2 = 3.80 * _SILICON_FACTOR
_NEUROSIM_NM = 32.0
_CAPACITIVE_DAC_UM2 = 15.0
_LADDER_DAC_UM2_PER_BIT = 100.0
_SAMPLE_HOLD_UM2 = 6.0
# Clock, decoder and switches of a multi-bit driver: what is left at inputs of zero.
_FIXED_DRIVE_SHARE = 1.0 / 3.0


def word_line_capacitance_ff(
    cols: npt.ArrayLike,
    gate_ff_per_cell: npt.ArrayLike,
    wire_ff_per_um: npt.ArrayLike,
    cell_pitch_um: npt.ArrayLike,
) -> FloatArray:
    """Load of a word line: the gates of its cells and the wire over them.

    Parameters
    ----------
    cols : array_like
        Cells on the line. [1]
    gate_ff_per_cell : array_like
        Gate capacitance of one cell. [fF]
    wire_ff_per_um : array_like
        Wire capacitance. [fF/um]
    cell_pitch_um : array_like
        Width of a cell. [um]

    Returns
    -------
    ndarray
        Capacitance. [fF]

    Examples
    --------
    >>> float(word_line_capacitance_ff(128, 0.3, 0.2, 0.25).round(6))
    44.8
    """
    per_cell = as_floats(gate_ff_per_cell) + as_floats(wire_ff_per_um) * as_floats(cell_pitch_um)
    return as_floats(as_floats(cols) * per_cell)


def row_drive_energy_fj(
    dac_bits: npt.ArrayLike,
    input_bit_density: npt.ArrayLike,
    line_ff: npt.ArrayLike,
    dac_ff_per_bit: npt.ArrayLike,
    supply_v: npt.ArrayLike,
) -> FloatArray:
    r"""Energy of driving one row for one step.

    One bit: the line is charged where the bit is one, :math:`E = p C V^2`. Several bits: converter
    and line, at full scale :math:`(C_{dac} d + C) V^2` [1]_; a third of it whatever the value, the
    rest in proportion to it, as the energy of a 7 nm macro over its input values shows [2]_.

    Parameters
    ----------
    dac_bits : array_like
        Input bits applied at once, 1 to 8. [bit]
    input_bit_density : array_like
        Share of ones among input bits, 0 to 1. [1]
    line_ff : array_like
        Load of the word line. [fF]
    dac_ff_per_bit : array_like
        Capacitance that the converter switches per bit. [fF/bit]
    supply_v : array_like
        Supply. [V]

    Returns
    -------
    ndarray
        Energy per row and step. [fJ]

    References
    ----------
    .. [1] J. Sun, P. Houshmand, M. Verhelst, ICCAD 2023 (ZigZag-IMC): 50 fF per bit
    .. [2] M. E. Sinangil et al., IEEE JSSC 56(1), 2021, doi:10.1109/JSSC.2020.3031290: 3.4, 5.8 and
       7.8 pJ per product at 0, 6/15 and all of full scale

    Examples
    --------
    >>> row_drive_energy_fj([1, 4], 0.25, 44.8, 50.0, 0.9).round(3).tolist()
    [9.072, 99.144]
    """
    bits, line = as_floats(dac_bits), as_floats(line_ff)
    share = as_floats(input_bit_density)
    used = _FIXED_DRIVE_SHARE + (1.0 - _FIXED_DRIVE_SHARE) * share
    charged_ff = np.where(
        bits > 1.0, used * (as_floats(dac_ff_per_bit) * bits + line), share * line
    )
    return as_floats(charged_ff * np.square(as_floats(supply_v)))


def row_driver_area_um2(dac_bits: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Area of one row driver with its input converter.

    One bit: a chain of inverters, 18.5 um2 at 32 nm [estimate, 4-40: NeuroSim's area times what
    silicon needs]. Several bits: capacitors, 15 um2 x 2^d, or a resistor ladder, 100 um2 x d,
    whichever is smaller, at 28 nm (438 um2 for 8 bits at 40 nm, 240 um2 for a time converter at
    65 nm are published).

    Parameters
    ----------
    dac_bits : array_like
        Input bits applied at once, 1 to 8. [bit]
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area. [um2]

    Examples
    --------
    >>> row_driver_area_um2([1, 2, 4, 8], 28.0).round(1).tolist()
    [14.8, 60.0, 240.0, 800.0]
    """
    bits = as_floats(dac_bits)
    single = _ROW_DRIVER_UM2 * logic_area_scale(node_nm) / logic_area_scale(_NEUROSIM_NM)
    several = analog_area_scale(node_nm) * np.minimum(
        _CAPACITIVE_DAC_UM2 * np.power(2.0, bits), _LADDER_DAC_UM2_PER_BIT * bits
    )
    return as_floats(np.where(bits > 1.0, several, single))


def column_periphery_area_um2(node_nm: npt.ArrayLike) -> FloatArray:
    """Area per column of its multiplexer switch and precharge or clamp.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area; 17.9 um2 at 32 nm [estimate, 4-40: NeuroSim's area times what silicon needs]. [um2]

    Examples
    --------
    >>> float(column_periphery_area_um2(32.0).round(2))
    17.86
    """
    return as_floats(_COLUMN_UM2 * logic_area_scale(node_nm) / logic_area_scale(_NEUROSIM_NM))


def sample_hold_area_um2(node_nm: npt.ArrayLike) -> FloatArray:
    """Area of one sample-and-hold: a 10 fF metal capacitor at 2 fF/um2 and its switch.

    Parameters
    ----------
    node_nm : array_like
        Process node, 7 to 130. [nm]

    Returns
    -------
    ndarray
        Area; 6 um2 at 28 nm [estimate, 2-20]. [um2]

    Examples
    --------
    >>> float(sample_hold_area_um2(28.0))
    6.0
    """
    return as_floats(_SAMPLE_HOLD_UM2 * analog_area_scale(node_nm))


def sample_hold_energy_fj(supply_v: npt.ArrayLike, cap_ff: npt.ArrayLike) -> FloatArray:
    r"""Energy of one sample, :math:`E = C V^2`.

    Parameters
    ----------
    supply_v : array_like
        Supply. [V]
    cap_ff : array_like
        Hold capacitor. [fF]

    Returns
    -------
    ndarray
        Energy. [fJ]

    Examples
    --------
    >>> float(sample_hold_energy_fj(0.9, 10.0).round(6))
    8.1
    """
    return as_floats(as_floats(cap_ff) * np.square(as_floats(supply_v)))
