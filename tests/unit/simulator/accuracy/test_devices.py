"""Errors of cells by level, against drawn cells."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.config import by_name
from imctune.simulator.accuracy.devices import cell_errors, level_errors
from imctune.simulator.accuracy.operands import weight_digits, weight_operand
from imctune.variation import Variation
from tests.twin.crossbar import Array, drawn_cells, stored_levels

UNSET = 1.0 / 17.0


def variation(name: str, **changes: Any) -> Variation:
    return replace(by_name.load_variation(name), **changes)


@pytest.mark.parametrize(
    "name", ["gaussian", "lognormal", "stuck", "wan2022_1day", "cmo_hfox_1day"]
)
@pytest.mark.parametrize("is_pair", [False, True])
@pytest.mark.parametrize("bits_per_cell", [1, 2, 4])
def test_errors_of_cells_match_drawn_ones(name: str, is_pair: bool, bits_per_cell: int) -> None:
    array = Array(
        rows=128,
        rows_active=128,
        bits_per_cell=bits_per_cell,
        dac_bits=1,
        adc_bits=8,
        weight_bits=6,
        input_bits=8,
        is_differential=is_pair,
        unset=UNSET,
    )
    rng = np.random.default_rng(1)
    operand = weight_operand(6, 0.4)
    weights = rng.choice(operand.values, size=(200, 400), p=operand.probabilities)
    cells = drawn_cells(weights, array, variation(name), rng)
    wrong = (cells.conductance - cells.reference) * array.top / (1.0 - UNSET)
    wrong = wrong - stored_levels(weights, array)
    slices = wrong[:, 0] - (wrong[:, 1] if is_pair else 0.0)
    whole = np.tensordot(2.0 ** (bits_per_cell * np.arange(len(slices))), slices, 1)
    digits = weight_digits(operand, 6, bits_per_cell, is_pair)
    errors = cell_errors(digits, bits_per_cell, UNSET, variation(name))
    square = float((errors.analog * digits.weights**2).sum()) + errors.stuck_square
    np.testing.assert_allclose(square, np.mean(whole**2), rtol=0.04)
    mean = float((errors.drift * digits.weights).sum()) + errors.stuck_mean
    # 80,000 weights.
    assert abs(mean - whole.mean()) < 6.0 * whole.std() / np.sqrt(whole.size) + 1e-9


def test_ideal_cells_make_no_error() -> None:
    digits = weight_digits(weight_operand(8, 0.4), 8, 2, True)
    assert cell_errors(digits, 2, UNSET, None).is_none
    assert cell_errors(digits, 2, UNSET, variation("none")).is_none


def test_drift_of_all_cells_alike_is_taken_out() -> None:
    # A tenth of the range in one e-fold, far from a conductance of zero.
    drifting = variation("none", drift_share_per_log_s=0.1, time_s=float(np.e))
    mean, variance = level_errors(2, 0.5, drifting)
    assert (mean.tolist(), variance.tolist()) == ([0.0] * 4, [0.0] * 4)


def test_one_level_of_a_cell_is_one_count() -> None:
    # 2 bits: 3 counts between 1/17 and 1; 3 % of the largest conductance are 3 * 17/16 * 0.03.
    _, deviation = level_errors(2, UNSET, variation("gaussian"))
    np.testing.assert_allclose(np.sqrt(deviation[-1]), 3.0 * 17.0 / 16.0 * 0.03, rtol=1e-6)
