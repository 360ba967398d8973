"""All designs that the searches of a case met, evaluated on all of its networks."""

from __future__ import annotations

__all__ = ["Pool"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import AGGREGATIONS, Metrics, ObjectiveSettings, aggregate
from imctune.search.baselines import best_for_each
from imctune.simulator.simulate import Simulator

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

POPULATION = 256
"""Designs evaluated at once."""


@dataclass(frozen=True)
class Pool:
    """Distinct designs of many searches.

    Attributes
    ----------
    designs : DesignBatch
    metrics : Metrics
    rows : dict of str to ndarray of int
        Search to the rows of the designs that it met, in their order.
    own : dict of str to int
        Network to the row of the best design for it alone.
    scores : dict of str to ndarray
        Aggregation to the score of every design, infinite where it is not feasible.
    """

    designs: DesignBatch
    metrics: Metrics
    rows: dict[str, Rows]
    own: dict[str, int]
    scores: dict[str, FloatArray]

    @cached_property
    def own_edap(self) -> FloatArray:
        """EDAP of each network on the best design for it alone, not a number where none fits."""
        return np.array(
            [
                self.metrics.edap[self.own[name], index] if name in self.own else np.nan
                for index, name in enumerate(self.metrics.workloads)
            ]
        )

    @cached_property
    def fits(self) -> npt.NDArray[np.bool_]:
        """Whether each design may run each network, (n, W)."""
        networks = range(len(self.metrics.workloads))
        return np.stack([self.metrics.feasible_for(index) for index in networks], axis=1)

    def best(self, search: str, aggregation: str) -> int | None:
        """Return the row of the best design that a search met, if one is feasible."""
        rows = self.rows[search]
        scores = self.scores[aggregation][rows]
        return int(rows[scores.argmin()]) if np.isfinite(scores).any() else None

    @classmethod
    def of(
        cls,
        met: Mapping[str, DesignBatch],
        workloads: Sequence[str],
        simulator: Simulator,
        objectives: ObjectiveSettings,
    ) -> Pool:
        """Pool the designs that each search met, and evaluate them on all networks."""
        every = DesignBatch.concatenate(
            [replace(designs, workloads=tuple(workloads)) for designs in met.values()]
        )
        first: dict[bytes, int] = {}
        keys = every.keys()
        place = [first.setdefault(key, len(first)) for key in keys]
        at = np.zeros(len(first), dtype=np.int64)
        at[place[::-1]] = np.arange(len(every))[::-1]
        designs = every.take(at)
        metrics = Metrics.concatenate(
            [
                Metrics.from_simulation(simulator.simulate(part), objectives, workloads)
                for part in (
                    designs.take(np.arange(start, min(start + POPULATION, len(designs))))
                    for start in range(0, len(designs), POPULATION)
                )
            ]
        )
        ends = np.cumsum([len(part) for part in met.values()])
        rows = np.split(np.array(place, dtype=np.int64), ends[:-1])
        own = best_for_each(metrics)
        reference = {
            name: float(metrics.edap[row, metrics.workloads.index(name)])
            for name, row in own.items()
        }
        scores: dict[str, FloatArray] = {
            name: aggregate(
                metrics, replace(objectives, aggregation=name, regret_reference=reference)
            ).score
            for name in AGGREGATIONS
        }
        return cls(designs, metrics, dict(zip(met, rows, strict=True)), own, scores)
