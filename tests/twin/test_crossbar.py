"""The bit-level crossbar multiplies: exactly where nothing is lost, by hand where something is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imctune.config import by_name
from imctune.knobs import lossless_bits
from tests.twin.crossbar import (
    Array,
    Cells,
    IntArray,
    converted,
    drawn_cells,
    ideal_cells,
    multiplied,
    snr_db,
    stored_levels,
)

ONE = Array(
    rows=16,
    rows_active=16,
    bits_per_cell=1,
    dac_bits=1,
    adc_bits=5,
    weight_bits=4,
    input_bits=4,
    is_differential=False,
    unset=1.0 / 17.0,
)


def operands(
    array: Array, shape: tuple[int, int, int], rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    positions, k, m = shape
    half = 2 ** (array.weight_bits - 1)
    low = -half + 1 if array.is_differential else -half
    weights = rng.integers(low, half, (k, m))
    first = -(2 ** (array.input_bits - 1)) if array.is_signed else 0
    return rng.integers(first, 2**array.input_bits + first, (positions, k)), weights


def with_lossless_converter(array: Array) -> Array:
    bits = lossless_bits(
        array.rows_active, array.bits_per_cell, array.dac_bits, array.is_differential
    )
    return replace(array, adc_bits=int(bits))


@given(
    bits_per_cell=st.integers(1, 4),
    dac_bits=st.integers(1, 3),
    weight_bits=st.integers(2, 9),
    input_bits=st.integers(1, 9),
    rows=st.integers(1, 40),
    rows_active=st.integers(1, 40),
    k=st.integers(1, 90),
    is_differential=st.booleans(),
    is_signed=st.booleans(),
    adc_range=st.sampled_from(["lsb", "full"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_ideal_cells_and_a_lossless_converter_give_the_exact_product(
    bits_per_cell: int,
    dac_bits: int,
    weight_bits: int,
    input_bits: int,
    rows: int,
    rows_active: int,
    k: int,
    is_differential: bool,
    is_signed: bool,
    adc_range: str,
    seed: int,
) -> None:
    array = with_lossless_converter(
        Array(
            rows,
            min(rows, rows_active),
            bits_per_cell,
            dac_bits,
            1,
            weight_bits,
            input_bits,
            is_differential,
            is_signed,
            adc_range,
            unset=0.1,
        )
    )
    rng = np.random.default_rng(seed)
    inputs, weights = operands(array, (3, k, 4), rng)
    got = multiplied(inputs, weights, array, ideal_cells(weights, array), rng)
    np.testing.assert_array_equal(got, inputs @ weights)


def test_levels_are_the_digits_of_the_weights() -> None:
    # Offset: 5 + 8 = 0b1101 and -3 + 8 = 0b0101, in cells of two bits, low slice first.
    array = replace(ONE, bits_per_cell=2)
    levels = stored_levels(np.array([[5, -3]]), array)
    assert levels[:, 0, 0, :].tolist() == [[0b01, 0b01], [0b11, 0b01]]
    # Differential: 5 and 0 in the positive column, 0 and 3 in the negative one, of 3 bits.
    pair = stored_levels(np.array([[5, -3]]), replace(array, is_differential=True))
    assert pair[:, 0, 0, :].tolist() == [[0b01, 0], [0b1, 0]]
    assert pair[:, 1, 0, :].tolist() == [[0, 0b11], [0, 0]]


def test_a_converter_that_tells_single_counts_apart_saturates() -> None:
    # 3 bits: 0 to 7, or -4 to 3 of a difference. What is nearer to a count than half is that count.
    three = replace(ONE, adc_bits=3)
    assert converted(np.array([2.4, 2.6, 7.0, 9.0, -0.3]), three).tolist() == [2, 3, 7, 7, 0]
    pair = replace(three, is_differential=True)
    assert converted(np.array([-9.0, -4.0, 3.0, 5.0]), pair).tolist() == [-4, -4, 3, 3]


def test_a_converter_that_spans_all_counts_merges_them() -> None:
    # 15 rows of one bit: 16 counts, 3 bits, steps of 2 up to 14. A difference has 31 counts:
    # 4 bits, steps of 2 from -16 to 14. What is between two codes goes to the even one.
    three = replace(ONE, rows_active=15, adc_bits=3, adc_range="full")
    counts = np.array([0.0, 1.0, 1.2, 3.0, 14.0, 15.0])
    assert converted(counts, three).tolist() == [0.0, 0.0, 2.0, 4.0, 14.0, 14.0]
    pair = replace(three, adc_bits=4, is_differential=True)
    assert converted(np.array([-15.0, -1.0, 0.0, 15.0]), pair).tolist() == [-16.0, 0.0, 0.0, 14.0]


def test_saturation_by_hand() -> None:
    # Three rows drive ones into cells of one: a count of 3, which 1 bit caps at 1. Weight 7 of
    # offset 8 is 0b1111: each of 4 slices loses 2 of 3. 3 * 7 = 21 becomes 15 - 8 * 3 = -9.
    array = replace(ONE, adc_bits=1)
    inputs, weights = np.ones((1, 3), dtype=np.int64), np.full((3, 1), 7)
    got = multiplied(inputs, weights, array, ideal_cells(weights, array), np.random.default_rng(0))
    assert got.tolist() == [[15.0 - 24.0]]


def test_small_errors_vanish_in_a_converter_of_single_counts() -> None:
    rng = np.random.default_rng(3)
    array = replace(ONE, rows_active=4, adc_bits=3)
    inputs, weights = operands(array, (40, 16, 8), rng)
    cells = ideal_cells(weights, array)
    # Of four cells, +-10 % of a count each: at most 0.4 counts.
    off = rng.choice([-0.1, 0.1], cells.conductance.shape) * (1.0 - array.unset)
    noisy = Cells(cells.conductance + off, cells.reference, 0.0)
    np.testing.assert_array_equal(multiplied(inputs, weights, array, noisy, rng), inputs @ weights)
    worse = Cells(cells.conductance + 2.0 * off, cells.reference, 0.0)
    assert snr_db(inputs @ weights, multiplied(inputs, weights, array, worse, rng)) < 40.0


@pytest.mark.parametrize("law", ["gaussian", "lognormal"])
def test_cells_spread_as_the_record_says(law: str) -> None:
    # Level 1 of 1 bit is the full conductance, 4 %; level 0 is 0.2, 1.6 %.
    weights = np.tile([[-8, 7]], (2000, 40))
    array = replace(ONE, unset=0.2)
    record = replace(by_name.load_variation("gaussian"), sigma_share=(0.01, 0.03), law=law)
    cells = drawn_cells(weights, array, record, np.random.default_rng(5)).conductance[0, 0]
    np.testing.assert_allclose(
        [cells[:, ::2].std(), cells[:, 1::2].std()], [0.016, 0.04], rtol=0.02
    )
    np.testing.assert_allclose([cells[:, ::2].mean(), cells[:, 1::2].mean()], [0.2, 1.0], rtol=2e-3)


def test_stuck_cells_are_as_many_as_the_record_says() -> None:
    weights = np.full((2000, 100), 0)  # offset code 0b1000: three slices of level 0, one of 1
    record = by_name.load_variation("stuck")
    cells = drawn_cells(weights, ONE, record, np.random.default_rng(6)).conductance[:, 0]
    assert (cells[0] == 1.0).mean() == pytest.approx(0.0175, abs=1e-3)
    assert (cells[3] < 1.0).mean() == pytest.approx(0.0904, abs=2e-3)


def test_a_shift_of_all_cells_cancels_in_both_encodings() -> None:
    record = replace(
        by_name.load_variation("none"), drift_share_per_log_s=0.01, time_s=float(np.exp(5.0))
    )
    for is_differential in (False, True):
        array = with_lossless_converter(replace(ONE, is_differential=is_differential))
        rng = np.random.default_rng(7)
        inputs, weights = operands(array, (5, 16, 8), rng)
        cells = drawn_cells(weights, array, record, rng)
        assert cells.conductance.min() == pytest.approx(array.unset + 0.05)
        np.testing.assert_array_equal(
            multiplied(inputs, weights, array, cells, rng), inputs @ weights
        )


def test_read_noise_adds_up_over_the_driven_cells() -> None:
    # 16 rows driven at digit 1: noise of 4 x 5 % of a count, on top of a whole number; half of a
    # count lies at 2.5 sigma. A converter of single counts then errs at 1.24 % of its readings.
    rng = np.random.default_rng(8)
    array = replace(ONE, weight_bits=1, input_bits=1, unset=0.0)
    inputs, weights = np.ones((400, 16), dtype=np.int64), np.zeros((16, 200), dtype=np.int64)
    cells = replace(ideal_cells(weights, array), read_noise=0.05)
    got = multiplied(inputs, weights, array, cells, rng)
    assert (got != 0.0).mean() == pytest.approx(0.0124, abs=1.2e-3)


def test_signal_to_noise_ratio_by_hand() -> None:
    # Variance of 0, 4 is 4; mean square error 0.04: 20 dB.
    assert snr_db([0.0, 4.0], [0.2, 4.2]) == pytest.approx(20.0)
    assert snr_db([0.0, 4.0], [0.0, 4.0]) == float("inf")
