"""Action counts by hand."""

from __future__ import annotations

from typing import Any

import pytest

from imctune.simulator.actions import Actions
from imctune.simulator.mapping import Mapping
from imctune.simulator.simulate import Simulator
from imctune.workload import Layer
from tests.unit.simulator.cases import Case, conv, designs, linear, net, technology, values

CONV = conv(64, 128, 28)


def actions(layer: Layer, memory: str = "rram_32nm", **knobs: Any) -> Actions:
    """Actions of one run of a layer that is alone on the chip."""
    simulator = Simulator([net(layer)], technology(memory))
    batch = designs(**knobs)
    return simulator.product_results(simulator.chip(batch)).actions


def test_steps_of_a_convolution() -> None:
    # 8 input bits one by one; 128 rows at once, or 32: 4 row groups in the fullest array.
    steps = Case.of(CONV, rows_active=32).steps
    assert values(steps, "inputs", "row_groups") == [8, 4]
    # 4 full arrays of 4 row groups and 64 more rows: 18. 8 x 128 outputs x 4 slices x 18.
    assert values(steps, "conversions") == [73728]
    # 128 columns on 128 / 8 = 16 converters.
    assert values(steps, "columns_per_converter") == [8]


def test_a_pair_of_columns_is_converted_once() -> None:
    steps = Case.of(CONV, encoding="differential").steps
    # 4 slices of 2 columns; 5 arrays down: 8 x 128 x 4 x 5. 64 pairs on 16 converters.
    assert values(steps, "conversions", "columns_per_converter") == [20480, 4]


@pytest.mark.parametrize(
    ("signed", "dac_bits", "compute", "expected"),
    [
        (False, 1, "analog", 8),
        (True, 1, "analog", 8),  # two's complement: the last step is subtracted
        (False, 2, "analog", 4),
        (True, 2, "analog", 8),  # positive and negative parts one after another
        (True, 2, "digital", 4),  # adder trees weigh the sign bits
        (False, 3, "analog", 3),  # ceil(8 / 3)
        (True, 3, "analog", 6),
    ],
)
def test_input_steps(signed: bool, dac_bits: int, compute: str, expected: int) -> None:
    layer = conv(64, 128, 28, signed=signed)
    case = Case.of(layer, dac_bits=dac_bits, compute=compute, bits_per_cell=1)
    assert values(case.steps, "inputs") == [expected]


def test_packed_groups_are_converted_by_the_rows_of_their_array() -> None:
    # 6 arrays of 14 groups and one of 12. All rows at once: one step each, so 96 groups x 4 slices
    # x 8 bits.
    depthwise = conv(96, 96, 14, groups=96)
    assert values(Case.of(depthwise).steps, "conversions") == [96 * 4 * 8]
    # 32 rows at once: 126 and 108 rows are 4 row groups, and every column is converted after each.
    assert values(Case.of(depthwise, rows_active=32).steps, "conversions") == [96 * 4 * 8 * 4]
    # 112 rows at once: 2 and 1.
    expected = (84 * 2 + 12) * 4 * 8
    assert values(Case.of(depthwise, rows_active=112).steps, "conversions") == [expected]


def test_actions_of_a_convolution() -> None:
    counted = actions(CONV)
    # 784 positions x 8 steps; 576 rows in each of 4 columns of arrays; 576 x 512 cells.
    assert values(counted, "row_drives") == [784 * 8 * 576 * 4]
    assert values(counted, "cell_reads", "zero_cell_reads") == [784 * 8 * 576 * 512, 0]
    # 5 arrays down: each of 512 columns is sensed and converted in each of them.
    assert values(counted, "column_reads", "conversions") == [784 * 8 * 512 * 5] * 2
    # 5 - 1 additions for each of 128 outputs; 576 inputs are summed up for the offset.
    assert values(counted, "sums", "offset_sums") == [784 * 4 * 128, 784 * 576]
    # 988 bits of inputs sent (test_mapping.py), written into 2 tiles; windows of 4608 bits read in
    # both; 1024 bits of outputs go through the tile buffers.
    assert values(counted, "router_bits") == [784 * (988 + 1024)]
    assert values(counted, "tile_write_bits") == [784 * (2 * 988 + 1024)]
    assert values(counted, "tile_read_bits") == [784 * (2 * 4608 + 1024)]
    assert values(counted, "glb_read_bits", "glb_write_bits") == [784 * 988, 784 * 1024]
    assert values(counted, "offchip_bits", "cells_written", "local_bits") == [0, 0, 0]
    assert values(counted, "lane_operations", "activations") == [0, 784 * 128]


def test_pairs_need_no_correction_of_an_offset() -> None:
    counted = actions(CONV, encoding="differential")
    assert values(counted, "offset_sums") == [0]
    # Two cells for one, two columns for one conversion.
    assert values(counted, "cell_reads") == [784 * 8 * 576 * 1024]
    assert values(counted, "column_reads", "conversions") == [784 * 8 * 1024 * 5, 784 * 8 * 512 * 5]


def test_zero_blocks_between_packed_groups_are_read() -> None:
    # 16 groups of K = 64, 2 outputs of 4 columns: 2 fit by rows, so 8 arrays. Each has 2 x 2
    # blocks of 64 x 8 cells, half of them without weights. 9 positions x 8 steps.
    counted = actions(conv(1024, 32, 3, kernel=1, groups=16), vector_lanes=1)
    block = 64 * 8
    assert values(counted, "cell_reads") == [9 * 8 * 16 * block]
    assert values(counted, "zero_cell_reads") == [9 * 8 * 8 * 2 * block]


def test_weights_that_are_loaded_pass_every_level() -> None:
    # 300 x 100 weights of 8 bits in 1-bit cells: 3 x 7 arrays, on a chip of 4: ceil(21 / 4) = 6
    # passes.
    layer = linear(300, 100, 10)
    small: dict[str, Any] = {
        "router_groups": 1,
        "tiles_per_group": 1,
        "macros_per_tile": 4,
        "bits_per_cell": 1,
    }
    counted = actions(layer, "sram_32nm", **small)
    weights = 300 * 100 * 8
    assert values(counted, "cells_written") == [weights]
    # All come from off-chip and stay in the global buffer for a moment; inputs and outputs do not
    # leave the chip.
    assert values(counted, "offchip_bits") == [weights]
    mapping = mapped(layer, **small)
    stored, spilled, sent = values(mapping, "store_bits", "spill_bits", "send_bits")
    # Outputs 100 x 8 bits in 6 passes; passes of 4 arrays cut chains of 3, so that at 5 boundaries
    # ceil(100 / 7) = 15 sums of 8 + 8 + 9 bits wait: ceil(5 x 15 x 25 / 6).
    assert (stored, spilled) == (134, 313)
    assert values(counted, "glb_write_bits") == [weights + 60 * (stored + spilled)]
    assert values(counted, "glb_read_bits") == [weights + 60 * (sent + spilled)]


def mapped(layer: Layer, **knobs: Any) -> Mapping:
    simulator = Simulator([net(layer)], technology("sram_32nm"))
    batch = designs(**knobs)
    return simulator.product_results(simulator.chip(batch)).mapping
