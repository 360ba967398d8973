"""The searches of a comparison: which there are, and that how they are run changes nothing."""

from typing import Any

import numpy as np
import pytest

from imctune import api
from imctune.compare import Course
from imctune.config import by_name
from imctune.errors import InputError
from imctune.objectives import ObjectiveSettings
from imctune.search import SearchSettings
from imctune.search.compare import Cell, CompareSettings, Problem, planned, run_cells
from imctune.search.samplers import ANYTIME

NETWORKS = ("alexnet",)
SEARCH = SearchSettings(population_size=10, first_designs=20, first_draws=50)


def problem(**changes: Any) -> Problem:
    values: dict[str, Any] = {
        "workloads": api.as_workloads(NETWORKS),
        "technology": api.as_technology("paper_rram_32nm"),
        "space": by_name.load_knobs("paper_rram", NETWORKS),
        "assumptions": api.as_assumptions("paper"),
        "variation": by_name.load_variation("none"),
        "objectives": ObjectiveSettings(),
        "search": SEARCH,
    }
    return Problem(**{**values, **changes})


def run(cells: list[Cell], n_processes: int = 1, **changes: Any) -> dict[Cell, Course]:
    found: dict[Cell, Course] = {}

    def keep(course: Course) -> None:
        found[Cell(course.seed, course.sampler, course.budget)] = course

    run_cells(problem(**changes), cells, n_processes=n_processes, on_course=keep)
    return found


def test_samplers_whose_way_depends_on_the_budget_run_for_each() -> None:
    settings = CompareSettings(("nsga2", "random"), n_seeds=2, budgets=(50, 20))
    assert planned(settings, seed=7) == [
        Cell(7, "nsga2", 20),
        Cell(7, "nsga2", 50),
        Cell(7, "random", 50),
        Cell(8, "nsga2", 20),
        Cell(8, "nsga2", 50),
        Cell(8, "random", 50),
    ]


@pytest.mark.parametrize("sampler", ANYTIME)
def test_a_small_budget_is_the_start_of_a_large_one(sampler: str) -> None:
    small, large = run([Cell(1, sampler, 35), Cell(1, sampler, 60)]).values()
    np.testing.assert_array_equal(small.objectives, large.objectives[:35])


def test_processes_do_not_change_what_is_found() -> None:
    cells = [Cell(seed, sampler, 40) for seed in (1, 2) for sampler in ("nsga2", "random")]
    alone, together = run(cells), run(cells, n_processes=2)
    assert set(alone) == set(together) == set(cells)
    for cell in cells:
        np.testing.assert_array_equal(alone[cell].score, together[cell].score)
        np.testing.assert_array_equal(alone[cell].objectives, together[cell].objectives)
    assert not np.array_equal(alone[cells[0]].score, alone[cells[2]].score)


def test_a_course_is_the_search_design_by_design() -> None:
    (course,) = run([Cell(3, "nsga2", 40)]).values()
    alone = api.tune(
        NETWORKS,
        "paper_rram_32nm",
        "paper_rram",
        "paper",
        search=SEARCH,
        seed=3,
        n_trials=40,
        baseline_trials=0,
    )
    np.testing.assert_array_equal(course.score, alone.scores.score)
    assert len(course) == 40
    assert (np.diff(course.cpu_seconds) >= 0.0).all()
    assert course.cpu_seconds[0] > 0.0


def test_regret_without_references_is_refused() -> None:
    with pytest.raises(InputError, match="regret_reference must name alexnet"):
        run([Cell(1, "random", 9)], objectives=ObjectiveSettings(aggregation="regret"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"samplers": ("nsga",)}, r"samplers must be of nsga2.*got 'nsga' \(did you mean nsga"),
        ({"samplers": ()}, r"samplers must be at least one, each once, got \[\]"),
        ({"samplers": ("ga", "ga")}, r"each once, got \['ga', 'ga'\]"),
        ({"budgets": (0,)}, "budgets must be 1 or more, got 0"),
        ({"n_seeds": 0}, "n_seeds must be from 1 to 1000, got 0"),
        ({"reference": -1.0}, "reference must be above 0, got -1.0"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CompareSettings(**settings)
