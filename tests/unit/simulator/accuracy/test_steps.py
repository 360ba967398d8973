"""Rounding to wide steps: against drawn counts, whether they fill many steps or few."""

from __future__ import annotations

import math

import numpy as np
import pytest

from imctune.simulator.accuracy.steps import step_errors

N_COUNTS = 200_000


def rounded(counts: np.ndarray, step: int, rng: np.random.Generator) -> np.ndarray:
    """The nearest multiple of the step; either, where two are as near."""
    share = counts / step
    low = np.floor(share)
    is_tie = np.abs(share - low - 0.5) < 1e-9
    code = np.where(is_tie, low + rng.integers(0, 2, counts.shape), np.rint(share))
    return np.asarray(code * step)


@pytest.mark.parametrize("step", [2, 3, 4, 5, 11, 12, 40])
@pytest.mark.parametrize("spread", [0.2, 0.35, 1.0])
@pytest.mark.parametrize("place", [0.0, 0.7])
def test_errors_are_those_of_drawn_counts(step: int, spread: float, place: float) -> None:
    rng = np.random.default_rng(step)
    mean, deviation = place * step, max(spread * step, 0.8)
    counts = np.rint(rng.normal(mean, deviation, N_COUNTS))
    error = rounded(counts, step, rng) - counts
    score = (counts - mean) / deviation
    polynomials = [np.ones(N_COUNTS), score, (score**2 - 1.0) / math.sqrt(2.0)]
    # Rounding to whole counts has itself a variance of 1/12.
    coefficients, square = step_errors(
        np.array([mean]), np.array([math.hypot(deviation, 12.0**-0.5)]), np.array([float(step)]), 3
    )
    assert square[0] == pytest.approx(float(np.mean(error**2)), rel=0.05, abs=0.02)
    for coefficient, polynomial in zip(coefficients, polynomials, strict=True):
        drawn = float(np.mean(error * polynomial))
        assert coefficient[0] == pytest.approx(drawn, abs=0.06 * step)


def test_single_counts_are_not_rounded() -> None:
    coefficients, square = step_errors(np.array([3.3]), np.array([2.0]), np.ones(1), 3)
    assert [float(x[0]) for x in (*coefficients, square)] == [0.0] * 4
