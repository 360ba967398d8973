"""Blocks evaluated by a few processes."""

from __future__ import annotations

__all__ = ["Workers"]

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

from imctune.search.exhaustive.scan import Pass, Scan
from imctune.search.exhaustive.standing import Standing
from imctune.search.processes import worker_pool


class Workers:
    """Processes that evaluate blocks; with one, this process itself.

    Parameters
    ----------
    scan : Scan
        What evaluates a block; every process gets a copy.
    pool : ProcessPoolExecutor or None
    """

    def __init__(self, scan: Scan, pool: ProcessPoolExecutor | None) -> None:
        self._scan = scan
        self._pool = pool

    def standings(self, blocks: Sequence[int], pass_: Pass) -> Iterator[Standing]:
        """Evaluate blocks; yield their standings in order."""
        if self._pool is None:
            return map(partial(self._scan.standing, pass_=pass_), blocks)
        return self._pool.map(partial(_standing, pass_=pass_), blocks)

    @classmethod
    @contextmanager
    def of(cls, scan: Scan, n_processes: int) -> Iterator[Workers]:
        """Start processes for the time of the block."""
        if n_processes == 1:
            yield cls(scan, None)
            return
        with worker_pool(n_processes, _begin, scan) as pool:
            yield cls(scan, pool)


_own: list[Scan] = []
"""What this worker process evaluates blocks with."""


def _begin(scan: Scan) -> None:
    _own.append(scan)


def _standing(block: int, pass_: Pass) -> Standing:
    return _own[0].standing(block, pass_)
