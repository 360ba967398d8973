"""The mapper: where a layer runs and how it is cut up, all in whole numbers.

A `Mapping` says for every (design, layer) which unit runs it, how many copies of its weights work
in parallel, in how many passes the weights come in, how the output positions are tiled, and how
many bits move where for one position. The schedule (schedule.py) and the action counts
(actions.py) follow from a Mapping alone.

All fields are whole numbers held in float64, of shape (n_designs, n_layers) or broadcastable to it.
"""

from __future__ import annotations

__all__ = [
    "Mapping",
    "choose",
    "map_arrays",
    "map_vector_unit",
]

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, ceil_div, floor_div
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.placement import Placement

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Mapping:
    """What the schedule executes; bits are per position and pass unless said.

    Attributes
    ----------
    on_arrays : ndarray of bool
        Arrays (true) or digital vector unit (false).
    positions, copies, passes : ndarray
        Output positions; positions computed at once in a round; times that weights are brought in.
    reloads : ndarray of bool
        Whether each pass starts with a slot that brings in its second operand.
    overlaps : ndarray of bool
        Whether that slot overlaps with the computation of the pass before (ping-pong).
    mvm_cycles : ndarray
        Cycles in which an array computes one position; 0 on the vector unit.
    operations : ndarray
        Lane operations of the vector unit in the computing slot.
    activations : ndarray
        Outputs that the vector unit rescales in the storing slot.
    tiles, groups : ndarray
        Tiles, and routers of tile groups, over which the traffic of a round is spread.
    send_bits, tile_load_bits : ndarray
        Input bits sent from the global buffer, once to each group that needs them (or to the vector
        unit), and as written into each tile that needs them.
    window_bits : ndarray
        Input bits read from the tile buffers: the whole window of a position, in each such tile;
        or from the local buffer of the vector unit.
    fill_bits, drain_bits : ndarray
        Bits from and to off-chip memory, which pass through the global buffer.
    store_bits, spill_bits, cross_bits : ndarray
        Output bits; partial-sum bits parked in the global buffer between passes (once each way);
        partial-sum bits that routers carry between tiles.
    operand_bits : ndarray
        Bits of the second operand brought in per pass.
    operand_router_bits, operand_tile_bits : ndarray
        The same as sent by routers and as written into tiles.
    operand_offchip : ndarray of bool
        Whether the second operand comes from off-chip (weights) or the global buffer (dynamic).
    rows_written : ndarray
        Rows written one after another in each array per pass.
    """

    on_arrays: BoolArray
    positions: FloatArray
    copies: FloatArray
    passes: FloatArray
    reloads: BoolArray
    overlaps: BoolArray
    mvm_cycles: FloatArray
    operations: FloatArray
    activations: FloatArray
    tiles: FloatArray
    groups: FloatArray
    send_bits: FloatArray
    tile_load_bits: FloatArray
    window_bits: FloatArray
    fill_bits: FloatArray
    drain_bits: FloatArray
    store_bits: FloatArray
    spill_bits: FloatArray
    cross_bits: FloatArray
    operand_bits: FloatArray
    operand_router_bits: FloatArray
    operand_tile_bits: FloatArray
    operand_offchip: BoolArray
    rows_written: FloatArray

    @property
    def rounds(self) -> FloatArray:
        """Rounds of one pass."""
        return ceil_div(self.positions, self.copies)


def map_arrays(
    table: LayerTable,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
    placement: Placement,
    mvm_cycles: FloatArray,
) -> Mapping:
    """Map layers onto the arrays that they were given."""
    reloads, copies = placement.reloads, placement.copies
    whole, shares = geometry.arrays, geometry.n_k * geometry.n_blocks
    chain = geometry.n_k * geometry.n_m
    if reloads.any():
        passes = np.where(reloads, ceil_div(whole, placement.available), 1.0)
        arrays = _arrays_per_pass(geometry, passes, placement.available)
        k_part = np.minimum(geometry.n_k, arrays)
        m_part = np.minimum(geometry.n_m, ceil_div(arrays, geometry.n_k))
        share = k_part * np.minimum(geometry.n_blocks, ceil_div(arrays, chain))
        whole_chains = floor_div(arrays, geometry.n_k) * geometry.n_k == arrays
        cuts = np.where(whole_chains, 0.0, passes - 1.0)
    else:
        passes, cuts = np.ones(1), np.zeros(1)
        arrays, k_part, m_part, share = whole, geometry.n_k, geometry.n_m, shares

    def per_pass(amount: FloatArray) -> FloatArray:
        return amount if passes.ndim == 1 else ceil_div(amount, passes)

    def shared(amount: FloatArray) -> FloatArray:
        return amount if share is shares else ceil_div(amount * share, shares)

    per_tile, per_group = knobs.macros_per_tile, knobs.tiles_per_group
    tile_fan = np.minimum(ceil_div(np.minimum(arrays, chain), per_tile), m_part)
    group_fan = ceil_div(tile_fan, per_group)
    tiles = ceil_div(arrays * copies, per_tile)
    groups = np.minimum(knobs.router_groups, ceil_div(tiles, per_group))

    load, fill = _input_bits(table, knobs, _array_refetch(table, knobs, geometry, arrays, copies))
    load = shared(load)
    outputs = table.m * table.groups
    width = knobs.input_bits + geometry.weight_bits + table.log2_k
    chain_tiles = ceil_div(k_part, per_tile)
    crossings = (chain_tiles - 1.0) + (ceil_div(chain_tiles, per_group) - 1.0)
    operand = per_pass(table.second * geometry.weight_bits)
    return Mapping(
        on_arrays=np.broadcast_to(True, whole.shape),
        positions=table.positions,
        copies=copies,
        passes=passes,
        reloads=reloads,
        overlaps=reloads & knobs.ping_pong & (knobs.n_arrays >= 2.0),
        mvm_cycles=mvm_cycles,
        operations=np.zeros(1),
        activations=per_pass(table.activations),
        tiles=tiles,
        groups=groups,
        send_bits=load * group_fan,
        tile_load_bits=load * tile_fan,
        window_bits=shared(table.k * table.groups * knobs.input_bits) * tile_fan,
        fill_bits=shared(fill),
        drain_bits=per_pass(_drain_bits(table, knobs)),
        store_bits=per_pass(outputs * knobs.input_bits),
        spill_bits=per_pass(cuts * ceil_div(table.m, geometry.n_m) * width)
        if cuts.any()
        else np.zeros(1),
        cross_bits=per_pass(crossings * outputs * width),
        operand_bits=operand,
        operand_router_bits=operand * np.minimum(copies, groups),
        operand_tile_bits=operand * copies,
        operand_offchip=table.is_weights,
        rows_written=geometry.rows_full,
    )


def map_vector_unit(table: LayerTable, knobs: KnobColumns) -> Mapping:
    """Map layers onto the digital vector unit, whose local buffer holds the second operand.

    The second operand comes in chunks that fit half of the local buffer, one chunk a pass, and all
    positions stream past it. A chunk holds whole groups where one fits, else a part of the outputs
    of a group, whose inputs are then read once for each part.
    """
    operand_width = np.where(table.is_dynamic, knobs.input_bits, knobs.weight_bits)
    second_bits = table.second * operand_width
    half = knobs.tile_buffer_bits * 0.5
    passes = _chunks(table, second_bits, half)
    chunks = np.minimum(passes, table.groups)
    operations = ceil_div(table.operations, passes)
    copies = floor_div(knobs.vector_lanes, np.maximum(operations, 1.0))
    copies = np.maximum(1.0, np.minimum(table.positions, copies))
    halo = table.with_halo
    capacity = floor_div(
        half * table.columns_of(chunks, halo), table.columns_of(knobs.input_bits, halo)
    )
    load, fill = _input_bits(table, knobs, _refetch(table, capacity, np.ones(1)))
    load = ceil_div(load, chunks)
    fill = ceil_div(fill, chunks)
    products = table.is_weights | table.is_dynamic
    swept = np.maximum(table.operations, ceil_div(table.input_elements, table.positions))
    window = np.where(products, table.k * table.groups, swept) * knobs.input_bits
    zero, one = np.zeros(1), np.ones(1)
    return Mapping(
        on_arrays=np.broadcast_to(False, passes.shape),
        positions=table.positions,
        copies=copies,
        passes=passes,
        reloads=np.broadcast_to(table.second > 0.0, passes.shape),
        overlaps=np.broadcast_to(False, passes.shape),
        mvm_cycles=zero,
        operations=operations,
        activations=ceil_div(table.activations, passes),
        tiles=one,
        groups=one,
        send_bits=load,
        tile_load_bits=zero,
        window_bits=ceil_div(window, chunks),
        fill_bits=fill,
        drain_bits=ceil_div(_drain_bits(table, knobs), passes),
        store_bits=ceil_div(table.m * table.groups * knobs.input_bits, passes),
        spill_bits=zero,
        cross_bits=zero,
        operand_bits=ceil_div(second_bits, passes),
        operand_router_bits=zero,
        operand_tile_bits=zero,
        operand_offchip=table.is_weights,
        rows_written=zero,
    )


def _chunks(table: LayerTable, second_bits: FloatArray, room_bits: FloatArray) -> FloatArray:
    """Chunks of the second operand, each of which fits; 1, for all designs, where there is none."""
    if not table.second.any():
        return np.ones((1, table.n_layers))
    group_bits = np.maximum(1.0, second_bits / table.groups)
    parts = ceil_div(group_bits, room_bits)
    in_chunk = np.maximum(1.0, floor_div(room_bits, group_bits))
    return np.where(parts > 1.0, table.groups * parts, ceil_div(table.groups, in_chunk))


def choose(
    on_arrays: BoolArray, arrays: Mapping, vector_unit: Mapping, columns: npt.NDArray[np.intp]
) -> Mapping:
    """Take each layer's Mapping from `arrays` where `on_arrays`, else from `vector_unit`.

    Parameters
    ----------
    on_arrays : ndarray of bool
        (n, n_layers).
    arrays : Mapping
        Of all layers.
    vector_unit : Mapping
        Of the layers in `columns`, the only ones that may run there.
    columns : ndarray of int
    """
    moved = np.flatnonzero(~np.take(on_arrays, columns, axis=1))
    designs, places = np.divmod(moved, len(columns))
    at = designs * on_arrays.shape[1] + columns[places]
    picked = {}
    for name in (field.name for field in fields(Mapping)):
        values, others = getattr(arrays, name), getattr(vector_unit, name)
        if values.ndim > 1 or others.ndim > 1:
            values = np.array(np.broadcast_to(values, on_arrays.shape), order="C")
            others = np.broadcast_to(others, (len(on_arrays), len(columns)))
            values.reshape(-1)[at] = others.reshape(-1)[moved]
        picked[name] = values
    return Mapping(**picked)


def _arrays_per_pass(
    geometry: ArrayGeometry, passes: FloatArray, available: FloatArray
) -> FloatArray:
    """Arrays that one pass fills: even shares, whole reduction chains where they fit."""
    even = ceil_div(geometry.arrays, passes)
    whole_chains = ceil_div(even, geometry.n_k) * geometry.n_k
    return np.where((passes > 1.0) & (whole_chains <= available), whole_chains, even)


def _array_refetch(
    table: LayerTable,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
    arrays: FloatArray,
    copies: FloatArray,
) -> FloatArray:
    """Input elements read again because the tile buffers do not hold the whole input."""
    arrays, copies, n_k, n_m, n_blocks, input_bits = (
        table.columns_of(values, table.with_halo)
        for values in (
            arrays,
            copies,
            geometry.n_k,
            geometry.n_m,
            geometry.n_blocks,
            knobs.input_bits,
        )
    )
    on_tile = np.minimum(arrays, knobs.macros_per_tile)
    copies_on_tile = np.minimum(copies, np.maximum(1.0, floor_div(knobs.macros_per_tile, arrays)))
    share = np.minimum(n_k, on_tile) * np.minimum(n_blocks, ceil_div(on_tile, n_k * n_m))
    capacity = floor_div(
        knobs.tile_buffer_bits * 0.5 * (n_k * n_blocks),
        input_bits * copies_on_tile * share,
    )
    return _refetch(table, capacity, ceil_div(copies, copies_on_tile))


def _refetch(table: LayerTable, capacity: FloatArray, stripes: FloatArray) -> FloatArray:
    """Halo elements read again when `capacity` input elements are at hand and stripes run apart.

    Both are given for the layers `with_halo`; all others read nothing again. Tiles are whole output
    rows where at least one fits, else parts of one output row.
    """
    halo = table.with_halo
    out_h, out_w, stride = table.out_h[halo], table.out_w[halo], table.stride[halo]
    rows_held = floor_div(capacity, table.row_elements[halo])
    tile_rows = floor_div(rows_held - table.kernel_h[halo], stride) + 1.0
    by_rows = tile_rows >= 1.0
    n_rows = np.where(by_rows, ceil_div(out_h, np.maximum(tile_rows, 1.0)), out_h)
    columns_held = floor_div(capacity, table.window_row_elements[halo])
    tile_columns = floor_div(columns_held - table.kernel_w[halo], stride) + 1.0
    n_columns = np.where(by_rows, 1.0, ceil_div(out_w, np.maximum(tile_columns, 1.0)))
    n_rows = np.maximum(n_rows, np.minimum(stripes, out_h))
    n_columns = np.maximum(n_columns, np.minimum(ceil_div(stripes, out_h), out_w))
    again = np.zeros((len(n_rows), table.n_layers))
    again[:, halo] = (n_rows - 1.0) * table.halo_row[halo]
    again[:, halo] += out_h * (n_columns - 1.0) * table.halo_column[halo]
    return again


def _input_bits(
    table: LayerTable, knobs: KnobColumns, refetch: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Input bits per position from the global buffer, and of these from off-chip first.

    Half of the global buffer holds a layer's inputs; what is beyond comes from off-chip, and with
    it every halo that is read again.
    """
    bits = table.input_elements * knobs.input_bits
    beyond = np.maximum(0.0, bits - knobs.glb_bits * 0.5)
    again = refetch * knobs.input_bits
    offchip = np.where(table.from_offchip, bits, beyond) + np.where(beyond > 0.0, again, 0.0)
    return ceil_div(bits + again, table.positions), ceil_div(offchip, table.positions)


def _drain_bits(table: LayerTable, knobs: KnobColumns) -> FloatArray:
    """Output bits per position that do not fit the other half of the global buffer."""
    bits = table.output_elements * knobs.input_bits
    return ceil_div(np.maximum(0.0, bits - knobs.glb_bits * 0.5), table.positions)
