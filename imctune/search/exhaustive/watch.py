"""How far an exhaustive run is, on standard error: designs, rate, time left, front."""

from __future__ import annotations

__all__ = ["Watch"]

import sys
import time
from types import TracebackType

from tqdm import tqdm

from imctune.search.progress import SECONDS_BETWEEN_LINES


class Watch:
    """A bar on a terminal; elsewhere, as in a log file, a line now and then.

    Parameters
    ----------
    n_designs, n_done : int
        Designs to evaluate in all passes together, and those done before.
    show : bool
        Whether to show anything.
    """

    def __init__(self, n_designs: int, n_done: int, *, show: bool) -> None:
        self._bar: tqdm | None = None
        if show and sys.stderr.isatty():
            self._bar = tqdm(
                total=n_designs,
                initial=n_done,
                unit="design",
                unit_scale=True,
                file=sys.stderr,
                dynamic_ncols=True,
            )
        self._tells_lines = show and self._bar is None
        self._n_designs, self._n_before, self._n_done = n_designs, n_done, n_done
        self._started = self._told = time.monotonic()
        self.n_front = 0

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self, n_designs: int) -> None:
        """Note designs that were evaluated, and show how far the run is if it is time."""
        self._n_done += n_designs
        now = time.monotonic()
        if self._bar is not None:
            self._bar.set_postfix_str(f"front {self.n_front}", refresh=False)
            self._bar.update(n_designs)
        elif self._tells_lines and now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            rate = (self._n_done - self._n_before) / (now - self._started)
            left = tqdm.format_interval((self._n_designs - self._n_done) / rate)
            sys.stderr.write(
                f"imctune: {self._n_done:,} of {self._n_designs:,} designs, {rate:,.0f}/s, "
                f"{left} left, front {self.n_front}\n"
            )
