"""Designs through MLflow's client: slow, and right for whatever tables MLflow has."""

from __future__ import annotations

__all__ = ["ClientWriter"]

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imctune.tracking.batch import DesignRuns, number

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PARAMS_PER_CALL = 100
METRICS_PER_CALL = 500


class ClientWriter:
    """Writes designs as finished child runs of a parent run, one by one.

    Parameters
    ----------
    client : MlflowClient
        Client of the database.
    parent : Run
        Run below which the designs go.
    """

    def __init__(self, client: MlflowClient, parent: Run) -> None:
        self._client = client
        self._parent = parent
        self._ids: dict[int, str] = {}

    def write(self, runs: DesignRuns) -> list[str]:
        """Write designs; return their run ids. Those begun by an earlier call are completed."""
        return [self._write_one(runs, row) for row in range(len(runs))]

    def write_metric(self, name: str, ids: Sequence[str], values: Sequence[float]) -> None:
        """Add one metric to runs that are there."""
        for run_id, value in zip(ids, values, strict=True):
            self._client.log_metric(run_id, name, value)

    def close(self) -> None:
        """Nothing is left to do."""

    def _write_one(self, runs: DesignRuns, row: int) -> str:
        from mlflow.entities import Metric, Param  # noqa: PLC0415

        run_id = self._ids.get(runs.first + row)
        if run_id is None:
            tags = {key: values[row] for key, values in runs.tags.items()}
            tags["mlflow.parentRunId"] = self._parent.info.run_id
            run_id = self._client.create_run(
                self._parent.info.experiment_id,
                tags={key: value for key, value in tags.items() if value is not None},
                run_name=runs.names[row],
            ).info.run_id
            self._ids[runs.first + row] = run_id
        now = time.time_ns() // 1_000_000
        params = [Param(key, values[row]) for key, values in runs.params.items()]
        metrics = [
            Metric(key, value, now, 0)
            for key, values in runs.metrics.items()
            if (value := number(values[row])) is not None
        ]
        for start in range(0, len(params), PARAMS_PER_CALL):
            self._client.log_batch(run_id, params=params[start : start + PARAMS_PER_CALL])
        for start in range(0, len(metrics), METRICS_PER_CALL):
            self._client.log_batch(run_id, metrics=metrics[start : start + METRICS_PER_CALL])
        self._client.set_terminated(run_id, "FINISHED")
        return run_id
