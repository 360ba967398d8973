"""MLflow brought up to what a run folder holds, as often as one likes."""

from __future__ import annotations

__all__ = ["RUN_PATIENCE_S", "Sync", "sync"]

from collections import deque
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imctune.lock import sole_process
from imctune.runfolder import DesignReader, StoredDesigns, read_designs
from imctune.tracking.batch import FRONT, design_runs
from imctune.tracking.parent import ParentRun, read_parent
from imctune.tracking.session import Session
from imctune.tracking.settings import TrackingSettings

LOCK = ".sync"
LOCK_WAIT_S = 60.0
RUN_PATIENCE_S = 10.0
SYNC_PATIENCE_S = 120.0
"""Longest time for one answer of a server, during a run and afterwards. [s]"""


class Sync:
    """Records the designs and the result of a run folder; what MLflow has already is left alone.

    Every call starts where the last one came to, also after it failed.

    Parameters
    ----------
    folder : Path
        The run folder, of a run that is going on or ended.
    settings : TrackingSettings
        Where to record.
    patience_s : float
        Longest time that a server may take for one answer. [s]
    """

    def __init__(
        self, folder: Path, settings: TrackingSettings, patience_s: float = SYNC_PATIENCE_S
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._patience_s = patience_s
        self._session: Session | None = None
        self._reader = DesignReader(folder)
        self._pieces: deque[StoredDesigns] = deque()
        self.n_recorded = 0

    def advance(self) -> None:
        """Record the designs that the folder has gained; a server gets its share at the end."""
        parent = read_parent(self._folder)
        session = self._opened(parent)
        if self._settings.mode == "server":
            return
        while self._pieces or self._read():
            piece = self._pieces[0]
            numbers = list(range(self.n_recorded, self.n_recorded + len(piece)))
            session.write(design_runs(piece, numbers, parent.design_tags))
            self.n_recorded += len(piece)
            self._pieces.popleft()

    def finish(self) -> str:
        """Record all designs and how the run ended; return the id of the run in MLflow."""
        self.advance()
        parent = read_parent(self._folder)
        session = self._opened(parent)
        if self.n_recorded or self._settings.mode == "server":
            self._record_front(session, parent)
        for child in parent.children:
            session.write_child(child)
        session.describe(parent, self._folder)
        # A run that says it goes on, and yet is at its end, was killed.
        session.close("KILLED" if parent.status == "RUNNING" else parent.status)
        return session.run_id

    def _read(self) -> bool:
        self._pieces.extend(self._reader.read())
        return bool(self._pieces)

    def _opened(self, parent: ParentRun) -> Session:
        if self._session is None:
            self._session = Session(self._settings, parent, self._patience_s)
        return self._session

    def _record_front(self, session: Session, parent: ParentRun) -> None:
        """Record which designs are on the front, and the scores that the whole run gave them."""
        stored = read_designs(self._folder)
        # A resumed search may have gained designs by now: those are its own writer's.
        numbers = np.arange(min(self.n_recorded, len(stored)))
        if self._settings.mode == "server":
            numbers = chosen(stored, self._settings.n_best)
            session.write(design_runs(stored.take(numbers), numbers.tolist(), parent.design_tags))
            self.n_recorded = len(numbers)
        marks = stored.columns[FRONT][numbers].astype(float).tolist()
        session.write_metric(FRONT, numbers.tolist(), marks)
        if parent.params.get("aggregation") == "regret":  # the best known of each network moved on
            session.write_metric("edap", numbers.tolist(), stored.columns["edap"][numbers].tolist())


def sync(folder: Path, settings: TrackingSettings) -> tuple[str, int]:
    """Bring MLflow up to what a run folder holds; return the run's id, and its designs there."""
    with sole_process(folder / LOCK, LOCK_WAIT_S):
        task = Sync(folder, settings)
        return task.finish(), task.n_recorded


def chosen(stored: StoredDesigns, n_best: int) -> npt.NDArray[np.int64]:
    """Return the rows of the front, and of the designs with the best scores, in their order."""
    scores = stored.columns["edap"]
    best = np.argsort(scores, kind="stable")[:n_best]
    front = np.flatnonzero(stored.columns[FRONT])
    return np.union1d(front, best[np.isfinite(scores[best])])
