"""Pareto front and hypervolume, against slow obvious versions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imctune.pareto import hypervolume, nondominated

POINTS = arrays(np.float64, st.tuples(st.integers(1, 30), st.just(3)), elements=st.integers(0, 6))


@given(POINTS)
def test_front_is_what_no_other_point_dominates(points: np.ndarray) -> None:
    slow = [
        not any((other <= point).all() and (other < point).any() for other in points)
        for point in points
    ]
    assert nondominated(points).tolist() == slow


def test_infinite_and_missing_values_are_never_on_the_front() -> None:
    points = [[np.inf, 0.0], [np.nan, 0.0], [5.0, 5.0]]
    assert nondominated(points).tolist() == [False, False, True]
    assert not nondominated([[np.inf, 1.0]]).any()
    assert nondominated(np.empty((0, 3))).tolist() == []


def test_hypervolume_of_a_staircase_is_known() -> None:
    # Points (i, n - 1 - i) below (n, n) cover n + (n - 1) + ... + 1 unit squares.
    n = 8
    points = [[i, n - 1 - i] for i in range(n)]
    assert hypervolume(points, [n, n]) == pytest.approx(n * (n + 1) / 2)


def test_points_beyond_the_reference_add_nothing() -> None:
    assert hypervolume([[4.0, 4.0], [np.inf, 0.0]], [3.0, 3.0]) == 0.0
