"""One macro of each design: an array with its drivers, converters (or adder trees) and shift-add.

What is built has shape (n_designs,). What happens when it runs has shape (n_designs, 1), or
(n_designs, n_workloads) where workloads set what it depends on.
"""

from __future__ import annotations

__all__ = ["Macro", "Supply"]

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from imctune.knobs import lossless_bits
from imctune.simulator.arrays import FloatArray, ceil_div
from imctune.simulator.components import cell, converter, digital, driver, scaling
from imctune.simulator.knob_columns import KnobColumns
from imctune.technology import RramCell, SramCell, Technology

# Width of a sum over arrays: products of operands summed over up to 2**10 rows. [bit]
GUARD_BITS = 10.0
# RRAM in the back end of line has been shown down to 22 nm; its cells do not shrink below. [nm]
RRAM_NODE_NM = 22.0


@dataclass(frozen=True)
class Supply:
    """Process node and operating point of each design.

    Attributes
    ----------
    node_nm : ndarray
        Process node, (n, 1). [nm]
    volt : ndarray
        Supply. [V]
    capacitance, area : ndarray
        Device capacitance and logic area over those at the technology's own node, (n, 1). [1]
    slowness : ndarray
        Delay over that at the nominal supply of the node. Where the supply is too low for the law,
        that of the lowest for which it holds: finite, in a design that is infeasible. [1]
    dynamic : ndarray
        Energy of a C V² action over that at the technology's node and nominal supply. [1]
    """

    node_nm: FloatArray
    volt: FloatArray
    capacitance: FloatArray
    area: FloatArray
    slowness: FloatArray
    dynamic: FloatArray

    @classmethod
    def build(cls, node_nm: FloatArray, volt: FloatArray, technology: Technology) -> Supply:
        """Scale the technology to the node and supply of every design."""
        own = technology.node_nm
        capacitance = scaling.capacitance_scale(node_nm) / scaling.capacitance_scale(own)
        nominal = np.where(
            node_nm == own, technology.nominal_supply_v, scaling.nominal_supply_v(node_nm)
        )
        lawful = np.maximum(volt, technology.threshold_v + technology.overdrive_min_v)
        return cls(
            node_nm=node_nm,
            volt=volt,
            capacitance=capacitance,
            area=scaling.logic_area_scale(node_nm) / scaling.logic_area_scale(own),
            slowness=scaling.supply_delay_scale(
                lawful, technology.threshold_v, technology.delay_alpha, nominal
            ),
            dynamic=capacitance * (volt / technology.nominal_supply_v) ** 2,
        )


@dataclass(frozen=True)
class Macro:
    """Area, delays and energies of one macro.

    Attributes
    ----------
    area_um2 : dict of str to ndarray
        By component, (n,).
    n_converters : ndarray
        Analog-to-digital converters, (n,); 0 for digital macros.
    read_ps, convert_ps, add_ps : ndarray
        Whole times to drive and settle the columns, of one conversion (digital: of the adder
        trees), and of a shift-and-add. [ps]
    row_line_ff : ndarray
        Word-line load. [fF]
    bit_line_kohm : ndarray
        Resistance of a bit line from one cell to the next. [kohm]
    column_fj : ndarray
        Energy of sensing one physical column for one step. [fJ]
    conversion_fj : ndarray
        Energy of one conversion with its sample-and-hold; of one adder tree at full activity in
        digital macros. [fJ]
    shift_add_fj, sum_fj : ndarray
        Energy of adding one result into a running sum, and of adding two sums of arrays. [fJ]
    cell_write_fj, row_write_ps : ndarray
        Energy of writing one cell [fJ] and time of writing one row [ps].
    n_cells : ndarray
        Cells of the array, bit cells of SRAM, (n,).
    """

    area_um2: dict[str, FloatArray]
    n_converters: FloatArray
    read_ps: FloatArray
    convert_ps: FloatArray
    add_ps: FloatArray
    row_line_ff: FloatArray
    bit_line_kohm: FloatArray
    column_fj: FloatArray
    conversion_fj: FloatArray
    shift_add_fj: FloatArray
    sum_fj: FloatArray
    cell_write_fj: FloatArray
    row_write_ps: FloatArray
    n_cells: FloatArray


@dataclass(frozen=True)
class MacroKnobs:
    """The knobs that shape a macro; `operand_bits` is weight plus input."""

    rows: FloatArray
    cols: FloatArray
    rows_active: FloatArray
    bits_per_cell: FloatArray
    adc_bits: FloatArray
    columns_per_adc: FloatArray
    dac_bits: FloatArray
    operand_bits: FloatArray
    sample_hold: npt.NDArray[np.bool_]
    is_digital: npt.NDArray[np.bool_]
    is_differential: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, knobs: KnobColumns) -> MacroKnobs:
        """Take what shapes a macro from all knobs."""
        own = {x.name: getattr(knobs, x.name) for x in fields(cls) if x.name != "operand_bits"}
        return cls(**own, operand_bits=knobs.input_bits + knobs.weight_bits)


def build_macro(
    knobs: MacroKnobs, silicon: MacroKnobs, supply: Supply, technology: Technology
) -> Macro:
    """Work out the macro of every design.

    Parameters
    ----------
    knobs : MacroKnobs
        How each workload runs it.
    silicon : MacroKnobs
        What it is built for: the most that any workload may ask for.
    supply : Supply
    technology : Technology
    """
    memory_cell = technology.cell
    cell_um2 = _cell_area(memory_cell, knobs, supply)
    joined = joined_cells(memory_cell, knobs.bits_per_cell)
    line_ff = driver.word_line_capacitance_ff(
        knobs.cols * joined,
        memory_cell.word_line_gate_ff * supply.capacitance,
        technology.wire_ff_per_um,
        np.sqrt(cell_um2 / joined),
    )
    column_ff = knobs.rows * joined * memory_cell.bit_line_ff * supply.capacitance
    model = converter.CONVERTERS[technology.converter_model]
    convert = np.where(
        knobs.is_digital,
        digital.adder_tree_delay_ps(
            largest(silicon.rows_active), _product_bits(knobs), supply.node_nm
        ),
        model.delay_ps(knobs.adc_bits, supply.volt, supply.node_nm, knobs.rows),
    )
    register = digital.register_energy_fj_per_bit(supply.volt, supply.node_nm)
    wide = knobs.operand_bits + GUARD_BITS

    def add_fj(bits: FloatArray) -> FloatArray:
        return digital.adder_energy_fj(bits, supply.volt, supply.node_nm) + bits * register

    return Macro(
        area_um2=_macro_area(silicon, supply, technology, cell_um2),
        n_converters=np.where(knobs.is_digital, 0.0, _n_converters(knobs))[:, 0],
        read_ps=np.ceil(_read_time(memory_cell, knobs, supply, technology, line_ff, column_ff)),
        convert_ps=np.ceil(convert * supply.slowness),
        add_ps=np.ceil(digital.mac_delay_ps(supply.node_nm) * supply.slowness),
        row_line_ff=line_ff,
        bit_line_kohm=scaling.wire_resistance_kohm_per_um(supply.node_nm)
        * np.sqrt(cell_um2 / joined),
        column_fj=_column_energy(memory_cell, knobs, supply, column_ff),
        conversion_fj=_conversion_energy(knobs, largest(silicon.adc_bits), supply, technology),
        shift_add_fj=add_fj(_result_bits(knobs)),
        sum_fj=add_fj(wide),
        cell_write_fj=_write_energy(memory_cell, knobs, supply, line_ff, column_ff),
        row_write_ps=np.ceil(_row_write_time(memory_cell, knobs, supply)),
        n_cells=(knobs.rows * knobs.cols * joined)[:, 0],
    )


def largest(values: FloatArray) -> FloatArray:
    """Return the largest value of any workload, (n, 1): what the silicon is built for."""
    return np.asarray(values.max(axis=1, keepdims=True))


def _cell_area(memory_cell: RramCell | SramCell, knobs: MacroKnobs, supply: Supply) -> FloatArray:
    """Area of one cell. [µm²]."""
    if isinstance(memory_cell, RramCell):
        return memory_cell.area_f2 * (np.maximum(supply.node_nm, RRAM_NODE_NM) * 1e-3) ** 2
    # Digital cells have a gate, and a word line, for each input bit that comes at once.
    gates = knobs.dac_bits * (memory_cell.digital_area_factor - 1.0)
    factor = np.where(knobs.is_digital, 1.0 + gates, memory_cell.analog_area_factor)
    joined = joined_cells(memory_cell, knobs.bits_per_cell)
    return joined * factor * scaling.sram_cell_area_um2(supply.node_nm)


def joined_cells(memory_cell: RramCell | SramCell, bits_per_cell: FloatArray) -> FloatArray:
    """Physical cells that count as one: SRAM joins bit cells, weighted in charge or by adders."""
    return np.ones_like(bits_per_cell) if isinstance(memory_cell, RramCell) else bits_per_cell


def _result_bits(knobs: MacroKnobs) -> FloatArray:
    """Width of the running sum of a column: it keeps every bit of all steps and slices. [bit]."""
    one = np.where(
        knobs.is_digital,
        _product_bits(knobs) + np.ceil(np.log2(knobs.rows_active)),
        knobs.adc_bits,
    )
    steps = np.maximum(knobs.operand_bits - knobs.dac_bits - knobs.bits_per_cell, 0.0)
    return one + steps + np.ceil(np.log2(ceil_div(knobs.rows, knobs.rows_active)))


def _product_bits(knobs: MacroKnobs) -> FloatArray:
    """Width of the products that an adder tree sums: one input step times one cell. [bit]."""
    both = knobs.dac_bits + knobs.bits_per_cell
    # A single bit selects the other operand; two of several bits multiply to the sum of widths.
    single = np.minimum(knobs.dac_bits, knobs.bits_per_cell) <= 1.0
    return np.where(single, both - 1.0, both)


def _tree_full_adders(knobs: MacroKnobs) -> FloatArray:
    """Full adders of one column's tree, and of the multipliers of several bits that feed it."""
    tree = digital.adder_tree_full_adders(knobs.rows_active, _product_bits(knobs))
    several = (knobs.dac_bits > 1.0) & (knobs.bits_per_cell > 1.0)
    each = np.where(several, knobs.dac_bits * (knobs.bits_per_cell - 1.0), 0.0)
    return tree + knobs.rows_active * each


def _n_converters(knobs: MacroKnobs) -> FloatArray:
    """Converters that the columns of an analog array take."""
    return ceil_div(knobs.cols, knobs.columns_per_adc)


def _macro_area(
    knobs: MacroKnobs, supply: Supply, technology: Technology, cell_um2: FloatArray
) -> dict[str, FloatArray]:
    """Area of one macro by component, of the workload that needs most of each. [µm²]."""
    node = supply.node_nm
    model = converter.CONVERTERS[technology.converter_model]
    analog = np.where(knobs.is_digital, 0.0, 1.0)
    n_converters = analog * _n_converters(knobs)
    width = _result_bits(knobs)
    columns = driver.column_periphery_area_um2(node) + np.where(
        knobs.sample_hold, driver.sample_hold_area_um2(node), 0.0
    )
    nominal = technology.nominal_supply_v
    converters = model.area_um2(knobs.adc_bits, nominal, node, knobs.rows)
    drivers = np.where(
        knobs.is_digital,
        knobs.dac_bits * driver.row_driver_area_um2(1.0, node),
        driver.row_driver_area_um2(knobs.dac_bits, node),
    )
    adder = digital.adder_area_um2(width, node) + width * digital.register_area_um2_per_bit(node)
    n_adders = np.where(knobs.is_digital, knobs.cols, n_converters)
    areas = {
        "cells": knobs.rows * knobs.cols * cell_um2,
        "row_drivers": knobs.rows * drivers,
        "converters": n_converters * converters + analog * knobs.cols * columns,
        "adder_trees": (1.0 - analog)
        * knobs.cols
        * _tree_full_adders(knobs)
        * digital.full_adder_area_um2(node),
        "shift_add": n_adders * adder,
    }
    return {name: area.max(axis=1) for name, area in areas.items()}


def _read_time(
    memory_cell: RramCell | SramCell,
    knobs: MacroKnobs,
    supply: Supply,
    technology: Technology,
    line_ff: FloatArray,
    column_ff: FloatArray,
) -> FloatArray:
    """Time to drive a row group and settle the columns. [ps]."""
    joined = joined_cells(memory_cell, knobs.bits_per_cell)
    pitch_um = np.sqrt(_cell_area(memory_cell, knobs, supply) / joined)
    wire = scaling.wire_resistance_kohm_per_um(supply.node_nm) * pitch_um
    word_line = cell.settle_ps(
        1.0,
        technology.row_driver_kohm * supply.slowness,
        line_ff,
        wire * knobs.cols * joined,
        line_ff,
    )
    if isinstance(memory_cell, RramCell):
        column = cell.settle_ps(
            knobs.adc_bits, memory_cell.clamp_kohm, column_ff, wire * knobs.rows, column_ff
        )
    else:
        # Every cell drives its own capacitor and its share of the bit line, all at once.
        unit_ff = memory_cell.unit_cap_ff * supply.capacitance
        shared_ff = column_ff / joined + knobs.rows * unit_ff
        analog = cell.settle_ps(
            knobs.adc_bits,
            memory_cell.drive_kohm * supply.slowness,
            shared_ff / knobs.rows,
            wire * knobs.rows,
            shared_ff,
        )
        column = np.where(knobs.is_digital, 0.0, analog)
    least = np.where(knobs.is_digital, 0.0, memory_cell.read_pulse_min_ps)
    return np.maximum(least, word_line + column)


def _column_energy(
    memory_cell: RramCell | SramCell, knobs: MacroKnobs, supply: Supply, column_ff: FloatArray
) -> FloatArray:
    """Energy of charging one column for one step. [fJ]."""
    if isinstance(memory_cell, RramCell):
        return column_ff * memory_cell.read_v * supply.volt
    analog = cell.sram_column_energy_fj(knobs.rows, column_ff / knobs.rows, supply.volt)
    return np.where(knobs.is_digital, 0.0, analog)


def _conversion_energy(
    knobs: MacroKnobs, built_bits: FloatArray, supply: Supply, technology: Technology
) -> FloatArray:
    """Energy of one conversion, or of one adder tree with every adder active. [fJ].

    In a tree that is built for more rows than are driven, the adders of the others do not switch.
    """
    model = converter.CONVERTERS[technology.converter_model]
    one = technology.converter_factor * model.early_energy_fj(
        _resolved_bits(knobs), built_bits, supply.volt, supply.node_nm, knobs.rows
    )
    hold = driver.sample_hold_energy_fj(supply.volt, technology.sample_hold_ff * supply.capacitance)
    tree = _tree_full_adders(knobs) * digital.full_adder_energy_fj(supply.volt, supply.node_nm)
    return np.where(knobs.is_digital, tree, one + np.where(knobs.sample_hold, hold, 0.0))


def _resolved_bits(knobs: MacroKnobs) -> FloatArray:
    """Bits that a conversion decides on: no more than tell every count of a column apart. [bit]."""
    lossless = lossless_bits(
        knobs.rows_active, knobs.bits_per_cell, knobs.dac_bits, knobs.is_differential
    )
    return np.minimum(knobs.adc_bits, lossless)


def _write_energy(
    memory_cell: RramCell | SramCell,
    knobs: MacroKnobs,
    supply: Supply,
    line_ff: FloatArray,
    column_ff: FloatArray,
) -> FloatArray:
    """Energy of writing one cell. [fJ]."""
    if isinstance(memory_cell, RramCell):
        return cell.rram_write_energy_fj(
            knobs.bits_per_cell,
            memory_cell.write_v,
            memory_cell.write_pulse_ps,
            memory_cell.write_conductance_ms,
            memory_cell.write_pulses_per_level,
            column_ff,
            memory_cell.write_efficiency,
        )
    return cell.sram_write_energy_fj_per_bit(
        knobs.rows, column_ff / knobs.rows, supply.volt, line_ff, knobs.cols
    )


def _row_write_time(
    memory_cell: RramCell | SramCell, knobs: MacroKnobs, supply: Supply
) -> FloatArray:
    """Time of writing one row. [ps]."""
    if isinstance(memory_cell, RramCell):
        return cell.rram_write_time_ps_per_row(
            knobs.bits_per_cell,
            memory_cell.write_pulse_ps,
            memory_cell.verify_ps,
            memory_cell.write_pulses_per_level,
        )
    return digital.mac_delay_ps(supply.node_nm) * supply.slowness
