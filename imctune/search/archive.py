"""Everything that a run has evaluated: no design is simulated twice."""

from __future__ import annotations

__all__ = ["Archive", "Evaluate"]

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics

Evaluate = Callable[[DesignBatch], Metrics]
Rows = npt.NDArray[np.int64]


class Archive:
    """Distinct designs in the order of their evaluation, with their results.

    Parameters
    ----------
    evaluate : callable
        Designs to their results on all workloads.
    """

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
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
        keys = designs.keys()
        first = {key: i for i, key in reversed(list(enumerate(keys))) if key not in self._rows}
        fresh = sorted(first.values())
        start = len(self)
        if fresh:
            unseen = designs.take(fresh)
            metrics = self._evaluate(unseen)
            self._designs.append(unseen)
            self._metrics.append(metrics)
            self._starts.append(start)
            self._rows.update({keys[i]: start + j for j, i in enumerate(fresh)})
        rows = np.array([self._rows[key] for key in keys], dtype=np.int64)
        return rows, np.arange(start, len(self), dtype=np.int64)

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
