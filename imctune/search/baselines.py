"""Choices among all designs of a run: the joint one, and the best for each network alone."""

from __future__ import annotations

__all__ = ["best_for_each", "lowest", "winners"]

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from imctune.objectives import Metrics
from imctune.search.loop import Study


def lowest(scores: npt.NDArray[np.float64]) -> int | None:
    """Return the position of the lowest finite score (of equals the first), or None."""
    if len(scores) == 0 or not np.isfinite(scores).any():
        return None
    return int(np.nanargmin(scores))


def best_for_each(metrics: Metrics) -> dict[str, int]:
    """Return the row with the lowest EDAP of each network, over all designs that can run it.

    These chips, one per network, are the bound that no joint chip can beat.
    """
    rows = {}
    for index, workload in enumerate(metrics.workloads):
        allowed = np.where(metrics.feasible_for(index), metrics.edap[:, index], np.inf)
        row = lowest(allowed)
        if row is not None:
            rows[workload] = row
    return rows


def winners(singles: Mapping[str, Study], scores: npt.NDArray[np.float64]) -> dict[str, int]:
    """Return the row of the best design that the search for each network found.

    Parameters
    ----------
    singles : mapping
        Network to the search for it alone.
    scores : ndarray
        Score over all networks of every design of the run: it decides between designs that are
        equal for the network alone, so that its chip is as good a baseline as it can be.
    """
    rows = {}
    for workload, study in singles.items():
        if lowest(study.scores.score) is not None:
            own = study.scores.score
            best = study.rows[own == np.nanmin(own)]
            rows[workload] = int(best[np.argmin(scores[best])])
    return rows
