"""A few processes that share work, and end with the run that they belong to."""

from __future__ import annotations

__all__ = ["worker_pool"]

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def worker_pool(
    n_processes: int, begin: Callable[..., None] | None = None, *arguments: Any
) -> Iterator[ProcessPoolExecutor]:
    """Start processes for the time of the block.

    Parameters
    ----------
    n_processes : int
    begin : callable, optional
        Called once in each process with `arguments`.
    """
    # Not forked: a copy of a process with threads (MLflow, progress bar) may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_processes, context, _begin, (begin, arguments))
    others = multiprocessing.active_children()
    try:
        yield pool
    except BaseException:
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()  # not to wait for work whose result nobody takes
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Begin as a worker: Ctrl-C is the parent's to answer, and without it there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
