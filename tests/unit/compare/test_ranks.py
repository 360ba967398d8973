"""The rank-sum test, by hand and against scipy, which scikit-learn brings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from imctune.compare import holm, rank_sum_test


def test_the_smallest_case_by_hand() -> None:
    # Of the 20 orders of three and three, one has all of the first below the second, one above.
    share, p_value = rank_sum_test([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    assert share == 1.0
    assert p_value == pytest.approx(2 / 20)
    # Of 2 x 2 pairs the first is lower in one: U = 1, 2 of 6 orders have U of at most 1.
    assert rank_sum_test([1.0, 6.0], [2.0, 3.0]) == pytest.approx((0.5, 1.0))
    assert rank_sum_test([2.0, 4.0], [1.0, 3.0]) == pytest.approx((0.25, 4 / 6))


SAMPLES = st.lists(st.floats(-9.0, 9.0, allow_nan=False), min_size=1, max_size=25)


@settings(max_examples=150, deadline=None)
@given(SAMPLES, SAMPLES)
def test_it_agrees_with_scipy(first: list[float], second: list[float]) -> None:
    p_value = rank_sum_test(first, second).p_value
    distinct = len({*first, *second}) == len(first) + len(second)
    method = "exact" if distinct and len(first) + len(second) <= 40 else "asymptotic"
    if len({*first, *second}) == 1:
        assert p_value == 1.0  # scipy divides by zero
        return
    expected = stats.mannwhitneyu(first, second, alternative="two-sided", method=method).pvalue
    assert p_value == pytest.approx(expected, rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=30),
    st.lists(st.integers(0, 4), min_size=2, max_size=30),
)
def test_ties_are_counted_as_scipy_counts_them(first: list[int], second: list[int]) -> None:
    if len({*first, *second}) == 1:
        assert rank_sum_test(first, second).p_value == 1.0
        return
    found = rank_sum_test(first, second)
    expected = stats.mannwhitneyu(second, first, alternative="two-sided", method="asymptotic")
    if len({*first, *second}) < len(first) + len(second):
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.share == pytest.approx(expected.statistic / (len(first) * len(second)))


def test_order_of_the_samples_only_turns_the_share() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.normal(0.0, 1.0, 30), rng.normal(0.8, 1.0, 25)
    forth, back = rank_sum_test(one, two), rank_sum_test(two, one)
    assert forth.share == pytest.approx(1.0 - back.share)
    assert forth.p_value == pytest.approx(back.p_value)
    assert forth.p_value < 0.05 < rank_sum_test(one, one).p_value


def test_runs_that_found_nothing_tie() -> None:
    assert rank_sum_test([np.inf, np.inf], [np.inf]) == (0.5, 1.0)
    assert rank_sum_test([1.0, np.inf], [np.inf, np.inf]).share == 0.75
    assert rank_sum_test([], [1.0]) == (0.5, 1.0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
def test_holm_follows_its_definition(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    ordered = sorted(p_values)
    n = len(p_values)
    for own, found in zip(p_values, adjusted, strict=True):
        steps = [(n - i) * p for i, p in enumerate(ordered) if p <= own]
        assert found == pytest.approx(min(1.0, max(steps)))
