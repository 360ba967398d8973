"""The searches of a comparison, one cell each: run by a few processes, in any order."""

from __future__ import annotations

__all__ = ["Cell", "Problem", "planned", "run_cells"]

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from imctune.assumptions import Assumptions
from imctune.compare import Course
from imctune.errors import InputError
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import ObjectiveSettings
from imctune.search.compare.settings import CompareSettings
from imctune.search.processes import worker_pool
from imctune.search.samplers import ANYTIME
from imctune.search.settings import SearchSettings
from imctune.search.tune import tune
from imctune.technology import AnyTechnology
from imctune.variation import Variation
from imctune.workload import Workload


@dataclass(frozen=True, order=True)
class Cell:
    """One search of a comparison."""

    seed: int
    sampler: str
    budget: int


@dataclass(frozen=True)
class Problem:
    """What all searches of a comparison have in common.

    Attributes
    ----------
    workloads, technology, space, assumptions, variation, objectives
        See `imctune.search.tune`.
    search : SearchSettings
        All that a cell does not set.
    """

    workloads: tuple[Workload, ...]
    technology: AnyTechnology
    space: KnobSpace
    assumptions: Assumptions
    variation: Variation
    objectives: ObjectiveSettings
    search: SearchSettings

    def run(self, cell: Cell) -> Course:
        """Run one search over all networks, with no search for one alone."""
        seconds: list[float] = []

        def note(designs: DesignBatch, *_: object) -> None:
            seconds.extend([time.process_time() - started] * len(designs))

        settings = replace(
            self.search, sampler=cell.sampler, n_trials=cell.budget, baseline_trials=0
        )
        started = time.process_time()
        with _quiet():
            result = tune(
                self.workloads,
                self.technology,
                self.space,
                assumptions=self.assumptions,
                variation=self.variation,
                objectives=self.objectives,
                settings=settings,
                seed=cell.seed,
                on_generation=note,
            )
        if result.interrupted:
            raise KeyboardInterrupt
        return Course(
            sampler=cell.sampler,
            seed=cell.seed,
            budget=cell.budget,
            score=result.scores.score,
            objectives=result.scores.objectives,
            cpu_seconds=np.array(seconds),
        )


def planned(settings: CompareSettings, seed: int) -> list[Cell]:
    """Return the cells of a comparison, seed by seed.

    Parameters
    ----------
    settings : CompareSettings
    seed : int
        The first seed.

    Notes
    -----
    A sampler whose way does not depend on the budget runs once, for the largest.
    """
    largest = (max(settings.budgets),)
    return sorted(
        Cell(seed + run, sampler, budget)
        for run in range(settings.n_seeds)
        for sampler in settings.samplers
        for budget in (largest if sampler in ANYTIME else settings.budgets)
    )


def run_cells(
    problem: Problem,
    cells: Sequence[Cell],
    *,
    n_processes: int,
    on_course: Callable[[Course], None],
) -> None:
    """Run cells; each is handed on when it is done.

    Parameters
    ----------
    problem : Problem
    cells : sequence of Cell
    n_processes : int
        With one, cells run in this process, one after the other.
    on_course : callable
        Called in this process.
    """
    unknown = problem.objectives.to_search_alone(problem.space.workloads)
    if unknown:
        raise InputError(
            "objectives: regret compares with the best design for each network, and task=compare "
            f"searches for none alone: objectives.regret_reference must name {', '.join(unknown)}"
        )
    if n_processes == 1 or len(cells) < 2:
        for cell in cells:
            on_course(problem.run(cell))
        return
    with worker_pool(min(n_processes, len(cells)), _begin, problem) as pool:
        for done in as_completed([pool.submit(_run, cell) for cell in cells]):
            on_course(done.result())


_own: list[Problem] = []
"""What the searches of this worker process have in common."""


def _begin(problem: Problem) -> None:
    _own.append(problem)


def _run(cell: Cell) -> Course:
    return _own[0].run(cell)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what a search tells, as of few designs that fit: each of them would tell it."""
    told = logging.getLogger("imctune.search")
    before = told.level
    told.setLevel(logging.ERROR)
    try:
        yield
    finally:
        told.setLevel(before)
