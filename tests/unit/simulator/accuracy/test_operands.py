"""Distributions of operands and of their digits."""

import math

import numpy as np
import pytest

from imctune.simulator.accuracy.operands import (
    input_digits,
    input_operand,
    weight_digits,
    weight_operand,
)
from tests.twin.operands import drawn_operands

KINDS = [
    (0.609, 0.1749, False),  # after a ReLU
    (0.02, 0.5, False),  # an image
    (0.012, 0.3977, True),  # a transformer
    (0.836, 0.056, False),  # after the ReLU of a transformer
]


@pytest.mark.parametrize(("zeros", "density", "signed"), KINDS)
def test_seven_magnitude_bits_hold_the_measured_share_of_ones(
    zeros: float, density: float, signed: bool
) -> None:
    operand = input_operand(8 if signed else 7, zeros, density, signed)
    ones = np.array([abs(value).bit_count() for value in operand.values.tolist()]) / 7.0
    assert math.isclose(float((ones * operand.probabilities).sum()), density, rel_tol=1e-6)
    assert float(operand.probabilities[operand.values == 0][0]) >= zeros


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize(("zeros", "density", "signed"), KINDS)
def test_moments_are_those_of_drawn_operands(
    zeros: float, density: float, signed: bool, bits: int
) -> None:
    rng = np.random.default_rng(bits)
    drawn = drawn_operands(rng, (1000, 400), bits, density, zero_share=zeros, is_signed=signed)
    operand = input_operand(bits, zeros, density, signed)
    found = [
        np.mean(drawn.whole**2),
        np.mean(drawn.exact**2),
        np.mean(drawn.exact * drawn.whole),
    ]
    # 400,000 draws: 0.3 % of standard error, more where few are not zero.
    expected = [operand.mean_square, operand.true_square, operand.product]
    np.testing.assert_allclose(found, expected, rtol=0.03, atol=1e-4)


def test_rounding_to_many_levels_costs_a_twelfth_of_a_squared_step() -> None:
    operand = weight_operand(8, 0.4)
    noise = operand.mean_square + operand.true_square - 2.0 * operand.product
    np.testing.assert_allclose(noise, 1.0 / 12.0, rtol=0.01)


def test_one_bit_with_a_sign_holds_nothing() -> None:
    operand = weight_operand(1, 0.4)
    assert (operand.values.tolist(), operand.mean_square) == ([0], 0.0)
    assert operand.true_square > 0.0


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("dac_bits", [1, 2, 3])
def test_input_digits_add_up_to_the_input(dac_bits: int, signed: bool) -> None:
    operand = input_operand(8, 0.3, 0.3, signed)
    digits = input_digits(operand, 8, dac_bits, signed)
    np.testing.assert_array_equal(digits.weights @ digits.values, operand.values)
    assert digits.n_digits == -(-8 // dac_bits) * (2 if signed and dac_bits > 1 else 1)


@pytest.mark.parametrize("bits_per_cell", [1, 2, 3, 4])
def test_slices_add_up_to_the_weight_or_to_its_offset_code(bits_per_cell: int) -> None:
    operand = weight_operand(8, 0.4)
    pair = weight_digits(operand, 8, bits_per_cell, True)
    offset = weight_digits(operand, 8, bits_per_cell, False)
    np.testing.assert_array_equal(pair.weights @ pair.values, operand.values)
    np.testing.assert_array_equal(offset.weights @ offset.values - 128, operand.values)
    np.testing.assert_allclose([pair.mean, offset.mean], [0.0, 128.0], atol=1e-9)


def test_statistics_of_digits_match_sums_over_all_numbers() -> None:
    operand = weight_operand(5, 0.4)
    digits = weight_digits(operand, 5, 2, False)
    shares = operand.probabilities
    for place, values in enumerate(digits.values):
        np.testing.assert_allclose(digits.moments[place, 2], (values**3.0 * shares).sum())
        for other, more in enumerate(digits.values):
            np.testing.assert_allclose(digits.joint[place, other], (values * more * shares).sum())
        by_level = [shares[values == level].sum() for level in range(4)]
        np.testing.assert_allclose(digits.probabilities[place], by_level)
