"""What a run of imctune tells MLflow, from its first design to its result."""

from __future__ import annotations

__all__ = ["Recorder"]

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imctune.columns import result_columns
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.tracking.batch import DesignRuns, design_runs
from imctune.tracking.session import Session, Status
from imctune.tracking.settings import TrackingSettings
from imctune.tracking.store import database_uri

logger = logging.getLogger(__name__)


class Recorder:
    """Records a search in MLflow: a parent run, and below it a run per distinct design.

    Whatever fails here is told once, in one line, and neither stops the search nor loses a
    result: from then on designs wait for `finish`, which tries once more.

    Parameters
    ----------
    settings : TrackingSettings
        Where to record; with mode ``off``, every method does nothing.
    study : str
        MLflow experiment, created if there is none of that name.
    run_name : str
        Name of the parent run.
    params, tags : mapping
        What was asked for: params and tags of the parent run.

    Examples
    --------
    >>> recorder = Recorder(TrackingSettings(mode="off"), "two_networks", "first try")
    >>> recorder.finish("FINISHED")
    """

    def __init__(
        self,
        settings: TrackingSettings,
        study: str,
        run_name: str,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> None:
        self._session: Session | None = None
        self._database = settings.database
        self._number_of: dict[bytes, int] = {}  # key of a design -> its number, as they came
        self._ids: list[str] = []  # run id of each design, by number; short of those that wait
        self._waiting: list[DesignRuns] = []
        self._has_failed = False
        if self._database is not None:
            self._attempt(
                partial(self._open, self._database, study, run_name, params or {}, tags or {})
            )

    @property
    def run_id(self) -> str | None:
        """Id of the parent run; none where nothing is recorded."""
        return None if self._session is None else self._session.run_id

    @property
    def uri(self) -> str | None:
        """URI of the database, for ``mlflow ui --backend-store-uri``."""
        return None if self._database is None else database_uri(self._database)

    def record_generation(
        self,
        designs: DesignBatch,
        metrics: Metrics,
        scores: Scores,
        generation: int,
        origin: str = "joint",
    ) -> None:
        """Record those designs of a generation that were not recorded before.

        Parameters
        ----------
        designs, metrics, scores
            One entry per design.
        generation : int
            Generation of the search.
        origin : str
            The search: ``joint``, or the network it is for.
        """
        if self._session is None:
            return
        first = len(self._number_of)
        new = []
        for row, key in enumerate(designs.keys()):
            if key not in self._number_of:
                self._number_of[key] = len(self._number_of)
                new.append(row)
        if not new:
            return
        columns = result_columns(metrics, scores)
        results = {name: values[new] for name, values in columns.items()}
        self._waiting.append(design_runs(designs.take(new), results, generation, origin, first))
        if not self._has_failed:
            self._attempt(self._write_waiting)

    def mark_front(self, designs: DesignBatch, is_pareto: npt.NDArray[np.bool_]) -> None:
        """Add to the recorded designs whether they are on the Pareto front.

        Parameters
        ----------
        designs : DesignBatch
            All designs of the run, in any order.
        is_pareto : ndarray of bool
            Whether each of them is on the front.
        """
        self._attempt(self._write_waiting)
        ids, marks = [], []
        for key, mark in zip(designs.keys(), is_pareto.tolist(), strict=True):
            number = self._number_of.get(key, len(self._ids))
            if number < len(self._ids):
                ids.append(self._ids[number])
                marks.append(float(mark))
        if self._session is not None and ids:
            self._attempt(partial(self._session.write_metric, "is_pareto", ids, marks))

    def describe(
        self,
        description: str = "",
        metrics: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        artifacts: Sequence[Path] = (),
    ) -> None:
        """Add the result to the parent run.

        Parameters
        ----------
        description : str
            Shown on top of the run, as Markdown: the table of results.
        metrics, params : mapping
            Of the search as a whole; metrics that are not finite numbers are left out.
        artifacts : sequence of Path
            Files of the run folder; those that do not exist are left out.
        """
        if self._session is None:
            return
        self._attempt(partial(self._session.describe, description, metrics or {}, params or {}))
        for path in artifacts:
            if path.is_file():
                self._attempt(partial(self._session.keep_file, path))

    def finish(self, status: Status) -> None:
        """Record what is still waiting, and close the parent run.

        Parameters
        ----------
        status : {"FINISHED", "KILLED", "FAILED"}
            How the run ended: killed if it was interrupted.
        """
        if self._session is None:
            return
        self._attempt(self._write_waiting)
        self._attempt(partial(self._session.close, status))
        if self._waiting:
            n_missing = sum(len(runs) for runs in self._waiting)
            logger.warning("%d designs are missing in MLflow; the run folder has them", n_missing)

    def _open(
        self,
        database: Path,
        study: str,
        run_name: str,
        params: Mapping[str, object],
        tags: Mapping[str, object],
    ) -> None:
        self._session = Session(database, study, run_name, params, tags)

    def _write_waiting(self) -> None:
        """Record the designs that wait, in order; those that cannot be stay first in line."""
        while self._session is not None and self._waiting:
            runs = self._waiting[0]
            self._ids[runs.first : runs.first + len(runs)] = self._session.write(runs)
            self._waiting.pop(0)

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do something in MLflow; tell the first failure, and go on."""
        try:
            action()
        except Exception as error:
            level = logging.DEBUG if self._has_failed else logging.WARNING
            self._has_failed = True
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            logger.log(
                level,
                "recording in MLflow failed (%s); the run goes on, and its folder keeps everything",
                reason,
            )
