"""One array with its periphery at full use, as papers on silicon report it."""

from __future__ import annotations

__all__ = ["ArrayPerformance", "full_array"]

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.knobs import DesignBatch
from imctune.simulator.actions import Actions, array_steps
from imctune.simulator.arrays import FloatArray, floor_div
from imctune.simulator.chip import Chip
from imctune.simulator.energy import layer_energy
from imctune.simulator.geometry import array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.technology import Technology
from imctune.workload import Layer, Workload

ARRAY_COMPONENTS = ("row_drivers", "cells", "converters", "adder_trees", "shift_add")


@dataclass(frozen=True)
class ArrayPerformance:
    """Results for one macro of each design, (n,) arrays.

    Attributes
    ----------
    operations : ndarray
        Multiplications and additions of one matrix-vector product.
    energy_fj, time_ps, area_um2 : ndarray
        Of one product, leakage of the macro included; of the macro.
    energy_by_component_fj, area_by_component_um2 : dict of str to ndarray
        They sum to the above.
    """

    operations: FloatArray
    energy_fj: FloatArray
    time_ps: FloatArray
    area_um2: FloatArray
    energy_by_component_fj: dict[str, FloatArray]
    area_by_component_um2: dict[str, FloatArray]


def full_array(
    designs: DesignBatch,
    technology: Technology,
    input_bit_density: npt.ArrayLike,
    weight_bit_density: npt.ArrayLike,
    *,
    signed: bool = False,
) -> ArrayPerformance:
    """Run one matrix-vector product that fills every row and column of the array.

    Counted is what a test chip counts: results as they leave the shift-and-add. The correction of
    offset codes, sums over arrays, buffers and links are the chip's.

    Parameters
    ----------
    designs : DesignBatch
        Of one workload, whose precision knobs hold.
    technology : Technology
    input_bit_density, weight_bit_density : array_like
        Share of ones among the bits of the inputs, and among the stored bits of the weights
        (of the offset code, or of the magnitude when differential), scalar or (n,).
    signed : bool
        Whether the inputs carry a sign.

    Returns
    -------
    ArrayPerformance
    """
    n_designs = len(designs)
    layer = Layer(name="full array", kind="linear", operand="weights", k=1, m=1, signed=signed)
    table = LayerTable.from_workloads([Workload(name="full array", layers=(layer,))])
    knobs = KnobColumns.from_designs(designs, table)
    inputs = _column(input_bit_density, n_designs)
    weights = _column(weight_bit_density, n_designs)
    geometry = array_geometry(table, knobs)
    outputs = floor_div(knobs.cols, geometry.columns_per_output)
    outputs = np.where(outputs >= 1.0, outputs, knobs.cols / geometry.columns_per_output)
    table = replace(
        table,
        k=knobs.rows,
        m=outputs,
        input_bit_density=inputs,
        input_twos_complement_density=inputs,
        weight_bit_density=weights,
        weight_magnitude_density=weights,
    )
    chip = Chip.build(knobs, technology, Assumptions())
    geometry = array_geometry(table, knobs)
    steps = array_steps(table, knobs, geometry)
    cells = steps.inputs * knobs.rows * outputs * geometry.columns_per_output
    none = np.zeros_like(cells)
    actions = Actions(
        row_drives=steps.inputs * knobs.rows,
        cell_reads=cells,
        zero_cell_reads=none,
        column_reads=steps.conversions * knobs.polarities,
        conversions=steps.conversions,
        sums=none,
        offset_sums=none,
        tile_write_bits=none,
        tile_read_bits=none,
        local_bits=none,
        router_bits=none,
        glb_read_bits=none,
        glb_write_bits=none,
        offchip_bits=none,
        cells_written=none,
        lane_operations=none,
        activations=none,
    )
    every = layer_energy(table, knobs, chip, geometry, steps, actions)
    energy = {name: np.broadcast_to(every[name], cells.shape)[:, 0] for name in ARRAY_COMPONENTS}
    time = chip.mvm_time(knobs, steps)[:, 0]
    energy["leakage"] = chip.macro_leakage_mw[:, 0] * time
    area = {name: chip.macro.area_um2[name] for name in ARRAY_COMPONENTS}
    return ArrayPerformance(
        operations=2.0 * (knobs.rows * outputs)[:, 0],
        energy_fj=np.sum(list(energy.values()), axis=0),
        time_ps=time,
        area_um2=np.sum(list(area.values()), axis=0),
        energy_by_component_fj=energy,
        area_by_component_um2=area,
    )


def _column(values: npt.ArrayLike, n_designs: int) -> FloatArray:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), (n_designs,))[:, None]
