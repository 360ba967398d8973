"""The whole model, for populations: designs and workloads in, energy, cycles and area out."""

from __future__ import annotations

__all__ = ["Simulation", "Simulator"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.knobs import DesignBatch
from imctune.simulator.actions import Actions, ArraySteps, array_steps, count_actions
from imctune.simulator.arrays import FloatArray
from imctune.simulator.chip import Chip
from imctune.simulator.energy import idle_energy, idle_power, layer_energy
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import (
    ArrayGeometry,
    Mapping,
    array_geometry,
    choose,
    map_arrays,
    map_vector_unit,
)
from imctune.simulator.placement import Placement, place
from imctune.simulator.schedule import layer_cycles
from imctune.technology import Technology
from imctune.workload import Workload


@dataclass(frozen=True)
class Simulation:
    """Results of a population, in the inner units.

    Shapes: ``n`` designs, ``W`` workloads.

    Attributes
    ----------
    energy_fj, latency_ps, interval_ps : ndarray
        Of one inference; interval between results when run back to back, (n, W).
    cycles : ndarray of int64
        First input to last output, (n, W).
    area_um2 : ndarray
        (n,).
    energy_by_component_fj : dict of str to ndarray
        (n, W) each; they sum to `energy_fj`.
    area_by_component_um2 : dict of str to ndarray
        (n,) each; they sum to `area_um2`.
    power_avg_mw, power_peak_mw : ndarray
        Over the inference, and in the hottest layer, (n, W).
    programming_fj, programming_ps : ndarray
        Cold start: the first loading of all weights, outside energy and latency, (n, W).
    n_converters : ndarray
        Analog-to-digital converters of the chip, (n,).
    violations : dict of str to ndarray
        Physical limits by name, (n,) or (n, W): above 0 by how much the limit is exceeded.
    """

    energy_fj: FloatArray
    cycles: npt.NDArray[np.int64]
    latency_ps: FloatArray
    interval_ps: FloatArray
    area_um2: FloatArray
    energy_by_component_fj: dict[str, FloatArray]
    area_by_component_um2: dict[str, FloatArray]
    power_avg_mw: FloatArray
    power_peak_mw: FloatArray
    programming_fj: FloatArray
    programming_ps: FloatArray
    n_converters: FloatArray
    violations: dict[str, FloatArray]


@dataclass(frozen=True)
class LayerResults:
    """What the simulation knows of every layer; arrays of shape (n, n_layers), one run each."""

    knobs: KnobColumns
    chip: Chip
    geometry: ArrayGeometry
    placement: Placement
    mapping: Mapping
    actions: Actions
    cycles: FloatArray
    energy_fj: dict[str, FloatArray]


class Simulator:
    """A model of one technology running a set of workloads.

    Parameters
    ----------
    workloads : sequence of Workload
    technology : Technology
    assumptions : Assumptions
        What the model takes into account; everything by default.
    """

    def __init__(
        self,
        workloads: Sequence[Workload],
        technology: Technology,
        assumptions: Assumptions | None = None,
    ) -> None:
        _keep_freed_memory()
        self.technology = technology
        self.assumptions = assumptions or Assumptions()
        self.table = LayerTable.from_workloads(workloads)

    def simulate(self, designs: DesignBatch) -> Simulation:
        """Evaluate every design on every workload."""
        layers = self.layer_results(designs)
        table, chip = self.table, layers.chip
        cycles = table.per_workload(layers.cycles)
        latency = cycles * chip.cycle_ps[:, None]
        energy = {name: table.per_workload(values) for name, values in layers.energy_fj.items()}
        idle = idle_energy(chip, latency, self.assumptions)
        energy.update(idle)
        total = sum_components(energy)
        programming_fj, programming_ps = self._programming(layers)
        return Simulation(
            energy_fj=total,
            cycles=cycles.astype(np.int64),
            latency_ps=latency,
            interval_ps=latency.copy(),
            area_um2=chip.area_um2,
            energy_by_component_fj=energy,
            area_by_component_um2=chip.area_by_component_um2,
            power_avg_mw=total / latency,
            power_peak_mw=self._peak_power(layers),
            programming_fj=programming_fj,
            programming_ps=programming_ps,
            n_converters=chip.n_converters,
            violations={
                "weight_capacity": self._lack(layers.placement),
                "clock": chip.clock_excess,
            },
        )

    def screen(self, designs: DesignBatch) -> tuple[FloatArray, FloatArray]:
        """Area [µm²], (n,), and lack of weight capacity, (n, W), without running the schedule.

        Layers that could move to the vector unit are counted as stored, so a design that passes
        is sure to hold its weights, and one that fails by a little may still do.
        """
        knobs = KnobColumns.from_designs(designs, self.table)
        chip = Chip.build(knobs, self.technology, self.assumptions)
        geometry = array_geometry(self.table, knobs)
        stored = np.where(self.table.is_weights, geometry.arrays, 0.0)
        needed = self.table.per_workload(stored)
        held = np.where(knobs.holds_all, needed.sum(axis=1, keepdims=True), needed)
        lack = held / knobs.n_arrays - 1.0
        return chip.area_um2, lack if not self.technology.is_writable else np.minimum(lack, 0.0)

    def layer_results(self, designs: DesignBatch) -> LayerResults:
        """Map, schedule and count every layer of every design."""
        table, writable = self.table, self.technology.is_writable
        knobs = KnobColumns.from_designs(designs, table)
        chip = Chip.build(knobs, self.technology, self.assumptions)
        geometry = array_geometry(table, knobs)
        steps = array_steps(table, knobs, geometry)
        mvm_cycles = chip.mvm_cycles(knobs, steps)

        def on_arrays(wanted: npt.NDArray[np.bool_]) -> tuple[Placement, Mapping]:
            placed = place(table, knobs, geometry, wanted, mvm_cycles, writable)
            mapped = map_arrays(
                table, knobs, geometry, placed.available, placed.reloads, placed.copies, mvm_cycles
            )
            return placed, mapped

        can_store = np.broadcast_to(
            table.is_weights | (table.is_dynamic & writable), geometry.arrays.shape
        )
        first, arrays = on_arrays(can_store)
        vector_unit = map_vector_unit(table, knobs)
        arrays_time = layer_cycles(arrays, chip.ports)
        vector_time = layer_cycles(vector_unit, chip.ports)
        faster = first.possible & can_store & (arrays_time <= vector_time)
        ties = faster & (arrays_time == vector_time)
        if ties.any():
            faster &= ~ties | self._cheaper(knobs, chip, geometry, steps, arrays, vector_unit)
        placement, arrays = on_arrays(faster)
        mapping = choose(faster & placement.possible, arrays, vector_unit)
        actions = count_actions(table, knobs, geometry, steps, mapping)
        return LayerResults(
            knobs=knobs,
            chip=chip,
            geometry=geometry,
            placement=placement,
            mapping=mapping,
            actions=actions,
            cycles=layer_cycles(mapping, chip.ports),
            energy_fj=layer_energy(table, knobs, chip, geometry, steps, actions),
        )

    def _cheaper(
        self,
        knobs: KnobColumns,
        chip: Chip,
        geometry: ArrayGeometry,
        steps: ArraySteps,
        arrays: Mapping,
        vector_unit: Mapping,
    ) -> npt.NDArray[np.bool_]:
        """Whether the arrays need no more energy than the vector unit, layer by layer."""
        needs = [
            sum_components(
                layer_energy(
                    self.table,
                    knobs,
                    chip,
                    geometry,
                    steps,
                    count_actions(self.table, knobs, geometry, steps, mapping),
                )
            )
            for mapping in (arrays, vector_unit)
        ]
        return np.asarray(needs[0] <= needs[1])

    def _lack(self, placement: Placement) -> FloatArray:
        """Lack of weight capacity: only cells that keep their weights can run out of room."""
        if self.technology.is_writable:
            return np.minimum(placement.lack, 0.0)
        return placement.lack

    def _peak_power(self, layers: LayerResults) -> FloatArray:
        """Power of the hottest layer of each workload. [mW]."""
        time = layers.cycles * layers.chip.cycle_ps[:, None]
        dynamic = sum_components(layers.energy_fj) / np.maximum(time, 1.0)
        idle = idle_power(layers.chip, self.assumptions)
        return self.table.max_per_workload(dynamic) + idle[:, None]

    def _programming(self, layers: LayerResults) -> tuple[FloatArray, FloatArray]:
        """Energy [fJ] and time [ps] of the first loading of all stored weights."""
        chip, table, geometry = layers.chip, self.table, layers.geometry
        stored = layers.mapping.on_arrays & table.is_weights
        cells = table.second * geometry.columns_per_output * layers.mapping.copies
        energy = np.where(stored, cells, 0.0) * chip.macro.cell_write_fj[:, None]
        once = stored & ~layers.mapping.reloads
        rows = table.max_per_workload(np.where(once, geometry.rows_full, 0.0))
        return table.per_workload(energy), rows * chip.macro.row_write_ps[:, None]


def _keep_freed_memory() -> None:
    """Let the C library keep the memory of freed arrays instead of returning it to the system.

    Freeing one block of this size raises glibc's threshold for that; without it a third of the
    time of a simulation goes into asking for the same pages again. Elsewhere it does nothing.
    """
    np.empty(7 << 22, dtype=np.uint8)


def sum_components(parts: dict[str, FloatArray]) -> FloatArray:
    """Sum the parts in their order, so that a breakdown sums to its total to the last bit."""
    values = iter(parts.values())
    total = next(values)
    for part in values:
        total = total + part
    return total
