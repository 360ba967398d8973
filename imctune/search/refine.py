"""Local changes of the best designs: what a genetic search leaves on the table.

Round the best design, one step of every gene is tried; then combinations of the changes that a
model which adds up single changes (of the logarithm of the score) thinks best; then all other
values of single genes; then pairs of steps, where one change alone is bad or does not fit. When
nothing is left to try, the next best design is taken.
"""

from __future__ import annotations

__all__ = ["Refinement"]

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from imctune.knobs import KnobSpace
from imctune.search.found import Found

Indices = npt.NDArray[np.int64]
Fits = Callable[[Indices], npt.NDArray[np.bool_]]
Change = tuple[int, int]

MOST_COMBINED = 40
MOST_PAIRS = 200
BEST_CHANGES = 12


class Refinement:
    """Proposes neighbours of the best designs of a search.

    Parameters
    ----------
    space : KnobSpace
    found : Found
        Designs of the search; grows as proposals are evaluated.
    fits : callable
        Genes to whether a design may be feasible: those that are not are not proposed.
    """

    def __init__(self, space: KnobSpace, found: Found, fits: Fits) -> None:
        self._counts = [len(gene.values) for gene in space.genes]
        self._ordered = [gene.is_ordered for gene in space.genes]
        self._found = found
        self._fits = fits
        self._proposed = {row.tobytes() for row in found.indices}
        self._spent: set[int] = set()
        self._anchor = -1

    def propose(self, n_most: int) -> Indices:
        """Return designs to evaluate next, (n, n_genes); none when all designs are spent."""
        best = self._best()
        # Changes of the last design are combined before its best neighbour is taken up.
        if self._anchor not in (-1, best):
            combined = self._usable(self._combined(self._anchor), n_most)
            self._anchor = -1
            if len(combined):
                return combined
        while best >= 0:
            for candidates in self._neighbours(best):
                usable = self._usable(candidates, n_most)
                if len(usable):
                    self._anchor = best
                    return usable
            self._spent.add(best)
            best = self._best()
        return np.empty((0, len(self._counts)), dtype=np.int64)

    def _best(self) -> int:
        """Return the position of the best design that is not spent, or -1."""
        for place in self._found.ranked().tolist():
            if place not in self._spent:
                return int(place)
        return -1

    def _neighbours(self, place: int) -> Iterator[list[Indices]]:
        """Yield kinds of neighbours of a design, the most promising first."""
        own = self._found.indices[place]
        steps = [
            (gene, value)
            for gene, value in self._single_changes(own)
            if not self._ordered[gene] or abs(value - int(own[gene])) == 1
        ]
        yield [changed(own, [step]) for step in steps]
        yield self._combined(place)
        yield [changed(own, [change]) for change in self._single_changes(own)]
        yield self._pairs(place, steps)

    def _single_changes(self, own: Indices) -> list[Change]:
        """Return every other value of every gene."""
        return [
            (gene, value)
            for gene, count in enumerate(self._counts)
            for value in range(count)
            if value != own[gene]
        ]

    def _effects(self, place: int) -> dict[Change, float]:
        """Return what the known single changes of a design add to the cost."""
        own = self._found.indices[place]
        differ = self._found.indices != own
        effects = {}
        cost = self._found.cost
        for other in np.flatnonzero(differ.sum(axis=1) == 1).tolist():
            gene = int(differ[other].argmax())
            value = int(self._found.indices[other, gene])
            effects[gene, value] = float(cost[other] - cost[place])
        return effects

    def _combined(self, place: int) -> list[Indices]:
        """Return pairs and triples of known changes that should beat the best design."""
        effects = self._effects(place)
        good = sorted(effects, key=lambda change: effects[change])[:BEST_CHANGES]
        best = float(self._found.cost[self._found.ranked()[0]])
        wanted = best - float(self._found.cost[place])
        groups = [
            group
            for size in (2, 3)
            for group in combinations(good, size)
            if len({gene for gene, _ in group}) == size
            and sum(effects[change] for change in group) < wanted
        ]
        groups.sort(key=lambda group: sum(effects[change] for change in group))
        own = self._found.indices[place]
        return [changed(own, list(group)) for group in groups[:MOST_COMBINED]]

    def _pairs(self, place: int, steps: list[Change]) -> list[Indices]:
        """Return pairs of steps; a step whose effect is not known counts as no loss."""
        effects = self._effects(place)
        pairs = [pair for pair in combinations(steps, 2) if pair[0][0] != pair[1][0]]
        pairs.sort(key=lambda pair: sum(effects.get(change, 0.0) for change in pair))
        own = self._found.indices[place]
        return [changed(own, list(pair)) for pair in pairs[:MOST_PAIRS]]

    def _usable(self, candidates: list[Indices], n_most: int) -> Indices:
        """Return the candidates that are new and fit, at most `n_most`."""
        new = {row.tobytes(): row for row in candidates if row.tobytes() not in self._proposed}
        if not new:
            return np.empty((0, len(self._counts)), dtype=np.int64)
        rows = np.array(list(new.values()))
        usable = rows[self._fits(rows)]
        # What does not fit is not asked about again.
        self._proposed.update(row.tobytes() for row in rows)
        self._proposed.difference_update(row.tobytes() for row in usable[n_most:])
        return usable[:n_most]


def changed(own: Indices, changes: list[Change]) -> Indices:
    """Return a design with some genes at other values."""
    new = own.copy()
    for gene, value in changes:
        new[gene] = value
    return new
