"""The paper's chips, for populations: designs in, a `Simulation` out."""

from __future__ import annotations

__all__ = ["PaperChips", "PaperLayers"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imctune.errors import InputError
from imctune.knobs import DesignBatch, DesignGrid, aligned
from imctune.simulator.arrays import FloatArray, ceil_div, sum_arrays
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.paper.actions import count_actions
from imctune.simulator.paper.area import chip_area
from imctune.simulator.paper.energy import layer_energy
from imctune.simulator.paper.filling import Filling, WholeChip
from imctune.simulator.simulation import Simulation
from imctune.technology import PaperTechnology
from imctune.workload import Workload

PS_PER_NS = 1e3

# The closed forms hold at these values alone; knobs of which the paper knows nothing (vector unit,
# off-chip bandwidth, size of tile buffers) may have any.
FIXED: dict[str, object] = {
    "weight_bits": 8,
    "input_bits": 8,
    "adc_bits": 5,
    "dac_bits": 8,
    "columns_per_adc": 1,
    "sample_hold": False,
    "compute": "analog",
    "encoding": "offset",
    "glb_port_bits": 2048,
    "router_bits": 128,
    "replication": "paper",
    "schedule": "sequential",
    "ping_pong": False,
    "zero_skipping": False,
    "residency": "one",
}


@dataclass(frozen=True)
class PaperLayers:
    """Results of every layer with stored weights, one run each: (n, n_layers) arrays."""

    table: LayerTable
    filling: Filling
    cycles: FloatArray
    energy_fj: dict[str, FloatArray]


class PaperChips:
    """Chips of one of the paper's technologies running a set of workloads.

    Parameters
    ----------
    workloads : sequence of Workload
        Their products with stored weights count; all else is free, as in the paper.
    technology : PaperTechnology
    """

    def __init__(self, workloads: Sequence[Workload], technology: PaperTechnology) -> None:
        self.technology = technology
        self.table = LayerTable.from_workloads(workloads, ("weights",))
        for index, workload in enumerate(workloads):
            if index not in self.table.present:
                raise InputError(
                    f"assumptions paper: workload {workload.name} must have a layer with stored "
                    "weights, got none"
                )
        self.mapper = WholeChip(self.table, spreads_columns=technology.memory == "rram")

    def simulate(self, designs: DesignBatch | DesignGrid) -> Simulation:
        """Evaluate every design on every workload.

        On a grid, each partial result is worked out once for the knobs that it depends on.
        """
        knobs = self.knobs(designs)
        layers = self.layers(knobs)
        per_workload = self.table.per_workload
        energy = {name: per_workload(values) for name, values in layers.energy_fj.items()}
        total = sum_arrays(list(energy.values()))
        cycle_ps = np.rint(knobs.cycle_time_ns * PS_PER_NS)
        latency = per_workload(layers.cycles * cycle_ps)
        hottest = sum_arrays(list(layers.energy_fj.values())) / layers.cycles
        clock = np.broadcast_to(cycle_ps, (*cycle_ps.shape[:-1], self.table.n_layers))
        areas = chip_area(knobs, self.technology)
        nothing = np.zeros_like(latency)
        shape = designs.shape if isinstance(designs, DesignGrid) else (len(designs),)
        return Simulation(
            energy_fj=total,
            cycles=per_workload(layers.cycles).astype(np.int64),
            latency_ps=latency,
            interval_ps=latency,
            area_um2=sum_arrays(list(areas.values())),
            energy_by_component_fj=energy,
            area_by_component_um2=areas,
            power_avg_mw=total / latency,
            power_peak_mw=self.table.max_per_workload(hottest) / self.table.max_per_workload(clock),
            programming_fj=nothing,
            programming_ps=nothing,
            relative_wafer_cost=np.ones(1),
            n_converters=(knobs.n_arrays * knobs.cols)[..., 0],
            violations={"weight_capacity": self._lack(knobs)},
        ).of_designs(shape)

    def screen(self, designs: DesignBatch) -> tuple[FloatArray, FloatArray]:
        """Area [um2], (n,), and lack of weight capacity, (n, W)."""
        knobs = self.knobs(designs)
        areas = chip_area(knobs, self.technology)
        return sum_arrays(list(areas.values())), self._lack(knobs)

    def layers(self, knobs: KnobColumns) -> PaperLayers:
        """Map, count and price every layer on every design."""
        filling = self.mapper.fill(knobs)
        actions = count_actions(self.table, filling, knobs.weight_bits)
        return PaperLayers(
            table=self.table,
            filling=filling,
            cycles=filling.cycles,
            energy_fj=layer_energy(self.table, knobs, actions, self.technology),
        )

    def knobs(self, designs: DesignBatch | DesignGrid) -> KnobColumns:
        """Knobs of a population, refused where the closed forms do not hold."""
        technology = self.technology
        for knob, value in FIXED.items():
            _refuse(knob, designs, designs[knob] != value, f"{value}")
        rows, rows_active = aligned(designs["rows"], designs["rows_active"])
        _refuse("rows_active", designs, rows_active < rows, "rows")
        node = technology.node_nm
        _refuse("node_nm", designs, designs["node_nm"] != node, f"{node:g}")
        if technology.memory == "sram":
            _refuse("bits_per_cell", designs, designs["bits_per_cell"] != 1, "1")
        limits = {
            "supply_v": (technology.supply_min_v, technology.supply_max_v),
            "glb_kib": (technology.glb_kib[0], technology.glb_kib[-1]),
        }
        for knob, (low, high) in limits.items():
            outside = (designs[knob] < low) | (designs[knob] > high)
            _refuse(knob, designs, outside, f"from {low:g} to {high:g}")
        return KnobColumns.from_designs(designs, self.table)

    def _lack(self, knobs: KnobColumns) -> FloatArray:
        """Cells needed over cells at hand, less one, (n, W); SRAM brings in what does not fit.

        As in the paper, cells are counted and not arrays, and one group of a grouped convolution.
        """
        slices = ceil_div(knobs.weight_bits, knobs.bits_per_cell)
        needed = self.table.per_workload(self.table.k * self.table.m * slices)
        if self.technology.memory == "sram":
            return np.full_like(needed, -1.0)
        return needed / (knobs.n_arrays * knobs.rows * knobs.cols) - 1.0


def _refuse(
    knob: str, designs: DesignBatch | DesignGrid, is_wrong: np.ndarray, allowed: str
) -> None:
    """Refuse a population in which a knob has values that the profile knows nothing of."""
    if is_wrong.any():
        got = np.broadcast_to(designs[knob], is_wrong.shape)[is_wrong].flat[0].item()
        raise InputError(f"assumptions paper: {knob} must be {allowed}, got {got!r}")
