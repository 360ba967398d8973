"""Runs through MLflow's client: slow, and right for servers and whatever tables MLflow has."""

from __future__ import annotations

__all__ = ["ClientWriter", "children"]

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from imctune.tracking.batch import DesignRuns, number, number_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PARAMS_PER_CALL = 100
METRICS_PER_CALL = 500
RUNS_PER_CALL = 1000


class ClientWriter:
    """Writes runs as finished child runs of a parent run, one by one.

    Parameters
    ----------
    client : MlflowClient
    parent : Run
        Run below which they go.
    """

    def __init__(self, client: MlflowClient, parent: Run) -> None:
        self._client = client
        self._parent = parent
        self._there: dict[str, Run] | None = None

    def write(self, runs: DesignRuns) -> None:
        """Write designs that are not there yet."""
        for row, name in enumerate(runs.names):
            self.write_one(
                name,
                {key: values[row] for key, values in runs.params.items()},
                {key: values[row] for key, values in runs.metrics.items()},
                {key: values[row] for key, values in runs.tags.items()},
            )

    def write_one(
        self,
        name: str,
        params: Mapping[str, str],
        metrics: Mapping[str, object],
        tags: Mapping[str, str | None],
    ) -> None:
        """Write one run; one that an earlier call began is completed."""
        there = self._runs_there()
        if name in there and there[name].info.status == "FINISHED":
            return
        if name not in there:
            own = {"mlflow.parentRunId": self._parent.info.run_id, **tags}
            there[name] = self._client.create_run(
                self._parent.info.experiment_id,
                tags={key: value for key, value in own.items() if value is not None},
                run_name=name,
            )
        run_id = there[name].info.run_id
        log(self._client, run_id, params, metrics)
        self._client.set_terminated(run_id, "FINISHED")
        there[name] = self._client.get_run(run_id)

    def write_metric(self, name: str, numbers: Sequence[int], values: Sequence[float]) -> None:
        """Give those of the designs that are there one more metric."""
        value_of = dict(zip(numbers, values, strict=True))
        for run_name, run in self._runs_there().items():
            value = value_of.get(-1 if (found := number_of(run_name)) is None else found)
            if value is not None and run.data.metrics.get(name) != value:
                self._client.log_metric(run.info.run_id, name, value)

    def close(self) -> None:
        """Nothing is left to do."""

    def _runs_there(self) -> dict[str, Run]:
        """Return the children of the parent run, by name."""
        if self._there is None:
            found = children(self._client, self._parent)
            self._there = {str(run.info.run_name): run for run in found}
        return self._there


def children(client: MlflowClient, parent: Run) -> Iterator[Run]:
    """Yield the runs below a parent run."""
    token = None
    while True:
        found = client.search_runs(
            [parent.info.experiment_id],
            f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
            max_results=RUNS_PER_CALL,
            page_token=token,
        )
        yield from found
        token = found.token
        if not token:
            return


def log(
    client: MlflowClient, run_id: str, params: Mapping[str, str], metrics: Mapping[str, object]
) -> None:
    """Add params and finite metrics to a run, in as few calls as MLflow allows."""
    from mlflow.entities import Metric, Param  # noqa: PLC0415

    now = time.time_ns() // 1_000_000
    written = [Param(key, value) for key, value in params.items()]
    numbers = [
        Metric(key, value, now, 0)
        for key, given in metrics.items()
        if (value := number(given)) is not None
    ]
    n_calls = max(-(-len(written) // PARAMS_PER_CALL), -(-len(numbers) // METRICS_PER_CALL))
    for call in range(n_calls):
        client.log_batch(
            run_id,
            params=written[call * PARAMS_PER_CALL : (call + 1) * PARAMS_PER_CALL],
            metrics=numbers[call * METRICS_PER_CALL : (call + 1) * METRICS_PER_CALL],
        )
