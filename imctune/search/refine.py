"""Changes of the best designs: what a genetic search leaves on the table.

Two ways take turns. A model of the designs evaluated so far proposes designs that it thinks best,
as long as that leads to better ones. When it does not, the neighbours of the best design are tried
one and all: one step of every gene, then all other values of single genes, then pairs of steps,
for where one change alone is bad or does not fit. When nothing is left to try, the next best
design is taken.
"""

from __future__ import annotations

__all__ = ["Fits", "Refinement"]

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from imctune.knobs import KnobSpace
from imctune.search.found import Found
from imctune.search.model import QuadraticModel, improve

Indices = npt.NDArray[np.int64]
Fits = Callable[[Indices], npt.NDArray[np.bool_]]
Change = tuple[int, int]

BATCH = 40
"""Designs that the model proposes at once."""

FITTED = 600
"""Best designs that the model is fitted to: enough for its coefficients, and no more with time."""

DECADES = 0.5
"""Distance from the best, in decades of EDAP, over which a design's weight falls to 1/e."""

N_STARTS = 24
MOST_FAILURES = 2
WALL = 20.0
"""Cost, in decades per decade of violation, that keeps the model's proposals feasible."""


class Refinement:
    """Proposes changes of the best designs of a search.

    Parameters
    ----------
    space : KnobSpace
    found : Found
        Designs of the search; grows as proposals are evaluated.
    fits : callable
        Genes to whether a design may be feasible: those that are not are not proposed.
    rng : Generator
    """

    def __init__(
        self, space: KnobSpace, found: Found, fits: Fits, rng: np.random.Generator
    ) -> None:
        self._counts = np.array([len(gene.values) for gene in space.genes], dtype=np.int64)
        self._ordered = [gene.is_ordered for gene in space.genes]
        self._found = found
        self._fits = fits
        self._rng = rng
        self._model = QuadraticModel(space)
        self._proposed = {row.tobytes() for row in found.indices}
        self._spent: set[int] = set()
        self._best = -1
        self._n_failures = 0

    def propose(self, n_most: int) -> Indices:
        """Return designs to evaluate next, (n, n_genes); none when all designs are spent."""
        ranked = self._found.ranked()
        self._n_failures = self._n_failures + 1 if ranked[0] == self._best else 0
        self._best = int(ranked[0])
        if self._n_failures < MOST_FAILURES:
            proposed = self._usable(self._modelled(ranked), min(n_most, BATCH))
            if len(proposed):
                return proposed
        self._n_failures = -1  # after the neighbours, the model knows more: it is asked again
        for place in ranked.tolist():
            if place in self._spent:
                continue
            for candidates in self._neighbours(place):
                usable = self._usable(candidates, n_most)
                if len(usable):
                    return usable
            self._spent.add(place)
        return np.empty((0, len(self._counts)), dtype=np.int64)

    def _modelled(self, ranked: Indices) -> Indices:
        """Return the designs that a model of the best ones so far thinks better."""
        found = self._found
        worth = found.cost + np.minimum(found.penalty, 1.0)
        best = np.argsort(worth, kind="stable")[:FITTED]
        weights = np.exp(-(worth[best] - worth[best[0]]) / DECADES)
        targets = np.column_stack([found.cost, found.amounts])[best]
        self._model.fit(found.indices[best], targets, weights)
        others = self._rng.choice(ranked[: 10 * N_STARTS], N_STARTS // 2)
        starts = np.concatenate([ranked[: N_STARTS // 2], others])

        def cost(indices: Indices) -> npt.NDArray[np.float64]:
            predicted = self._model.predict(indices)
            walls = np.maximum(predicted[:, 1:], 0.0).sum(axis=1)
            return np.asarray(predicted[:, 0] + WALL * walls)

        return improve(found.indices[starts], self._counts, cost, self._rng)[0][: 10 * BATCH]

    def _neighbours(self, place: int) -> Iterator[Indices]:
        """Yield kinds of neighbours of a design, the most promising first."""
        own = self._found.indices[place]
        single = [
            (gene, value)
            for gene, count in enumerate(self._counts.tolist())
            for value in range(count)
            if value != own[gene]
        ]
        steps = [
            (gene, value)
            for gene, value in single
            if not self._ordered[gene] or abs(value - int(own[gene])) == 1
        ]
        yield changed(own, [(step,) for step in steps])
        yield changed(own, [(change,) for change in single])
        pairs = [pair for pair in combinations(steps, 2) if pair[0][0] != pair[1][0]]
        designs = changed(own, pairs)
        yield designs[np.argsort(self._model.predict(designs)[:, 0], kind="stable")]

    def _usable(self, candidates: Indices, n_most: int) -> Indices:
        """Return the candidates that are new and fit, at most `n_most`."""
        new: dict[bytes, Indices] = {}
        for row in candidates:
            key = row.tobytes()
            if key not in self._proposed and len(new) < 4 * n_most:
                new[key] = row
        if not new:
            return candidates[:0]
        rows = np.array(list(new.values()))
        is_fit = self._fits(rows)
        # What does not fit is not asked about again; what is left over may be.
        self._proposed.update(row.tobytes() for row in rows[~is_fit])
        usable = rows[is_fit][:n_most]
        self._proposed.update(row.tobytes() for row in usable)
        return usable


def changed(own: Indices, groups: Sequence[tuple[Change, ...]]) -> Indices:
    """Return one design per group of changes, (n, n_genes)."""
    new = np.repeat(own[None, :], len(groups), axis=0)
    for row, group in zip(new, groups, strict=True):
        for gene, value in group:
            row[gene] = value
    return new
