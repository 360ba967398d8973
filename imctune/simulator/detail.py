"""One design layer by layer: where it runs, what bounds it, how well it fills the arrays."""

from __future__ import annotations

__all__ = ["layer_rows"]

from collections.abc import Mapping as Rows
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.simulator.accuracy.ratio import decibel
from imctune.simulator.arrays import FloatArray, sum_arrays
from imctune.simulator.chip import Chip
from imctune.simulator.layers import LayerTable
from imctune.simulator.paper.rows import paper_rows
from imctune.simulator.pipeline import shared_work
from imctune.simulator.results import LayerResults, SweepResults
from imctune.simulator.schedule import cycles_by_resource
from imctune.simulator.simulate import Simulator
from imctune.workload import Layer, Workload


def layer_rows(
    simulator: Simulator, workloads: Sequence[Workload], design: DesignBatch
) -> dict[str, list[dict[str, object]]]:
    """List every distinct layer of every workload on one design, in order of execution.

    Parameters
    ----------
    simulator : Simulator
        Made for `workloads`.
    workloads : sequence of Workload
    design : DesignBatch
        A single design.

    Returns
    -------
    dict of str to list of dict
        Per workload, one row per distinct layer. Cycles, latency [ps] and energy [fJ] are those of
        all `count` runs, idle power left out. `cycles_by_bound` shares the cycles out by what
        bounds them; `utilisation` is the share of the cells of a layer's arrays that hold weights;
        `bits_moved` is what all runs move through the global-buffer port, `offchip_bits_moved` to
        and from off-chip memory, `operations` twice their multiply-accumulates, and `snr_db` the
        signal-to-noise ratio of its results.
    """
    if len(design) != 1:
        raise InputError(f"layer by layer: one design is shown at a time, got {len(design)}")
    if simulator.paper is not None:
        return paper_rows(simulator.paper, workloads, design)
    chip = simulator.chip(design)
    rows: dict[tuple[int, Layer], dict[str, object]] = {}
    if simulator.products.n_layers:
        products = simulator.product_results(chip)
        noise, _ = simulator.layer_noise(products, chip)
        extra = {**_array_columns(products), "snr_db": decibel(noise[0])}
        _add_rows(rows, products, chip, extra)
    if simulator.sweeps.n_layers:
        sweeps = simulator.sweep_results(chip)
        _add_rows(rows, sweeps, chip, {})
    return {
        workload.name: [rows[index, layer] for layer in workload.unique_layers()[0]]
        for index, workload in enumerate(workloads)
    }


def _add_rows(
    rows: dict[tuple[int, Layer], dict[str, object]],
    results: LayerResults | SweepResults,
    chip: Chip,
    extra: Rows[str, FloatArray],
) -> None:
    """Add the rows of one kind of layers, keyed by workload and layer."""
    table: LayerTable = results.table
    mapping = results.mapping
    energy = {name: _row(values, table) * table.count for name, values in results.energy_fj.items()}
    total = sum_arrays(list(energy.values()))
    cycles = _row(results.cycles, table) * table.count
    latency = cycles * _row(table.widened(chip.cycle_ps), table)
    bounds = _cycles_by_bound(results, chip)
    on_arrays = _row(mapping.on_arrays, table) > 0.0
    work = {name: _row(x, table) * table.count for name, x in shared_work(mapping).items()}
    for column, layer in enumerate(table.layers):
        row: dict[str, object] = {
            "layer": layer.name,
            "unit": "arrays" if on_arrays[column] else "vector",
            "count": layer.count,
            "copies": int(_row(mapping.copies, table)[column]),
            "passes": int(_row(mapping.passes, table)[column]),
            "cycles": int(cycles[column]),
            "latency_ps": float(latency[column]),
            "energy_fj": float(total[column]),
            "energy_by_component_fj": {n: float(v[column]) for n, v in energy.items()},
            "cycles_by_bound": {n: int(v[column]) for n, v in bounds.items()},
            "operations": 2 * layer.macs * layer.count,
            "bits_moved": int(work["glb"][column]),
            "offchip_bits_moved": int(work["offchip"][column]),
        }
        row |= {name: float(values[column]) for name, values in extra.items()}
        rows[int(table.workload[column]), layer] = row


def _cycles_by_bound(results: LayerResults | SweepResults, chip: Chip) -> dict[str, FloatArray]:
    """Cycles of all runs of every layer by what bounds them; they sum to the layer's cycles."""
    table = results.table
    bounds = {
        name: _row(values, table) * table.count
        for name, values in cycles_by_resource(results.mapping, chip.at(table).ports).items()
    }
    converting = np.zeros(table.n_layers)
    if isinstance(results, LayerResults):
        converting = _row(results.converters_bound, table)
    return {
        "compute": bounds["arrays"] * (1.0 - converting),
        "conversion": bounds["arrays"] * converting,
        "cell_writes": bounds["row_writes"],
        "tile_ports": bounds["tile_in"] + bounds["tile_out"],
        "routers": bounds["routers"],
        "global_buffer": bounds["glb"],
        "offchip": bounds["offchip"],
        "vector_unit": bounds["lanes"],
    }


def _array_columns(results: LayerResults) -> dict[str, FloatArray]:
    """Arrays of one copy and how full they are; none where the vector unit runs the layer."""
    geometry, table = results.geometry, results.table
    on_arrays = results.mapping.on_arrays
    cells = geometry.arrays * results.cells_per_array
    filled = table.second * geometry.columns_per_output / cells
    return {
        "arrays": _row(np.where(on_arrays, geometry.arrays, 0.0), table),
        "utilisation": _row(np.where(on_arrays, filled, 0.0), table),
    }


def _row(values: npt.NDArray[Any], table: LayerTable) -> FloatArray:
    return np.asarray(np.broadcast_to(values, (1, table.n_layers))[0], dtype=np.float64)
