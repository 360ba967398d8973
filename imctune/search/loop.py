"""One search: ask a generation, evaluate its new designs in one call, tell."""

from __future__ import annotations

__all__ = ["OnGeneration", "Study", "run_search"]

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import optuna

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, Scores
from imctune.search.archive import Archive
from imctune.search.children import Children
from imctune.search.first import FirstDraws, spread
from imctune.search.found import Found
from imctune.search.goals import Goal
from imctune.search.interrupt import uninterrupted
from imctune.search.nsga2 import FastNsga2, quietly
from imctune.search.refine import Fits, Refinement
from imctune.search.settings import SearchSettings

Indices = npt.NDArray[np.int64]

OnGeneration = Callable[[DesignBatch, Metrics, int], None]
"""Called with the designs that no search had evaluated before, their results, the generation."""

OnStep = Callable[[Found], None]

MOST_STALE = 20
"""Generations in a row without a new design, after which a sampler has nothing more to say."""

logger = logging.getLogger(__name__)


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


class Search:
    """The state of one search.

    Parameters
    ----------
    space : KnobSpace
    archive : Archive
        Evaluates designs, and remembers them.
    goal : Goal
    fits : callable
        Genes to whether a design may be feasible for this goal.
    n_designs : int
        Distinct designs to evaluate.
    settings : SearchSettings
    seed : int
    on_generation : callable
    on_step : callable
        Called after every generation with what was found.
    """

    def __init__(
        self,
        space: KnobSpace,
        archive: Archive,
        goal: Goal,
        fits: Fits,
        *,
        n_designs: int,
        settings: SearchSettings,
        seed: int,
        on_generation: OnGeneration,
        on_step: OnStep,
    ) -> None:
        self.space = space
        self.archive = archive
        self.settings = settings
        self._fits = fits
        self.found = Found(goal, len(space.genes))
        self.n_designs = min(n_designs, space.size)
        self.n_trials = 0
        self._on_generation = on_generation
        self._on_step = on_step
        self._generation = 0
        self._names = [gene.column for gene in space.genes]
        self._distributions: dict[str, optuna.distributions.BaseDistribution] = {
            gene.column: optuna.distributions.IntDistribution(0, len(gene.values) - 1)
            for gene in space.genes
        }
        self._rng = np.random.default_rng(seed)
        sampler = self._sampler(seed, settings)
        self._study = quietly(optuna.create_study, directions=["minimize"] * 3, sampler=sampler)

    def run(self, first: FirstDraws) -> None:
        """Spend the budget: all of a small space; else sampler, then local changes."""
        if self.n_designs == 0:
            return
        if self.space.size <= self.n_designs:
            self._enumerate()
            return
        share = self.settings.refine_share if self.settings.sampler == "nsga2" else 0.0
        # In another order for every search, so that they do not all start from the same designs.
        start = self._rng.permutation(first.for_workloads(self.found.goal.workloads))
        n_explored = self.n_designs - int(share * self.n_designs)
        self._explore(spread(start, self.settings.first_designs), n_explored)
        if share > 0.0:
            self._refine()
        self._top_up()

    def _enumerate(self) -> None:
        """Evaluate every design of the space."""
        counts = [len(gene.values) for gene in self.space.genes]
        every = np.indices(counts).reshape(len(counts), self.space.size).T.astype(np.int64)
        for start in range(0, len(every), self.settings.population_size):
            self._add(every[start : start + self.settings.population_size])

    def _explore(self, first: Indices, n_designs: int) -> None:
        """Let the sampler propose generations, the first of them given, until enough are found."""
        if self.settings.sampler == "random":
            first = first[:0]
        for row in first:
            self._study.enqueue_trial(self._params(row))
        n_stale, n_asked = 0, len(first) or self.settings.population_size
        while len(self.found) < n_designs and n_stale < MOST_STALE:
            before = len(self.found)
            self._generation_of_trials(min(n_asked, n_designs - before))
            n_stale = n_stale + 1 if len(self.found) == before else 0
            n_asked = self.settings.population_size

    def _refine(self) -> None:
        """Change the best designs a little until the budget is spent or nothing is left to try."""
        refinement = Refinement(self.space, self.found, self._fits, self._rng)
        while len(self.found) < self.n_designs:
            proposed = refinement.propose(self.n_designs - len(self.found))
            if len(proposed) == 0:
                return
            self._add(proposed)

    def _top_up(self) -> None:
        """Spend what is left of the budget on random designs."""
        n_stale = 0
        while len(self.found) < self.n_designs and n_stale < MOST_STALE:
            before = len(self.found)
            self._add(self.space.draw(self._rng, self.n_designs - before))
            n_stale = n_stale + 1 if len(self.found) == before else 0
        if len(self.found) < self.n_designs:
            logger.warning(
                "%s: found %d distinct designs, not %d: the space seems to hold no more",
                self.found.goal.name,
                len(self.found),
                self.n_designs,
            )

    def result(self, *, interrupted: bool) -> Study:
        """Return what was found."""
        rows = np.array(self.found.rows, dtype=np.int64)
        metrics = self.archive.metrics(rows)
        return Study(
            designs=self.archive.designs(rows),
            metrics=metrics,
            scores=self.found.goal.score(metrics),
            generation=np.array(self.found.generation, dtype=np.int64),
            rows=rows,
            n_trials=self.n_trials,
            interrupted=interrupted,
        )

    def _sampler(self, seed: int, settings: SearchSettings) -> optuna.samplers.BaseSampler:
        if settings.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        counts = [len(gene.values) for gene in self.space.genes]
        return quietly(
            FastNsga2,
            space=self._distributions,
            population_size=settings.population_size,
            seed=seed,
            children=Children(self._names, counts, self._is_wanted, seed),
        )

    def _is_wanted(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Whether designs are new to this search and may fit."""
        is_new = np.array([row.tobytes() not in self.found.genes for row in indices])
        is_new[is_new] = self._fits(indices[is_new])
        return is_new

    def _generation_of_trials(self, n_trials: int) -> None:
        """Ask, evaluate and tell one generation."""
        trials = [self._study.ask() for _ in range(n_trials)]
        tops = [len(gene.values) - 1 for gene in self.space.genes]
        indices = np.array(
            [
                [
                    trial.suggest_int(name, 0, top)
                    for name, top in zip(self._names, tops, strict=True)
                ]
                for trial in trials
            ],
            dtype=np.int64,
        ).reshape(n_trials, len(tops))
        for trial, place in zip(trials, self._add(indices), strict=True):
            for name, amount in self.found.constraints(place).items():
                trial.set_constraint(name, amount)
            self._study.tell(trial, self._values(place))

    def _add(self, indices: Indices) -> list[int]:
        """Evaluate the designs that are new; return the positions of all among those found."""
        with uninterrupted():
            rows = self._keep(indices)
        self.n_trials += len(rows)
        self._generation += 1
        self._on_step(self.found)
        return [self.found.place[row] for row in rows.tolist()]

    def _keep(self, indices: Indices) -> Indices:
        """Evaluate, keep and hand on the designs that are new; return the rows of all."""
        rows, new = self.archive.rows(self.space.decode(indices))
        _, first = np.unique(rows, return_index=True)
        unmet = np.array(
            [i for i in sorted(first.tolist()) if int(rows[i]) not in self.found.place],
            dtype=np.int64,
        )
        if len(unmet):
            metrics = self.archive.metrics(rows[unmet])
            self.found.add(rows[unmet], indices[unmet], metrics, self._generation)
        if len(new):
            self._on_generation(
                self.archive.designs(new), self.archive.metrics(new), self._generation
            )
        return rows

    def _params(self, row: Indices) -> dict[str, int]:
        """Return the genes of a design as Optuna's parameters."""
        return dict(zip(self._names, row.tolist(), strict=True))

    def _values(self, place: int) -> list[float]:
        """Return what the sampler minimises: objectives turned towards their product."""
        logs = self.found.logs[place]
        focus = self.settings.edap_focus
        return [float(value) for value in (1.0 - focus) * logs + focus * logs.mean()]


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
        search.run(first)
    except KeyboardInterrupt:
        if len(archive) == 0:
            raise
        interrupted = True
    return search.result(interrupted=interrupted)
