"""One search: the sampler of its name spends its budget."""

from __future__ import annotations

__all__ = ["Study", "run_last_round", "run_search"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.search.first import FirstDraws
from imctune.search.samplers import LAST_ROUNDS, SPENDERS
from imctune.search.state import Search

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


def run_search(search: Search, first: FirstDraws) -> Study:
    """Spend the budget: all of a small space, else what the sampler proposes.

    Parameters
    ----------
    search : Search
    first : FirstDraws
        Screened random designs, among which the first generation is spread.

    Returns
    -------
    Study
        What was found, also when interrupted (Ctrl-C) after the first generation of the run.
    """

    def spend() -> None:
        if search.space.size <= search.n_designs:
            search.evaluate_all()
            return
        if first.starts is not None and len(first.starts):
            search.evaluate(first.starts[: search.n_designs])
        # In another order for every search, so that they do not all start from the same designs.
        workloads = search.found.goal.workloads
        fitting = search.rng.permutation(first.for_workloads(workloads))
        if first.residents is not None:
            search.residents = search.rng.permutation(first.residents.for_workloads(workloads))
        SPENDERS[search.settings.sampler](search, fitting)

    return _until_interrupted(search, spend)


def run_last_round(search: Search, n_more: int) -> Study:
    """Go on with a search from the best designs for its goal that any search of the run met."""

    def spend() -> None:
        search.n_designs += n_more
        LAST_ROUNDS[search.settings.sampler](search)

    return _until_interrupted(search, spend)


def _until_interrupted(search: Search, spend: Callable[[], None]) -> Study:
    interrupted = False
    try:
        if search.n_designs > 0:
            spend()
    except KeyboardInterrupt:
        if len(search.archive) == 0:
            raise
        interrupted = True
    rows = np.array(search.found.rows, dtype=np.int64)
    metrics = search.archive.metrics(rows)
    return Study(
        designs=search.archive.designs(rows),
        metrics=metrics,
        scores=search.found.goal.score(metrics),
        generation=np.array(search.found.generation, dtype=np.int64),
        rows=rows,
        n_trials=search.n_trials,
        interrupted=interrupted,
    )
