"""What is measured of searches, by hand."""

import math

import numpy as np
import pytest

from imctune.compare import (
    Course,
    Reference,
    best_of,
    duels,
    outcomes,
    standings,
)


def course(score: list[float], sampler: str = "random", seed: int = 1, budget: int = 0) -> Course:
    """A search whose designs have their score as energy, and one ms and mm²."""
    energy = np.where(np.isfinite(score), score, 1.0)
    objectives = np.column_stack([energy, np.ones(len(score)), np.ones(len(score))])
    seconds = np.arange(1.0, len(score) + 1.0)
    return Course(sampler, seed, budget or len(score), np.array(score), objectives, seconds)


REFERENCE = Reference(1.0, np.array([[1.0, 10.0, 1.0], [10.0, 1.0, 1.0]]), "known", "known")


def test_regret_and_designs_to_within_one_percent() -> None:
    ran = course([math.inf, 3.0, 1.01, 2.0, 1.0])
    first, second, last = outcomes([ran], [2, 3, 5], REFERENCE)
    assert first.regret_percent == pytest.approx(200.0)
    assert second.regret_percent == pytest.approx(1.0)
    assert (first.n_to_close, second.n_to_close) == (None, 3)
    assert (last.regret_percent, last.n_to_close, last.cpu_seconds) == (0.0, 3, 5.0)


def test_hypervolume_is_that_of_scaled_logarithms() -> None:
    # Scaled, the front is (0, 1, 0) and (1, 0, 0): up to 1.1 it takes (1.1 * 0.1 + 0.1 * 1) * 1.1.
    objectives = np.array([[1.0, 10.0, 1.0], [0.5, 0.5, 0.5], [10.0, 10.0, 1.0]])
    ran = Course("ga", 1, 3, np.array([5.0, math.inf, 9.0]), objectives, np.ones(3))
    (found,) = outcomes([ran], [3], REFERENCE)
    # It has the first of them, 1.1 * 0.1 * 1.1; the infeasible design counts for nothing, and the
    # third is dominated.
    assert found.hypervolume == pytest.approx(1.1 * 0.1 / (1.1 * 0.1 + 0.1 * 1.0))


def test_a_search_that_has_the_whole_front_has_all_of_its_volume() -> None:
    ran = Course("ga", 1, 2, np.array([5.0, 6.0]), REFERENCE.front, np.ones(2))
    assert outcomes([ran], [2], REFERENCE)[0].hypervolume == pytest.approx(1.0)


def test_the_best_of_all_runs_stands_in_for_what_is_not_known() -> None:
    found = best_of([course([3.0, 2.0]), course([math.inf, 4.0])])
    assert found.score == 2.0
    assert found.front.tolist() == [[2.0, 1.0, 1.0]]
    assert "best of all runs" in found.score_from


def test_each_sampler_is_taken_at_its_own_budgets_or_read_off() -> None:
    ran = [
        course([4.0, 2.0], "nsga2", budget=2),
        course([3.0, 3.0, 3.0], "nsga2", budget=3),
        course([9.0, 8.0, 7.0], "random", budget=3),
    ]
    found = {(o.sampler, o.budget): o.score for o in outcomes(ran, [2, 3], REFERENCE)}
    assert found == {
        ("nsga2", 2): 2.0,
        ("nsga2", 3): 3.0,
        ("random", 2): 8.0,
        ("random", 3): 7.0,
    }


def test_a_search_that_ended_early_is_measured_as_it_ended() -> None:
    (found,) = outcomes([course([2.0, 1.5], budget=9)], [9], REFERENCE)
    assert (found.n_designs, found.score, found.budget) == (2, 1.5, 9)


def test_standings_are_medians_and_quartiles_over_the_seeds() -> None:
    scores = [1.0, 1.005, 1.5, 2.0, 3.0]
    ran = [course([4.0, score], "ga", seed) for seed, score in enumerate(scores)]
    ran += [course([4.0, 9.0], "random", seed) for seed in range(5)]
    first, second = standings(outcomes(ran, [2], REFERENCE))
    assert (first.sampler, second.sampler) == ("ga", "random")
    assert first.regret_percent == pytest.approx((0.5, 50.0, 100.0))
    assert (first.n_close, first.n_seeds) == (2, 5)
    assert first.n_to_close == (2.0, math.inf, math.inf)
    assert second.n_close == 0


def test_duels_are_corrected_within_a_budget() -> None:
    ran = [
        course([score], sampler, seed)
        for sampler, start in (("a", 1.0), ("b", 2.0), ("c", 2.05))
        for seed, score in enumerate(start + 0.1 * np.arange(6))
    ]
    found = {(duel.first, duel.second): duel for duel in duels(outcomes(ran, [1], REFERENCE))}
    assert set(found) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert found["a", "b"].share == 1.0
    # 2 of the 924 orders of six and six are as far apart; times three pairs.
    assert found["a", "b"].p_value == pytest.approx(3 * 2 / 924)
    assert found["b", "c"].p_value > 0.05


def test_courses_survive_their_file() -> None:
    ran = course([math.inf, 3.0], "tpe", 7)
    back = Course.from_bytes(ran.to_bytes())
    assert (back.sampler, back.seed, back.budget) == ("tpe", 7, 2)
    np.testing.assert_array_equal(back.score, ran.score)
    np.testing.assert_array_equal(back.objectives, ran.objectives)
    for content in (b"", b"PK nonsense", ran.to_bytes()[:200]):
        with pytest.raises(ValueError, match="holds no course"):
            Course.from_bytes(content)
