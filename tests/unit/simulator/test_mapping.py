"""Mappings by hand: where the bits of a position go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.simulator.mapping import Mapping, choose, map_arrays, map_vector_unit
from imctune.simulator.placement import Work, place
from imctune.workload import Layer
from tests.unit.simulator.cases import (
    Case,
    attention,
    conv,
    linear,
    pool,
    sweep,
    technology,
    values,
)

CONV = conv(64, 128, 28)


def on_arrays(
    *layers: Layer, memory: str = "rram_32nm", copies: float | None = None, **knobs: Any
) -> Mapping:
    """Map layers onto arrays in which one position takes 100 cycles."""
    case = Case.of(*layers, **knobs)
    shape = case.geometry.arrays.shape
    cycles = np.full(shape, 100.0)
    stored = np.broadcast_to(True, shape)
    work = Work.of(case.table, case.knobs, case.geometry, cycles)
    placement = place(case.table, case.knobs, case.geometry, stored, work, technology(memory))
    if copies is not None:
        placement = replace(placement, copies=np.full(shape, copies))
    return map_arrays(case.table, case.knobs, case.geometry, placement, cycles)


def at_vectors(*layers: Layer, **knobs: Any) -> Mapping:
    case = Case.of(*layers, **knobs)
    return map_vector_unit(case.table, case.knobs)


def test_a_convolution_that_stays_in_its_arrays() -> None:
    # 20 arrays over tiles of 16: 2 tiles, one group of 8 tiles.
    mapping = on_arrays(CONV)
    assert values(mapping, "positions", "copies", "passes", "reloads") == [784, 1, 1, 0]
    assert values(mapping, "tiles", "groups", "mvm_cycles") == [2, 1, 100]
    # Half of a tile buffer of 16 KiB, 65536 bits, is 8192 inputs: 4 rows of 28 x 64, so tiles of
    # 4 - 3 + 1 = 2 output rows, 14 of them. 13 x 2 rows of 1792 inputs are read again:
    # ceil((50176 + 46592) x 8 bits / 784) = ceil(987.4).
    assert values(mapping, "send_bits", "fill_bits", "drain_bits") == [988, 0, 0]
    # Both tiles hold outputs of their own and need all inputs; the window is 576 x 8 bits.
    assert values(mapping, "tile_load_bits", "window_bits") == [2 * 988, 2 * 4608]
    # 128 outputs of 8 bits; sums of 5 arrays stay inside a tile.
    assert values(mapping, "store_bits", "cross_bits", "spill_bits") == [1024, 0, 0]
    assert values(mapping, "activations", "operations") == [128, 0]


def test_a_large_tile_buffer_reads_inputs_once() -> None:
    # 50176 x 8 / 784 = 512 bits: all inputs fit.
    assert values(on_arrays(CONV, tile_buffer_kib=128.0), "send_bits") == [512]
    # 1 KiB: 512 inputs, less than a row of 1792. Columns of a window have 192 inputs, so 2 at
    # once, less than a window of 3: every output has a window of its own. 27 x 3584 in rows, and
    # in each of 28 rows 27 x 384 in columns: (50176 + 96768 + 290304) x 8 / 784 = 4461.7.
    assert values(on_arrays(CONV, tile_buffer_kib=1.0), "send_bits") == [4462]


def test_a_chain_over_several_tiles_crosses_routers() -> None:
    # 16 rows: n_k = 576 / 16 = 36 arrays over 3 tiles: 2 crossings of 128 sums of
    # 8 + 8 + 10 bits each.
    mapping = on_arrays(CONV, rows=16)
    assert values(mapping, "cross_bits") == [2 * 128 * 26]
    # With 2 tiles a group, the chain spans 2 groups: once more.
    assert values(on_arrays(CONV, rows=16, tiles_per_group=2), "cross_bits") == [3 * 128 * 26]


def test_copies_share_the_work_and_split_the_image() -> None:
    # 11 copies of 20 arrays: 220 arrays, 14 tiles, 2 groups; 11 stripes of rows, so the 14 tiles
    # of rows are still enough. ceil(784 / 11) = 72 rounds.
    mapping = on_arrays(CONV, copies=11.0)
    assert values(mapping, "tiles", "groups", "rounds", "send_bits") == [14, 2, 72, 988]
    # 28 stripes: 27 x 3584 inputs again; (50176 + 96768) x 8 / 784 = 1499.4.
    assert values(on_arrays(CONV, copies=28.0), "send_bits") == [1500]
    assert values(on_arrays(CONV, copies=28.0, tile_buffer_kib=128.0), "send_bits") == [1500]


def test_inputs_that_overflow_the_global_buffer_come_from_off_chip() -> None:
    # Half of 16 KiB: 65536 of 401408 bits stay; the others and all 46592 inputs that are read again
    # come from off-chip: (335872 + 372736) / 784 = 903.8. Outputs: (802816 - 65536) / 784 = 940.4.
    mapping = on_arrays(CONV, glb_kib=16.0)
    assert values(mapping, "send_bits", "fill_bits", "drain_bits") == [988, 904, 941]
    # The image that the network starts with: 401408 / 784 bits.
    assert values(on_arrays(conv(64, 128, 28, from_offchip=True)), "fill_bits") == [512]


SMALL: dict[str, Any] = {"memory": "sram_32nm", "router_groups": 1, "tiles_per_group": 1}


def test_a_layer_that_does_not_fit_is_loaded_in_passes() -> None:
    # 20 arrays in 16: 2 passes of 10, two whole chains of 5. Nothing is parked between them.
    mapping = on_arrays(CONV, **SMALL)
    assert values(mapping, "passes", "reloads", "tiles", "spill_bits") == [2, 1, 1, 0]
    # Half of the outputs, half of the weights: 73728 x 8 / 2.
    assert values(mapping, "store_bits", "activations", "operand_bits") == [512, 64, 294912]
    assert values(mapping, "operand_router_bits", "operand_tile_bits") == [294912, 294912]
    assert values(mapping, "rows_written", "operand_offchip") == [128, 1]


def test_passes_that_cut_chains_park_partial_sums() -> None:
    # 8 arrays: 3 passes of 7, as two whole chains are 10. Two cuts, each through the 32 outputs of
    # one column of arrays: ceil(2 x 32 x 26 bits / 3).
    mapping = on_arrays(CONV, **SMALL, macros_per_tile=8)
    assert values(mapping, "passes", "spill_bits") == [3, 555]
    assert values(on_arrays(CONV, **SMALL, ping_pong=True), "passes", "overlaps") == [3, 1]


def test_grouped_layers_send_each_array_its_own_inputs() -> None:
    # 96 groups of K = 9 in 7 arrays of one tile, 14 x 14 inputs: nothing is sent twice.
    mapping = on_arrays(conv(96, 96, 14, groups=96), tile_buffer_kib=128.0)
    assert values(mapping, "tiles", "send_bits", "tile_load_bits") == [1, 768, 768]
    assert values(mapping, "window_bits") == [96 * 9 * 8]


def test_a_dynamic_product_on_the_vector_unit() -> None:
    # A head holds 64 x 197 x 8 = 100864 bits, half of the local buffer 65536: 2 parts each, 24
    # passes. 12 x 64 x 197 products in 24 passes are 6304 on 1024 lanes.
    mapping = at_vectors(attention(64, 197, 12, 197))
    assert values(mapping, "passes", "operations", "copies", "reloads") == [24, 6304, 1, 1]
    # A pass needs the inputs of one head, 64 x 8 bits, of each token.
    assert values(mapping, "send_bits", "window_bits", "tile_load_bits") == [512, 512, 0]
    # ceil(12 x 197 x 8 bits / 24) = 788; 1210368 bits of the second operand / 24.
    assert values(mapping, "store_bits", "operand_bits", "operand_offchip") == [788, 50432, 0]


def test_whole_groups_share_a_chunk() -> None:
    # A head holds 4 x 10 x 8 = 320 bits: 204 fit in 65536, so all 12 in one pass.
    assert values(at_vectors(attention(4, 10, 12, 10)), "passes", "send_bits") == [1, 384]
    # 1 KiB: 4096 bits, 12 heads of 64 x 4 x 8 = 2048 bits, two at once.
    mapping = at_vectors(attention(64, 4, 12, 10), tile_buffer_kib=1.0)
    assert values(mapping, "passes", "send_bits", "operations") == [6, 1024, 512]


def test_lanes_take_many_positions_at_once_where_these_are_small() -> None:
    # 2x2 windows of 64 channels: 256 operations; 4 positions on 1024 lanes.
    mapping = at_vectors(pool(64, 28))
    assert values(mapping, "positions", "copies", "passes", "reloads") == [196, 4, 1, 0]
    # 4 x 64 inputs a position, each read once.
    assert values(mapping, "send_bits", "window_bits", "store_bits") == [2048, 2048, 512]
    # A normalisation reads its 768 inputs three times.
    assert values(at_vectors(sweep("norm", 768, 197)), "window_bits") == [3 * 768 * 8]
    # Two operands in, one out.
    assert values(at_vectors(sweep("add", 768, 197)), "send_bits", "store_bits") == [12288, 6144]


def test_the_chosen_mapping_is_one_or_the_other() -> None:
    layers = (linear(64, 32, 10), conv(96, 96, 14, groups=96), conv(32, 32, 14, groups=32))
    arrays = on_arrays(*layers)
    case = Case.of(*layers)
    columns = np.array([1, 2])
    vector = map_vector_unit(case.table.take(columns), case.table.pick(case.knobs, columns))
    chosen = choose(np.array([[True, True, False]]), arrays, vector, columns)
    assert chosen.on_arrays.tolist() == [[True, True, False]]
    for name in ("send_bits", "passes", "mvm_cycles", "rows_written", "operations"):
        on = np.broadcast_to(getattr(arrays, name), (1, 3))
        off = np.broadcast_to(getattr(vector, name), (1, 2))
        assert getattr(chosen, name).tolist() == [[on[0, 0], on[0, 1], off[0, 1]]]


@pytest.mark.parametrize("bits", [1, 8, 16])
def test_traffic_grows_with_the_width_of_activations(bits: int) -> None:
    mapping = on_arrays(CONV, tile_buffer_kib=1024.0, input_bits=bits)
    assert values(mapping, "send_bits", "store_bits") == [64 * bits, 128 * bits]
