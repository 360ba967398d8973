"""Sampled chips: their spread against drawn cells, and what draws depend on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imctune.config import by_name
from imctune.simulator.accuracy.chips import (
    WeightErrors,
    draw_chips,
    draw_conductances,
    noise_spread,
    weight_errors,
)
from imctune.simulator.accuracy.operands import weight_digits, weight_operand
from tests.twin.crossbar import Array, drawn_cells, stored_levels
from tests.unit.simulator.cases import workload


@pytest.mark.parametrize(("mean", "stuck"), [(0.0, False), (0.1, False), (0.0, True)])
def test_noise_of_a_layer_spreads_as_that_of_drawn_weights(mean: float, stuck: bool) -> None:
    # 40 x 12 weights with errors of variance 1: normal, or +-7.07 of 2 % of them (kurtosis 47).
    rng, (k, m, n_chips) = np.random.default_rng(1), (40, 12, 3000)
    if stuck:
        hit = rng.random((n_chips, k, m)) < 0.02
        errors = hit * rng.choice([-1.0, 1.0], (n_chips, k, m)) * 50.0**0.5
    else:
        errors = mean + rng.standard_normal((n_chips, k, m))
    input_mean, input_square = 0.4, 0.5
    noise = (input_square - input_mean**2) * (errors**2).sum(axis=1)
    noise = (noise + input_mean**2 * errors.sum(axis=1) ** 2).mean(axis=1)
    moments = WeightErrors(mean, mean**2, 1.0, 47.0 if stuck else 0.0)
    spread = noise_spread(k, m, input_mean, input_square, moments)
    assert float(spread) == pytest.approx(noise.std() / noise.mean(), rel=0.06)


@pytest.mark.parametrize("is_differential", [False, True])
@pytest.mark.parametrize("name", ["wan2022_1day", "stuck", "lognormal"])
def test_moments_are_those_of_drawn_cells(name: str, is_differential: bool) -> None:
    variation = replace(by_name.load_variation(name), read_noise_share=0.0)
    array = Array(1, 1, 2, 1, 1, 6, 6, is_differential, unset=1 / 17)
    rng, density = np.random.default_rng(2), 0.4
    operand = weight_operand(6, density)
    weights = rng.choice(operand.values, size=(1, 200_000), p=operand.probabilities)
    off = drawn_cells(weights, array, variation, rng).conductance - array.unset
    counts = off * array.top / (1.0 - array.unset) - stored_levels(weights, array)
    scale = 4.0 ** np.arange(array.n_slices)[:, None]
    error = (scale * (counts[:, 0, 0] - (counts[:, 1, 0] if is_differential else 0.0))).sum(axis=0)
    digits = weight_digits(operand, 6, 2, is_differential)
    moments = weight_errors(digits, 2, 1 / 17, variation)
    assert moments.mean == pytest.approx(error.mean(), abs=0.02 * error.std())
    total = moments.variance + moments.mean_square
    assert total == pytest.approx(float(np.mean(error**2)), rel=0.03)


def test_a_layers_chips_do_not_depend_on_other_layers() -> None:
    layers = workload("alexnet").layers
    every, one = draw_chips(layers, 20, 3), draw_chips(layers[2:3], 20, 3)
    np.testing.assert_array_equal(every.layers[2], one.layers[0])
    np.testing.assert_array_equal(every.cells, one.cells)
    assert not np.array_equal(every.cells, draw_chips(layers, 20, 4).cells)


def test_conductances_have_the_mean_and_spread_asked_for() -> None:
    drawn = draw_conductances(0.05, 200_000, 1)
    assert drawn.mean() == pytest.approx(1.0, abs=5e-4)
    assert drawn.std() == pytest.approx(0.05, rel=0.01)
    assert (draw_conductances(0.0, 5, 1) == 1.0).all()
