"""Objectives over several workloads, and constraints."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.errors import InputError
from imctune.objectives import AGGREGATIONS, Metrics, ObjectiveSettings, aggregate
from imctune.simulator.accuracy.ratio import Accuracy

WORKLOADS = ("small", "large")


def simulation(
    energy_fj: npt.ArrayLike, latency_ps: npt.ArrayLike, area_um2: npt.ArrayLike, **changes: Any
) -> Any:
    energy, latency = np.asarray(energy_fj, dtype=float), np.asarray(latency_ps, dtype=float)
    area = np.asarray(area_um2, dtype=float)
    values = {
        "energy_fj": energy,
        "cycles": np.ones(energy.shape, dtype=np.int64),
        "latency_ps": latency,
        "interval_ps": latency,
        "area_um2": area,
        "energy_by_component_fj": {"cells": energy * 0.75, "leakage": energy * 0.25},
        "area_by_component_um2": {"cells": area * 0.5, "global_buffer": area * 0.5},
        "power_avg_mw": energy / latency,
        "power_peak_mw": 2.0 * energy / latency,
        "programming_fj": energy * 10.0,
        "programming_ps": latency * 10.0,
        "relative_wafer_cost": np.full(area.shape, 3.0),
        "n_converters": np.full(area.shape, 64.0),
        "violations": {"weight_capacity": np.zeros(energy.shape)},
        "accuracy": None,
    }
    return SimpleNamespace(**{**values, **changes})


# Two designs: 1 and 4 mJ, 2 and 8 ms; 100 mm²; the second needs half of both on half the area.
ENERGY = np.array([[1e12, 4e12], [0.5e12, 2e12]])
LATENCY = np.array([[2e9, 8e9], [1e9, 4e9]])
AREA = np.array([100e6, 50e6])


def metrics(
    settings: ObjectiveSettings | None = None, energy: npt.ArrayLike = ENERGY, **changes: Any
) -> Metrics:
    simulated = simulation(energy, LATENCY, AREA, **changes)
    return Metrics.from_simulation(simulated, settings or ObjectiveSettings(), WORKLOADS)


def test_units_are_converted_once() -> None:
    result = metrics()
    np.testing.assert_allclose(result.energy_mj[0], [1.0, 4.0])  # 1e12 fJ = 1 mJ
    np.testing.assert_allclose(result.latency_ms[0], [2.0, 8.0])  # 1e9 ps = 1 ms
    np.testing.assert_allclose(result.area_mm2, [100.0, 50.0])  # 1e6 um2 = 1 mm2
    np.testing.assert_allclose(result.edap[0], [200.0, 3200.0])
    np.testing.assert_allclose(result.throughput_per_s[0], [500.0, 125.0])
    np.testing.assert_allclose(result.power_avg_w[0], [0.5, 0.5])  # 1 mJ in 2 ms
    np.testing.assert_allclose(result.programming_mj[0], [10.0, 40.0])
    assert result.feasible.all()


def test_breakdown_sums_to_the_whole_and_lists_every_component() -> None:
    result = metrics()
    assert set(result.breakdown) == {"cells", "leakage", "global_buffer"}
    energy = sum(cost.energy_mj for cost in result.breakdown.values())
    area = sum(cost.area_mm2 for cost in result.breakdown.values())
    np.testing.assert_allclose(energy, result.energy_mj)
    np.testing.assert_allclose(area, result.area_mm2)


@pytest.mark.parametrize(
    ("aggregation", "energy", "latency"),
    [
        ("geomean", 2.0, 4.0),  # sqrt(1 * 4), sqrt(2 * 8)
        ("mean", 2.5, 5.0),
        ("max", 4.0, 8.0),
        ("product", 4.0, 16.0),
    ],
)
def test_aggregation_matches_hand_calculation(
    aggregation: Any, energy: float, latency: float
) -> None:
    scores = aggregate(metrics(), ObjectiveSettings(aggregation=aggregation))
    np.testing.assert_allclose(scores.energy_mj[0], energy)
    np.testing.assert_allclose(scores.latency_ms[0], latency)
    np.testing.assert_allclose(scores.score[0], 100.0 * energy * latency)
    np.testing.assert_allclose(scores.objectives[0], [energy, latency, 100.0])


def test_weights_are_shares_factors_or_exponents() -> None:
    def energy(aggregation: Any) -> float:
        settings = ObjectiveSettings(aggregation=aggregation, weights={"large": 3.0})
        return float(aggregate(metrics(), settings).energy_mj[0])

    assert energy("geomean") == pytest.approx(4.0 ** (3 / 4))
    assert energy("mean") == pytest.approx((1.0 + 3 * 4.0) / 4)
    assert energy("max") == pytest.approx(12.0)
    assert energy("product") == pytest.approx(64.0)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_workload_of_weight_zero_has_no_part_in_the_score(aggregation: Any) -> None:
    settings = ObjectiveSettings(aggregation=aggregation, weights={"large": 0.0})
    other = ENERGY * [1.0, 7.0]
    np.testing.assert_allclose(
        aggregate(metrics(), settings).score, aggregate(metrics(energy=other), settings).score
    )


def test_regret_is_the_edap_over_the_best_known() -> None:
    # EDAP of the first design is [200, 3200]; best known 100 and 320: 2 and 10 times as much.
    best = [100.0, 320.0]
    worst = aggregate(metrics(), ObjectiveSettings(aggregation="regret"), best)
    mean = aggregate(metrics(), ObjectiveSettings(aggregation="regret", regret_of="mean"), best)
    assert worst.score[0] == pytest.approx(10.0)
    assert mean.score[0] == pytest.approx(6.0)
    assert worst.energy_mj[0] == pytest.approx(2.0)  # still the geometric mean
    # Without a reference the best of the feasible designs is 1.
    assert aggregate(metrics(), ObjectiveSettings(aggregation="regret")).score.min() == 1.0


@given(st.permutations([0, 1]), st.sampled_from(AGGREGATIONS))
def test_order_of_designs_does_not_matter(order: list[int], aggregation: Any) -> None:
    settings = ObjectiveSettings(aggregation=aggregation)
    scores = aggregate(metrics(), settings).score[order]
    np.testing.assert_array_equal(aggregate(metrics().take(order), settings).score, scores)


def test_too_large_a_chip_is_infeasible_by_its_excess() -> None:
    result = metrics(ObjectiveSettings(area_max_mm2=80.0))
    np.testing.assert_allclose(result.violations["area_mm2"], [0.25, -0.375])
    assert result.feasible.tolist() == [False, True]
    assert np.isinf(aggregate(result, ObjectiveSettings()).score).tolist() == [True, False]


def test_lack_of_capacity_is_infeasible() -> None:
    result = metrics(violations={"weight_capacity": np.array([[0.0, 0.5], [0.0, 0.0]])})
    assert result.feasible.tolist() == [False, True]
    assert result.feasible_for(0).tolist() == [True, True]
    assert result.feasible_for(1).tolist() == [False, True]


def test_latency_caps_hold_for_all_or_for_the_named_workloads() -> None:
    for_all = metrics(ObjectiveSettings(latency_max_ms=4.0))
    np.testing.assert_allclose(for_all.violations["latency_ms"][0], [-0.5, 1.0])
    named = metrics(ObjectiveSettings(latency_max_ms={"small": 1.0}))
    np.testing.assert_allclose(named.violations["latency_ms"][0], [1.0, -1.0])
    assert named.feasible.tolist() == [False, True]


def test_energy_caps_hold_for_all_or_for_the_named_workloads() -> None:
    # 1 and 4 mJ, then half of both, against 2 mJ for all; against 0.8 mJ for the small one.
    for_all = metrics(ObjectiveSettings(energy_max_mj=2.0))
    np.testing.assert_allclose(for_all.violations["energy_mj"], [[-0.5, 1.0], [-0.75, 0.0]])
    assert for_all.feasible.tolist() == [False, True]
    named = metrics(ObjectiveSettings(energy_max_mj={"small": 0.8}))
    np.testing.assert_allclose(named.violations["energy_mj"], [[0.25, -1.0], [-0.375, -1.0]])


def test_power_density_is_the_hottest_layers() -> None:
    # 1 mJ in 2 ms, the hottest layer twice that: 1 W on 100 mm2 and on 50 mm2.
    result = metrics(ObjectiveSettings(power_density_max_w_per_mm2=0.01))
    np.testing.assert_allclose(result.violations["power_density"][:, 0], [0.0, 1.0])
    named = metrics(ObjectiveSettings(power_density_max_w_per_mm2={"large": 0.01}))
    np.testing.assert_allclose(named.violations["power_density"], [[-1.0, 0.0], [-1.0, 1.0]])


def test_regret_is_capped_against_given_references() -> None:
    # EDAP [200, 3200] and [25, 400] over the best [20, 320]: regrets [10, 10] and [1.25, 1.25].
    best = {"small": 20.0, "large": 320.0}
    result = metrics(ObjectiveSettings(regret_max=2.0, regret_reference=best))
    np.testing.assert_allclose(result.violations["regret"], [[4.0, 4.0], [-0.375, -0.375]])
    assert result.feasible.tolist() == [False, True]
    assert np.isinf(aggregate(result, ObjectiveSettings()).score).tolist() == [True, False]
    # It is no matter of a chip for one network alone.
    assert result.feasible_for(0).tolist() == [True, True]


def test_regret_is_counted_anew_against_what_was_found() -> None:
    settings = ObjectiveSettings(regret_max={"small": 4.0}, regret_reference={"large": 1.0})
    before = metrics(settings)
    assert before.feasible.all()  # nothing is known to compare with
    after = before.with_regret(settings, [20.0, 1e-9])
    np.testing.assert_allclose(after.violations["regret"], [[1.5, -1.0], [-0.6875, -1.0]])
    assert after.feasible.tolist() == [False, True]
    other = ObjectiveSettings()
    assert before.with_regret(other, [20.0, 320.0]) is before


def test_a_given_reference_counts_more_than_what_was_found() -> None:
    settings = ObjectiveSettings(aggregation="regret", regret_reference={"large": 160.0})
    # 200 over the found 100, 3200 over the given 160.
    assert aggregate(metrics(), settings, [100.0, 3200.0]).score[0] == pytest.approx(20.0)


def test_workloads_without_a_reference_are_searched_alone() -> None:
    def first(**changes: Any) -> list[str]:
        return ObjectiveSettings(**changes).to_search_alone(WORKLOADS)

    assert first() == []
    assert first(regret_max=2.0) == ["small", "large"]
    assert first(regret_max={"large": 2.0}) == ["large"]
    assert first(regret_max=2.0, regret_reference={"large": 1.0}) == ["small"]
    assert first(aggregation="regret", weights={"small": 0.0}) == ["large"]


def test_a_cap_on_regret_without_a_reference_is_refused_where_nothing_is_searched() -> None:
    settings = ObjectiveSettings(regret_max=2.0, regret_reference={"large": 1.0})
    with pytest.raises(InputError, match=r"regret_reference must name small") as refusal:
        settings.check_regret_known(WORKLOADS)
    assert "\n" not in str(refusal.value)
    ObjectiveSettings(aggregation="regret").check_regret_known(WORKLOADS)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_results_that_are_no_positive_numbers_are_infeasible(bad: float) -> None:
    energy = ENERGY.copy()
    energy[0, 1] = bad
    result = metrics(energy=energy)
    assert result.feasible.tolist() == [False, True]
    assert result.violations["not_finite"].tolist() == [1.0, 0.0]
    assert result.feasible_for(0).tolist() == [True, True]
    assert np.isinf(aggregate(result, ObjectiveSettings()).score[0])


def test_an_amount_that_is_not_a_number_is_a_violation() -> None:
    result = metrics(violations={"clock": np.array([np.nan, -0.5])})
    assert result.feasible.tolist() == [False, True]
    assert np.isinf(result.violations["clock"][0])


def test_take_and_concatenate_undo_each_other() -> None:
    result = metrics()
    joined = Metrics.concatenate([result.take([0]), result.take([1])])
    np.testing.assert_array_equal(joined.edap, result.edap)
    np.testing.assert_array_equal(
        joined.breakdown["cells"].energy_mj, result.breakdown["cells"].energy_mj
    )
    assert joined.violations.keys() == result.violations.keys()
    assert len(joined) == 2


@dataclass
class Refused:
    settings: dict[str, Any]
    message: str
    at_once: bool = field(default=True)


REFUSED = [
    Refused({"aggregation": "median"}, r"aggregation must be one of geomean.*got 'median'"),
    Refused({"regret_of": "best"}, "regret_of must be one of worst, mean"),
    Refused({"area_max_mm2": 0.0}, "area_max_mm2 must be above 0, got 0.0"),
    Refused({"area_max_mm2": float("nan")}, "area_max_mm2 must be above 0, got nan"),
    Refused({"latency_max_ms": -1.0}, "latency_max_ms must be above 0"),
    Refused({"latency_max_ms": {"small": 0.0}}, "latency_max_ms.small must be above 0"),
    Refused({"power_density_max_w_per_mm2": 0.0}, "power_density_max_w_per_mm2 must be above 0"),
    Refused({"energy_max_mj": {"large": -2.0}}, "energy_max_mj.large must be above 0, got -2.0"),
    Refused({"energy_max_mj": {"smal": 1.0}}, "energy_max_mj: unknown workload 'smal'", False),
    Refused({"regret_max": 0.9}, r"regret_max must be 1 \(as good as the best\) or more, got 0.9"),
    Refused({"regret_max": {"small": 0.5}}, "regret_max must be 1 .* got 0.5"),
    Refused({"regret_reference": {"small": 0.0}}, "regret_reference.small must be above 0"),
    Refused({"regret_reference": {"smal": 1.0}}, "regret_reference: unknown workload", False),
    Refused({"weights": {"small": -1.0}}, "weights.small must be 0 or more, got -1.0"),
    Refused({"weights": {"smal": 1.0}}, r"unknown workload 'smal' \(did you mean small", False),
    Refused({"weights": {"small": 0.0, "large": 0.0}}, "at least one weight above 0", False),
    Refused({"latency_max_ms": {"smal": 1.0}}, "unknown workload 'smal'", False),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: str(case.settings))
def test_bad_settings_are_refused_in_one_line(case: Refused) -> None:
    with pytest.raises(InputError, match=case.message) as refusal:  # noqa: PT012
        settings = ObjectiveSettings(**case.settings)
        assert not case.at_once
        settings.check_names(WORKLOADS)
    assert "\n" not in str(refusal.value)


def test_silicon_is_paid_by_area_or_by_the_cost_of_its_wafer() -> None:
    # Wafers of this node cost three times those at 32 nm: the score triples with the third factor.
    by_area = aggregate(metrics(), ObjectiveSettings())
    by_cost = aggregate(metrics(), ObjectiveSettings(silicon="wafer_cost"))
    np.testing.assert_allclose(by_cost.area_mm2, [300.0, 150.0])
    np.testing.assert_allclose(by_cost.score, 3.0 * by_area.score, rtol=1e-12)


def test_an_unknown_way_to_pay_for_silicon_is_refused() -> None:
    with pytest.raises(InputError, match=r"silicon must be one of area, wafer_cost, got 'gold'"):
        ObjectiveSettings(silicon="gold")  # type: ignore[arg-type]


def accurate(snr_db: npt.ArrayLike, drop: npt.ArrayLike = -1.0) -> Accuracy:
    ratio = np.asarray(snr_db, dtype=float)
    return Accuracy(ratio, ratio + 3.0, np.broadcast_to(drop, ratio.shape))


def test_a_floor_for_accuracy_is_violated_by_what_lacks_of_it() -> None:
    result = accurate([[20.0, np.inf], [30.0, -np.inf]])
    free = metrics(accuracy=result)
    assert "snr_db" not in free.violations
    np.testing.assert_array_equal(free.snr_mean_db, result.snr_mean_db)
    held = metrics(ObjectiveSettings(min_snr_db=25.0), accuracy=result)
    # 20 dB of 25 dB is short by a fifth; more than enough is no better than twice as much.
    np.testing.assert_allclose(held.violations["snr_db"], [[0.2, -1.0], [-0.2, np.inf]])
    assert held.feasible.tolist() == [False, False]


def test_a_floor_can_be_of_one_network_alone() -> None:
    settings = ObjectiveSettings(min_snr_db={"small": 25.0})
    held = metrics(settings, accuracy=accurate([[30.0, 1.0], [20.0, 40.0]], drop=0.5))
    assert held.violations["snr_db"][:, 1].tolist() == [-1.0, -1.0]
    # Long bit lines count where accuracy does.
    assert held.violations["ir_drop"].tolist() == [[0.5, -1.0], [0.5, -1.0]]


def test_a_floor_without_a_model_of_accuracy_is_refused() -> None:
    with pytest.raises(InputError, match="min_snr_db must be null with assumptions=paper"):
        metrics(ObjectiveSettings(min_snr_db=25.0))
