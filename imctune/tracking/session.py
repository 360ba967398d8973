"""A parent run that is open in MLflow. What fails here raises; the recorder deals with it."""

from __future__ import annotations

__all__ = ["Session", "Status"]

import getpass
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from imctune.tracking.batch import DesignRuns, number, text, valid_name
from imctune.tracking.bulk import BulkWriter, UnexpectedTablesError
from imctune.tracking.client import ClientWriter
from imctune.tracking.store import database_uri, open_experiment, open_store

Status = Literal["FINISHED", "KILLED", "FAILED"]

LONGEST_PARAM = 6000
LONGEST_TAG = 8000
PARAMS_PER_CALL = 100

logger = logging.getLogger(__name__)


class Session:
    """A parent run, and the way its designs are written.

    Parameters
    ----------
    database : Path
        Database file, created where there is none.
    study : str
        MLflow experiment, created if there is none of that name.
    run_name : str
        Name of the parent run.
    params, tags : mapping
        Of the parent run.
    """

    def __init__(
        self,
        database: Path,
        study: str,
        run_name: str,
        params: Mapping[str, object],
        tags: Mapping[str, object],
    ) -> None:
        self._client = open_store(database)
        experiment_id = open_experiment(self._client, study, database)
        own = {"mlflow.user": user_name(), "mlflow.source.name": "imctune"}
        self._parent = self._client.create_run(
            experiment_id, tags=as_tags({**own, **tags}), run_name=run_name
        )
        self.run_id = str(self._parent.info.run_id)
        self._log(params, {})
        self._writer = self._fastest_writer(database_uri(database))

    def write(self, runs: DesignRuns) -> list[str]:
        """Write designs below the parent run; return their run ids."""
        try:
            return self._writer.write(runs)
        except UnexpectedTablesError as error:
            self._writer = self._slow_writer(error)
            return self._writer.write(runs)

    def write_metric(self, name: str, ids: Sequence[str], values: Sequence[float]) -> None:
        """Add one metric to designs that were written."""
        self._writer.write_metric(name, ids, values)

    def describe(
        self, description: str, metrics: Mapping[str, object], params: Mapping[str, object]
    ) -> None:
        """Add the result to the parent run."""
        self._log(params, metrics)
        for key, value in as_tags({"mlflow.note.content": description}).items():
            self._client.set_tag(self.run_id, key, value)

    def keep_file(self, path: Path) -> None:
        """Copy a file to the parent run's artifacts."""
        self._client.log_artifact(self.run_id, str(path))

    def close(self, status: Status) -> None:
        """Close the parent run."""
        self._client.set_terminated(self.run_id, status)
        self._writer.close()

    def _fastest_writer(self, uri: str) -> BulkWriter | ClientWriter:
        try:
            return BulkWriter(self._client, uri, self._parent)
        except UnexpectedTablesError as error:
            return self._slow_writer(error)

    def _slow_writer(self, reason: Exception) -> ClientWriter:
        logger.warning("MLflow records slowly, one design at a time: %s", reason)
        return ClientWriter(self._client, self._parent)

    def _log(self, params: Mapping[str, object], metrics: Mapping[str, object]) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415

        now = time.time_ns() // 1_000_000
        written = [
            Param(valid_name(key), text(value)[:LONGEST_PARAM]) for key, value in params.items()
        ]
        numbers = {valid_name(key): number(value) for key, value in metrics.items()}
        finite = [Metric(key, value, now, 0) for key, value in numbers.items() if value is not None]
        for start in range(0, len(written), PARAMS_PER_CALL):
            self._client.log_batch(self.run_id, params=written[start : start + PARAMS_PER_CALL])
        self._client.log_batch(self.run_id, metrics=finite)


def as_tags(tags: Mapping[str, object]) -> dict[str, str]:
    """Return tags as MLflow takes them: text of a limited length; empty ones are left out."""
    written = {valid_name(key): text(value)[:LONGEST_TAG] for key, value in tags.items()}
    return {key: value for key, value in written.items() if value}


def user_name() -> str:
    """Return who runs this, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may have no name for its user
        return "unknown"
