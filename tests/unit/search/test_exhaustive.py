"""The true optimum of a space: the same as evaluating every design, however it is cut up."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import imctune
from imctune.assumptions import Assumptions
from imctune.config import by_name
from imctune.errors import InputError
from imctune.knobs import KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, aggregate
from imctune.pareto import nondominated
from imctune.search.exhaustive import Checkpoint, Optimum, find_optimum, optimum, scan
from imctune.search.exhaustive.blocks import Blocks
from imctune.search.exhaustive.scan import Scan
from imctune.search.exhaustive.standing import SINGLE_PASS
from imctune.simulator.simulate import Simulator
from tests.unit.search.toy import toy_space

TWO = ("alexnet", "mobilenet_v3")
PAPER = {"paper_rram": "paper_rram_32nm", "paper_sram4": "paper_sram_32nm"}


def space_of(name: str, **changes: Any) -> KnobSpace:
    return KnobSpace.from_mapping({**by_name.inherited("knobs", name), **changes}, TWO)


@cache
def model(technology: str, workloads: tuple[str, ...] = TWO) -> Simulator:
    profile = by_name.load_assumptions("paper") if "paper" in technology else Assumptions()
    networks = [imctune.load_workload(name) for name in workloads]
    return Simulator(networks, imctune.load_technology(technology), profile)


def choices(*values: float) -> dict[str, Any]:
    return {"choices": list(values), "default": values[0]}


def small_paper_space(name: str) -> KnobSpace:
    """640 designs, of which some do not hold the networks and some are too large."""
    return space_of(
        name,
        rows=choices(32, 256),
        cols=choices(32, 128),
        bits_per_cell=8 if name == "paper_rram" else 1,
        macros_per_tile=choices(4, 8, 16, 32, 64),
        tiles_per_group=choices(4, 32),
        router_groups=choices(2, 16),
        glb_kib=choices(1024, 4096),
        supply_v=choices(0.5, 0.7),
        cycle_time_ns=choices(1, 6),
    )


def small_physical_space() -> KnobSpace:
    """288 designs; `rows_active` and `columns_per_adc` follow rows and cols in some of them."""
    return space_of(
        "sram_32nm",
        **{
            **KnobSpace.from_mapping(by_name.inherited("knobs", "sram_32nm"), TWO).defaults(),
            "rows": choices(64, 128, 256),
            "rows_active": choices(64, 128),
            "cols": choices(64, 128),
            "macros_per_tile": choices(2, 16, 64),
            "router_groups": choices(1, 4, 16, 32),
            "supply_v": choices(0.7, 0.8),
        },
    )


def brute(space: KnobSpace, simulator: Simulator, objectives: ObjectiveSettings) -> Metrics:
    counts = [len(gene.values) for gene in space.genes]
    every = space.decode(np.indices(counts).reshape(len(counts), -1).T)
    return Metrics.from_simulation(simulator.simulate(every), objectives, space.workloads)


def assert_is_the_optimum(
    found: Optimum, space: KnobSpace, simulator: Simulator, objectives: ObjectiveSettings
) -> None:
    metrics = brute(space, simulator, objectives)
    own = [
        np.where(metrics.feasible_for(index), metrics.edap[:, index], np.inf)
        for index in range(len(space.workloads))
    ]
    reference = {n: edap.min() for n, edap in zip(space.workloads, own, strict=True)}
    objectives = replace(objectives, regret_reference=reference)
    metrics = brute(space, simulator, objectives)
    scores = aggregate(metrics, objectives)
    assert found.n_designs == space.size
    assert found.n_feasible == metrics.feasible.sum() > 0
    usable = np.where(metrics.feasible[:, None], scores.objectives, np.inf)
    front = np.unique(usable[nondominated(usable)], axis=0)
    np.testing.assert_array_equal(
        np.unique(found.scores.objectives[found.is_pareto], axis=0), front
    )
    assert found.best_score[objectives.aggregation] == scores.score.min()
    assert found.scores.score[found.best[objectives.aggregation]] == scores.score.min()
    for aggregation in SINGLE_PASS:
        other = aggregate(metrics, replace(objectives, aggregation=aggregation))
        assert found.best_score[aggregation] == other.score.min()
    for index, name in enumerate(space.workloads):
        assert found.metrics.edap[found.separate[name], index] == own[index].min()
    assert len(set(found.designs.keys())) == len(found.designs)


@pytest.mark.parametrize("changes", [{}, {"aggregation": "regret"}, {"regret_max": 2.0}])
@pytest.mark.parametrize("name", PAPER)
def test_grids_give_the_optimum_of_every_design_evaluated(
    name: str, changes: dict[str, Any]
) -> None:
    space, simulator = small_paper_space(name), model(PAPER[name])
    objectives = ObjectiveSettings(weights={"alexnet": 2.0}, **changes)
    assert Scan(space, simulator).is_grid
    found = find_optimum(space, simulator, objectives)
    assert_is_the_optimum(found, space, simulator, objectives)


@pytest.mark.parametrize("objectives", [ObjectiveSettings(area_max_mm2=60.0, aggregation="mean")])
def test_any_other_model_gives_it_too(objectives: ObjectiveSettings) -> None:
    space, simulator = small_physical_space(), model("sram_32nm")
    assert not Scan(space, simulator).is_grid
    found = find_optimum(space, simulator, objectives)
    assert_is_the_optimum(found, space, simulator, objectives)
    assert found.n_feasible < space.size


FIFTY_THOUSAND: dict[str, dict[str, Any]] = {
    "paper_rram": {"rows": 512, "bits_per_cell": choices(5, 6, 7, 8)},
    "paper_sram4": {"rows": choices(32, 64, 128, 256)},
}


@pytest.mark.parametrize("name", PAPER)
def test_fifty_thousand_designs_have_the_optimum_that_one_call_finds(name: str) -> None:
    fixed = {"cycle_time_ns": 1, "supply_v": choices(0.5, 0.6)}
    space = space_of(name, **fixed, **FIFTY_THOUSAND[name])
    assert space.size == 50_400
    simulator, objectives = model(PAPER[name]), ObjectiveSettings()
    found = find_optimum(space, simulator, objectives)
    assert_is_the_optimum(found, space, simulator, objectives)


@pytest.mark.parametrize("name", ["paper_rram", "paper_sram9"])
@pytest.mark.parametrize("n_blocks", [1, pytest.param(20, marks=pytest.mark.long)])
def test_a_block_of_the_papers_spaces_holds_what_evaluate_says(name: str, n_blocks: int) -> None:
    technology = "paper_rram_32nm" if name == "paper_rram" else "paper_sram_32nm"
    space = space_of(name)
    blocks = Scan(space, model(technology)).blocks
    rng = np.random.default_rng(1)
    for block in rng.integers(0, len(blocks), n_blocks):
        first, last = blocks.places(int(block))
        at = rng.integers(0, last - first, 500)
        grid = model(technology).simulate_grid(space.grid(blocks.ranges(int(block))))
        knobs = blocks.designs(first + at).values
        metrics = imctune.evaluate(knobs, TWO, technology, "paper", space=space)
        found = Metrics.from_simulation(grid, ObjectiveSettings(), TWO).take(at)
        for item in ("energy_mj", "latency_ms", "cycles", "edap", "area_mm2", "feasible"):
            np.testing.assert_array_equal(getattr(found, item), getattr(metrics, item), item)


@settings(max_examples=25, deadline=None)
@given(n_values=st.lists(st.integers(1, 4), min_size=1, max_size=4), n_most=st.integers(1, 40))
def test_blocks_hold_every_design_once(n_values: list[int], n_most: int) -> None:
    knobs = ("rows", "cols", "macros_per_tile", "tiles_per_group")
    ranges = {knob: choices(*range(8, 8 + n)) for knob, n in zip(knobs, n_values, strict=False)}
    space = toy_space(ranges)
    blocks = Blocks(space, n_most)
    met: list[int] = []
    for block in range(len(blocks)):
        first, last = blocks.places(block)
        assert 0 < last - first <= max(n_most, 1)
        met.extend(range(first, last))
        grid = space.grid(blocks.ranges(block))
        for knob, values in blocks.designs(np.arange(first, last)).values.items():
            np.testing.assert_array_equal(np.broadcast_to(grid[knob], grid.shape).ravel(), values)
    assert met == list(range(space.size))


def results(found: Optimum) -> list[Any]:
    parts = (found.designs.values, found.scores.score.tolist(), found.is_pareto.tolist())
    plain = [{k: v.tolist() for k, v in parts[0].items()}, *parts[1:]]
    return [*plain, found.n_feasible, found.best, found.best_score, found.separate]


@pytest.mark.parametrize("aggregation", ["geomean", "regret"])
def test_a_run_goes_on_from_any_checkpoint(
    monkeypatch: pytest.MonkeyPatch, aggregation: Any
) -> None:
    monkeypatch.setattr(scan, "BLOCK", 16)
    objectives = ObjectiveSettings(aggregation=aggregation, area_max_mm2=60.0)
    space, simulator = small_physical_space(), model("sram_32nm")
    kept: list[str] = []
    whole = find_optimum(
        space, simulator, objectives, on_chunk=lambda now: kept.append(json.dumps(now.as_plain()))
    )
    assert len(kept) >= 3
    for text in kept[::2]:
        start = Checkpoint.from_plain(json.loads(text))
        assert results(find_optimum(space, simulator, objectives, start=start)) == results(whole)


def test_a_run_does_not_go_on_with_other_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "BLOCK", 16)
    space, simulator, objectives = small_physical_space(), model("sram_32nm"), ObjectiveSettings()
    kept: list[Checkpoint] = []
    find_optimum(space, simulator, objectives, on_chunk=kept.append)
    monkeypatch.setattr(scan, "BLOCK", 32)
    with pytest.raises(InputError, match="resume: the blocks of this run's space are others now"):
        find_optimum(space, simulator, objectives, start=kept[0])


def test_several_processes_and_other_blocks_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    space, simulator = small_paper_space("paper_rram"), model("paper_rram_32nm")
    alone = find_optimum(space, simulator, ObjectiveSettings())
    monkeypatch.setattr(scan, "MOST_NUMBERS", 2000)
    assert len(Scan(space, simulator).blocks) > 10
    several = find_optimum(space, simulator, ObjectiveSettings(), n_processes=2)
    assert results(several) == results(alone)


def test_equal_designs_of_the_front_are_kept_and_the_first_is_chosen() -> None:
    # The paper's model does not know vector lanes: every design comes three times.
    single = space_of("paper_rram", **{**small_fixed("paper_rram"), "supply_v": choices(0.5, 0.6)})
    triple = space_of(
        "paper_rram",
        **{
            **small_fixed("paper_rram"),
            "supply_v": choices(0.5, 0.6),
            "vector_lanes": choices(1, 2, 3),
        },
    )
    simulator = model("paper_rram_32nm")
    once, thrice = (find_optimum(s, simulator, ObjectiveSettings()) for s in (single, triple))
    assert thrice.is_pareto.sum() == 3 * once.is_pareto.sum()
    assert thrice.designs["vector_lanes"][thrice.best["geomean"]] == 1


def small_fixed(name: str) -> dict[str, Any]:
    return dict(KnobSpace.from_mapping(by_name.inherited("knobs", name), TWO).defaults())


def test_a_space_without_choices_has_one_design() -> None:
    space = space_of("paper_rram", **small_fixed("paper_rram"))
    found = find_optimum(space, model("paper_rram_32nm"), ObjectiveSettings())
    assert len(found.designs) == found.n_designs == 1
    assert found.is_pareto.all()


def test_a_network_may_run_where_all_together_do_not() -> None:
    space = small_physical_space()
    caps = ObjectiveSettings(latency_max_ms={"mobilenet_v3": 1e-9})
    found = find_optimum(space, model("sram_32nm"), caps)
    assert found.best == {}
    assert set(found.separate) == {"alexnet"}
    assert not found.is_pareto.any()


def test_a_space_in_which_nothing_runs_is_refused() -> None:
    tiny = ObjectiveSettings(area_max_mm2=1e-6)
    with pytest.raises(InputError, match="none of the 288 designs runs a network within the lim"):
        find_optimum(small_physical_space(), model("sram_32nm"), tiny)


def test_too_many_designs_are_refused() -> None:
    space = space_of("rram_32nm")
    with pytest.raises(InputError, match=r"at most 100,000,000 designs, got [\d,]+; fix knobs"):
        find_optimum(space, model("rram_32nm"), ObjectiveSettings())


def test_a_run_does_not_go_on_with_another_model() -> None:
    space = small_paper_space("paper_rram")
    kept: list[Checkpoint] = []
    find_optimum(space, model("paper_rram_32nm"), ObjectiveSettings(), on_chunk=kept.append)
    standing = kept[-1].standing
    other = replace(standing, objectives=standing.objectives * 1.1)
    with pytest.raises(InputError, match="resume: the model or its inputs changed since this run"):
        find_optimum(
            space,
            model("paper_rram_32nm"),
            ObjectiveSettings(),
            start=replace(kept[-1], standing=other),
        )


def test_long_runs_are_told_beforehand(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(optimum, "SECONDS_TO_TELL", 0.0)
    find_optimum(small_physical_space(), model("sram_32nm"), ObjectiveSettings())
    assert "288 designs: about 0.0 hours on 1 processes" in caplog.text
