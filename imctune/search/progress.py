"""A progress bar on standard error: designs, best EDAP, size of the front."""

from __future__ import annotations

__all__ = ["Progress"]

import sys

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from imctune.pareto import nondominated
from imctune.search.found import Found


class Progress:
    """Shows how far a run of several searches is.

    Parameters
    ----------
    n_designs : int
        Designs of all searches together.
    show : bool
        Whether to show anything.
    """

    def __init__(self, n_designs: int, *, show: bool) -> None:
        self._bar = tqdm(
            total=n_designs, unit="design", file=sys.stderr, disable=not show, dynamic_ncols=True
        )
        self._search: Found | None = None
        self._n_seen = 0
        self._front: npt.NDArray[np.float64] = np.empty((0, 3))

    def step(self, found: Found) -> None:
        """Show what a search has found so far."""
        if self._bar.disable:
            return
        if found is not self._search:
            self._search, self._n_seen, self._front = found, 0, np.empty((0, 3))
            self._bar.set_description(found.goal.name, refresh=False)
        score, logs = found.score, found.logs
        new = logs[self._n_seen :][np.isfinite(score[self._n_seen :])]
        self._front = np.concatenate([self._front, new])
        self._front = self._front[nondominated(self._front)]
        self._bar.set_postfix_str(
            f"best EDAP {score.min():.4g} mJ·ms·mm², front {len(self._front)}", refresh=False
        )
        self._bar.update(len(found) - self._n_seen)
        self._n_seen = len(found)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
