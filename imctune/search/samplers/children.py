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

from imctune.search.samplers.operators import Operators

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MOST_TRIES = 100
"""Children bred per child wanted: in a tight space, few of them fit."""


class Children:
    """A child generation strategy for Optuna's genetic samplers.

    Parents are winners of tournaments of two. Children that were evaluated before, or that the
    screen says cannot fit, are bred again.

    Parameters
    ----------
    names : sequence of str
        Names of the genes.
    counts : array_like of int
        Values of each gene.
    is_wanted : callable
        Genes of designs, (n, n_genes), to whether each is worth evaluating.
    seed : int
    operators : Operators
        Crossover and mutation.
    """

    def __init__(
        self,
        names: Sequence[str],
        counts: npt.ArrayLike,
        is_wanted: Callable[[Indices], Flags],
        seed: int,
        operators: Operators,
    ) -> None:
        self._names = list(names)
        self._counts = np.array(counts, dtype=np.int64)
        self._is_wanted = is_wanted
        self._operators = operators
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
            crossed = self._crossed(genes, wins, n_bred)
            bred = self._operators.mutate(crossed, self._counts, self._rng)
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
        return self._operators.cross(genes[first], genes[second], self._rng)


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
