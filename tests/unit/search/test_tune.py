"""Whole runs on a model whose best designs are known by enumeration."""

import os
import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, ObjectiveSettings, Scores, aggregate
from imctune.pareto import hypervolume
from imctune.search.baselines import winners
from imctune.search.run import Run
from imctune.search.samplers import LAST_ROUNDS
from imctune.search.settings import SearchSettings
from imctune.search.tune import TuneResult, run_searches
from tests.unit.search.toy import CHOICES, WORKLOADS, evaluate, every_design, screen, toy_space

SMALL = SearchSettings(n_trials=500, baseline_trials=250, population_size=20, first_designs=40)
OBJECTIVES = ObjectiveSettings()


def run(
    settings: SearchSettings = SMALL,
    seed: int = 1,
    objectives: ObjectiveSettings = OBJECTIVES,
    **changes: Any,
) -> TuneResult:
    arguments = {"space": toy_space(), "evaluate": evaluate, "screen": screen, **changes}
    return run_searches(
        Run(
            **arguments,
            objectives=objectives,
            settings=settings,
            seed=seed,
        ),
        technology="toy",
        largest="large",
    )


@pytest.fixture(scope="module")
def result() -> TuneResult:
    return run()


@pytest.fixture(scope="module")
def everything() -> tuple[DesignBatch, Metrics, Scores]:
    designs = every_design(toy_space())
    metrics = evaluate(designs)
    return designs, metrics, aggregate(metrics, OBJECTIVES)


def test_the_best_of_all_designs_is_found(
    result: TuneResult, everything: tuple[DesignBatch, Metrics, Scores]
) -> None:
    _, metrics, scores = everything
    assert result.best is not None
    assert result.scores.score[result.best] == pytest.approx(scores.score.min(), rel=1e-3)
    for index, workload in enumerate(WORKLOADS):
        allowed = np.where(metrics.feasible_for(index), metrics.edap[:, index], np.inf)
        found = result.metrics.edap[result.single_best[workload], index]
        assert found <= 1.02 * allowed.min()


def test_the_front_covers_nearly_all_of_the_true_one(
    result: TuneResult, everything: tuple[DesignBatch, Metrics, Scores]
) -> None:
    _, metrics, scores = everything
    true = np.log10(scores.objectives[metrics.feasible])
    reference = true.max(axis=0)
    found = np.log10(result.scores.objectives[result.is_pareto])
    assert hypervolume(found, reference) >= 0.9 * hypervolume(true, reference)


def test_budgets_are_spent_on_distinct_designs(result: TuneResult) -> None:
    assert len(result.joint.designs) == SMALL.n_trials
    assert len(set(result.joint.designs.keys())) == SMALL.n_trials
    for study in result.singles.values():
        assert len(set(study.designs.keys())) == SMALL.baseline_trials
        assert study.n_trials >= SMALL.baseline_trials
    assert len(set(result.designs.keys())) == len(result.designs)


def test_no_baseline_beats_the_joint_choice(result: TuneResult) -> None:
    assert result.best is not None
    best = result.scores.score[result.best]
    assert all(best <= result.scores.score[row] for row in result.single_best.values())
    assert result.metrics.feasible[result.best]
    for index, workload in enumerate(WORKLOADS):
        bound = result.metrics.edap[result.separate[workload], index]
        assert bound <= result.metrics.edap[result.single_best[workload], index]
        assert bound <= result.metrics.edap[result.best, index]


def test_of_equals_for_its_network_a_chip_is_the_one_that_is_best_for_all(
    result: TuneResult,
) -> None:
    study = result.singles["small"]
    own = study.scores.score.copy()
    equals = np.array([3, 40, 41, 90])
    own[equals] = 0.5 * own.min()
    tied = replace(study, scores=replace(study.scores, score=own))
    overall = np.full(len(result.designs), 7.0)
    overall[study.rows[equals]] = [np.inf, 9.0, 8.0, 8.0]
    assert winners({"small": tied}, overall) == {"small": study.rows[41]}
    assert winners({"small": study}, overall) == {"small": result.single_best["small"]}


def test_rows_of_studies_point_into_all_designs(result: TuneResult) -> None:
    for study in (result.joint, *result.singles.values()):
        assert result.designs.take(study.rows).keys() == study.designs.keys()
    kept = int(SMALL.last_round_share * SMALL.n_trials)
    assert result.origin[: SMALL.n_trials - kept] == ["joint"] * (SMALL.n_trials - kept)
    assert result.origin.count("joint") <= SMALL.n_trials
    assert set(result.origin) == {"joint", *WORKLOADS}
    assert result.largest == "large"


def test_same_seed_gives_the_same_designs_and_another_gives_others(result: TuneResult) -> None:
    again, other = run(), run(seed=2)
    assert again.designs.keys() == result.designs.keys()
    np.testing.assert_array_equal(again.scores.score, result.scores.score)
    assert other.designs.keys() != result.designs.keys()


def test_the_joint_search_depends_on_the_baselines_in_its_last_round_only(
    result: TuneResult,
) -> None:
    own = SMALL.n_trials - int(SMALL.last_round_share * SMALL.n_trials)
    alone = run(replace(SMALL, n_trials=own, baseline_trials=0))
    assert alone.singles == {}
    assert alone.joint.designs.keys() == result.joint.designs.keys()[:own]


def test_the_joint_search_knows_the_joint_choice(result: TuneResult) -> None:
    assert result.best in result.joint.rows


def test_no_search_is_beaten_by_what_was_met_before_its_last_round(result: TuneResult) -> None:
    kept = int(SMALL.last_round_share * SMALL.baseline_trials)
    for index, workload in enumerate(WORKLOADS):
        allowed = np.where(
            result.metrics.feasible_for(index), result.metrics.edap[:, index], np.inf
        )
        own = allowed[result.single_best[workload]]
        others = [result.joint, *(result.singles[name] for name in WORKLOADS[:index])]
        assert own <= min(allowed[study.rows].min() for study in others)
        for later in WORKLOADS[index + 1 :]:
            rows = result.singles[later].rows[: SMALL.baseline_trials - kept]
            assert own <= allowed[rows].min()


def test_half_the_first_designs_hold_all_weights_where_others_need_not() -> None:
    def need(designs: DesignBatch) -> Any:
        return np.repeat(np.log10(designs["rows"] / 64)[:, None], len(WORKLOADS), axis=1)

    settings = replace(SMALL, n_trials=100, baseline_trials=0)
    first = run(settings, need=need).joint
    of_first = first.designs.take(np.flatnonzero(first.generation == 0))
    assert len(of_first) > settings.first_designs // 2
    assert (of_first["rows"][: settings.first_designs // 2] == 64).all()
    assert (of_first["rows"] != 64).any()


def test_random_searches_share_nothing() -> None:
    assert set(LAST_ROUNDS) == {"nsga2", "nsga3"}
    found = run(replace(SMALL, sampler="random", baseline_trials=100))
    for workload, study in found.singles.items():
        alone = [found.origin[row] == workload for row in study.rows]
        assert np.mean(alone) > 0.95  # a draw may come twice by chance


def test_a_cap_on_changes_leaves_the_rest_to_the_front() -> None:
    settings = replace(SMALL, n_trials=200, baseline_trials=0)
    capped, none = (
        run(replace(settings, **change)) for change in ({"refine_most": 0}, {"refine_share": 0.0})
    )
    assert capped.designs.keys() == none.designs.keys()


def test_new_designs_are_handed_on_once_with_their_generation_and_search() -> None:
    keys: list[bytes] = []
    origins: list[str] = []
    generations: list[int] = []

    def keep(
        designs: DesignBatch, metrics: Metrics, scores: Scores, generation: int, origin: str
    ) -> None:
        assert len(designs) == len(metrics) == len(scores) > 0
        keys.extend(designs.keys())
        origins.extend([origin] * len(designs))
        generations.extend([generation] * len(designs))

    found = run(on_generation=keep)
    assert keys == found.designs.keys()
    assert origins == found.origin
    assert generations == found.generation.tolist()


def test_random_search_is_worse_and_repeats_nothing(result: TuneResult) -> None:
    drawn = run(replace(SMALL, sampler="random"))
    assert len(drawn.joint.designs) == SMALL.n_trials
    assert drawn.joint.scores.score.min() > result.joint.scores.score.min()


def test_a_space_within_the_budget_is_enumerated() -> None:
    choices = {name: CHOICES[name] for name in ("rows", "cols", "tiles_per_group")}
    space = toy_space({**choices, "macros_per_tile": 64})
    found = run(space=space)
    assert len(found.joint.designs) == space.size == 80
    scores = aggregate(evaluate(every_design(space)), OBJECTIVES)
    assert found.best is not None
    assert found.scores.score[found.best] == scores.score.min()


def test_knobs_with_a_value_per_workload_are_searched() -> None:
    choice = {"choices": [4, 8], "default": 8, "scope": "workload"}
    found = run(space=toy_space({**CHOICES, "weight_bits": choice}))
    assert found.designs["weight_bits"].shape == (len(found.designs), 3)


def test_regret_compares_with_the_best_that_any_search_found() -> None:
    settings = ObjectiveSettings(aggregation="regret")
    found = run(objectives=settings)
    bound = [found.metrics.edap[found.separate[name], i] for i, name in enumerate(WORKLOADS)]
    worst = (found.metrics.edap / bound).max(axis=1)
    assert found.best is not None
    assert found.scores.score[found.best] == pytest.approx(worst[found.metrics.feasible].min())
    assert found.origin[0] == "small"  # the baselines come first: they are what is compared with


def torn(designs: DesignBatch) -> Metrics:
    """Return results where the small network wants few rows, and the middle one many."""
    metrics = evaluate(designs)
    rows = designs["rows"] / 64.0
    factor = np.column_stack([rows**2, 1.0 / rows**3, np.ones(len(rows))])
    return replace(metrics, energy_mj=metrics.energy_mj * factor, edap=metrics.edap * factor)


def test_a_cap_on_regret_holds_against_the_best_that_any_search_found() -> None:
    def worst(found: TuneResult) -> Any:
        best = [found.metrics.edap[found.separate[name], i] for i, name in enumerate(WORKLOADS)]
        return (found.metrics.edap / best).max(axis=1)

    cap = 50.0  # over all designs: 31.7 at least, 74.0 at the best score
    free = run(evaluate=torn)
    held = run(evaluate=torn, objectives=ObjectiveSettings(regret_max=cap))
    assert free.best is not None
    assert held.best is not None
    assert worst(held)[held.best] <= cap < worst(free)[free.best]
    assert held.scores.score[held.best] > free.scores.score[free.best]
    assert not held.metrics.feasible[worst(held) > cap].any()
    assert held.origin[0] == "small"  # the baselines come first: they are what is compared with


def test_a_given_reference_needs_no_baselines() -> None:
    reference = dict(zip(WORKLOADS, [1.0, 1e2, 1e4], strict=True))
    settings = ObjectiveSettings(regret_max=1e9, regret_reference=reference)
    found = run(SearchSettings(n_trials=60, baseline_trials=0), objectives=settings)
    np.testing.assert_allclose(
        found.metrics.violations["regret"],
        found.metrics.edap / (1e9 * np.array([1.0, 1e2, 1e4])) - 1.0,
        rtol=1e-12,
    )


def test_infeasible_designs_are_never_chosen() -> None:
    def nowhere(designs: DesignBatch) -> Metrics:
        metrics = evaluate(designs)
        metrics.violations["clock"] = np.ones(len(designs))
        metrics.feasible[:] = False
        return metrics

    found = run(
        SearchSettings(n_trials=60, baseline_trials=0, population_size=10), evaluate=nowhere
    )
    assert found.best is None
    assert found.separate == found.single_best == {}
    assert not found.is_pareto.any()


def test_interrupt_keeps_everything_evaluated() -> None:
    handed: list[bytes] = []

    def keep(designs: DesignBatch, *_: object) -> None:
        handed.extend(designs.keys())
        if len(handed) > 100:
            os.kill(os.getpid(), signal.SIGINT)  # arrives in the middle of a generation
            handed.append(b"handed on whole")

    found = run(on_generation=keep)
    assert found.interrupted
    assert found.joint.interrupted
    assert found.singles == {}
    handed.remove(b"handed on whole")
    assert found.designs.keys() == handed == found.joint.designs.keys()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_interrupt_in_the_last_round_keeps_all_searches() -> None:
    handed: list[bytes] = []
    settings = replace(SMALL, n_trials=100, baseline_trials=100)

    def keep(designs: DesignBatch, metrics: Metrics, scores: Scores, *where: object) -> None:
        handed.extend(designs.keys())
        if where[1] == "small" and "large" in seen:
            os.kill(os.getpid(), signal.SIGINT)
        seen.add(where[1])

    seen: set[object] = set()
    found = run(settings, on_generation=keep)
    assert found.interrupted
    assert found.singles["small"].interrupted
    assert set(found.singles) == set(WORKLOADS)
    assert found.designs.keys() == handed


def test_interrupt_before_anything_was_evaluated_goes_on() -> None:
    def stop(designs: DesignBatch) -> Metrics:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(evaluate=stop)


def test_a_network_that_no_design_holds_is_refused() -> None:
    def too_large(designs: DesignBatch) -> Any:
        return screen(designs) & np.array([True, True, False])

    with pytest.raises(InputError, match="none of 50000 random designs holds large") as refusal:
        run(screen=too_large)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("regret", [{"aggregation": "regret"}, {"regret_max": 2.0}])
def test_regret_without_baselines_is_refused(regret: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"search\.baseline_trials must be 1 .* name small, mid"):
        run(
            SearchSettings(n_trials=50, baseline_trials=0),
            objectives=ObjectiveSettings(**regret),
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"sampler": "nsga4"},
            r"sampler must be one of nsga2, .*, got 'nsga4' \(did you mean nsga",
        ),
        ({"n_trials": 0}, "n_trials must be 1 or more, got 0"),
        ({"population_size": 1}, "population_size must be 2 or more, got 1"),
        ({"baseline_trials": -1}, "baseline_trials must be 0 or more"),
        ({"last_round_share": -0.1}, "last_round_share must be from 0 to 1, got -0.1"),
        ({"refine_most": -1}, "refine_most must be 0 or more, got -1"),
        ({"refine_share": 1.5}, "refine_share must be from 0 to 1, got 1.5"),
        ({"edap_focus": float("nan")}, "edap_focus must be from 0 to 1, got nan"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SearchSettings(**settings)
