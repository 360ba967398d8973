"""Run folders with made-up designs, and what MLflow holds of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.pareto import nondominated
from imctune.runfolder import RunFolder
from imctune.tracking import ParentRun, TrackingSettings
from imctune.tracking.sync import Sync
from tests.unit.results import some_designs, some_results

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


@dataclass(frozen=True)
class MadeUpRun:
    """A run folder, and the designs that it holds or will hold."""

    path: Path
    designs: DesignBatch
    metrics: Metrics
    scores: Scores

    @property
    def is_pareto(self) -> Any:
        points = np.where(self.metrics.feasible[:, None], self.scores.objectives, np.inf)
        return nondominated(points)

    def taken(self, rows: list[int]) -> tuple[DesignBatch, Metrics, Scores]:
        """Return designs with their results."""
        return self.designs.take(rows), self.metrics.take(rows), self.scores.take(rows)

    def append(self, rows: list[int], generation: int = 0, origin: str = "joint") -> None:
        """Have the search evaluate a generation."""
        folder = RunFolder(self.path)
        folder.append(*self.taken(rows), generation, origin)
        folder.close()

    def end(self, status: Any = "FINISHED", **changes: Any) -> None:
        """Have the search end."""
        from imctune.tracking import read_parent  # noqa: PLC0415

        parent = read_parent(self.path)
        ParentRun(**{**parent.__dict__, "status": status, **changes}).write(RunFolder(self.path))


def begun(
    path: Path, n_designs: int, parent: dict[str, Any] | None = None, **knobs: Any
) -> MadeUpRun:
    """Return a run that has evaluated nothing yet."""
    about = {"key": path.name, "study": "two_networks", "name": "first try", **(parent or {})}
    ParentRun(**about).write(RunFolder(path))
    designs = some_designs(n_designs, **knobs)
    return MadeUpRun(path, designs, *some_results(designs))


def finished(
    path: Path, n_designs: int, parent: dict[str, Any] | None = None, **knobs: Any
) -> MadeUpRun:
    """Return a run that has ended well, in generations of ten."""
    run = begun(path, n_designs, parent, **knobs)
    for start in range(0, n_designs, 10):
        run.append(list(range(start, min(start + 10, n_designs))), start // 10)
    run.end()
    return run


def client_of(settings: TrackingSettings) -> MlflowClient:
    from mlflow import MlflowClient  # noqa: PLC0415

    return MlflowClient(tracking_uri=settings.address)


def parents_of(settings: TrackingSettings, study: str = "two_networks") -> list[Run]:
    """Return the runs of a study that stand below none."""
    return [run for run in runs_of(settings, study) if "mlflow.parentRunId" not in run.data.tags]


def runs_of(settings: TrackingSettings, study: str = "two_networks") -> list[Run]:
    client = client_of(settings)
    experiment = client.get_experiment_by_name(study)
    if experiment is None:
        return []
    return list(client.search_runs([experiment.experiment_id], max_results=50_000))


def children_of(
    settings: TrackingSettings,
    order: str = "attributes.run_name",
    where: str = "",
    study: str = "two_networks",
) -> list[Run]:
    """Return the runs below the one parent of the study."""
    (parent,) = parents_of(settings, study)
    filters = [f"tags.mlflow.parentRunId = '{parent.info.run_id}'", *([where] if where else [])]
    return list(
        client_of(settings).search_runs(
            [parent.info.experiment_id], " and ".join(filters), order_by=[order], max_results=50_000
        )
    )


def assert_each_design_is_there_once(settings: TrackingSettings, study: str, folder: Path) -> None:
    """Check the designs below the one finished run of a study against those of its folder."""
    (parent,) = parents_of(settings, study)
    assert parent.info.status == "FINISHED"
    designs = [run for run in children_of(settings, study=study) if "rows" in run.data.params]
    stored = pyarrow.parquet.read_table(folder / "designs.parquet").to_pydict()
    rows = [int(str(run.info.run_name).partition("-d")[2]) for run in designs]
    assert sorted(rows) == list(range(len(stored["rows"])))
    for row, run in zip(rows, designs, strict=True):
        assert run.data.metrics["area_mm2"] == stored["area_mm2"][row]
        assert run.data.metrics["is_pareto"] == float(stored["is_pareto"][row])


def synced(run: MadeUpRun, settings: TrackingSettings) -> Sync:
    """Bring MLflow up to a run folder."""
    sync = Sync(run.path, settings)
    sync.finish()
    return sync


def expected_params(designs: DesignBatch, row: int) -> dict[str, str]:
    params: dict[str, str] = {}
    for knob, value in designs.knobs_of(row).items():
        if isinstance(value, dict):
            params |= {f"{knob}.{network}": str(own) for network, own in value.items()}
        else:
            params[knob] = str(value).lower() if isinstance(value, bool) else str(value)
    return params


def expected_metrics(run: MadeUpRun, row: int) -> dict[str, float]:
    metrics, scores = run.metrics, run.scores
    values = {
        "edap": scores.score[row],
        "energy_mj": scores.energy_mj[row],
        "latency_ms": scores.latency_ms[row],
        "area_mm2": metrics.area_mm2[row],
        "feasible": float(metrics.feasible[row]),
    }
    for column, network in enumerate(metrics.workloads):
        values[f"energy_mj.{network}"] = metrics.energy_mj[row, column]
        values[f"latency_ms.{network}"] = metrics.latency_ms[row, column]
        values[f"edap.{network}"] = metrics.edap[row, column]
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}
