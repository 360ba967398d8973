"""How far the run of a folder is, and which process works on it."""

from __future__ import annotations

__all__ = ["RunState", "in_use", "read_state"]

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imctune.errors import InputError
from imctune.lock import sole_process

STATE = "run.json"
LOCK = ".lock"

Status = Literal["running", "interrupted", "failed", "finished"]


@dataclass(frozen=True)
class RunState:
    """What a run folder says of its run.

    Attributes
    ----------
    status : {"running", "interrupted", "failed", "finished"}
        A process that was killed leaves ``running``.
    config_hash : str
        Hash of the settings that results depend on, see `imctune.config`.
    directories : list of str
        Config directories that the run was given, where networks are looked up by name.
    versions : dict of str to str
        Package to its version when the run began.
    """

    status: Status
    config_hash: str
    directories: list[str]
    versions: dict[str, str]


def read_state(folder: Path) -> RunState | None:
    """Read how far a run is; none where the folder does not say so."""
    path = folder / STATE
    if not path.is_file():
        return None
    try:
        return RunState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Claim a run folder; refuse one that another process is working on."""
    claim = sole_process(folder / LOCK, wait_s=0.0)
    try:
        claim.__enter__()
    except sqlite3.OperationalError as error:
        busy = "locked" in str(error)
        reason = "another process is working on it" if busy else f"cannot be written: {error}"
        raise InputError(f"run folder {folder}: {reason}") from None
    try:
        yield
    finally:
        claim.__exit__(None, None, None)
