"""Children of a generation, bred all at once from those that may fit and were not seen before."""

from __future__ import annotations

__all__ = ["Children"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CROSSOVER_PROBABILITY = 0.9
JUMP_PROBABILITY = 0.25
"""Share of mutations that draw any value; the others go to a neighbour."""

MOST_TRIES = 100
"""Children bred per child wanted: in a tight space, few of them fit."""


class Children:
    """A child generation strategy of Optuna's NSGA-II: uniform crossover, then mutation by steps.

    The operators are the stock ones, but for mutation, which mostly goes to a neighbouring value.
    Children that were evaluated before, or that the screen says cannot fit, are bred again.

    Parameters
    ----------
    names : sequence of str
        Names of the genes.
    counts : sequence of int
        Values of each gene.
    is_wanted : callable
        Genes of designs, (n, n_genes), to whether each is worth evaluating.
    seed : int
    """

    def __init__(
        self,
        names: Sequence[str],
        counts: Sequence[int],
        is_wanted: Callable[[Indices], Flags],
        seed: int,
    ) -> None:
        self._names = list(names)
        self._counts = np.array(counts, dtype=np.int64)
        self._is_wanted = is_wanted
        self._rng = np.random.default_rng(seed)
        self._parents: set[int] = set()
        self._waiting: list[list[int]] = []

    def __call__(
        self,
        study: Study,
        search_space: dict[str, BaseDistribution],
        parent_population: list[FrozenTrial],
    ) -> dict[str, Any]:
        """Return the parameters of the next child."""
        parents = {trial.number for trial in parent_population}
        if parents != self._parents or not self._waiting:
            self._parents = parents
            self._waiting = self._breed(sorted(parent_population, key=lambda trial: trial.number))
        return dict(zip(self._names, self._waiting.pop(), strict=True))

    def _breed(self, parents: list[FrozenTrial]) -> list[list[int]]:
        """Return one child per parent, those that are wanted before others."""
        genes = np.array([[trial.params[name] for name in self._names] for trial in parents])
        wins = dominance(parents)
        n_wanted, n_tried = len(parents), 0
        wanted: dict[bytes, Indices] = {}
        others: list[Indices] = []
        n_bred = 2 * n_wanted
        while len(wanted) < n_wanted and n_tried < MOST_TRIES * n_wanted:
            bred = self._mutated(self._crossed(genes, wins, n_bred))
            is_wanted = self._is_wanted(bred)
            wanted.update((row.tobytes(), row) for row in bred[is_wanted])
            others = list(bred[~is_wanted])
            n_tried += n_bred
            n_bred = min(4 * n_bred, MOST_TRIES * n_wanted)
        chosen = [*list(wanted.values())[:n_wanted], *others][:n_wanted]
        return [row.tolist() for row in reversed(chosen)]

    def _crossed(self, genes: Indices, wins: Flags, n_children: int) -> Indices:
        """Return children of the winners of tournaments, before mutation."""
        drawn = self._rng.integers(0, len(genes), (2, 2, n_children))
        first, second = np.where(wins[drawn[:, 0], drawn[:, 1]], drawn[:, 0], drawn[:, 1])
        is_crossed = self._rng.random(n_children) < CROSSOVER_PROBABILITY
        from_second = self._rng.random((n_children, genes.shape[1])) < 0.5
        from_second &= is_crossed[:, None]
        return np.asarray(np.where(from_second, genes[second], genes[first]))

    def _mutated(self, genes: Indices) -> Indices:
        """Return the children with, on average, one gene at another value, and at least one."""
        n_children, n_genes = genes.shape
        is_mutated = self._rng.random(genes.shape) < 1.0 / n_genes
        is_mutated[np.arange(n_children), self._rng.integers(0, n_genes, n_children)] = True
        jump = self._rng.integers(0, self._counts, genes.shape)
        step = genes + np.where(self._rng.random(genes.shape) < 0.5, -1, 1)
        # Beyond an end, the only neighbour is on the other side.
        step = np.where(step < 0, 1, np.where(step >= self._counts, self._counts - 2, step))
        is_jump = self._rng.random(genes.shape) < JUMP_PROBABILITY
        return np.asarray(np.where(is_mutated, np.where(is_jump, jump, step), genes))


def dominance(trials: Sequence[FrozenTrial]) -> Flags:
    """Return whether trial i is better than trial j, (n, n), constraints before objectives."""
    values = np.array([trial.values for trial in trials])
    penalty = np.array(
        [sum(max(amount, 0.0) for amount in trial.constraints.values()) for trial in trials]
    )
    never_worse = (values[:, None] <= values[None, :]).all(axis=2)
    once_better = (values[:, None] < values[None, :]).any(axis=2)
    is_equal = penalty[:, None] == penalty[None, :]
    is_feasible = (penalty == 0.0)[:, None] & (penalty == 0.0)[None, :]
    return np.where(
        is_feasible, never_worse & once_better, ~is_equal & (penalty[:, None] < penalty[None, :])
    )
