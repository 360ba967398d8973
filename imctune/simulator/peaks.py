"""What a design could do at best: the roofs under which its layers stay."""

from __future__ import annotations

__all__ = ["PeakRates", "peak_rates"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.simulator.actions import array_steps
from imctune.simulator.arrays import FloatArray, floor_div
from imctune.simulator.chip import Chip
from imctune.simulator.geometry import array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.simulate import Simulator
from imctune.workload import Layer, Workload

PS_PER_S = 1e12


@dataclass(frozen=True)
class PeakRates:
    """Highest rates of one design; infinite where the assumptions leave a resource unbounded.

    Attributes
    ----------
    arrays_op_per_s : mapping of str to float
        Per workload, whose precision counts: multiplications and additions with every array busy
        and full. Skipping zero input bits is left out, as it depends on the data. [op/s]
    vector_unit_op_per_s : float
        A multiply-accumulate, two operations, on every lane in every cycle. [op/s]
    global_buffer_bit_per_s, offchip_bit_per_s : float
        Whole bits of a cycle over the clock period; where workloads set the clock, of the one
        with the highest rate, as for the vector unit. [bit/s]
    """

    arrays_op_per_s: Mapping[str, float]
    vector_unit_op_per_s: float
    global_buffer_bit_per_s: float
    offchip_bit_per_s: float


def peak_rates(
    simulator: Simulator, workloads: Sequence[Workload], design: DesignBatch
) -> PeakRates | None:
    """Work out the peak rates of one design.

    ``A`` arrays of ``R`` rows hold ``M`` outputs each (columns over those of an output); with a
    matrix-vector product of ``c`` cycles of ``t`` they reach ``2 A R M / (c t)``. Where the last
    row group is not full, leaving it out is tried too. Ports and lanes reach their width over
    ``t``. A layer that the chip cannot hold is not bound by the peak of the arrays.

    Parameters
    ----------
    simulator : Simulator
        Made for `workloads`.
    workloads : sequence of Workload
    design : DesignBatch
        A single design.

    Returns
    -------
    PeakRates or None
        None under the paper's assumptions, which know neither ports nor clocked arrays.
    """
    if len(design) != 1:
        raise InputError(f"peak rates: one design is shown at a time, got {len(design)}")
    if simulator.paper is not None:
        return None
    chip = simulator.chip(design)
    per_second = PS_PER_S / chip.cycle_ps
    layer = Layer(name="full array", kind="linear", operand="weights", k=1, m=1)
    table = LayerTable.from_workloads([Workload(name=x.name, layers=(layer,)) for x in workloads])
    knobs = KnobColumns.from_designs(design, table)
    grouped = knobs.rows_active * np.maximum(1.0, floor_div(knobs.rows, knobs.rows_active))
    best = np.maximum(
        _array_op_per_cycle(chip.at(table), knobs, table, knobs.rows),
        _array_op_per_cycle(chip.at(table), knobs, table, np.minimum(grouped, knobs.rows)),
    )
    arrays = np.broadcast_to(knobs.n_arrays * best * per_second, (1, table.n_layers))[0]
    ports = chip.ports
    return PeakRates(
        arrays_op_per_s={x.name: float(rate) for x, rate in zip(workloads, arrays, strict=True)},
        vector_unit_op_per_s=2.0 * float((ports.lanes * per_second).max()),
        global_buffer_bit_per_s=float((ports.glb * per_second).max()),
        offchip_bit_per_s=float((ports.offchip * per_second).max()),
    )


def _array_op_per_cycle(
    chip: Chip, knobs: KnobColumns, table: LayerTable, rows: FloatArray
) -> FloatArray:
    """Operations per cycle of one array with so many rows and all columns in use."""
    per_output = array_geometry(table, knobs).columns_per_output
    # The columns of an output may be spread over two arrays, so all are in use.
    outputs = knobs.cols / per_output
    full = replace(table, k=rows, m=outputs)
    geometry = array_geometry(full, knobs)
    steps = array_steps(full, knobs, geometry)
    return np.asarray(2.0 * rows * outputs / chip.mvm_cycles(knobs, steps))
