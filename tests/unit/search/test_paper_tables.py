"""The paper's comparisons: what is pooled, compared and counted, by hand and by the model."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from imctune.config import by_name
from imctune.config.cases import load_case
from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import AGGREGATIONS, ObjectiveSettings
from imctune.search.paper_tables import Case, CaseResult, run_case
from imctune.search.paper_tables.pool import Pool
from imctune.search.paper_tables.sets import best_for, growing_sets, left_out, subsets
from imctune.search.paper_tables.stored import STORED, stored_results
from imctune.search.paper_tables.study import OTHERS, dominance, rank_correlation
from imctune.search.settings import SearchSettings
from imctune.simulator.simulate import Simulator
from tests.unit.results import some_designs, some_results

THREE = ("alexnet", "resnet18", "mobilenet_v3")


@cache
def small_case() -> Case:
    networks = by_name.load_workloads(list(THREE))
    return Case(
        name="small",
        workloads=networks,
        technology=by_name.load_technology("sram_32nm"),
        space=by_name.load_knobs("sram_32nm", THREE),
        assumptions=by_name.load_assumptions("physical"),
    )


@cache
def result() -> CaseResult:
    settings = SearchSettings(n_trials=60, baseline_trials=30, population_size=20)
    return run_case(small_case(), ObjectiveSettings(), settings, seed=1)


def pool_of(edap: list[list[float]], fits: list[list[bool]] | None = None) -> Pool:
    """Return a pool whose chips have an area, and energies, of 1."""
    values = np.array(edap)
    names = tuple(f"n{index}" for index in range(values.shape[1]))
    designs = some_designs(len(values), workloads=names)
    metrics, _ = some_results(designs)
    allowed = np.array(fits) if fits else np.ones(values.shape, dtype=bool)
    area = np.ones(len(values))
    metrics = replace(
        metrics,
        energy_mj=np.ones(values.shape),
        latency_ms=values,
        edap=values,
        area_mm2=area,
        violations={"weight_capacity": np.where(allowed, -1.0, 1.0)},
        feasible=np.asarray(allowed.all(axis=1)),
    )
    own = {
        name: int(np.where(allowed[:, i], values[:, i], np.inf).argmin())
        for i, name in enumerate(names)
    }
    scores = {
        "mean": np.where(metrics.feasible, values.mean(axis=1), np.inf),
        "max": np.where(metrics.feasible, values.max(axis=1), np.inf),
    }
    return Pool(designs, metrics, {"joint": np.arange(len(values))}, own, scores)


def test_growing_sets_by_hand() -> None:
    pool = pool_of(
        [[1.0, 8.0], [4.0, 4.0], [2.0, 1.0]], [[True, True], [True, True], [True, False]]
    )
    first, both = growing_sets(pool, seed=1)
    assert (first.size, first.added, first.edap, first.loss_percent) == (1, "n0", 1.0, 0.0)
    # Chip 2 does not run n1, whose own best is chip 1: sqrt(8) over sqrt(1 x 4).
    assert both.edap == pytest.approx(math.sqrt(8.0))
    assert both.loss_percent == pytest.approx(100.0 * (math.sqrt(2.0) - 1.0))
    assert both.least_loss_percent == both.most_loss_percent == pytest.approx(both.loss_percent)


def test_left_out_by_hand() -> None:
    pool = pool_of(
        [[1.0, 9.0], [5.0, 1.0], [2.0, 2.0]], [[True, True], [False, True], [True, True]]
    )
    without_n0, without_n1 = left_out(pool)
    assert (without_n0.network, without_n0.fits) == ("n0", False)
    assert (without_n1.edap, without_n1.joint_edap, without_n1.own_edap) == (9.0, 2.0, 1.0)
    assert without_n1.loss_percent == pytest.approx(800.0)
    assert without_n1.others_gain_percent == pytest.approx(50.0)


def test_no_chip_for_a_set_is_told() -> None:
    pool = pool_of([[1.0, 9.0], [5.0, 1.0]], [[True, False], [False, True]])
    assert best_for(pool, [0, 1])[0] is None
    assert math.isnan(growing_sets(pool, seed=1)[-1].edap)
    assert [entry.fits for entry in left_out(pool)] == []


def test_dominance_by_hand() -> None:
    pool = pool_of([[1.0, 90.0], [2.0, 80.0], [3.0, 70.0], [9.0, 10.0]])
    found = dominance(pool, "mean")
    assert (found.network, found.is_own_best) == ("n1", True)
    assert found.energy_percent == 50.0
    assert found.latency_percent == pytest.approx(100.0 * 10.0 / 19.0)
    assert found.rank_correlation == pytest.approx(1.0)


def test_rank_correlation_against_its_definition() -> None:
    first, second = np.array([3.0, 1.0, 2.0, 5.0]), np.array([1.0, 2.0, 3.0, 4.0])
    # Ranks 3 1 2 4 and 1 2 3 4: 1 - 6 (4 + 1 + 1 + 0) / (4 (16 - 1)).
    assert rank_correlation(first, second) == pytest.approx(1.0 - 36.0 / 60.0)
    assert rank_correlation(first, -first) == pytest.approx(-1.0)
    assert math.isnan(rank_correlation(first, np.ones(4)))


def test_subsets_are_growing_ones_and_those_that_lack_one() -> None:
    assert subsets(2) == []
    assert subsets(3) == [(0, 1), (1, 2), (0, 2)]
    assert len(subsets(9)) == 7 + 9 - 1


def test_a_pool_holds_each_design_once_with_the_rows_of_its_searches() -> None:
    case = small_case()
    simulator = Simulator(case.workloads, case.technology, case.assumptions)
    draw = case.space.draw(np.random.default_rng(1), 6)
    first, second = case.space.decode(draw[:4]), case.space.decode(draw[[5, 2, 0, 4]])
    pool = Pool.of({"a": first, "b": second}, THREE, simulator, ObjectiveSettings())
    assert len(pool.designs) == len(set(pool.designs.keys())) == 6
    for name, designs in (("a", first), ("b", second)):
        assert pool.designs.take(pool.rows[name]).keys() == designs.keys()
    assert set(pool.scores) == set(AGGREGATIONS)


def test_a_case_compares_searches_of_equal_budget() -> None:
    found = result()
    assert set(OTHERS) | {"joint", *THREE} <= set(found.n_designs)
    assert all(found.n_designs[name] <= 60 for name in ("joint", *OTHERS))
    assert found.n_designs["joint"] == found.n_designs["random"] == 60
    assert found.largest == "alexnet"
    assert not found.is_exact
    assert found.stored == []


def test_nothing_is_better_than_the_best_known() -> None:
    found = result()
    own = {chip.key: chip for chip in found.own}
    for chip in [*found.chips, *found.single]:
        for index, name in enumerate(found.workloads):
            if chip.fits[index]:
                assert chip.edap[index] >= own[name].edap[index]
        if all(chip.fits):
            assert chip.scores["regret"] >= 1.0
            edap = np.exp(np.log(chip.edap).mean())
            assert chip.scores["geomean"] == pytest.approx(edap, rel=1e-12)
    losses = [entry.loss_percent for entry in found.sets]
    assert losses[0] == pytest.approx(0.0, abs=1e-9)
    assert min(losses) >= -1e-9


def test_results_survive_json() -> None:
    plain = json.loads(json.dumps(result().as_plain()))
    assert CaseResult.from_plain(plain) == result()


@pytest.mark.parametrize("name", ["rram_four_paper", "sram_four_paper"])
def test_the_papers_stored_designs_score_here_as_in_its_simulator(name: str) -> None:
    case = load_case(name)
    simulator = Simulator(case.workloads, case.technology, case.assumptions)
    found = stored_results(case, simulator, ObjectiveSettings(), {"mean": 1.0, "max": 1.0})
    assert len(found) >= 8
    for entry in found:
        # Energies of single designs are within 11 % of the paper's at the 95th percentile.
        tolerance = 0.3 if entry.aggregation == "product" else 0.11
        assert entry.score == pytest.approx(entry.paper_score, rel=tolerance), entry
        assert entry.gain_percent == pytest.approx(
            100.0 * (1.0 - entry.best_score / entry.score), nan_ok=True
        )
    largest = [entry for entry in found if entry.key.startswith("A_0.5_8_1e-09_64_32_16_64_128")]
    assert all(entry.violated == "area_mm2" for entry in largest)


def test_stored_keys_name_all_knobs() -> None:
    knobs = {stored.key: stored.knobs for stored in STORED}
    assert knobs["A_0.6_8_1e-09_512_32_8_64_32_4096"] == {
        "supply_v": 0.6,
        "bits_per_cell": 8,
        "cycle_time_ns": 1.0,
        "rows": 512,
        "cols": 32,
        "router_groups": 8,
        "tiles_per_group": 64,
        "macros_per_tile": 32,
        "glb_kib": 1024.0,
    }


def test_the_physical_model_has_no_stored_designs() -> None:
    simulator: Any = None
    assert stored_results(small_case(), simulator, ObjectiveSettings(), {}) == []


def test_cases_of_one_network_or_with_knobs_per_network_are_refused() -> None:
    case = small_case()
    with pytest.raises(InputError, match="case small must have two networks or more, got one"):
        replace(case, workloads=case.workloads[:1])
    mapping = dict(by_name.inherited("knobs", "sram_32nm"))
    mapping["weight_bits"] = {"choices": [4, 8], "default": 8, "scope": "workload"}
    space = type(case.space).from_mapping(mapping, THREE)
    with pytest.raises(InputError, match="weight_bits must have one value for all networks"):
        replace(case, space=space)


def test_design_batches_of_fewer_networks_can_be_pooled() -> None:
    designs = DesignBatch({"rows": np.array([64])}, ("alexnet",))
    joined = DesignBatch.concatenate([replace(designs, workloads=THREE), designs])
    assert joined.workloads == THREE
