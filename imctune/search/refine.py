"""Changes of the best designs: what a genetic search leaves on the table.

A descent starts at a good design. Two ways down take turns. A model of the designs evaluated so
far proposes designs that it thinks best, as long as that leads to better ones. When it does not,
the neighbours of the best design are tried one and all: one step of every gene, then all other
values of single genes, then pairs of steps, for where one change alone is bad or does not fit.
At the bottom, the next descent starts from the best chip of another size, and is given up when it
stays far above the best; pairs come after those. Designs of other searches are starts, too.
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

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Fits = Callable[[Indices], npt.NDArray[np.bool_]]
Change = tuple[int, int]

BATCH = 20
"""Designs that the model proposes at once."""

FITTED = 600
"""Best designs that the model is fitted to: enough for its coefficients, and no more with time."""

DECADES = 0.5
"""Distance from the best, in decades of EDAP, over which a design's weight falls to 1/e."""

N_STARTS = 12
MOST_FAILURES = 2
WALL = 20.0
"""Cost, in decades per decade of violation, that keeps the model's proposals feasible."""

N_NICHES = 4
"""Descents from chips of different sizes, before the best is improved to the last."""

NICHE = 0.6
"""Least difference in size between those chips, in decades of area."""

TRIAL = 120
"""Designs after which a descent from another size is given up unless it is near the best."""

NEAR = 0.15
"""How near, in decades of cost."""

PROMISING = 0.02
"""Distance from the best design, in decades, within which a descent goes on to the last."""


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
    is_last : bool
        Whether to improve the best design to the last at once, not after chips of other sizes.
    """

    def __init__(
        self,
        space: KnobSpace,
        found: Found,
        fits: Fits,
        rng: np.random.Generator,
        *,
        is_last: bool = False,
    ) -> None:
        self._counts = np.array([len(gene.values) for gene in space.genes], dtype=np.int64)
        self._ordered = [gene.is_ordered for gene in space.genes]
        self._none = np.empty((0, len(space.genes)), dtype=np.int64)
        self._unlike = max(2, len(space.genes) // 3)
        self._found = found
        self._fits = fits
        self._rng = rng
        self._model = QuadraticModel(space)
        self._proposed = set(found.genes)
        self._ends: list[int] = []
        self._own: list[int] = []
        self._centre = -1
        self._n_known = 0
        self._n_failures = 0
        self._is_last = is_last

    def propose(self, n_most: int) -> Indices:
        """Return designs to evaluate next, (n, n_genes); none when all designs are spent."""
        if self._own:
            self._own.extend(range(self._n_known, len(self._found)))
        while self._own or self._start():
            self._turn()
            proposed = self._downhill(n_most) if self._is_worth_it() else self._none
            if len(proposed):
                self._n_known = len(self._found)
                return proposed
            self._ends.append(self._centre)
            self._own = []
        return self._none

    def _is_worth_it(self) -> bool:
        """Whether to go on: always from the best, elsewhere as long as the descent may win."""
        if not self._ends or self._is_last or len(self._own) <= TRIAL:
            return True
        cost = self._found.cost
        return bool(cost[self._centre] <= cost[self._found.ranked()[0]] + NEAR)

    def _start(self) -> bool:
        """Start a descent: from chips of other sizes, then from the best, then from unlike ones.

        A chip that holds a network and one that reloads it are good in different ways, and no
        small changes lead from one to the other.
        """
        ranked, found = self._found.ranked(), self._found
        if not self._ends:
            return self._descend_from(ranked, np.ones(len(ranked), dtype=np.bool_))
        ends = np.array(self._ends)
        if not self._is_last:
            size = found.logs[ranked, 2][:, None] - found.logs[ends, 2]
            is_other = (np.abs(size) >= NICHE).all(axis=1) & (found.penalty[ranked] == 0.0)
            if len(ends) < N_NICHES and self._descend_from(ranked, is_other):
                return True
            self._is_last = True
            return self._descend_from(ranked, np.ones(len(ranked), dtype=np.bool_))
        genes = found.indices[ranked]
        differ = np.full(len(ranked), len(self._counts))
        for end in ends:
            differ = np.minimum(differ, (genes != found.indices[end]).sum(axis=1))
        return any(self._descend_from(ranked, differ >= least) for least in (self._unlike, 1))

    def _descend_from(self, ranked: Indices, is_possible: npt.NDArray[np.bool_]) -> bool:
        """Start a descent at the best possible design, if there is one."""
        if not is_possible.any():
            return False
        self._centre = int(ranked[int(is_possible.argmax())])
        self._own = [self._centre]
        self._n_failures = -1
        return True

    def _turn(self) -> None:
        """Go on from the best design of the descent; count how often that stayed the same."""
        own = np.array(self._own)
        order = np.lexsort((self._found.cost[own], self._found.penalty[own]))
        best = int(own[order[0]])
        self._n_failures = self._n_failures + 1 if best == self._centre else 0
        self._centre = best

    def _downhill(self, n_most: int) -> Indices:
        """Return what the model thinks best; where that does not help, neighbours."""
        if self._n_failures < MOST_FAILURES:
            proposed = self._usable(self._modelled(), min(n_most, BATCH))
            if len(proposed):
                return proposed
        # After these neighbours, the model knows more: it is asked again, once.
        self._n_failures = MOST_FAILURES - 2
        for candidates in self._neighbours():
            usable = self._usable(candidates, min(n_most, BATCH))
            if len(usable):
                return usable
        return self._none

    def _modelled(self) -> Indices:
        """Return the designs that a model of the best ones so far thinks better."""
        found, centre = self._found, self._centre
        worth = found.cost + np.minimum(found.penalty, 1.0)
        # What lies far from this descent, or above it, says less about the way down.
        distance = (found.indices != found.indices[centre]).mean(axis=1)
        if self._ends and not self._is_last:
            distance = distance + np.abs(found.logs[:, 2] - found.logs[centre, 2])
        far = np.maximum(worth - worth[centre], 0.0) / DECADES + 2.0 * distance
        nearest = np.argsort(far, kind="stable")[:FITTED]
        amounts = found.amounts[nearest]
        amounts = amounts[:, (amounts > 0.0).any(axis=0)]
        targets = np.column_stack([found.cost[nearest], amounts])
        self._model.fit(found.indices[nearest], targets, np.exp(-far[nearest]))

        def cost(indices: Indices) -> FloatArray:
            predicted = self._model.predict(indices)
            walls = np.maximum(predicted[:, 1:], 0.0).sum(axis=1)
            return np.asarray(predicted[:, 0] + WALL * walls)

        others = self._rng.choice(nearest, N_STARTS // 2)
        starts = found.indices[np.concatenate([nearest[: N_STARTS // 2], others])]
        return improve(starts, self._counts, cost, self._rng)[0][: 10 * BATCH]

    def _neighbours(self) -> Iterator[Indices]:
        """Yield kinds of neighbours of the best design, the most promising first."""
        own = self._found.indices[self._centre]
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
        best = self._found.ranked()[0]
        if self._found.cost[self._centre] > self._found.cost[best] + PROMISING:
            return
        yield self._promising_first(changed(own, [(change,) for change in single]))
        if not self._is_last:
            return
        pairs = [pair for pair in combinations(steps, 2) if pair[0][0] != pair[1][0]]
        yield self._promising_first(changed(own, pairs))

    def _promising_first(self, designs: Indices) -> Indices:
        """Return the designs in the order of what the model predicts."""
        return designs[np.argsort(self._model.predict(designs)[:, 0], kind="stable")]

    def _usable(self, candidates: Indices, n_most: int) -> Indices:
        """Return the candidates that are new and fit, at most `n_most`."""
        new: dict[bytes, Indices] = {}
        for row in candidates:
            key = row.tobytes()
            if key not in self._proposed and len(new) < 10 * n_most:
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
