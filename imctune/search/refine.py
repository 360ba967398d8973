"""Changes of the best designs: what a genetic search leaves on the table.

A descent starts at a good design and tries, in turns: what a model of the designs evaluated so far
thinks best, as long as that leads to better ones; one step of every gene, then all steps that
helped together; other splits of the same number of cells over the hierarchy; all other values of
single genes; and in the end pairs of steps, for where one change alone is bad or does not fit.

A chip that holds its networks and one that reloads them are good in different ways, as are analog
and digital arrays or large and small chips, and no small changes lead from one to the other. So
descents start from the best chip of other kinds, too, and keep to their kind; they are given up
when they stay far above the best. The last descent is free in all but holding what it holds.
"""

from __future__ import annotations

__all__ = ["Fits", "Need", "Refinement"]

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from imctune.knobs import KnobSpace
from imctune.search.found import Found
from imctune.search.model import QuadraticModel, improve
from imctune.search.neighbours import Neighbourhood

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Fits = Callable[[Indices], Flags]
Need = Callable[[Indices], FloatArray]
"""Genes to the arrays that all weights need over those there are, as a logarithm, (n,)."""

KINDS = ("compute", "replication")
"""Knobs that make chips of another kind."""

BATCH = 10
"""Designs that are proposed at once, but for all steps together."""

MOST_SPLITS = 60
"""Splits that the last descent tries; the others try a batch."""

FITTED = 600
"""Best designs that the model is fitted to: enough for its coefficients, and no more with time."""

DECADES = 0.5
"""Distance from the best, in decades of EDAP, over which a design's weight falls to 1/e."""

N_STARTS, N_STEPS = 12, 12
"""Walks on the model, and their length."""

FARTHEST, NEAREST = 8, 2
"""Knobs that the model changes at once, at first and at least."""

NEAR_LIMIT = 0.1
"""Distance, in decades, within which a limit bounds what the model proposes."""

WALL = 20.0
"""Cost, in decades per decade of violation, that keeps the model's proposals feasible."""

N_NICHES = 6
"""Descents from chips of different kinds, before the best is improved to the last."""

NICHE = 0.6
"""Least difference in size between those chips, in decades of area."""

TRIAL = 150
"""Designs after which a descent from another kind is given up unless it is near the best."""

NEAR = 0.15
"""How near, in decades of cost."""

MOST_STARTS = 600
"""Best designs among which the next start is chosen."""

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
    need : callable or None
        Where chips may run networks that they do not hold: how much that would take, see `Need`.
    rng : Generator
    is_last : bool
        Whether to improve the best design to the last at once, not after chips of other kinds.

    Attributes
    ----------
    starts : list of int
        Positions of the designs that descents started from.
    """

    def __init__(
        self,
        space: KnobSpace,
        found: Found,
        fits: Fits,
        need: Need | None,
        rng: np.random.Generator,
        *,
        is_last: bool = False,
    ) -> None:
        columns = [gene.column for gene in space.genes]
        self._counts = np.array([len(gene.values) for gene in space.genes], dtype=np.int64)
        self._kinds = [columns.index(name) for name in KINDS if name in columns]
        self._unlike = max(2, len(space.genes) // 3)
        self._found = found
        self._fits = fits
        self._need = need
        self._needs = np.empty(0)
        self._rng = rng
        self._model = QuadraticModel(space)
        self._near = Neighbourhood(space)
        self._proposed = set(found.genes)
        self.starts: list[int] = []
        self._ends: list[int] = []
        self._own: list[int] = []
        self._centre = -1
        self._is_last = is_last
        self._are_alike = False
        self._reach = FARTHEST
        self._n_most = 0
        self._batches = self._descents()

    def propose(self, n_most: int) -> Indices:
        """Return designs to evaluate next, (n, n_genes); none when all designs are spent."""
        self._n_most = n_most
        none = np.empty((0, len(self._counts)), dtype=np.int64)
        return next(self._batches, none)

    def _descents(self) -> Iterator[Indices]:
        """Yield batches of all descents; they are evaluated before the next is asked for."""
        while self._start():
            self.starts.append(self._centre)
            yield from self._descent()
            self._ends.append(self._centre)

    def _start(self) -> bool:
        """Start from the best, from those of other kinds or unlike ones, then from the best again.

        That descent is the last; what is left goes to others like it, from ever worse designs.
        """
        found, ranked = self._found, self._found.ranked()[:MOST_STARTS]
        known = np.array(self.starts + self._ends, dtype=np.int64)
        if not self._is_last and len(self.starts) < N_NICHES:
            size = found.logs[ranked, 2][:, None] - found.logs[known, 2]
            kind = np.column_stack([found.indices[:, self._kinds], self._needed() <= 0.0])
            is_unlike = (kind[ranked][:, None] != kind[known]).any(axis=2)
            is_other = ((np.abs(size) >= NICHE) | is_unlike).all(axis=1)
            is_good = found.penalty[ranked] == 0.0
            if self._start_from(ranked, is_other & is_good):
                return True
            if self._start_from(ranked, is_good & (self._differ(ranked, known) >= self._unlike)):
                return True
        if not self._is_last:
            self._is_last = True
            return self._start_from(ranked, ranked == ranked[0])
        if not self._are_alike:
            if self._start_from(ranked, self._differ(ranked, known) >= self._unlike):
                return True
            self._are_alike = True
        return self._start_from(ranked, ~np.isin(ranked, known))

    def _differ(self, ranked: Indices, known: Indices) -> Indices:
        """Return in how many knobs each design differs from the most alike of those known."""
        genes = self._found.indices[ranked]
        differ = np.full(len(ranked), len(self._counts))
        for place in known:
            differ = np.minimum(differ, (genes != self._found.indices[place]).sum(axis=1))
        return differ

    def _start_from(self, ranked: Indices, is_possible: Flags) -> bool:
        """Start a descent at the best possible design, if there is one."""
        if not is_possible.any():
            return False
        self._centre = int(ranked[int(is_possible.argmax())])
        self._own = [self._centre]
        return True

    def _descent(self) -> Iterator[Indices]:
        """Yield batches on the way down, until nothing near the best design is better."""
        self._reach = FARTHEST
        while True:
            yield from self._ask_model()
            start = self._centre
            for n_tried, candidates in self._neighbours():
                yield from self._try(candidates, n_tried)
                if self._centre != start:
                    yield from self._try(self._together(start), BATCH)
                    break
            if self._centre == start or not self._is_worth_it():
                return

    def _is_worth_it(self) -> bool:
        """Whether to go on: always from the best, elsewhere as long as the descent may win."""
        if not self._ends or self._is_last or len(self._own) <= TRIAL:
            return True
        cost = self._found.cost
        return bool(cost[self._centre] <= cost[self._found.ranked()[0]] + NEAR)

    def _ask_model(self) -> Iterator[Indices]:
        """Yield what the model thinks best, nearer and nearer, until it is wrong even nearby."""
        while True:
            before, n_known = self._centre, len(self._found)
            yield from self._try(self._modelled(), BATCH, once=True)
            if self._centre != before:
                self._reach = min(2 * self._reach, FARTHEST)
            elif self._reach > NEAREST and len(self._found) > n_known:
                self._reach //= 2
            else:
                return

    def _try(self, candidates: Indices, n_at_once: int, *, once: bool = False) -> Iterator[Indices]:
        """Yield the candidates that are new and fit, until one of them is better."""
        start = self._centre
        while self._centre == start:
            usable = self._usable(candidates, min(self._n_most, n_at_once))
            if len(usable) == 0:
                return
            n_known = len(self._found)
            yield usable
            self._own.extend(range(n_known, len(self._found)))
            self._turn()
            if once:
                return

    def _turn(self) -> None:
        """Go on from the best design of the descent."""
        own = np.array(self._own)
        order = np.lexsort((self._found.cost[own], self._found.penalty[own]))
        self._centre = int(own[order[0]])

    def _together(self, start: int) -> Indices:
        """Return designs with more and more of the changes of `start` that helped, best first."""
        found, own = self._found, np.array(self._own)
        base, cost, penalty = found.indices[start], found.cost, found.penalty
        helped = (found.indices[own] != base).sum(axis=1) <= 3
        helped &= (cost[own] < cost[start]) & (penalty[own] <= penalty[start])
        better = own[helped]
        genes, designs = base, []
        for changed in found.indices[better[np.argsort(cost[better], kind="stable")]]:
            change = changed != base
            if (genes[change] == base[change]).all():
                genes = np.where(change, changed, genes)
                designs.append(genes)
        return np.array(designs[1:], dtype=np.int64).reshape(-1, len(genes))

    def _needed(self) -> FloatArray:
        """Return what each design found so far needs to hold all weights: 0 or less if it does."""
        if self._need is None:
            return np.zeros(len(self._found))
        new = self._found.indices[len(self._needs) :]
        if len(new):
            self._needs = np.concatenate([self._needs, self._need(new)])
        return self._needs

    def _modelled(self) -> Indices:
        """Return the designs that a model of the best ones so far thinks better."""
        found, centre = self._found, self._centre
        own, costs = found.indices[centre], found.cost
        # A failed design may seem to cost nothing: it is taken to be no better than this one.
        costs = np.where(found.penalty > 0.0, np.maximum(costs, costs[centre]), costs)
        worth = costs + np.minimum(found.penalty, 1.0)
        needed = self._needed()
        held = needed <= 0.0
        # What lies far from this descent, or above it, says less about the way down.
        distance = (found.indices != own).mean(axis=1)
        if self._ends and not self._is_last:
            distance = distance + np.abs(found.logs[:, 2] - found.logs[centre, 2])
        distance = distance + (held != held[centre])
        far = np.maximum(worth - worth[centre], 0.0) / DECADES + 2.0 * distance
        nearest = np.argsort(far, kind="stable")[:FITTED]
        amounts = found.amounts[nearest]
        amounts = amounts[:, (amounts > -NEAR_LIMIT).any(axis=0)]
        if self._need is not None and held[centre]:
            amounts = np.column_stack([amounts, needed[nearest]])
        targets = np.column_stack([costs[nearest], amounts])
        self._model.fit(found.indices[nearest], targets, np.exp(-far[nearest]))

        def cost(indices: Indices) -> FloatArray:
            predicted = self._model.predict(indices)
            walls = np.maximum(predicted[:, 1:], 0.0).sum(axis=1)
            beyond = np.maximum((indices != own).sum(axis=1) - self._reach, 0)
            beyond += ~self._is_allowed(indices)
            return np.asarray(predicted[:, 0] + WALL * (walls + beyond))

        others = self._rng.choice(nearest, N_STARTS // 2)
        starts = found.indices[np.concatenate([nearest[: N_STARTS // 2], others])]
        return improve(starts, self._counts, cost, self._rng, n_steps=N_STEPS)[0][: 10 * BATCH]

    def _neighbours(self) -> Iterator[tuple[int, Indices]]:
        """Yield kinds of neighbours, the most promising first, and how many to try at once."""
        own, cost = self._found.indices[self._centre], self._found.cost
        steps = self._near.steps(own)
        yield len(steps), steps
        n_splits = MOST_SPLITS if self._is_last else BATCH
        yield BATCH, self._promising_first(self._near.splits(own))[:n_splits]
        is_promising = cost[self._centre] <= cost[self._found.ranked()[0]] + PROMISING
        if self._is_last and is_promising:
            yield BATCH, self._promising_first(self._near.singles(own))
            yield BATCH, self._promising_first(self._near.pairs(own))

    def _promising_first(self, designs: Indices) -> Indices:
        """Return the designs in the order of what the model predicts."""
        if len(designs) == 0:
            return designs
        return designs[np.argsort(self._model.predict(designs)[:, 0], kind="stable")]

    def _is_allowed(self, indices: Indices) -> Flags:
        """Return whether designs are of the kind that a descent keeps to, unless it is the last."""
        own = self._found.indices[self._centre, self._kinds]
        return np.asarray(self._is_last | (indices[:, self._kinds] == own).all(axis=1))

    def _usable(self, candidates: Indices, n_most: int) -> Indices:
        """Return the candidates that are new, fit and hold what they should, at most `n_most`."""
        new = {row.tobytes(): row for row in candidates}
        none = candidates[:0]
        rows = np.array([*none, *(row for key, row in new.items() if key not in self._proposed)])
        rows = rows.reshape(-1, candidates.shape[1])
        rows = rows[self._is_allowed(rows)]
        usable: list[Indices] = []
        for start in range(0, len(rows), 10 * n_most):
            some = rows[start : start + 10 * n_most]
            is_fit = self._fits(some)
            # What does not fit is not asked about again; what is left over may be.
            self._proposed.update(row.tobytes() for row in some[~is_fit])
            if self._need is not None and self._needed()[self._centre] <= 0.0:
                is_fit &= self._need(some) <= 0.0
            usable += list(some[is_fit])
            if len(usable) >= n_most:
                break
        usable = usable[:n_most]
        self._proposed.update(row.tobytes() for row in usable)
        return np.array(usable, dtype=np.int64).reshape(-1, len(self._counts))
