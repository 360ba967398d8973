"""A parent run that is open in MLflow. What fails here raises; `Sync` deals with it."""

from __future__ import annotations

__all__ = ["Session"]

import getpass
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imctune.tracking.batch import DesignRuns, number, text, valid_name
from imctune.tracking.bulk import BulkWriter, UnexpectedTablesError
from imctune.tracking.client import ClientWriter, log
from imctune.tracking.parent import ChildRun, ParentRun
from imctune.tracking.settings import TrackingSettings
from imctune.tracking.store import open_experiment, open_store

if TYPE_CHECKING:
    from mlflow.entities import Run

KEY = "run_key"
LONGEST_PARAM = 6000
LONGEST_TAG = 8000

logger = logging.getLogger(__name__)


class Session:
    """A parent run, and the way the runs below it are written.

    Parameters
    ----------
    settings : TrackingSettings
        Where; a database file is created where there is none.
    parent : ParentRun
        The run; opened again where MLflow has it already.
    patience_s : float
        Longest time that a server may take for one answer. [s]
    """

    def __init__(self, settings: TrackingSettings, parent: ParentRun, patience_s: float) -> None:
        self._client = open_store(settings, patience_s)
        experiment_id = open_experiment(self._client, parent.study, settings)
        self._run = self._found(experiment_id, parent) or self._created(experiment_id, parent)
        self.run_id = str(self._run.info.run_id)
        self._slow = ClientWriter(self._client, self._run)
        self._writer: BulkWriter | ClientWriter = self._slow
        if settings.mode != "server":
            self._open_tables(str(settings.address))

    def write(self, runs: DesignRuns) -> None:
        """Write those designs below the parent run that are not there yet."""
        try:
            self._writer.write(runs)
        except UnexpectedTablesError as error:
            self._go_slowly(error)
            self._writer.write(runs)

    def write_metric(self, name: str, numbers: Sequence[int], values: Sequence[float]) -> None:
        """Give designs that are there one more metric, in place of what it was before."""
        self._writer.write_metric(name, numbers, values)

    def write_child(self, child: ChildRun) -> None:
        """Write a run below the parent run that is no design."""
        self._slow.write_one(
            child.name, as_params(child.params), valid(child.metrics), as_tags(child.tags)
        )

    def describe(self, parent: ParentRun, folder: Path) -> None:
        """Add the result to the parent run: what came out, and files of the run folder."""
        files = [name for name in parent.artifacts if (folder / name).is_file()]
        before = self._client.get_run(self.run_id).data.metrics
        came_out = {key: number(value) for key, value in valid(parent.metrics).items()}
        log(
            self._client,
            self.run_id,
            {},
            {key: value for key, value in came_out.items() if value != before.get(key)},
        )
        if parent.description:
            note = f"{parent.description}\n\n{self._links(files)}"
            for key, value in as_tags({"mlflow.note.content": note}).items():
                self._client.set_tag(self.run_id, key, value)
        for name in files:
            self._client.log_artifact(self.run_id, str(folder / name))

    def close(self, status: str) -> None:
        """Close the parent run."""
        self._client.set_terminated(self.run_id, status)
        self._writer.close()

    def _found(self, experiment_id: str, parent: ParentRun) -> Run | None:
        """Return the run, going on again, if MLflow has it."""
        found = self._client.search_runs([experiment_id], f"tags.{KEY} = '{parent.key}'")
        if not found:
            return None
        self._client.update_run(found[0].info.run_id, status="RUNNING")
        return found[0]

    def _created(self, experiment_id: str, parent: ParentRun) -> Run:
        own = {"mlflow.user": user_name(), "mlflow.source.name": "imctune", KEY: parent.key}
        run = self._client.create_run(
            experiment_id, tags=as_tags({**own, **parent.tags}), run_name=parent.name
        )
        log(self._client, run.info.run_id, as_params(parent.params), {})
        return run

    def _links(self, files: Sequence[str]) -> str:
        """Return links to artifacts that work in MLflow's pages."""
        place = f"#/experiments/{self._run.info.experiment_id}/runs/{self.run_id}/artifacts"
        return " · ".join(f"[{name}]({place}/{name})" for name in files)

    def _open_tables(self, uri: str) -> None:
        try:
            self._writer = BulkWriter(self._client, uri, self._run)
        except UnexpectedTablesError as error:
            self._go_slowly(error)

    def _go_slowly(self, reason: Exception) -> None:
        logger.warning("MLflow records slowly, one design at a time: %s", reason)
        self._writer = self._slow


def valid(values: Mapping[str, object]) -> dict[str, object]:
    """Return values under names that MLflow accepts."""
    return {valid_name(key): value for key, value in values.items()}


def as_params(params: Mapping[str, object]) -> dict[str, str]:
    """Return params as MLflow takes them: text of a limited length."""
    return {key: text(value)[:LONGEST_PARAM] for key, value in valid(params).items()}


def as_tags(tags: Mapping[str, object]) -> dict[str, str]:
    """Return tags as MLflow takes them: text of a limited length; empty ones are left out."""
    written = {key: text(value)[:LONGEST_TAG] for key, value in valid(tags).items()}
    return {key: value for key, value in written.items() if value}


def user_name() -> str:
    """Return who runs this, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may have no name for its user
        return "unknown"
