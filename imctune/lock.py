"""One process at a time, where two at once would do harm."""

from __future__ import annotations

__all__ = ["sole_process"]

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def sole_process(lock: Path, wait_s: float) -> Iterator[None]:
    """Keep other processes out; `sqlite3.OperationalError` when one stays in longer than `wait_s`.

    The lock is that of an empty sqlite file: alike on every system, and gone with the process
    that holds it.
    """
    with closing(sqlite3.connect(lock, timeout=wait_s, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
