"""One design of the paper's profile, layer by layer."""

from __future__ import annotations

__all__ = ["paper_rows"]

from collections.abc import Sequence

import numpy as np

from imctune.knobs import DesignBatch
from imctune.simulator.arrays import sum_arrays
from imctune.simulator.paper.chips import PS_PER_NS, PaperChips
from imctune.workload import Layer, Workload


def paper_rows(
    chips: PaperChips, workloads: Sequence[Workload], design: DesignBatch
) -> dict[str, list[dict[str, object]]]:
    """List every distinct layer with stored weights, as `imctune.simulator.detail` does.

    Copies are output positions that are worked on at once; every cycle is one of computing.
    """
    knobs = chips.knobs(design)
    layers = chips.layers(knobs)
    table, filling = layers.table, layers.filling
    cycle_ps = np.broadcast_to(np.rint(knobs.cycle_time_ns * PS_PER_NS), (1, table.n_layers))[0]
    rounds = filling.rounds["out_h"] * filling.rounds["out_w"]
    copies = (table.positions / rounds)[0]
    cycles = (layers.cycles * table.count)[0]
    energy = {
        name: np.broadcast_to(values * table.count, (1, table.n_layers))[0]
        for name, values in layers.energy_fj.items()
    }
    total = sum_arrays(list(energy.values()))
    rows: dict[tuple[int, Layer], dict[str, object]] = {}
    for column, layer in enumerate(table.layers):
        rows[int(table.workload[column]), layer] = {
            "layer": layer.name,
            "unit": "arrays",
            "count": layer.count,
            "copies": int(copies[column]),
            "passes": 1,
            "cycles": int(cycles[column]),
            "latency_ps": float(cycles[column] * cycle_ps[column]),
            "energy_fj": float(total[column]),
            "energy_by_component_fj": {n: float(v[column]) for n, v in energy.items()},
            "cycles_by_bound": {"compute": int(cycles[column])},
            "operations": 2 * layer.macs * layer.count,
        }
    return {
        workload.name: [
            rows[index, layer]
            for layer in workload.unique_layers()[0]
            if layer.operand == "weights"
        ]
        for index, workload in enumerate(workloads)
    }
