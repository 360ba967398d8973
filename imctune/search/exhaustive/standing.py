"""What is known of a part of a space: its front and its best designs."""

from __future__ import annotations

__all__ = ["Standing", "judged", "merged"]

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.objectives import AGGREGATIONS, Metrics, ObjectiveSettings, aggregate
from imctune.pareto import nondominated
from imctune.search.baselines import lowest
from imctune.search.exhaustive.blocks import Places

Best = tuple[int, float]
"""Place of a design in the space, and its score."""

SINGLE_PASS = tuple(name for name in AGGREGATIONS if name != "regret")
"""Aggregations that need no reference; one pass finds the best design under each."""


@dataclass(frozen=True)
class Standing:
    """The front and the best designs of a part of a space.

    Attributes
    ----------
    n_designs, n_feasible : int
        Designs of the part, and those among them that break no limit on any network.
    front : ndarray of int
        Places of the feasible designs that none of the part dominates, ascending.
    objectives : ndarray
        Their energy, latency and area, (n, 3).
    best : dict of str to (int, float)
        Aggregation to the design with the lowest score (of equals the first in the space).
    separate : dict of str to (int, float)
        Network to the design with its lowest EDAP, whatever the others do.
    """

    n_designs: int
    n_feasible: int
    front: Places
    objectives: npt.NDArray[np.float64]
    best: dict[str, Best]
    separate: dict[str, Best]

    def as_plain(self) -> dict[str, object]:
        """Return plain values that JSON holds without loss."""
        arrays = {"front": self.front.tolist(), "objectives": self.objectives.tolist()}
        return {**asdict(self), **arrays}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Standing:
        """Return what `as_plain` wrote."""
        return cls(
            n_designs=int(plain["n_designs"]),
            n_feasible=int(plain["n_feasible"]),
            front=np.array(plain["front"], dtype=np.int64),
            objectives=np.array(plain["objectives"], dtype=np.float64).reshape(-1, 3),
            best={name: (int(place), score) for name, (place, score) in plain["best"].items()},
            separate={n: (int(place), edap) for n, (place, edap) in plain["separate"].items()},
        )

    @classmethod
    def empty(cls) -> Standing:
        """Return the standing of no designs."""
        return cls(0, 0, np.zeros(0, dtype=np.int64), np.zeros((0, 3)), {}, {})


def judged(
    places: Places,
    metrics: Metrics,
    objectives: ObjectiveSettings,
    *,
    is_joint: bool = True,
) -> Standing:
    """Return the standing of some evaluated designs.

    Parameters
    ----------
    places : ndarray of int
        Ascending.
    metrics : Metrics
    objectives : ObjectiveSettings
    is_joint : bool
        Whether to look for more than each network's own best design.
    """
    separate: dict[str, Best] = {}
    for index, name in enumerate(metrics.workloads):
        own = np.where(metrics.feasible_for(index), metrics.edap[:, index], np.inf)
        _note(separate, name, places, own)
    rows = np.flatnonzero(metrics.feasible)
    standing = replace(
        Standing.empty(), n_designs=len(places), n_feasible=len(rows), separate=separate
    )
    if not is_joint:
        return standing
    feasible, places = metrics.take(rows), places[rows]
    scores = aggregate(feasible, objectives)
    best: dict[str, Best] = {}
    _note(best, objectives.aggregation, places, scores.score)
    for name in SINGLE_PASS:
        if name != objectives.aggregation:
            other = aggregate(feasible, replace(objectives, aggregation=name))
            _note(best, name, places, other.score)
    kept = nondominated(scores.objectives)
    return replace(standing, front=places[kept], objectives=scores.objectives[kept], best=best)


def merged(parts: Sequence[Standing]) -> Standing:
    """Return the standing of all parts together; their order does not matter."""
    front = np.concatenate([part.front for part in parts])
    objectives = np.concatenate([part.objectives for part in parts])
    order = np.argsort(front, kind="stable")
    kept = order[nondominated(objectives[order])]
    return Standing(
        n_designs=sum(part.n_designs for part in parts),
        n_feasible=sum(part.n_feasible for part in parts),
        front=front[kept],
        objectives=objectives[kept],
        best=_lowest_of([part.best for part in parts]),
        separate=_lowest_of([part.separate for part in parts]),
    )


def _note(
    best: dict[str, Best], name: str, places: Places, scores: npt.NDArray[np.float64]
) -> None:
    """Note the lowest score, if one is finite."""
    row = lowest(scores)
    if row is not None:
        best[name] = int(places[row]), float(scores[row])


def _lowest_of(parts: Sequence[Mapping[str, Best]]) -> dict[str, Best]:
    """Return the best of all parts by name; of equals the first in the space."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: min((part[name] for part in parts if name in part), key=lambda best: best[::-1])
        for name in sorted(names)
    }
