"""The pipelined schedule against rows stepped one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.pipeline import Chain, chain_cycles, rows_needed
from imctune.workload import Layer, Workload


def row_by_row(row_cycles: list[int], needs: list[list[int]]) -> int:
    """Step every row of every layer in order: it starts when its input and its layer are ready."""
    ends_before = [0]
    for cycles, rows in zip(row_cycles, needs, strict=True):
        ends: list[int] = []
        for needed in rows:
            ready = max(ends_before[:needed])
            free = ends[-1] if ends else 0
            ends.append(max(ready, free) + cycles)
        ends_before = ends
    return ends_before[-1]


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Draw layers of a few rows, each needing more and more rows of the one before."""
    cycles, needs, before = [], [], 1
    for _ in range(draw(st.integers(1, 6))):
        n_rows = draw(st.integers(1, 7))
        rows = sorted(draw(st.lists(st.integers(1, before), min_size=n_rows, max_size=n_rows)))
        needs.append(rows)
        cycles.append(draw(st.integers(1, 10**6)))
        before = n_rows
    return cycles, needs


@given(chains())
def test_closed_form_equals_row_by_row(chain: tuple[list[int], list[list[int]]]) -> None:
    cycles, needs = chain
    closed = chain_cycles(
        [np.array([float(x)]) for x in cycles],
        Chain(places=(), needs=tuple(np.array(x) for x in needs)),
    )
    assert closed.tolist() == [row_by_row(cycles, needs)]


def test_a_window_needs_the_rows_down_to_its_last() -> None:
    # 3 x 3 over 5 rows padded by one: row 0 sees input rows 0-1, row 4 sees rows 3-4.
    conv = Layer("c", "conv", "weights", k=9, m=1, out_h=5, in_h=5, kernel_h=3, kernel_w=3)
    assert rows_needed(conv, 5).tolist() == [2, 3, 4, 5, 5]


def test_a_dynamic_product_waits_for_all_of_its_second_operand() -> None:
    scores = Layer("qk", "matmul", "dynamic", k=4, m=3, out_h=3, in_h=3)
    assert rows_needed(scores, 3).tolist() == [3, 3, 3]


def test_rows_are_shared_out_where_the_layer_before_has_another_number() -> None:
    flat = Layer("fc", "linear", "weights", k=36, m=10, in_channels=36)
    assert rows_needed(flat, 6).tolist() == [6]


@pytest.mark.parametrize("n_layers", [1, 2, 5])
def test_equal_layers_of_one_row_add_up(n_layers: int) -> None:
    # One row each: nothing overlaps, so the cycles add up.
    chain = Chain(places=(), needs=tuple(np.array([1]) for _ in range(n_layers)))
    assert chain_cycles([np.array([7.0])] * n_layers, chain).tolist() == [7 * n_layers]


def test_columns_count_on_from_workload_to_workload() -> None:
    linear = Layer("a", "linear", "weights", k=1, m=1)
    norm = Layer("b", "norm", "none", k=1, m=1)
    other = Layer("c", "linear", "weights", k=2, m=1)
    first, second = Chain.of_workloads(
        [Workload("x", (linear, norm, other)), Workload("y", (norm, linear))]
    )
    assert first.places == ((True, 0), (False, 0), (True, 1))
    assert second.places == ((False, 1), (True, 2))
