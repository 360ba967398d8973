"""The chip of each design: area by component, ports, and energy per action.

What is built has shape (n_designs,). What happens when it runs, ports included, has shape
(n_designs, 1), or (n_designs, n_workloads) where workloads set what it depends on; `Chip.at` gives
it to the layers of the workloads.
"""

from __future__ import annotations

__all__ = ["Chip"]

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.simulator.actions import Actions, ArraySteps
from imctune.simulator.arrays import FloatArray, ceil_div, sum_arrays
from imctune.simulator.buffers import Buffers
from imctune.simulator.components import cell, digital, driver, leakage, link
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import SWEEPS, VECTOR_OPS, LayerTable
from imctune.simulator.macro import GUARD_BITS, Macro, MacroKnobs, Supply, build_macro
from imctune.simulator.schedule import Ports
from imctune.simulator.timing import mvm_time_ps
from imctune.technology import RramCell, Technology
from imctune.units import PS_PER_NS
from imctune.workload import ACTIVATIONS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

BITS_PER_GB_PS = 8e-3  # one GB/s moves 8e-3 bit in a picosecond

Record = TypeVar("Record", bound="DataclassInstance")


@dataclass(frozen=True)
class Chip:
    """What a design is made of; see the module for shapes.

    Attributes
    ----------
    knobs : KnobColumns
        How each workload runs it.
    cycle_ps : ndarray
        Clock period, whole. [ps]
    area_by_component_um2 : dict of str to ndarray
        They sum to `area_um2`; as large as the workload needs that needs most.
    n_converters : ndarray
        Analog-to-digital converters, (n,).
    clock_excess : ndarray
        Slowest single-cycle stage over the clock period, less one: above 0 where the clock is too
        fast, infinite where the supply is too low for the delay law.
    tile_read_fj, tile_write_fj, local_fj, glb_read_fj, glb_write_fj, router_fj : ndarray
        Energy per bit; a router's includes the link to the next. [fJ/bit]
    leakage_mw, offchip_idle_mw : ndarray
        Idle power on chip, and of the off-chip memory. [mW]
    """

    knobs: KnobColumns
    technology: Technology
    assumptions: Assumptions
    supply: Supply
    macro: Macro
    cycle_ps: FloatArray
    ports: Ports
    area_by_component_um2: dict[str, FloatArray]
    area_um2: FloatArray
    n_converters: FloatArray
    clock_excess: FloatArray
    tile_read_fj: FloatArray
    tile_write_fj: FloatArray
    local_fj: FloatArray
    glb_read_fj: FloatArray
    glb_write_fj: FloatArray
    router_fj: FloatArray
    leakage_mw: FloatArray
    offchip_idle_mw: FloatArray

    @classmethod
    def build(
        cls,
        knobs: KnobColumns,
        technology: Technology,
        assumptions: Assumptions,
        silicon: KnobColumns | None = None,
    ) -> Chip:
        """Work out the chip of every design.

        Parameters
        ----------
        knobs : KnobColumns
            Without a layer axis: how each workload runs the chip.
        technology : Technology
        assumptions : Assumptions
        silicon : KnobColumns, optional
            What it is built for, if that is more than any of these workloads asks for.
        """
        silicon = silicon or knobs
        supply = Supply.build(knobs.node_nm, knobs.supply_v, technology)
        macro = build_macro(MacroKnobs.of(knobs), MacroKnobs.of(silicon), supply, technology)
        buffers = Buffers.build(knobs, supply, technology)
        areas = _areas(silicon, supply, macro, buffers, technology)
        area = sum_arrays(list(areas.values()))
        cycle_ps = np.rint(knobs.cycle_time_ns * PS_PER_NS)
        (tile_read, local_read, glb_read), (tile_write, _, glb_write) = (
            buffers.read_fj,
            buffers.write_fj,
        )
        return cls(
            knobs=knobs,
            technology=technology,
            assumptions=assumptions,
            supply=supply,
            macro=macro,
            cycle_ps=cycle_ps,
            ports=_ports(knobs, macro, cycle_ps, technology, assumptions),
            area_by_component_um2=areas,
            area_um2=area,
            n_converters=macro.n_converters * knobs.n_arrays[:, 0],
            clock_excess=_clock_excess(supply, cycle_ps, technology, assumptions),
            tile_read_fj=tile_read,
            tile_write_fj=tile_write,
            local_fj=local_read,
            glb_read_fj=glb_read,
            glb_write_fj=glb_write,
            router_fj=_router_energy(knobs, supply, area, areas["global_buffer"], technology),
            leakage_mw=_leakage(knobs, supply, macro, buffers, areas, technology),
            offchip_idle_mw=knobs.offchip_gb_per_s * technology.offchip_background_mw_per_gb_s,
        )

    def at(self, table: LayerTable) -> Chip:
        """Return the chip as the layers of `table` see it: the second axis is that of layers."""
        return _at(self, table)

    def mvm_time(
        self, knobs: KnobColumns, steps: ArraySteps, executed: FloatArray | None = None
    ) -> FloatArray:
        """Whole time of one position on an array, (n, n_layers). [ps].

        All steps are taken, or the `executed` ones where some are skipped.
        """
        columns = np.where(knobs.is_digital, 1.0, steps.columns_per_converter)
        return mvm_time_ps(
            steps.inputs * steps.row_groups if executed is None else executed,
            self.macro.read_ps,
            columns * self.macro.convert_ps,
            self.macro.add_ps,
            knobs.sample_hold & ~knobs.is_digital,
        )

    def converters_bound(self, knobs: KnobColumns, steps: ArraySteps) -> npt.NDArray[np.bool_]:
        """Whether converting the columns of a step takes longer than reading them."""
        convert = steps.columns_per_converter * self.macro.convert_ps
        return ~knobs.is_digital & (convert > self.macro.read_ps)

    def mvm_cycles(
        self, knobs: KnobColumns, steps: ArraySteps, executed: FloatArray | None = None
    ) -> FloatArray:
        """Cycles of one position on an array, (n, n_layers)."""
        if not self.assumptions.array_time:
            return np.ones_like(steps.conversions)
        return ceil_div(self.mvm_time(knobs, steps, executed), self.cycle_ps)

    @property
    def macro_leakage_mw(self) -> FloatArray:
        """Idle power of one macro. [mW]."""
        logic = [area for name, area in self.macro.area_um2.items() if name != "cells"]
        return _logic_leakage(sum_arrays(logic), self.supply, self.technology) + (
            self.macro.n_cells[:, None]
            * self.technology.cell.leakage_mw_per_cell
            * (self.supply.volt / self.technology.nominal_supply_v)
        )

    def row_drive_fj(self, knobs: KnobColumns, steps: ArraySteps) -> FloatArray:
        """Energy of driving one row for one step, skipped or not, (n, n_layers). [fJ].

        Digital macros have no converter: each input bit of the step has a word line of its own.
        With zero skipping, a tree of gates finds the steps in which no row has a bit set: a gate
        for each input bit of a row. It works in every step; skipped ones drive no row.
        """
        lines = np.where(knobs.is_digital, knobs.dac_bits, 1.0)

        def driven(density: FloatArray) -> FloatArray:
            return lines * driver.row_drive_energy_fj(
                np.where(knobs.is_digital, 1.0, knobs.dac_bits),
                density,
                self.macro.row_line_ff,
                self.technology.dac_ff_per_bit * self.supply.capacitance,
                knobs.supply_v,
            )

        energy = driven(steps.density)
        if not knobs.zero_skipping.any():
            return energy
        gate = digital.gate_energy_fj(self.supply.volt, self.supply.node_nm)
        detection = np.where(knobs.zero_skipping, knobs.dac_bits * gate, 0.0)
        # What a driver takes at an input of zero is saved in skipped steps.
        return energy - steps.idle_share * driven(np.zeros(1)) + detection

    def cell_energy_fj(
        self,
        table: LayerTable,
        knobs: KnobColumns,
        geometry: ArrayGeometry,
        steps: ArraySteps,
        actions: Actions,
    ) -> FloatArray:
        """Energy of the cells and columns of each layer, (n, n_layers). [fJ]."""
        columns = actions.column_reads * (1.0 - steps.idle_share) * self.macro.column_fj
        inputs, memory_cell = steps.density, self.technology.cell
        if not isinstance(memory_cell, RramCell):
            density = inputs * _stored_density(table, knobs)
            capacitor = memory_cell.unit_cap_ff * self.supply.capacitance
            product = cell.sram_multiply_energy_fj(capacitor, knobs.supply_v, density)
            gates = knobs.bits_per_cell * np.where(knobs.is_digital, knobs.dac_bits, 1.0)
            return columns + actions.cell_reads * gates * product
        square = cell.input_mean_square(knobs.dac_bits, inputs)
        time = self.macro.read_ps + np.where(
            knobs.sample_hold, 0.0, steps.columns_per_converter * self.macro.convert_ps
        )
        density = np.where(
            knobs.is_differential, table.weight_magnitude_density, table.weight_bit_density
        )
        # Dynamic operands are never in these cells: all that they hold are weights.
        stored = density * cell.mean_level(
            knobs.is_differential, knobs.weight_bits, knobs.bits_per_cell, 1.0
        )
        # A zero weight is half of full scale in offset code, and nothing in a differential pair.
        zero = np.where(knobs.is_differential, 0.0, 0.5)
        per_cell = [
            cell.rram_read_energy_fj(
                cell.rram_conductance_ms(level, memory_cell.r_low_kohm, memory_cell.r_high_kohm),
                memory_cell.read_v,
                knobs.supply_v,
                square,
                time,
            )
            for level in (stored, zero)
        ]
        return columns + actions.cell_reads * per_cell[0] + actions.zero_cell_reads * per_cell[1]

    def tree_activity(self, knobs: KnobColumns, table: LayerTable, steps: ArraySteps) -> FloatArray:
        """Share of full energy that a conversion takes: 1, or the activity of an adder tree."""
        if not knobs.is_digital.any():
            return np.ones((1, 1))
        p = steps.density
        return np.where(knobs.is_digital, 2.0 * p * (1.0 - p) * _stored_density(table, knobs), 1.0)

    def multiply_fj(self, knobs: KnobColumns, table: LayerTable) -> FloatArray:
        """Energy of one multiply-accumulate of the vector unit, (n, n_layers). [fJ]."""
        second = np.where(table.is_dynamic, knobs.input_bits, knobs.weight_bits)
        return digital.mac_energy_fj(knobs.input_bits, second, knobs.supply_v, knobs.node_nm)

    def function_fj(self, table: LayerTable) -> FloatArray:
        """Energy of one lane operation of layers without a second operand, (n, n_layers). [fJ]."""
        energies = dict(self.technology.function_fj) | {"mac": 0.0}
        energies["scale"] = energies["requantise"]
        functions = np.array([energies[name] / SWEEPS.get(name, 1) for name in VECTOR_OPS])
        return functions[table.vector_op] * self.supply.dynamic

    def activation_fj(self, table: LayerTable) -> FloatArray:
        """Energy of rescaling one output and applying its activation, (n, n_layers). [fJ]."""
        requantise = self.technology.function_fj["requantise"]
        energies = dict(self.technology.function_fj) | {"none": 0.0}
        functions: FloatArray = np.array([energies[name] for name in ACTIVATIONS])[table.activation]
        functions += requantise * (table.is_weights | table.is_dynamic)
        return functions * self.supply.dynamic


def _at(record: Record, table: LayerTable) -> Record:
    """Give the layers of `table` what a record, and the records in it, hold of their workloads."""
    widened: dict[str, Any] = {}
    for name, value in vars(record).items():
        if isinstance(value, (KnobColumns, Supply, Macro, Ports)):
            wide: Any = _at(value, table)
        elif isinstance(value, np.ndarray):
            wide = table.widened(value)
        else:
            continue
        if wide is not value:
            widened[name] = wide
    return replace(record, **widened) if widened else record


def _areas(
    knobs: KnobColumns, supply: Supply, macro: Macro, buffers: Buffers, technology: Technology
) -> dict[str, FloatArray]:
    """Area of every component of the chip. [µm²]."""
    node = supply.node_nm[:, 0]
    n_arrays = knobs.n_arrays[:, 0]
    n_tiles = (knobs.router_groups * knobs.tiles_per_group)[:, 0]
    tile_buffer, local_bank, global_buffer = buffers.area_um2
    operand_bits = knobs.input_bits.max(axis=1) + knobs.weight_bits.max(axis=1)
    width = operand_bits + GUARD_BITS
    adder = digital.adder_area_um2(width, node) + width * digital.register_area_um2_per_bit(node)
    lane = (
        digital.mac_area_um2(knobs.input_bits.max(axis=1), knobs.weight_bits.max(axis=1), node)
        + technology.function_unit_um2 * supply.area[:, 0]
    )
    areas = {name: n_arrays * area for name, area in macro.area_um2.items()}
    areas["shift_add"] = areas["shift_add"] + n_arrays * adder
    n_gates = knobs.zero_skipping.any(axis=1) * (knobs.rows * knobs.dac_bits)[:, 0]
    areas["row_drivers"] = areas["row_drivers"] + n_arrays * n_gates * digital.gate_area_um2(node)
    areas |= {
        "tile_buffers": n_tiles * tile_buffer,
        "routers": knobs.router_groups[:, 0] * link.router_area_um2(knobs.router_bits[:, 0], node),
        "global_buffer": global_buffer,
        "vector_unit": knobs.vector_lanes[:, 0] * lane + buffers.local_banks * local_bank,
        "offchip": knobs.offchip_gb_per_s[:, 0] * technology.offchip_phy_um2_per_gb_s,
    }
    return {name: np.broadcast_to(area, n_arrays.shape) for name, area in areas.items()}


def _ports(
    knobs: KnobColumns,
    macro: Macro,
    cycle_ps: FloatArray,
    technology: Technology,
    assumptions: Assumptions,
) -> Ports:
    """Bits per cycle of every port."""
    usable = technology.offchip_usable_share * BITS_PER_GB_PS
    offchip = np.maximum(1.0, np.floor(knobs.offchip_gb_per_s * usable * cycle_ps))
    row_write = ceil_div(macro.row_write_ps, cycle_ps)
    if assumptions.transfer_time:
        return Ports(knobs.router_bits, knobs.glb_port_bits, offchip, knobs.vector_lanes, row_write)
    endless = np.full_like(offchip, np.inf)
    return Ports(endless, endless, endless, endless, np.zeros_like(row_write))


def _clock_excess(
    supply: Supply, cycle_ps: FloatArray, technology: Technology, assumptions: Assumptions
) -> FloatArray:
    """How much the slowest single-cycle stage, a multiply-accumulate, exceeds the clock period."""
    if not assumptions.clock_limit:
        return np.full_like(cycle_ps, -1.0)
    stage = digital.mac_delay_ps(supply.node_nm) * supply.slowness
    too_low = supply.volt - technology.threshold_v < technology.overdrive_min_v - 1e-9
    return np.where(too_low, np.inf, stage / cycle_ps - 1.0)


def _router_energy(
    knobs: KnobColumns,
    supply: Supply,
    area_um2: FloatArray,
    glb_um2: FloatArray,
    technology: Technology,
) -> FloatArray:
    """Energy per bit from the global buffer to a tile or back: hops of a square mesh. [fJ/bit].

    The mean way through a mesh of ``x`` by ``x`` routers is ``2 x / 3`` hops, at least one, each
    over the pitch of a tile group.
    """
    groups = knobs.router_groups
    hops = np.maximum(1.0, 2.0 / 3.0 * np.sqrt(groups))
    pitch_mm = np.sqrt((area_um2 - glb_um2)[:, None] / groups) * 1e-3
    router = link.router_energy_fj_per_bit(
        supply.volt, supply.node_nm, technology.router_ff_per_bit
    )
    wire = link.wire_energy_fj_per_bit_mm(
        supply.volt, technology.link_ff_per_mm, technology.link_toggle_share
    )
    return hops * (router + wire * pitch_mm)


def _leakage(
    knobs: KnobColumns,
    supply: Supply,
    macro: Macro,
    buffers: Buffers,
    areas: dict[str, FloatArray],
    technology: Technology,
) -> FloatArray:
    """Idle power of the chip: logic by area, cells by count, buffers by size. [mW]."""
    memory = ("cells", "tile_buffers", "global_buffer")
    logic_um2 = sum_arrays([area for name, area in areas.items() if name not in memory])
    tile, local_bank, glb = buffers.leakage_mw
    n_tiles = (knobs.router_groups * knobs.tiles_per_group)[:, 0]
    local = buffers.local_banks * local_bank
    # The vector unit's area holds its local buffer, which leaks as a memory.
    logic_um2 = logic_um2 - buffers.local_banks * buffers.area_um2[1]
    memories = technology.buffer_leakage_factor * (n_tiles * tile + local + glb)
    cells = knobs.n_arrays[:, 0] * macro.n_cells * technology.cell.leakage_mw_per_cell
    held = (memories + cells)[:, None]
    idle: FloatArray = held * supply.volt / technology.nominal_supply_v
    return _logic_leakage(logic_um2, supply, technology) + idle


def _logic_leakage(area_um2: FloatArray, supply: Supply, technology: Technology) -> FloatArray:
    """Idle power of digital and analog periphery. [mW]."""
    return leakage.leakage_mw(
        area_um2[:, None],
        technology.logic_leakage_mw_per_mm2,
        supply.volt,
        technology.nominal_supply_v,
    )


def _stored_density(table: LayerTable, knobs: KnobColumns) -> FloatArray:
    """Share of ones among the stored bits of each layer."""
    weights = np.where(
        knobs.is_differential, 0.5 * table.weight_magnitude_density, table.weight_bit_density
    )
    return np.where(table.is_dynamic, table.input_bit_density, weights)
