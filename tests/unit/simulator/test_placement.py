"""Which layers stay in arrays, and how spare ones are shared, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.arrays import FloatArray
from imctune.simulator.geometry import array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.placement import Placement, Work, place
from imctune.workload import Workload
from tests.unit.simulator.cases import attention, conv, designs, linear, net, technology

# 20 arrays for 784 positions, and ceil(1024 / 128) x ceil(4000 / 128) = 8 x 32 = 256 for one.
TWO = net(conv(64, 128, 28), linear(1024, 1000))


def placed(
    *workloads: Workload, memory: str = "rram_32nm", cycles: float = 100.0, **knobs: Any
) -> Placement:
    table = LayerTable.from_workloads(workloads)
    names = tuple(str(index) for index in range(len(workloads)))
    columns = KnobColumns.from_designs(designs(names, **knobs), table)
    geometry = array_geometry(table, columns)
    on_arrays = np.broadcast_to(table.is_weights | table.is_dynamic, geometry.arrays.shape)
    mvm_cycles: FloatArray = np.full(geometry.arrays.shape, cycles)
    work = Work.of(table, columns, geometry, mvm_cycles)
    return place(table, columns, geometry, on_arrays, work, technology(memory))


def test_what_fits_stays() -> None:
    # 276 arrays of 512.
    placement = placed(TWO)
    assert placement.needed.tolist() == [[276]]
    assert placement.lack.tolist() == [[276 / 512 - 1]]
    assert not placement.reloads.any()
    assert placement.copies.tolist() == [[1, 1]]


@pytest.mark.parametrize("memory", ["rram_32nm", "sram_32nm"])
def test_spare_arrays_are_shared_by_work_over_arrays(memory: str) -> None:
    # w = isqrt(2**20 x 784 x 100 / 20) = isqrt(4110417920) = 64112, and isqrt(2**20 x 100 / 256)
    # = isqrt(409600) = 640. sum a w = 20 x 64112 + 256 x 640 = 1446080; 512 - 276 = 236 are spare:
    # 1 + floor(236 x 64112 / 1446080) = 1 + 10, and 1 + floor(236 x 640 / 1446080) = 1.
    assert placed(TWO, memory=memory, replication="balanced").copies.tolist() == [[11, 1]]


def test_a_pipeline_shares_them_by_work() -> None:
    # w = 78400 and 100; sum a w = 20 x 78400 + 256 x 100 = 1593600:
    # 1 + floor(236 x 78400 / 1593600) = 1 + 11.
    copies = placed(TWO, replication="balanced", schedule="pipelined").copies
    assert copies.tolist() == [[12, 1]]


def test_no_layer_has_more_copies_than_positions() -> None:
    # 4 arrays for 4 positions on 512 arrays.
    small = net(conv(64, 128, 2, kernel=1))
    assert placed(small, replication="balanced").copies.tolist() == [[4]]


def test_cells_that_keep_their_weights_run_out_of_room() -> None:
    # 276 arrays needed, 16 at hand.
    placement = placed(TWO, router_groups=1, tiles_per_group=1)
    assert placement.lack.tolist() == [[276 / 16 - 1]]
    assert not placement.reloads.any()


def test_cells_that_are_rewritten_load_every_layer() -> None:
    placement = placed(TWO, memory="sram_32nm", router_groups=1, tiles_per_group=1)
    assert placement.reloads.all()
    assert placement.available.tolist() == [[16, 16]]


def test_ping_pong_gives_half_of_the_arrays() -> None:
    small: dict[str, Any] = {"memory": "sram_32nm", "router_groups": 1, "tiles_per_group": 1}
    assert placed(TWO, ping_pong=True, **small).available.tolist() == [[8, 8]]
    # Of 3 arrays one; a single array cannot be halved.
    assert placed(TWO, ping_pong=True, **small, macros_per_tile=3).available.max() == 1
    assert placed(TWO, ping_pong=True, **small, macros_per_tile=1).available.max() == 1


def test_a_layer_that_is_loaded_alone_may_have_many_copies() -> None:
    # 20 arrays in 250: 12 copies. 256 in 250: one, in two passes.
    small: dict[str, Any] = {"memory": "sram_32nm", "router_groups": 1, "tiles_per_group": 1}
    placement = placed(TWO, replication="balanced", **small, macros_per_tile=250)
    assert placement.copies.tolist() == [[12, 1]]
    assert placement.possible.all()


def test_dynamic_products_take_what_weights_leave() -> None:
    # 276 arrays hold weights; 236 are left to the products of activations.
    layers = net(*TWO.layers, attention(64, 32, 4, 10))
    placement = placed(layers, memory="sram_32nm")
    assert placement.reloads.tolist() == [[False, False, True]]
    assert placement.available[0, 2] == 236
    # Cells that are written once cannot hold activations.
    assert placed(layers).possible.tolist() == [[True, True, False]]
    # On 276 arrays nothing is left.
    tight: dict[str, Any] = {"router_groups": 1, "tiles_per_group": 1, "macros_per_tile": 276}
    assert not placed(layers, memory="sram_32nm", **tight).possible[0, 2]


def test_residency_of_all_adds_up_the_workloads() -> None:
    # Twice 276 arrays do not fit in 512.
    other = Workload(name="other", layers=TWO.layers)
    assert placed(TWO, other).lack.tolist() == [[276 / 512 - 1] * 2]
    assert placed(TWO, other, residency="all").lack.tolist() == [[552 / 512 - 1] * 2]


@given(
    sizes=st.lists(
        st.tuples(st.integers(1, 600), st.integers(1, 300), st.integers(1, 30)),
        min_size=1,
        max_size=6,
    ),
    macros=st.integers(1, 200),
    cycles=st.integers(1, 10_000),
    schedule=st.sampled_from(["sequential", "pipelined"]),
)
def test_copies_never_take_more_arrays_than_there_are(
    sizes: list[tuple[int, int, int]], macros: int, cycles: int, schedule: str
) -> None:
    layers = [linear(k, m, tokens) for k, m, tokens in sizes]
    workload = net(*layers)
    placement = placed(
        workload,
        cycles=float(cycles),
        macros_per_tile=macros,
        replication="balanced",
        schedule=schedule,
    )
    table = LayerTable.from_workloads([workload])
    columns = KnobColumns.from_designs(designs(macros_per_tile=macros), table)
    arrays = array_geometry(table, columns).arrays
    assert (placement.copies >= 1).all()
    assert (placement.copies <= table.positions).all()
    if placement.lack[0, 0] <= 0.0:
        assert (arrays * placement.copies).sum() <= columns.n_arrays[0, 0]
