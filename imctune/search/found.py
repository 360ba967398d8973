"""What one search has found so far."""

from __future__ import annotations

__all__ = ["Found"]

from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.objectives import Metrics
from imctune.search.goals import Goal, logarithms

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class Found:
    """Distinct designs of one search, in the order in which it met them.

    Attributes
    ----------
    goal : Goal
    rows : list of int
        Row of each design in the archive.
    generation : list of int
        Generation in which it was met.
    place : dict of int to int
        Archive row to position here.
    genes : set of bytes
        Genes of the designs, to look them up.
    """

    def __init__(self, goal: Goal, n_genes: int) -> None:
        self.goal = goal
        self.rows: list[int] = []
        self.generation: list[int] = []
        self.place: dict[int, int] = {}
        self.genes: set[bytes] = set()
        self._indices = _Growing(n_genes, np.int64)
        self._logs = _Growing(3, np.float64)
        self._penalty = _Growing(1, np.float64)
        self._score = _Growing(1, np.float64)
        self._amounts: _Growing | None = None
        self._constraints: list[str] = []

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def indices(self) -> Indices:
        """Genes of each design, (n, n_genes)."""
        return self._indices.values

    @property
    def logs(self) -> FloatArray:
        """Logarithms of energy, latency and area, (n, 3)."""
        return self._logs.values

    @property
    def penalty(self) -> FloatArray:
        """Sum of the amounts of all violations, 0 for feasible designs, (n,)."""
        return self._penalty.values[:, 0]

    @property
    def score(self) -> FloatArray:
        """Score that the search minimises, infinite for infeasible designs, (n,)."""
        return self._score.values[:, 0]

    @property
    def cost(self) -> FloatArray:
        """Logarithm of the score, known for infeasible designs too, (n,)."""
        feasible = np.isfinite(self.score)
        logs = np.log10(np.where(feasible, self.score, 1.0))
        return np.where(feasible, logs, self.logs.sum(axis=1))

    @property
    def amounts(self) -> FloatArray:
        """Logarithm of the amount of each constraint over its limit, (n, n_constraints)."""
        return self._amounts.values if self._amounts else np.zeros((0, 0))

    def constraints(self, place: int) -> dict[str, float]:
        """Return the amount of each violation of one design."""
        amounts = (10.0 ** self.amounts[place] - 1.0).tolist()
        return dict(zip(self._constraints, amounts, strict=True))

    def ranked(self) -> Indices:
        """Return the positions of the designs, best first: least violation, then least cost."""
        return np.lexsort((self.cost, self.penalty)).astype(np.int64)

    def add(self, rows: Indices, indices: Indices, metrics: Metrics, generation: int) -> None:
        """Add designs that this search meets for the first time."""
        scores = self.goal.score(metrics)
        amounts = self.goal.constraints(metrics)
        self._indices.extend(indices)
        self._logs.extend(logarithms(scores))
        values = np.column_stack(list(amounts.values()))
        if self._amounts is None:
            self._constraints = list(amounts)
            self._amounts = _Growing(len(amounts), np.float64)
        self._amounts.extend(values)
        self._penalty.extend(np.maximum(values, 0.0).sum(axis=1)[:, None])
        self._score.extend(scores.score[:, None])
        self.genes.update(row.tobytes() for row in indices)
        for row in rows.tolist():
            self.place[row] = len(self.rows)
            self.rows.append(row)
            self.generation.append(generation)


class _Growing:
    """Rows of an array that grows at its end, at a cost that does not grow with it."""

    def __init__(self, width: int, dtype: npt.DTypeLike) -> None:
        self._room = np.empty((64, width), dtype=dtype)
        self._used = 0

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._room[: self._used]

    def extend(self, rows: npt.NDArray[Any]) -> None:
        needed = self._used + len(rows)
        if needed > len(self._room):
            larger = np.empty((2 * needed, self._room.shape[1]), dtype=self._room.dtype)
            larger[: self._used] = self.values
            self._room = larger
        self._room[self._used : needed] = rows
        self._used = needed
