"""How far the searches are, on standard error: designs, rate, time left, best score, front."""

from __future__ import annotations

__all__ = ["Progress"]

import sys
import time

import numpy as np
from tqdm import tqdm

from imctune.pareto import nondominated
from imctune.search.found import Found

SECONDS_BETWEEN_FRAMES = 0.2
SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Shows how far a run of several searches is.

    A bar on a terminal; elsewhere, as in a log file, a line now and then.

    Parameters
    ----------
    n_designs : int
        Designs of all searches together.
    show : bool
        Whether to show anything.
    """

    def __init__(self, n_designs: int, *, show: bool) -> None:
        self._n_designs = n_designs
        self._show = show
        self._bar: tqdm | None = None
        if show and sys.stderr.isatty():
            # How often it is drawn is decided in `step` alone.
            self._bar = tqdm(
                total=n_designs,
                unit="design",
                file=sys.stderr,
                dynamic_ncols=True,
                mininterval=0.0,
                miniters=1,
            )
        self._pause = SECONDS_BETWEEN_LINES if self._bar is None else SECONDS_BETWEEN_FRAMES
        self._started = self._told = time.monotonic()
        self._searches: list[Found] = []

    def step(self, found: Found) -> None:
        """Show what a search has found so far, if it is time."""
        if not self._show:
            return
        # The last one is the one that is on: a search may come back for its last round.
        self._searches = [*(other for other in self._searches if other is not found), found]
        now = time.monotonic()
        if now - self._told >= self._pause:
            self._told = now
            self._tell(found)

    def close(self) -> None:
        """Leave the bar as it is in the end."""
        if self._bar is not None:
            if self._searches:
                self._tell(self._searches[-1])
            self._bar.close()

    def _tell(self, found: Found) -> None:
        n_done, goal = sum(len(search) for search in self._searches), found.goal
        n_front = int(nondominated(found.logs[np.isfinite(found.score)]).sum())
        best = f"best {goal.score_name} {found.score.min():.4g} {goal.score_unit}".rstrip()
        if self._bar is not None:
            self._bar.set_description(goal.name, refresh=False)
            self._bar.set_postfix_str(f"{best}, front {n_front}", refresh=False)
            self._bar.update(n_done - self._bar.n)
            return
        rate = n_done / (self._told - self._started)
        left = tqdm.format_interval(max(0, self._n_designs - n_done) / rate)
        sys.stderr.write(
            f"imctune: {goal.name}, {n_done:,} of {self._n_designs:,} designs, {rate:.0f}/s, "
            f"{left} left, {best}, front {n_front}\n"
        )
