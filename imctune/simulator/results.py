"""What is known of every layer of every design, and what it adds up to for each workload."""

from __future__ import annotations

__all__ = ["LayerResults", "SweepResults", "by_component", "hottest_layer", "programming"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.actions import Actions
from imctune.simulator.arrays import FloatArray, sum_arrays
from imctune.simulator.chip import Chip
from imctune.simulator.energy import COMPONENTS
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import Mapping
from imctune.simulator.placement import Placement


@dataclass(frozen=True)
class LayerResults:
    """What is known of every product (weights or dynamic); arrays (n, n_layers), one run each.

    `converters_bound` tells where converting a step takes longer than reading it.
    """

    table: LayerTable
    cells_per_array: FloatArray
    converters_bound: npt.NDArray[np.bool_]
    geometry: ArrayGeometry
    placement: Placement
    mapping: Mapping
    actions: Actions
    cycles: FloatArray
    energy_fj: dict[str, FloatArray]


@dataclass(frozen=True)
class SweepResults:
    """What is known of every layer without a second operand; arrays (n, n_layers), one run each."""

    table: LayerTable
    mapping: Mapping
    cycles: FloatArray
    energy_fj: dict[str, FloatArray]


def by_component(parts: Sequence[LayerResults | SweepResults]) -> dict[str, FloatArray]:
    """Energy of each workload by component, over all its layers. [fJ]."""
    sums = [
        {name: part.table.per_workload(values) for name, values in part.energy_fj.items()}
        for part in parts
    ]
    return {
        name: sum_arrays([part[name] for part in sums if name in part])
        for name in COMPONENTS
        if any(name in part for part in sums)
    }


def hottest_layer(parts: Sequence[LayerResults | SweepResults], cycle_ps: FloatArray) -> FloatArray:
    """Dynamic power of the hottest layer of each workload, (n, n_workloads). [mW]."""
    hottest = []
    for part in parts:
        time = np.maximum(part.cycles, 1.0) * part.table.widened(cycle_ps)
        dynamic = sum_arrays(list(part.energy_fj.values())) / time
        hottest.append(part.table.max_per_workload(dynamic))
    return hottest[0] if len(hottest) == 1 else np.maximum(*hottest)


def programming(
    products: LayerResults | None, chip: Chip, shape: tuple[int, ...]
) -> tuple[FloatArray, FloatArray]:
    """Energy [fJ] and time [ps] of the first loading of all stored weights."""
    if products is None:
        return np.zeros(shape), np.zeros(shape)
    table, geometry, mapping = products.table, products.geometry, products.mapping
    stored = mapping.on_arrays & table.is_weights & ~mapping.reloads
    cells = table.second * geometry.columns_per_output * mapping.copies
    energy = np.where(stored, cells, 0.0) * table.widened(chip.macro.cell_write_fj)
    rows = table.max_per_workload(np.where(stored, geometry.rows_full, 0.0))
    return table.per_workload(energy), rows * chip.macro.row_write_ps
