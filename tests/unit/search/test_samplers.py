"""Every sampler by name, on a model whose best designs are known by enumeration."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, aggregate
from imctune.search.archive import Evaluate
from imctune.search.run import Run
from imctune.search.samplers import SPENDERS
from imctune.search.samplers.genetic import PHASES
from imctune.search.samplers.operators import RealCoded, Strength
from imctune.search.samplers.sequential import STAGES
from imctune.search.settings import SAMPLERS, SearchSettings
from imctune.search.tune import TuneResult, run_searches
from tests.unit.search.toy import WORKLOADS, evaluate, every_design, rram, screen, toy_space

SETTINGS = SearchSettings(
    n_trials=160, baseline_trials=0, population_size=20, first_designs=40, first_draws=100
)
WHOLE_BUDGET = tuple(name for name in SAMPLERS if not name.startswith("sequential"))


def search(
    sampler: str,
    seed: int = 1,
    space: KnobSpace | None = None,
    model: Evaluate = evaluate,
    **changes: Any,
) -> TuneResult:
    return run_searches(
        Run(
            space or toy_space(),
            model,
            screen,
            objectives=ObjectiveSettings(),
            settings=replace(SETTINGS, sampler=sampler, **changes),
            seed=seed,
        ),
        technology="toy",
        largest="large",
    )


found = cache(search)


@cache
def optimum() -> float:
    return float(aggregate(evaluate(every_design(toy_space())), ObjectiveSettings()).score.min())


def test_every_name_has_a_sampler() -> None:
    assert tuple(SPENDERS) == SAMPLERS


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_budget_is_kept(sampler: str) -> None:
    keys = found(sampler).joint.designs.keys()
    assert len(set(keys)) == len(keys) <= SETTINGS.n_trials
    assert len(keys) == SETTINGS.n_trials or sampler not in WHOLE_BUDGET


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_same_seed_gives_the_same_designs(sampler: str) -> None:
    once, again = (search(sampler, n_trials=80).designs.keys() for _ in range(2))
    assert once == again


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_fails_never_wins(sampler: str) -> None:
    result = found(sampler)
    assert result.best is not None
    assert result.metrics.feasible[result.best]
    assert np.isinf(result.scores.score[~result.metrics.feasible]).all()
    assert result.scores.score[result.best] >= optimum()


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3", "four_phase", "ga", "tpe"])
def test_a_search_that_learns_ends_near_the_optimum_and_ahead_of_random(sampler: str) -> None:
    score = found(sampler).joint.scores.score.min()
    assert score <= 1.05 * optimum()
    assert score < found("random").joint.scores.score.min()


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3", "four_phase", "ga"])
def test_failing_designs_with_perfect_objectives_are_not_followed(sampler: str) -> None:
    # In the paper's code a failed mapping scores 0, and the search closes in on it.
    def failing(designs: DesignBatch) -> Metrics:
        metrics = evaluate(designs)
        fails = designs["replication"] == "balanced"
        metrics.energy_mj[fails] = metrics.latency_ms[fails] = 1e-9
        return replace(
            metrics,
            feasible=metrics.feasible & ~fails,
            violations={**metrics.violations, "mapping": np.where(fails, 1.0, -1.0)},
        )

    result = search(sampler, model=failing)
    assert result.best is not None
    assert result.designs["replication"][result.best] == "none"
    late = result.joint.generation > result.joint.generation.max() // 2
    assert result.metrics.feasible[late].mean() > 0.5


def test_four_phases_fall_in_strength_and_share_the_budget() -> None:
    # reference.md section 3: probabilities and distribution indices of the paper's code.
    numbers = [(p.crossover, p.crossover_eta, p.mutation, p.mutation_eta) for p in PHASES]
    assert numbers == [(1, 3, 1, 3), (0.9, 7, 0.5, 7), (1, 15, 0.2, 15), (1, 25, 0.05, 25)]
    # In a space too large to be exhausted, designs of late phases lie closer to the best.
    space = KnobSpace.from_mapping(rram(), WORKLOADS)
    designs = search("four_phase", n_trials=340, space=space).designs
    places = np.column_stack(
        [
            np.searchsorted(gene.values, designs[gene.column])
            for gene in space.genes
            if gene.is_ordered
        ]
    )
    phases = [places[start : start + 75] for start in (40, 115, 190, 265)]
    spread = [float(phase.std(axis=0).mean()) for phase in phases]
    assert spread == sorted(spread, reverse=True)


def test_the_first_designs_of_four_phases_are_far_apart_and_fit() -> None:
    joint = found("four_phase").joint
    first = joint.designs.take(np.flatnonzero(joint.generation == 0))
    assert len(first) == SETTINGS.first_designs
    assert screen(first).all()


@pytest.mark.parametrize("sampler", ["sequential_middle", "sequential_largest"])
def test_stages_change_their_own_knobs_only(sampler: str) -> None:
    # Of the toy's knobs, none is of the device.
    result = found(sampler, n_trials=500)
    designs, scores = result.joint.designs, result.joint.scores.score
    genes = {gene.column: gene.values for gene in toy_space().genes}
    stages = [set(stage.knobs) & set(genes) for stage in STAGES[:-1]]
    assert stages == [
        set(),
        {"rows", "cols", "columns_per_adc"},
        {"macros_per_tile", "tiles_per_group"},
    ]
    start = {
        name: values[0] if name == "replication" else values[_place(sampler, len(values))]
        for name, values in genes.items()
    }
    n_circuit = 4 * 4 * 4  # fewer than its share, 175 / 980 of 500: all are tried
    circuit = designs.take(np.arange(n_circuit))
    for name in set(genes) - stages[1]:
        assert (circuit[name] == start[name]).all(), name
    assert len(set(circuit.keys())) == n_circuit
    n_architecture = 6 * 5
    later = designs.take(np.arange(n_circuit, n_circuit + n_architecture - 1))
    kept = {name: np.unique(later[name]) for name in stages[1]}
    assert all(len(values) == 1 for values in kept.values())
    if np.isfinite(scores[:n_circuit]).any():
        best = designs.take([int(scores[:n_circuit].argmin())])
        assert all(kept[name] == best[name] for name in kept)


def _place(sampler: str, n_values: int) -> int:
    return n_values // 2 if sampler == "sequential_middle" else n_values - 1


def test_a_large_stage_is_searched_and_not_enumerated() -> None:
    result = found("sequential_middle", n_trials=60)
    assert 40 <= len(result.joint.designs) <= 60


def test_crossover_keeps_what_both_parents_share_and_the_mean_of_what_they_do_not() -> None:
    operators = RealCoded(lambda: Strength(1.0, 3.0, 0.0, 3.0))
    rng = np.random.default_rng(1)
    first, second = np.full((20_000, 2), 40), np.full((20_000, 2), 60)
    second[:, 0] = 40
    children = operators.cross(first, second, rng)
    assert (children[:, 0] == 40).all()
    # Half the genes stay the first parent's 40; the others lie around both parents, on average 50.
    assert children[:, 1].mean() == pytest.approx(45.0, abs=0.2)


@pytest.mark.parametrize(("eta", "mean"), [(3.0, 0.2), (25.0, 1.0 / 27.0)])
def test_mutation_moves_by_the_distribution_of_its_index(eta: float, mean: float) -> None:
    # |shift| = 1 - v^(1/(eta+1)), v uniform: mean 1 - (eta+1)/(eta+2) = 1/(eta+2).
    operators = RealCoded(lambda: Strength(0.0, 3.0, 1.0, eta))
    genes = np.full((50_000, 1), 5000)
    moved = operators.mutate(genes, np.array([10_001]), np.random.default_rng(1))
    assert np.abs(moved - genes).mean() / 10_000 == pytest.approx(_clipped_mean(eta), rel=0.02)
    assert _clipped_mean(eta) <= mean


def _clipped_mean(eta: float) -> float:
    """Mean of min(|shift|, 0.5): from the middle of its range, a gene can move by half of it."""
    v = (np.arange(100_000) + 0.5) / 100_000
    return float(np.minimum(1.0 - v ** (1.0 / (eta + 1.0)), 0.5).mean())


def test_weak_mutation_leaves_most_children_alone() -> None:
    operators = RealCoded(lambda: Strength(1.0, 25.0, 0.05, 25.0))
    genes = np.full((10_000, 1), 500)
    moved = operators.mutate(genes, np.array([1001]), np.random.default_rng(1))
    assert (moved != genes).mean() == pytest.approx(0.05, abs=0.01)
