"""One search: the sampler of its name spends its budget."""

from __future__ import annotations

__all__ = ["Study", "run_search"]

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, Scores
from imctune.search.archive import Archive
from imctune.search.first import FirstDraws
from imctune.search.goals import Goal
from imctune.search.refine import Fits
from imctune.search.samplers import SPENDERS
from imctune.search.settings import SearchSettings
from imctune.search.state import OnGeneration, OnStep, Search

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Study:
    """What one search found.

    Attributes
    ----------
    designs : DesignBatch
        Distinct designs in the order in which the search met them.
    metrics : Metrics
        Their results, on all workloads.
    scores : Scores
        How the search ranked them.
    generation : ndarray of int
        Generation in which each was met, (n,).
    rows : ndarray of int
        Row of each among all designs of the run, (n,).
    n_trials : int
        Designs that were asked for, repeated ones included.
    interrupted : bool
        Whether it was stopped before its budget was spent.
    """

    designs: DesignBatch
    metrics: Metrics
    scores: Scores
    generation: Indices
    rows: Indices
    n_trials: int
    interrupted: bool = False


def run_search(
    space: KnobSpace,
    archive: Archive,
    goal: Goal,
    *,
    first: FirstDraws,
    fits: Fits,
    n_designs: int,
    settings: SearchSettings,
    seed: int,
    on_generation: OnGeneration,
    on_step: OnStep,
) -> Study:
    """Search for the designs that are best for one goal.

    Parameters
    ----------
    space : KnobSpace
    archive : Archive
        Evaluates designs, and remembers them.
    goal : Goal
    first : FirstDraws
        Screened random designs, among which the first generation is spread.
    fits : callable
        Genes to whether a design may be feasible for this goal.
    n_designs : int
        Distinct designs to evaluate; fewer only if the space holds fewer.
    settings : SearchSettings
    seed : int
    on_generation : callable
        Called with the designs that no search had evaluated before.
    on_step : callable
        Called after every generation with what was found.

    Returns
    -------
    Study
        What was found, also when interrupted (Ctrl-C) after the first generation of the run.
    """
    search = Search(
        space,
        archive,
        goal,
        fits,
        n_designs=n_designs,
        settings=settings,
        seed=seed,
        on_generation=on_generation,
        on_step=on_step,
    )
    interrupted = False
    try:
        _spend(search, first)
    except KeyboardInterrupt:
        if len(archive) == 0:
            raise
        interrupted = True
    rows = np.array(search.found.rows, dtype=np.int64)
    metrics = archive.metrics(rows)
    return Study(
        designs=archive.designs(rows),
        metrics=metrics,
        scores=goal.score(metrics),
        generation=np.array(search.found.generation, dtype=np.int64),
        rows=rows,
        n_trials=search.n_trials,
        interrupted=interrupted,
    )


def _spend(search: Search, first: FirstDraws) -> None:
    """Spend the budget: all of a small space, else what the sampler proposes."""
    if search.n_designs == 0:
        return
    if search.space.size <= search.n_designs:
        search.evaluate_all()
        return
    if first.starts is not None and len(first.starts):
        search.evaluate(first.starts[: search.n_designs])
    # In another order for every search, so that they do not all start from the same designs.
    fitting = search.rng.permutation(first.for_workloads(search.found.goal.workloads))
    SPENDERS[search.settings.sampler](search, fitting)
