"""Everything that a run has evaluated: no design is simulated twice."""

from __future__ import annotations

__all__ = ["Archive", "Evaluate", "Settle"]

from collections.abc import Callable, Container

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics

Evaluate = Callable[[DesignBatch], Metrics]
Settle = Callable[[DesignBatch], DesignBatch]
Rows = npt.NDArray[np.int64]


class Archive:
    """Distinct designs in the order of their evaluation, with their results.

    Parameters
    ----------
    evaluate : callable
        Designs to their results on all workloads.
    settle : callable, optional
        Designs as they are asked for to those that are evaluated: with what workloads choose for
        themselves. Several may come out as one.
    """

    def __init__(self, evaluate: Evaluate, settle: Settle | None = None) -> None:
        self._evaluate = evaluate
        self._settle = settle
        self._asked: dict[bytes, int] = {}
        self._rows: dict[bytes, int] = {}
        self._designs: list[DesignBatch] = []
        self._metrics: list[Metrics] = []
        self._starts: list[int] = []

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, designs: DesignBatch) -> tuple[Rows, Rows]:
        """Return the row of every design, evaluating in one call those that are new.

        Returns
        -------
        rows, new : ndarray
            Row of each design; and the rows that are new, in ascending order.
        """
        keys, start = designs.keys(), len(self)
        places = _first_places(keys, self._asked)
        if places:
            unseen = designs.take(places)
            if self._settle is not None:
                unseen = self._settle(unseen)
            own = unseen.keys()
            self._add(unseen, own)
            self._asked.update(
                {keys[i]: self._rows[key] for i, key in zip(places, own, strict=True)}
            )
        rows = np.array([self._asked[key] for key in keys], dtype=np.int64)
        return rows, np.arange(start, len(self), dtype=np.int64)

    def _add(self, designs: DesignBatch, keys: list[bytes]) -> None:
        """Evaluate and keep the designs that are new, in one call."""
        places, start = _first_places(keys, self._rows), len(self)
        if places:
            fresh = designs.take(places)
            self._metrics.append(self._evaluate(fresh))
            self._designs.append(fresh)
            self._starts.append(start)
            self._rows.update({keys[i]: start + j for j, i in enumerate(places)})

    def revise(self, change: Callable[[Metrics], Metrics]) -> None:
        """Change all results, those to come too."""
        evaluate = self._evaluate
        self._evaluate = lambda designs: change(evaluate(designs))
        self._metrics = [change(metrics) for metrics in self._metrics]

    def designs(self, rows: Rows) -> DesignBatch:
        """Return the designs of the given rows."""
        if len(rows) == 0:
            return self._designs[0].take(rows)
        parts, order = self._parts(rows)
        found = [self._designs[batch].take(chosen) for batch, chosen in parts]
        return DesignBatch.concatenate(found).take(order)

    def metrics(self, rows: Rows) -> Metrics:
        """Return the results of the given rows."""
        if len(rows) == 0:
            return self._metrics[0].take(rows)
        parts, order = self._parts(rows)
        found = [self._metrics[batch].take(chosen) for batch, chosen in parts]
        return Metrics.concatenate(found).take(order)

    def _parts(self, rows: Rows) -> tuple[list[tuple[int, Rows]], Rows]:
        """Split rows by the batch that holds them; `order` puts the joined parts back in order."""
        batches = np.searchsorted(self._starts, rows, side="right") - 1
        order = np.argsort(batches, kind="stable")
        parts = [
            (int(batch), rows[batches == batch] - self._starts[batch])
            for batch in np.unique(batches)
        ]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return parts, back


def _first_places(keys: list[bytes], known: Container[bytes]) -> list[int]:
    """Return where each key that is not known comes first, in ascending order."""
    first = {key: i for i, key in reversed(list(enumerate(keys))) if key not in known}
    return sorted(first.values())
