"""Action counts of a Mapping: what every component does during one run of a layer."""

from __future__ import annotations

__all__ = [
    "Actions",
    "ArraySteps",
    "array_steps",
    "count_actions",
    "executed_steps",
    "input_density",
]

from dataclasses import dataclass

import numpy as np

from imctune.simulator.arrays import FloatArray, ceil_div
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import Mapping
from imctune.simulator.skipping import idle_share


@dataclass(frozen=True)
class ArraySteps:
    """How an array works through one position.

    Attributes
    ----------
    inputs : ndarray
        Steps over the input bits.
    density : ndarray
        Share of ones among the input bits; see `input_density`.
    row_groups : ndarray
        Row groups of the fullest array, driven one after another.
    conversions : ndarray
        Column conversions of one position, over all arrays of a copy.
    columns_per_converter : ndarray
        Conversions of the busiest converter in one step.
    idle_share : ndarray
        Probability that a step of a row group drives no row and is skipped; 0 without skipping.
    """

    inputs: FloatArray
    density: FloatArray
    row_groups: FloatArray
    conversions: FloatArray
    columns_per_converter: FloatArray
    idle_share: FloatArray


@dataclass(frozen=True)
class Actions:
    """Counts for one run of each layer, (n, n_layers), whole numbers.

    Attributes
    ----------
    row_drives : ndarray
        Rows driven for one step.
    cell_reads, zero_cell_reads : ndarray
        Cells on driven rows for one step: those that hold weights, and those of the zero blocks
        between packed groups.
    column_reads, conversions : ndarray
        Physical columns sensed, and converter results, per step.
    sums : ndarray
        Additions of partial sums of several arrays.
    offset_sums : ndarray
        Additions that sum up the inputs, for the correction of offset-encoded weights.
    tile_write_bits, tile_read_bits, local_bits : ndarray
        Tile-buffer traffic, and the local buffer of the vector unit. [bit]
    router_bits, glb_read_bits, glb_write_bits, offchip_bits : ndarray
        Traffic beyond the tiles. [bit]
    cells_written : ndarray
        Cells written because operands are brought in, over all copies, zero blocks included.
    lane_operations, activations : ndarray
        Vector-unit operations, and activation functions applied.
    """

    row_drives: FloatArray
    cell_reads: FloatArray
    zero_cell_reads: FloatArray
    column_reads: FloatArray
    conversions: FloatArray
    sums: FloatArray
    offset_sums: FloatArray
    tile_write_bits: FloatArray
    tile_read_bits: FloatArray
    local_bits: FloatArray
    router_bits: FloatArray
    glb_read_bits: FloatArray
    glb_write_bits: FloatArray
    offchip_bits: FloatArray
    cells_written: FloatArray
    lane_operations: FloatArray
    activations: FloatArray


def array_steps(table: LayerTable, knobs: KnobColumns, geometry: ArrayGeometry) -> ArraySteps:
    """Steps and conversions of one position on the arrays of a layer.

    Signed inputs take a subtractive last step when one bit is applied at a time (two's complement);
    with several bits a step, positive and negative parts take a pass each. Digital macros weigh
    the sign bits in their adder trees.
    """
    once = ceil_div(knobs.input_bits, knobs.dac_bits)
    twice = table.is_signed & (knobs.dac_bits > 1.0) & ~knobs.is_digital
    inputs = np.where(twice, 2.0 * once, once)
    converters = ceil_div(knobs.cols, knobs.columns_per_adc)
    density, idle = input_density(table, knobs), np.zeros(1)
    if knobs.zero_skipping.any():
        # A pass for each sign holds half of the inputs, and zeros in place of the others.
        zero_share = np.where(twice, 0.5 + 0.5 * table.input_zero_share, table.input_zero_share)
        idle = idle_share(density, zero_share, knobs, geometry)
    return ArraySteps(
        inputs=inputs,
        density=density,
        row_groups=ceil_div(geometry.rows_full, knobs.rows_active),
        conversions=inputs * table.m * geometry.slices * _row_groups(table, knobs, geometry),
        columns_per_converter=ceil_div(
            ceil_div(geometry.columns_full, knobs.polarities), converters
        ),
        idle_share=idle,
    )


def _row_groups(table: LayerTable, knobs: KnobColumns, geometry: ArrayGeometry) -> FloatArray:
    """Row groups that one output channel of every group of a layer takes, summed up."""
    more = geometry.n_k - 1.0
    found = more * ceil_div(knobs.rows, knobs.rows_active)
    found += ceil_div(table.k - more * knobs.rows, knobs.rows_active)
    grouped = np.flatnonzero(table.groups > 1.0)
    if len(grouped):
        chain, n_k, packed, full, active = (
            table.columns_of(values, grouped)
            for values in (
                found,
                geometry.n_k,
                geometry.packed,
                geometry.n_blocks - 1.0,
                knobs.rows_active,
            )
        )
        k, last = table.k[grouped], table.groups[grouped] - full * packed
        of_full, of_last = (
            np.where(n_k > 1.0, chain, ceil_div(together * k, active))
            for together in (packed, last)
        )
        found[:, grouped] = full * packed * of_full + last * of_last
    return found


def executed_steps(steps: ArraySteps, geometry: ArrayGeometry, copies: FloatArray) -> FloatArray:
    """Steps that a round takes time for, rounded up: those that not every array skips.

    Arrays with different inputs (along the reduction, groups and copies) skip on their own; bits
    are taken to be zero independently of one another.
    """
    apart = geometry.n_k * geometry.n_blocks * copies
    executed = np.ceil(steps.inputs * steps.row_groups * (1.0 - steps.idle_share**apart))
    return np.maximum(1.0, executed)


def count_actions(
    table: LayerTable,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
    steps: ArraySteps,
    mapping: Mapping,
) -> Actions:
    """Count the actions of one run of every layer under its Mapping."""
    # Multiplied by, a share of 0 or 1 leaves out what does not happen.
    at_arrays = mapping.on_arrays.astype(np.float64)
    on_arrays = at_arrays * table.positions
    all_passes = table.positions * mapping.passes
    reloads = mapping.passes * mapping.reloads
    operand = reloads * mapping.operand_bits
    operand_weights = operand * mapping.operand_offchip
    operand_tiles = reloads * mapping.operand_tile_bits * at_arrays
    stored_cells = (table.groups * table.k * table.m) * geometry.columns_per_output
    zero_cells = _zero_blocks(table, geometry)
    stepped = on_arrays * steps.inputs
    conversions = on_arrays * steps.conversions
    # Partial sums parked in the global buffer come back, straight into the accumulator of a tile.
    leaving = mapping.store_bits + mapping.cross_bits
    leaving += mapping.spill_bits
    leaving *= at_arrays
    routed = (mapping.send_bits + mapping.spill_bits) * at_arrays
    routed += leaving
    is_offset = ~(knobs.is_differential | knobs.is_digital)
    local = mapping.send_bits + mapping.window_bits
    local *= all_passes
    local += operand * (1.0 + mapping.rounds)
    local *= 1.0 - at_arrays
    written = (mapping.on_arrays & mapping.reloads) * mapping.copies
    return Actions(
        row_drives=stepped * (table.groups * table.k) * geometry.n_m,
        cell_reads=stepped * stored_cells,
        zero_cell_reads=stepped * zero_cells,
        column_reads=conversions * knobs.polarities,
        conversions=conversions,
        sums=on_arrays * (geometry.n_k - 1.0) * (table.m * table.groups),
        offset_sums=on_arrays * ((table.k * table.groups) * is_offset),
        tile_write_bits=all_passes * (mapping.tile_load_bits + leaving) + operand_tiles,
        tile_read_bits=all_passes * (mapping.window_bits * at_arrays + leaving) + operand_tiles,
        local_bits=local,
        router_bits=all_passes * routed + reloads * mapping.operand_router_bits,
        glb_read_bits=all_passes * (mapping.send_bits + mapping.spill_bits + mapping.drain_bits)
        + operand,
        glb_write_bits=all_passes * (mapping.store_bits + mapping.fill_bits + mapping.spill_bits)
        + operand_weights,
        offchip_bits=all_passes * (mapping.fill_bits + mapping.drain_bits) + operand_weights,
        cells_written=written * (stored_cells + zero_cells),
        lane_operations=all_passes * mapping.operations,
        activations=all_passes * mapping.activations,
    )


def _zero_blocks(table: LayerTable, geometry: ArrayGeometry) -> FloatArray:
    """Cells of the zero blocks between the groups that are packed into the same arrays."""
    if not (geometry.packed > 1.0).any():
        return np.zeros(1)
    packed, full = geometry.packed, geometry.n_blocks - 1.0
    last = table.groups - full * packed
    blocks = full * packed * (packed - 1.0) + last * (last - 1.0)
    return blocks * (table.k * table.m) * geometry.columns_per_output


def input_density(table: LayerTable, knobs: KnobColumns) -> FloatArray:
    """Share of ones among the input bits as they are applied, (n, n_layers).

    Signed inputs come in two's complement, or where analog arrays take several bits a step as two
    passes of magnitudes, each for one sign and so with half of the ones.
    """
    in_two_passes = (knobs.dac_bits > 1.0) & ~knobs.is_digital
    plain, is_signed = table.input_bit_density, table.is_signed
    magnitudes = np.where(is_signed, 0.5 * plain, plain)
    twos_complement = np.where(is_signed, table.input_twos_complement_density, plain)
    return np.where(in_two_passes, magnitudes, twos_complement)
