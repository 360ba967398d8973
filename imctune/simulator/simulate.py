"""The whole model, for populations: designs and workloads in, energy, cycles and area out."""

from __future__ import annotations

__all__ = ["Simulation", "Simulator"]

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.errors import InputError
from imctune.knobs import DesignBatch, DesignGrid
from imctune.simulator.accuracy.chips import ChipNoise, SampledChips, draw_conductances
from imctune.simulator.accuracy.ratio import Accuracy, NoiseModel
from imctune.simulator.actions import (
    ArraySteps,
    array_steps,
    count_actions,
    executed_steps,
)
from imctune.simulator.arrays import FloatArray, sum_arrays
from imctune.simulator.chip import Chip
from imctune.simulator.components.scaling import relative_wafer_cost
from imctune.simulator.energy import idle_energy, idle_power, layer_energy, sweep_energy
from imctune.simulator.geometry import ArrayGeometry, array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import Mapping, choose, map_arrays, map_vector_unit
from imctune.simulator.paper.chips import PaperChips
from imctune.simulator.pipeline import Chain, pipelined_cycles
from imctune.simulator.placement import Placement, Work, arrays_held, place, with_loaded_copies
from imctune.simulator.results import (
    LayerResults,
    SweepResults,
    by_component,
    hottest_layer,
    programming,
)
from imctune.simulator.schedule import layer_cycles
from imctune.simulator.simulation import Simulation
from imctune.technology import AnyTechnology, PaperTechnology, Technology
from imctune.variation import Variation
from imctune.workload import Workload


class Simulator:
    """A model of one technology running a set of workloads.

    Parameters
    ----------
    workloads : sequence of Workload
    technology : Technology or PaperTechnology
    assumptions : Assumptions
        What the model takes into account; everything by default. The paper's assumptions and
        the paper's technologies go together.
    variation : Variation, optional
        Errors of the cells; none by default.

    Attributes
    ----------
    paper : PaperChips or None
        The paper's mapper and costs, which take the place of the physical ones.
    noise : NoiseModel
        Accuracy of the products; the paper's profile has none.
    """

    def __init__(
        self,
        workloads: Sequence[Workload],
        technology: AnyTechnology,
        assumptions: Assumptions | None = None,
        variation: Variation | None = None,
    ) -> None:
        _keep_freed_memory()
        self._technology = technology
        self.assumptions = assumptions or Assumptions()
        self.variation = variation
        if variation is not None:
            variation.refuse_technology(technology)
        self.paper: PaperChips | None = None
        self.assumptions.refuse_technology(
            technology.name, is_paper=isinstance(technology, PaperTechnology)
        )
        if isinstance(technology, PaperTechnology):
            self.paper = PaperChips(workloads, technology)
        self.products = LayerTable.from_workloads(workloads, ("weights", "dynamic"))
        self.sweeps = LayerTable.from_workloads(workloads, ("none",))
        table = self.products
        if isinstance(technology, Technology):
            self.noise = NoiseModel(table, technology, variation)
            self._chip_noise = ChipNoise(self.noise)
        self._either = np.flatnonzero(table.is_dynamic | (table.groups > 1.0))
        self._on_either = table.take(self._either)
        self.chains = Chain.of_workloads(workloads)

    @property
    def technology(self) -> Technology:
        """Constants of the physical model."""
        if isinstance(self._technology, PaperTechnology):
            raise InputError(f"technology {self._technology.name}: has no physical model")
        return self._technology

    @property
    def takes_grids(self) -> bool:
        """Whether `simulate_grid` can work out partial results once for all that share them."""
        return self.paper is not None

    def simulate_grid(self, grid: DesignGrid) -> Simulation:
        """Evaluate every design of a grid, one after the other in C order, to the same bits."""
        if self.paper is None:
            raise InputError(f"technology {self.technology.name}: the model takes no grids")
        return self.paper.simulate(grid)

    def simulate(self, designs: DesignBatch, silicon: DesignBatch | None = None) -> Simulation:
        """Evaluate every design on every workload.

        Parameters
        ----------
        designs : DesignBatch
        silicon : DesignBatch, optional
            What the chips are built for, if that is more than the workloads of `designs` use.
        """
        if self.paper is not None:
            return self.paper.simulate(designs)
        chip = self.chip(designs, silicon)
        parts: list[LayerResults | SweepResults] = []
        products = None
        if self.products.n_layers:
            products = self.product_results(chip)
            parts.append(products)
        if self.sweeps.n_layers:
            parts.append(self.sweep_results(chip))
        lack = np.full((len(designs), len(self.chains)), -1.0)
        if products is not None:
            lack = products.placement.lack
        cycles = interval = sum_arrays([x.table.per_workload(x.cycles) for x in parts])
        pipelined = self._is_pipelined(designs)
        if pipelined.any():
            at_once, apart = pipelined_cycles(parts, self.chains, chip.ports)
            cycles = np.where(pipelined, at_once, cycles)
            interval = np.where(pipelined, apart, interval)
        # Where all transfers are taken to be instant, a sweep alone would take no time at all.
        cycles, interval = np.maximum(cycles, 1.0), np.maximum(interval, 1.0)
        latency = cycles * chip.cycle_ps
        interval_ps = interval * chip.cycle_ps
        dynamic = by_component(parts)
        energy = dynamic | idle_energy(chip, latency, self.assumptions)
        total = sum_arrays(list(energy.values()))
        # A pipeline that is full spends the dynamic energy of an inference in every interval.
        full = sum_arrays(list(dynamic.values())) / interval_ps
        hottest = np.maximum(hottest_layer(parts, chip.cycle_ps), full)
        programming_fj, programming_ps = programming(products, chip, latency.shape)
        return Simulation(
            energy_fj=total,
            cycles=cycles.astype(np.int64),
            latency_ps=latency,
            interval_ps=interval_ps,
            area_um2=chip.area_um2,
            energy_by_component_fj=energy,
            area_by_component_um2=chip.area_by_component_um2,
            power_avg_mw=total / latency,
            power_peak_mw=hottest + idle_power(chip, self.assumptions),
            programming_fj=programming_fj,
            programming_ps=programming_ps,
            relative_wafer_cost=np.broadcast_to(
                relative_wafer_cost(chip.supply.node_nm[:, 0]), chip.area_um2.shape
            ),
            n_converters=chip.n_converters,
            violations={
                "weight_capacity": self._capacity_excess(lack),
                "clock": _of_workloads(chip.clock_excess),
                "pipelined_reload": np.where(pipelined, lack, np.minimum(lack, 0.0)),
            },
            accuracy=self._accuracy(products, chip),
            sample_chips=partial(self._sampled, products, chip),
        )

    def screen(self, designs: DesignBatch) -> tuple[FloatArray, FloatArray]:
        """Area [µm²], (n,), and lack of weight capacity, (n, W), without running the schedule.

        Layers that could move to the vector unit are counted as stored, so a design that passes
        is sure to hold its weights, and one that fails by a little may still do.
        """
        if self.paper is not None:
            return self.paper.screen(designs)
        area_um2, lack = self.screen_residency(designs)
        return area_um2, self._capacity_excess(lack)

    @property
    def can_reload(self) -> bool:
        """Whether chips run networks whose weights they do not hold, but load each time."""
        return self.paper is None and self.technology.is_writable

    def screen_residency(self, designs: DesignBatch) -> tuple[FloatArray, FloatArray]:
        """Area [µm²], (n,), and lack of arrays for all weights at once, (n, W); see `screen`."""
        table = self.products
        chip = self.chip(designs).at(table)
        if not table.n_layers:
            return chip.area_um2, np.full((len(designs), table.n_workloads), -1.0)
        knobs = chip.knobs
        arrays = array_geometry(table, knobs).arrays
        needed = table.per_workload(np.where(table.is_weights, arrays, 0.0))
        return chip.area_um2, arrays_held(knobs, needed) / knobs.n_arrays - 1.0

    def accuracy(self, designs: DesignBatch) -> Accuracy:
        """Accuracy without running the schedule, at its best.

        Layers that could move to the vector unit are taken to be there, so a design that is not
        accurate enough here is not in `simulate`.
        """
        table = self.products
        chip = self.chip(designs).at(table)
        knobs = chip.knobs
        geometry = array_geometry(table, knobs)
        on_arrays = np.ones(table.n_layers, dtype=np.bool_)
        on_arrays[self._either] = False
        shape = (len(designs), table.n_layers)
        noise = self.noise.noise(
            knobs, geometry, np.broadcast_to(on_arrays, shape), chip.macro.bit_line_kohm
        )
        return self.noise.over_workloads(*noise)

    def chip(self, designs: DesignBatch, silicon: DesignBatch | None = None) -> Chip:
        """Chip of every design, built for what its workloads use or for more; see `simulate`."""
        knobs = KnobColumns.from_designs(designs)
        built = None if silicon is None else KnobColumns.from_designs(silicon)
        return Chip.build(knobs, self.technology, self.assumptions, built)

    def product_results(self, chip: Chip) -> LayerResults:
        """Map, schedule and count every product of every design.

        Dense layers run on the arrays. Grouped convolutions and dynamic products are scheduled on
        the arrays, given that all run there, and on the vector unit; then copies are shared out
        again among the layers that stay on the arrays.
        """
        table, whole = self.products, chip
        chip = whole.at(table)
        knobs = chip.knobs
        geometry = array_geometry(table, knobs)
        steps = array_steps(table, knobs, geometry)
        mvm_cycles = chip.mvm_cycles(knobs, steps)
        storable = table.is_weights | (table.is_dynamic & self.technology.is_writable)
        on_arrays = np.array(np.broadcast_to(storable, geometry.arrays.shape))
        work = Work.of(table, knobs, geometry, mvm_cycles)
        placement = place(table, knobs, geometry, on_arrays, work, self.technology)
        either = self._either
        vector_unit = None
        if len(either):
            vector_unit = map_vector_unit(self._on_either, table.pick(knobs, either))
            on_arrays[:, either] = self._faster_on_arrays(
                knobs,
                whole.at(self._on_either),
                geometry,
                steps,
                placement,
                mvm_cycles,
                vector_unit,
            )
            placement = place(table, knobs, geometry, on_arrays, work, self.technology)
            on_arrays &= placement.possible
        placement = with_loaded_copies(placement, table, knobs, geometry, mvm_cycles, chip.ports)
        if knobs.zero_skipping.any():
            executed = executed_steps(steps, geometry, placement.copies)
            mvm_cycles = chip.mvm_cycles(knobs, steps, executed)
        mapping = map_arrays(table, knobs, geometry, placement, mvm_cycles)
        if vector_unit is not None:
            mapping = choose(on_arrays, mapping, vector_unit, either)
        actions = count_actions(table, knobs, geometry, steps, mapping)
        return LayerResults(
            table=table,
            cells_per_array=knobs.rows * knobs.cols,
            converters_bound=chip.converters_bound(knobs, steps),
            geometry=geometry,
            placement=placement,
            mapping=mapping,
            actions=actions,
            cycles=layer_cycles(mapping, chip.ports),
            energy_fj=layer_energy(table, knobs, chip, geometry, steps, actions),
        )

    def sweep_results(self, chip: Chip) -> SweepResults:
        """Schedule every layer that only the vector unit can run."""
        table = self.sweeps
        chip = chip.at(table)
        knobs = chip.knobs
        mapping = map_vector_unit(table, knobs)
        return SweepResults(
            table=table,
            mapping=mapping,
            cycles=layer_cycles(mapping, chip.ports),
            energy_fj=sweep_energy(table, knobs, chip, mapping),
        )

    def _is_pipelined(self, designs: DesignBatch) -> npt.NDArray[np.bool_]:
        """Whether each workload runs with all layers at once, (n, W)."""
        chosen = np.asarray(designs["schedule"] == "pipelined", dtype=np.bool_)
        shape = (len(designs), len(self.chains))
        return np.broadcast_to(chosen[:, None] if chosen.ndim == 1 else chosen, shape)

    def _faster_on_arrays(
        self,
        knobs: KnobColumns,
        chip: Chip,
        geometry: ArrayGeometry,
        steps: ArraySteps,
        placement: Placement,
        mvm_cycles: FloatArray,
        vector_unit: Mapping,
    ) -> npt.NDArray[np.bool_]:
        """Whether the arrays take fewer cycles than the vector unit, or as many and less energy."""
        full, table, columns = self.products, self._on_either, self._either
        knobs, geometry = full.pick(knobs, columns), full.pick(geometry, columns)
        steps, placement = full.pick(steps, columns), full.pick(placement, columns)
        mvm_cycles = np.take(mvm_cycles, columns, axis=1)
        placement = with_loaded_copies(placement, table, knobs, geometry, mvm_cycles, chip.ports)
        arrays = map_arrays(table, knobs, geometry, placement, mvm_cycles)
        arrays_time = layer_cycles(arrays, chip.ports)
        vector_time = layer_cycles(vector_unit, chip.ports)
        faster = placement.possible & (arrays_time < vector_time)
        ties = placement.possible & (arrays_time == vector_time)
        if ties.any():
            energy = []
            for mapping in (arrays, vector_unit):
                actions = count_actions(table, knobs, geometry, steps, mapping)
                parts = layer_energy(table, knobs, chip, geometry, steps, actions)
                energy.append(sum_arrays(list(parts.values())))
            faster |= ties & (energy[0] <= energy[1])
        return faster

    def _capacity_excess(self, lack: FloatArray) -> FloatArray:
        """Lack of weight capacity: only cells that keep their weights can run out of room."""
        return np.minimum(lack, 0.0) if self.technology.is_writable else lack

    def layer_noise(self, products: LayerResults, chip: Chip) -> tuple[FloatArray, FloatArray]:
        """Noise over signal of every product, and loss in wires over its limit."""
        knobs = chip.at(products.table).knobs
        on_arrays, wire = products.mapping.on_arrays, chip.macro.bit_line_kohm
        return self.noise.noise(knobs, products.geometry, on_arrays, wire)

    def _accuracy(self, products: LayerResults | None, chip: Chip) -> Accuracy:
        """Accuracy of the arithmetic; a network without products makes no error."""
        if products is None:
            exact = np.full((chip.knobs.n_designs, len(self.chains)), np.inf)
            return Accuracy(exact, exact, np.full_like(exact, -1.0))
        return self.noise.over_workloads(*self.layer_noise(products, chip))

    def _sampled(
        self, products: LayerResults | None, chip: Chip, n_chips: int, seed: int
    ) -> SampledChips:
        """Sample chips of every design; a network without products makes no error."""
        spread = self.variation.chip_conductance_spread if self.variation is not None else 0.0
        conductance = draw_conductances(spread, n_chips, seed)
        if products is None:
            exact = np.full((chip.knobs.n_designs, len(self.chains), n_chips), np.inf)
            return SampledChips(exact, conductance)
        knobs = chip.at(products.table).knobs
        on_arrays, wire = products.mapping.on_arrays, chip.macro.bit_line_kohm
        snr_db = self._chip_noise.worst_snr_db(
            knobs, products.geometry, on_arrays, wire, n_chips, seed
        )
        return SampledChips(snr_db, conductance)


def _of_workloads(amounts: FloatArray) -> FloatArray:
    """Return (n,) where one amount holds for all workloads, else (n, n_workloads)."""
    return amounts[:, 0] if amounts.shape[1] == 1 else amounts


def _keep_freed_memory() -> None:
    """Let the C library keep the memory of freed arrays instead of returning it to the system.

    Freeing one block of this size raises glibc's threshold for that; without it a third of the
    time of a simulation goes into asking for the same pages again. Elsewhere it does nothing.
    """
    np.empty(7 << 22, dtype=np.uint8)
