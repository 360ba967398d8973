"""Numbers of the comparison against hand calculations; see `examples.two_networks`."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.objectives import ObjectiveSettings
from imctune.report.comparison import (
    ALL_NETWORKS,
    GEOMETRIC_MEAN,
    Line,
    beaten_searches,
    chips,
    compare,
    obstacle,
)
from tests.unit.report.examples import (
    OBJECTIVES,
    ExampleResult,
    example_metrics,
    example_result,
    nothing_feasible,
    one_network,
    two_networks,
)


def lines_of(
    result: ExampleResult, objectives: ObjectiveSettings = OBJECTIVES
) -> dict[tuple[str, str], Line]:
    return {(line.chip.key, line.network): line for line in compare(result, objectives)}


def test_reductions_match_hand_calculation() -> None:
    lines = lines_of(two_networks())
    # The joint chip needs 40 for big, the chip searched for big alone 90: 1 - 40/90.
    assert lines["big", "big"].reduction_percent == pytest.approx(100 * 5 / 9)
    # Big takes 2 ms on the joint chip, 3 ms on its own chip: a third less.
    assert lines["big", "big"].latency_change_percent == pytest.approx(-100 / 3)
    # Small: 10 against 1 on the best chip for it alone, so the "reduction" is an increase.
    assert lines["separate", "small"].reduction_percent == pytest.approx(-900.0)


def test_all_networks_is_the_score_and_for_separate_chips_the_geometric_mean() -> None:
    lines = lines_of(two_networks())
    assert lines["joint", ALL_NETWORKS].edap == pytest.approx(math.sqrt(10 * 40))
    assert lines["big", ALL_NETWORKS].edap == pytest.approx(math.sqrt(10 * 90))
    assert lines["separate", ALL_NETWORKS].edap == pytest.approx(math.sqrt(1 * 30))
    assert lines["big", ALL_NETWORKS].reduction_percent == pytest.approx(100 / 3)


def test_weights_count_in_the_geometric_mean() -> None:
    objectives = ObjectiveSettings(weights={"big": 3.0})
    lines = lines_of(two_networks(objectives), objectives)
    assert lines["separate", ALL_NETWORKS].edap == pytest.approx((1 * 30**3) ** 0.25)
    assert lines["joint", ALL_NETWORKS].edap == pytest.approx((10 * 40**3) ** 0.25)


def test_another_score_gets_the_geometric_mean_beside_it() -> None:
    objectives = ObjectiveSettings(aggregation="mean")
    lines = lines_of(two_networks(objectives), objectives)
    # Joint: 10 mm² times mean energy 1.5 mJ times mean latency 1.5 ms.
    assert lines["joint", ALL_NETWORKS].edap == pytest.approx(22.5)
    assert lines["joint", GEOMETRIC_MEAN].edap == pytest.approx(20.0)
    assert lines["separate", ALL_NETWORKS].obstacle == "no common score"
    assert lines["separate", GEOMETRIC_MEAN].edap == pytest.approx(math.sqrt(30))


def test_silicon_of_separate_chips_is_that_of_all_of_them() -> None:
    line = lines_of(two_networks())["separate", ALL_NETWORKS]
    assert (line.area_mm2, line.n_converters) == (2 + 4, 300 + 400)


def test_a_chip_that_cannot_hold_a_network_says_so_and_has_no_edap() -> None:
    lines = lines_of(two_networks())
    assert lines["small", "big"].obstacle == "does not fit"
    assert lines["small", ALL_NETWORKS].obstacle == "does not fit: 1 of 2"
    assert math.isnan(lines["small", "big"].edap)
    assert math.isnan(lines["small", "big"].reduction_percent)
    assert not lines["small", "small"].obstacle


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("area_mm2", "chip too large"),
        ("clock", "clock too fast"),
        ("latency_ms", "too slow"),
        ("own_limit", "breaks own_limit"),
    ],
)
def test_every_broken_limit_is_an_obstacle(name: str, words: str) -> None:
    metrics = example_metrics(("a",), [[1]], [[1]], [1], {name: np.array([0.1])})
    assert obstacle(metrics, 0, 0) == words
    assert not obstacle(replace(metrics, violations={name: np.array([0.0])}), 0, 0)


def test_an_amount_that_is_not_a_number_is_an_obstacle() -> None:
    metrics = example_metrics(("a",), [[1]], [[1]], [1], {"weight_capacity": np.array([[np.nan]])})
    assert obstacle(metrics, 0, 0) == "does not fit"


def test_a_result_that_is_not_finite_concerns_its_own_network_only() -> None:
    metrics = example_metrics(("a", "b"), [[1, np.inf]], [[1, 1]], [1], {"not_finite": np.ones(1)})
    assert not obstacle(metrics, 0, 0)
    assert obstacle(metrics, 0, 1) == "no finite result"


def test_the_same_chip_is_recognised_and_equal_edap_is_no_reduction() -> None:
    lines = lines_of(one_network())
    assert all(line.is_joint_chip for line in lines.values())
    assert lines["separate", ALL_NETWORKS].reduction_percent == 0.0
    equal = lines_of(two_networks())["big", "small"]
    assert not equal.is_joint_chip
    assert equal.reduction_percent == 0.0


def test_the_beaten_search_names_who_beat_it_and_by_how_much() -> None:
    (entry,) = beaten_searches(two_networks())
    assert (entry.network, entry.origin) == ("big", "joint")
    assert entry.percent == pytest.approx(100 * (1 - 30 / 90))


def test_the_median_of_an_even_number_of_chips_is_the_better_one() -> None:
    # Scores 1, 2, 3 and infinite for four networks' chips: the lower median is 2.
    names = ("a", "b", "c", "d")
    values = [[1.0] * 4, [2.0] * 4, [3.0] * 4, [4.0] * 4]
    broken = np.zeros((4, 4))
    broken[3, 0] = 1.0
    metrics = example_metrics(names, values, [[1.0] * 4] * 4, [1] * 4, {"weight_capacity": broken})
    rows = dict(zip(names, (2, 3, 0, 1), strict=True))
    result = example_result(names, metrics, OBJECTIVES, best=0, separate=rows, single_best=rows)
    assert [chip.key for chip in chips(result) if chip.is_median] == ["d"]


def test_nothing_feasible_leaves_no_chip() -> None:
    assert chips(nothing_feasible()) == []
    assert compare(nothing_feasible(), OBJECTIVES) == []


def test_an_interrupted_run_is_compared_with_what_there_is() -> None:
    result = replace(two_networks(), singles={}, single_best={}, separate={"small": 2})
    lines = lines_of(result)
    assert lines["separate", "big"].obstacle == "no design found"
    assert lines["separate", ALL_NETWORKS].obstacle
    assert lines["joint", ALL_NETWORKS].edap == pytest.approx(20.0)


@given(st.lists(st.floats(min_value=0.01, max_value=100.0), min_size=3, max_size=3))
def test_no_chip_is_better_than_separate_chips(energies: list[float]) -> None:
    metrics = example_metrics(("a",), [[energy] for energy in energies], [[1]] * 3, [1] * 3)
    best = int(np.argmin(energies))
    result = example_result(
        ("a",), metrics, OBJECTIVES, best=0, separate={"a": best}, single_best={"a": 1}
    )
    assert lines_of(result)["separate", "a"].reduction_percent <= 0.0
