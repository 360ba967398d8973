"""The figures themselves, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.validation.statistics import factor_of, median, spearman, within


def test_factor_is_the_same_for_too_much_and_too_little() -> None:
    np.testing.assert_allclose(factor_of([2.0, 1.0, 3.0], [1.0, 2.0, 3.0]), [2.0, 2.0, 1.0])


def test_within_counts_the_limit_itself() -> None:
    assert within([1.0, 2.0, 2.1, 4.0], 2.0) == 0.5


def test_nothing_has_no_figure() -> None:
    assert median([]) is None
    assert within([], 2.0) is None
    assert spearman([1.0, 2.0], [1.0, 2.0]) is None
    assert spearman([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None


def test_spearman_sees_order_only() -> None:
    assert spearman([1, 2, 3, 4], [1, 10, 100, 1000]) == pytest.approx(1.0)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1.0)


def test_spearman_gives_ties_their_mean_rank() -> None:
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / np.sqrt(22.5))
