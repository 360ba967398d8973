"""How weights lie in arrays, by hand and cell by cell."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.simulator.cases import Case, attention, conv, linear, values

ARRAYS = ("slices", "columns_per_output", "n_k", "n_m", "arrays")


def test_a_convolution_in_arrays_of_128_by_128() -> None:
    # 8 bits in cells of 2: n_s = 4 columns an output. K = 576 rows: n_k = ceil(576 / 128) = 5.
    # 128 outputs x 4 = 512 columns: n_m = 4. 5 x 4 = 20 arrays.
    case = Case.of(conv(64, 128, 28))
    assert values(case.geometry, *ARRAYS) == [4, 4, 5, 4, 20]
    assert values(case.geometry, "rows_full", "columns_full") == [128, 128]


def test_a_pair_of_columns_holds_a_sign() -> None:
    # 7 magnitude bits in cells of 2: n_s = 4, two columns each: 128 x 8 = 1024 columns, n_m = 8.
    case = Case.of(conv(64, 128, 28), encoding="differential")
    assert values(case.geometry, *ARRAYS) == [4, 8, 5, 8, 40]


def test_digital_macros_have_no_pairs() -> None:
    case = Case.of(conv(64, 128, 28), encoding="differential", compute="digital", bits_per_cell=1)
    # n_s = 8: 128 x 8 = 1024 columns, n_m = 8.
    assert values(case.geometry, *ARRAYS) == [8, 8, 5, 8, 40]


def test_the_last_slice_may_be_part_empty() -> None:
    # 8 bits in cells of 3: 3 cells with room for 9 bits. 128 x 3 = 384 columns: n_m = 3.
    assert values(Case.of(conv(64, 128, 28), bits_per_cell=3).geometry, *ARRAYS) == [3, 3, 5, 3, 15]


def test_a_sign_alone_takes_a_pair() -> None:
    case = Case.of(linear(16, 8), weight_bits=1, encoding="differential")
    assert values(case.geometry, "slices", "columns_per_output") == [1, 2]


def test_depthwise_groups_share_arrays_block_by_block() -> None:
    # K = 9, 4 columns an output: 128 // 9 = 14 groups by rows, 128 // 4 = 32 by columns; so 14.
    # 96 groups: ceil(96 / 14) = 7 arrays; the fullest has 14 x 9 = 126 rows and 14 x 4 columns.
    geometry = Case.of(conv(96, 96, 14, groups=96)).geometry
    assert values(geometry, "packed", "n_blocks", "arrays") == [14, 7, 7]
    assert values(geometry, "rows_full", "columns_full") == [126, 56]


def test_columns_may_limit_the_groups_of_an_array() -> None:
    # 2 groups of K = 9, 16 outputs: 64 columns each, so 2 in 128 columns though 14 fit by rows.
    assert values(Case.of(conv(8, 128, 14, groups=8)).geometry, "packed", "n_blocks") == [2, 4]


def test_groups_larger_than_an_array_stand_alone() -> None:
    # K = 9 x 32 = 288: 3 arrays down, 32 x 4 = 128 columns: 1 across, 4 groups.
    geometry = Case.of(conv(128, 128, 14, groups=4)).geometry
    assert values(geometry, "packed", "n_k", "n_m", "n_blocks", "arrays") == [1, 3, 1, 4, 12]


def test_dynamic_operands_are_as_wide_as_inputs() -> None:
    geometry = Case.of(attention(64, 32, 2, 10), weight_bits=4, input_bits=6).geometry
    assert values(geometry, "weight_bits", "slices") == [6, 3]


@given(
    k=st.integers(1, 400),
    m=st.integers(1, 60),
    groups=st.integers(1, 30),
    rows=st.sampled_from([16, 48, 128]),
    cols=st.sampled_from([16, 40, 128]),
    weight_bits=st.integers(1, 9),
    bits_per_cell=st.integers(1, 4),
    encoding=st.sampled_from(["offset", "differential"]),
)
def test_arrays_hold_every_cell_and_no_array_is_superfluous(
    k: int,
    m: int,
    groups: int,
    rows: int,
    cols: int,
    weight_bits: int,
    bits_per_cell: int,
    encoding: str,
) -> None:
    case = Case.of(
        conv(k * groups, m * groups, 3, kernel=1, groups=groups),
        rows=rows,
        cols=cols,
        weight_bits=weight_bits,
        bits_per_cell=bits_per_cell,
        encoding=encoding,
    )
    packed, n_k, n_m, blocks, arrays, per_output = (
        int(x)
        for x in values(
            case.geometry, "packed", "n_k", "n_m", "n_blocks", "arrays", "columns_per_output"
        )
    )
    assert arrays == blocks * n_k * n_m
    # Every block has rows and columns for its groups, and groups are not spread over arrays.
    assert n_k * rows >= packed * k or packed == 1
    assert n_m * cols >= packed * m * per_output
    assert n_k * rows >= k
    assert packed == 1 or (n_k, n_m) == (1, 1)
    assert blocks * packed >= groups > (blocks - 1) * packed
    # One array less along any way would not hold them.
    assert (n_k - 1) * rows < k
    assert (n_m - 1) * cols < m * per_output
    # One more group in an array would not fit, and there are no groups left out for want of room.
    assert (
        packed == groups
        or (packed + 1) * k > rows
        or (packed + 1) * m * per_output > cols
        or math.ceil(k / rows) > 1
    )
