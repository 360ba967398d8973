"""The state of one search: ask a generation, evaluate its new designs in one call, tell."""

from __future__ import annotations

__all__ = ["OnGeneration", "OnStep", "Search"]

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import optuna

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics
from imctune.search.archive import Archive
from imctune.search.found import Found
from imctune.search.goals import Goal
from imctune.search.interrupt import uninterrupted
from imctune.search.refine import Fits, Need
from imctune.search.samplers.fast import quietly
from imctune.search.settings import SearchSettings

Indices = npt.NDArray[np.int64]
Distributions = dict[str, optuna.distributions.BaseDistribution]
Values = Callable[[int], list[float]]
"""Position of a design among those found, to the values that a sampler minimises."""

OnGeneration = Callable[[DesignBatch, Metrics, int], None]
"""Called with the designs that no search had evaluated before, their results, the generation."""

OnStep = Callable[[Found], None]

MOST_STALE = 20
"""Generations in a row without a new design, after which a sampler has nothing more to say."""

SHARED = 20
"""Designs of other searches that a search meets."""

logger = logging.getLogger(__name__)


class Search:
    """What the samplers of `imctune.search.samplers` spend the budget of one search with.

    Parameters
    ----------
    space : KnobSpace
    archive : Archive
        Evaluates designs, and remembers them.
    goal : Goal
    fits : callable
        Genes to whether a design may be feasible for this goal.
    need : callable or None
        Genes to what holding all weights takes, where a chip may also do without; see `Need`.
    n_designs : int
        Distinct designs to evaluate.
    settings : SearchSettings
    seed : int
    on_generation : callable
    on_step : callable
        Called after every generation with what was found.
    elsewhere : callable
        Number of designs to the genes of those of earlier searches of the run that are best for
        this goal, best first.

    Attributes
    ----------
    names : list of str
        Names of the genes.
    counts : ndarray of int
        Values of each gene.
    found : Found
    rng : Generator
    n_trials : int
        Designs proposed so far, repeated ones included.
    residents : ndarray
        Random designs that hold all weights where others need not, (n, n_genes).
    """

    def __init__(
        self,
        space: KnobSpace,
        archive: Archive,
        goal: Goal,
        fits: Fits,
        need: Need | None,
        *,
        n_designs: int,
        settings: SearchSettings,
        seed: int,
        on_generation: OnGeneration,
        on_step: OnStep,
        elsewhere: Callable[[int], Indices],
    ) -> None:
        self.space = space
        self.settings = settings
        self.seed = seed
        self.fits = fits
        self.need = need
        self.found = Found(goal, len(space.genes))
        self.n_designs = min(n_designs, space.size)
        self.n_trials = 0
        self.residents: Indices = np.empty((0, len(space.genes)), dtype=np.int64)
        self._unfit: set[bytes] = set()
        self.rng = np.random.default_rng(seed)
        self.names = [gene.column for gene in space.genes]
        self.counts = np.array([len(gene.values) for gene in space.genes], dtype=np.int64)
        self.archive = archive
        self._on_generation = on_generation
        self._on_step = on_step
        self._elsewhere = elsewhere
        self._generation = 0
        self._study: optuna.Study | None = None
        self._distributions: Distributions = {}
        self._values: Values = self._objectives

    @property
    def n_left(self) -> int:
        """Designs that may still be evaluated."""
        return self.n_designs - len(self.found)

    def distributions(self, held: Indices | None = None) -> Distributions:
        """Return the places of each gene's values, for Optuna; one place where `held` is not -1."""
        low = np.zeros_like(self.counts) if held is None else np.maximum(held, 0)
        high = self.counts - 1 if held is None else np.where(held < 0, self.counts - 1, held)
        return {
            name: optuna.distributions.IntDistribution(*ends)
            for name, *ends in zip(self.names, low.tolist(), high.tolist(), strict=True)
        }

    def open(
        self,
        sampler: optuna.samplers.BaseSampler,
        distributions: Distributions,
        *,
        single_objective: bool = False,
    ) -> None:
        """Start an Optuna study, in which all trials are from now on.

        Parameters
        ----------
        sampler : BaseSampler
        distributions : dict
            What it may choose.
        single_objective : bool
            Whether it minimises the score alone, not energy, latency and area.
        """
        directions = ["minimize"] * (1 if single_objective else 3)
        self._study = quietly(optuna.create_study, directions=directions, sampler=sampler)
        self._distributions = distributions
        self._values = self._score if single_objective else self._objectives

    def explore(self, first: Indices, n_designs: int, population_size: int) -> None:
        """Let the sampler propose generations, the first of them given, until enough are found."""
        for row in first.tolist():
            self._opened.enqueue_trial(dict(zip(self.names, row, strict=True)))
        n_stale, n_asked = 0, len(first) or population_size
        while len(self.found) < n_designs and n_stale < MOST_STALE:
            before = len(self.found)
            self._ask_and_tell(min(n_asked, n_designs - before))
            n_stale = n_stale + 1 if len(self.found) == before else 0
            n_asked = population_size

    def evaluate(self, indices: Indices) -> list[int]:
        """Evaluate the designs that are new; return the positions of all among those found."""
        with uninterrupted():
            rows = self._keep(indices)
        self.n_trials += len(rows)
        self._generation += 1
        self._on_step(self.found)
        return [self.found.place[row] for row in rows.tolist()]

    def meet_best_of_others(self) -> None:
        """Meet the designs of earlier searches that are best for this goal: known, so for free."""
        shared = self._elsewhere(min(SHARED, self.n_left))
        if len(shared):
            self.evaluate(shared)

    def evaluate_all(self, held: Indices | None = None) -> None:
        """Evaluate every design of the space; with `held`, those with these values where not -1."""
        fixed = np.full(len(self.counts), -1) if held is None else held
        counts = np.where(fixed < 0, self.counts, 1)
        every = np.indices(counts.tolist()).reshape(len(counts), -1).T + np.maximum(fixed, 0)
        for start in range(0, len(every), self.settings.population_size):
            self.evaluate(every[start : start + self.settings.population_size])

    def top_up(self) -> None:
        """Spend what is left of the budget on random designs."""
        n_stale = 0
        while self.n_left > 0 and n_stale < MOST_STALE:
            before = len(self.found)
            self.evaluate(self.space.draw(self.rng, self.n_left))
            n_stale = n_stale + 1 if len(self.found) == before else 0
        if self.n_left > 0:
            logger.warning(
                "%s: found %d distinct designs, not %d: the space seems to hold no more",
                self.found.goal.name,
                len(self.found),
                self.n_designs,
            )

    def is_wanted(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Whether designs are new to this search and may fit."""
        keys = [row.tobytes() for row in indices]
        is_new = np.array([key not in self.found.genes and key not in self._unfit for key in keys])
        new = np.flatnonzero(is_new)
        is_new[new] = self.fits(indices[new])
        # Remembered: a search that has converged comes back to them again and again.
        self._unfit.update(keys[i] for i in new[~is_new[new]].tolist())
        return is_new

    @property
    def _opened(self) -> optuna.Study:
        """The study; a sampler opens one before it explores."""
        if self._study is None:
            raise RuntimeError("no study is open")
        return self._study

    def _ask_and_tell(self, n_trials: int) -> None:
        """Ask, evaluate and tell one generation."""
        study = self._opened
        trials = [study.ask(self._distributions) for _ in range(n_trials)]
        indices = np.array(
            [[params[name] for name in self.names] for params in (t.params for t in trials)],
            dtype=np.int64,
        ).reshape(n_trials, len(self.names))
        for trial, place in zip(trials, self.evaluate(indices), strict=True):
            for name, amount in self.found.constraints(place).items():
                trial.set_constraint(name, amount)
            study.tell(trial, self._values(place))

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

    def _objectives(self, place: int) -> list[float]:
        """Return energy, latency and area of a design, as logarithms turned towards EDAP."""
        logs = self.found.logs[place]
        focus = self.settings.edap_focus
        return [float(value) for value in (1.0 - focus) * logs + focus * logs.mean()]

    def _score(self, place: int) -> list[float]:
        """Return the logarithm of a design's score."""
        return [float(self.found.cost[place])]
