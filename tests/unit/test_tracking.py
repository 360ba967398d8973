"""What is recorded is read back through MLflow's own client, from a real database."""

from __future__ import annotations

import logging
import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.tracking import Recorder, TrackingSettings, bulk, store
from imctune.tracking.bulk import BulkWriter, UnexpectedTablesError
from imctune.tracking.store import database_uri, open_store
from tests.unit.results import some_designs, some_results

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # of MLflow


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow takes seconds to create its tables: once is enough."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    open_store(path)
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Path:
    path = tmp_path / "out puts" / "mlflow.db"
    path.parent.mkdir()
    shutil.copy(empty_database, path)
    return path


@pytest.fixture
def recorder(database: Path) -> Recorder:
    return open_recorder(database)


def open_recorder(database: Path, **changes: Any) -> Recorder:
    settings = TrackingSettings("local", database_uri(database))
    return Recorder(settings, **{"study": "two_networks", "run_name": "first try", **changes})


def client_of(recorder: Recorder) -> MlflowClient:
    from mlflow import MlflowClient  # noqa: PLC0415

    return MlflowClient(tracking_uri=recorder.uri)


def parent_of(recorder: Recorder) -> Run:
    return client_of(recorder).get_run(str(recorder.run_id))


def children_of(recorder: Recorder, order: str = "attributes.run_name", where: str = "") -> Any:
    parent = parent_of(recorder)
    filters = [f"tags.mlflow.parentRunId = '{parent.info.run_id}'", *([where] if where else [])]
    return client_of(recorder).search_runs(
        [parent.info.experiment_id], " and ".join(filters), order_by=[order], max_results=50_000
    )


@pytest.fixture(params=["bulk", "client"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "client":
        monkeypatch.setitem(bulk.KEYS, "params", {"unknown"})


def recorded(n_designs: int, **changes: Any) -> tuple[DesignBatch, Metrics, Scores]:
    designs = some_designs(n_designs, **changes)
    return designs, *some_results(designs)


@pytest.mark.usefixtures("both_ways")
def test_all_that_is_recorded_reads_back(database: Path) -> None:
    # A workload may set its own precision, so names per network are there for knobs too.
    scope = {"choices": [4, 8], "default": 8, "scope": "workload"}
    designs, metrics, scores = recorded(7, weight_bits=scope)
    recorder = open_recorder(database)
    recorder.record_generation(designs.take([0, 1, 2, 3]), *taken(metrics, scores, [0, 1, 2, 3]), 0)
    recorder.record_generation(
        designs.take([4, 5, 6]), *taken(metrics, scores, [4, 5, 6]), 12, "vgg16"
    )
    is_pareto = np.arange(7) % 2 == 1
    recorder.mark_front(designs, is_pareto)
    recorder.finish("FINISHED")

    runs = sorted(children_of(recorder), key=lambda run: run.info.run_name[-4:])
    names = [f"g000-d000{i}" for i in range(4)] + [f"vgg16-g012-d000{i}" for i in range(4, 7)]
    assert [run.info.run_name for run in runs] == names
    for row, run in enumerate(runs):
        assert run.info.status == "FINISHED"
        assert run.info.artifact_uri.endswith(
            f"mlartifacts/two_networks/{run.info.run_id}/artifacts"
        )
        assert run.data.tags["mlflow.parentRunId"] == recorder.run_id
        assert run.data.tags["mlflow.runName"] == names[row]
        assert run.data.tags["origin"] == ("joint" if row < 4 else "vgg16")
        assert run.data.params == expected_params(designs, row)
        assert run.data.metrics == {
            **expected_metrics(metrics, scores, row),
            "generation": 0.0 if row < 4 else 12.0,
            "is_pareto": float(is_pareto[row]),
        }
        assert run.info.end_time >= run.info.start_time > 1_500_000_000_000


def taken(metrics: Metrics, scores: Scores, rows: list[int]) -> tuple[Metrics, Scores]:
    return metrics.take(rows), scores.take(rows)


def expected_params(designs: DesignBatch, row: int) -> dict[str, str]:
    params: dict[str, str] = {}
    for knob, value in designs.knobs_of(row).items():
        if isinstance(value, dict):
            params |= {f"{knob}.{network}": str(own) for network, own in value.items()}
        else:
            params[knob] = str(value).lower() if isinstance(value, bool) else str(value)
    return params


def expected_metrics(metrics: Metrics, scores: Scores, row: int) -> dict[str, float]:
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
    return {name: value for name, value in values.items() if np.isfinite(value)}


def test_a_chip_that_is_not_feasible_says_why_and_has_no_score(recorder: Recorder) -> None:
    recorder.record_generation(*recorded(3), 0)
    first, second, _ = children_of(recorder)
    assert first.data.tags["violated"] == "area_mm2, not_finite"
    assert "edap" not in first.data.metrics
    assert "violated" not in second.data.tags
    assert second.data.metrics["edap"] > 0.0


def test_designs_sort_and_filter_by_edap(recorder: Recorder) -> None:
    designs, metrics, scores = recorded(30)
    recorder.record_generation(designs, metrics, scores, 0)
    recorder.finish("FINISHED")
    best_first = [run.data.metrics.get("edap") for run in children_of(recorder, "metrics.edap ASC")]
    feasible = sorted(scores.score[metrics.feasible])
    assert best_first == [*feasible, *[None] * (30 - len(feasible))]
    worst_first = children_of(recorder, "metrics.edap DESC")
    assert worst_first[0].data.metrics["edap"] == feasible[-1]
    limit = float(np.median(metrics.edap[metrics.feasible, 1]))
    where = f"metrics.edap.vgg16 < {limit!r} and metrics.feasible = 1 and params.compute = 'analog'"
    assert len(children_of(recorder, where=where)) == int(
        ((metrics.edap[:, 1] < limit) & metrics.feasible).sum()
    )


def test_a_design_is_recorded_once_however_often_it_comes(recorder: Recorder) -> None:
    designs, metrics, scores = recorded(5)
    recorder.record_generation(designs, metrics, scores, 0)
    recorder.record_generation(designs, metrics, scores, 1, "vgg16")
    more = DesignBatch.concatenate([designs.take([4, 4]), some_designs(6).take([5, 5])])
    recorder.record_generation(more, *some_results(more), 2)
    assert [run.info.run_name for run in children_of(recorder)] == [
        *(f"g000-d000{i}" for i in range(5)),
        "g002-d0005",
    ]


def test_parent_run_holds_what_was_asked_and_what_came_out(database: Path, tmp_path: Path) -> None:
    recorder = open_recorder(
        database,
        params={"seed": 1, "workloads": ["resnet18", "vgg16"], "area_max_mm2": 800.0, "cap": None},
        tags={"technology": "rram_32nm", "mlflow.source.git.commit": "abc"},
    )
    report = tmp_path / "report.html"
    report.write_text("<p>best</p>")
    recorder.describe(
        "| network | EDAP |\n|---|---|\n| vgg16 | 3 |",
        {"best.edap": 3.0, "best.edap@vgg16": np.float64(2.5), "regret": np.inf, "note": None},
        {"best_design": "d0012"},
        [report, tmp_path / "missing.csv"],
    )
    assert parent_of(recorder).info.status == "RUNNING"
    recorder.finish("FINISHED")
    run = parent_of(recorder)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "first try"
    assert run.data.params == {
        "seed": "1",
        "workloads": '["resnet18", "vgg16"]',
        "area_max_mm2": "800.0",
        "cap": "null",
        "best_design": "d0012",
    }
    assert run.data.metrics == {"best.edap": 3.0, "best.edap.vgg16": 2.5}
    assert run.data.tags["mlflow.note.content"].startswith("| network | EDAP |")
    assert run.data.tags["technology"] == "rram_32nm"
    assert run.data.tags["mlflow.source.git.commit"] == "abc"
    client = client_of(recorder)
    assert client.get_experiment(run.info.experiment_id).name == "two_networks"
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["report.html"]
    kept = client.download_artifacts(run.info.run_id, "report.html", str(tmp_path / "out puts"))
    assert Path(kept).read_text() == "<p>best</p>"
    artifacts = database.parent / "mlartifacts" / "two_networks" / run.info.run_id
    assert (artifacts / "artifacts" / "report.html").is_file()


@pytest.mark.parametrize("status", ["KILLED", "FAILED"])
def test_a_run_that_ends_early_keeps_its_designs(recorder: Recorder, status: Any) -> None:
    recorder.record_generation(*recorded(3), 0)
    recorder.finish(status)
    assert parent_of(recorder).info.status == status
    assert len(children_of(recorder)) == 3


def test_interrupted_writing_is_completed_without_duplicates(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = BulkWriter.write

    def interrupted(writer: BulkWriter, runs: Any) -> list[str]:
        write(writer, runs)
        raise KeyboardInterrupt

    monkeypatch.setattr(BulkWriter, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recorder.record_generation(*recorded(3), 0)
    monkeypatch.undo()
    recorder.finish("KILLED")
    assert len(children_of(recorder)) == 3


def test_a_later_study_of_the_same_name_joins_its_experiment(database: Path) -> None:
    first, second = open_recorder(database), open_recorder(database, run_name="second")
    first.record_generation(*recorded(2), 0)
    second.record_generation(*recorded(2), 0)
    assert parent_of(first).info.experiment_id == parent_of(second).info.experiment_id
    assert [len(children_of(recorder)) for recorder in (first, second)] == [2, 2]


def drop_column(database: Path) -> None:
    alter(database, "ALTER TABLE metrics RENAME COLUMN step TO step_number")


def want_a_value(database: Path) -> None:
    alter(
        database,
        "ALTER TABLE tags RENAME TO old_tags",
        "CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT, kind TEXT NOT NULL, "
        "PRIMARY KEY (key, run_uuid))",
    )


def drop_table(database: Path) -> None:
    alter(database, "DROP TABLE latest_metrics")


def alter(database: Path, *statements: str) -> None:
    with sqlite3.connect(database) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("change", [drop_column, want_a_value, drop_table])
def test_tables_that_are_not_known_are_not_written(
    database: Path, change: Callable[[Path], None]
) -> None:
    recorder = open_recorder(database)
    parent = parent_of(recorder)
    change(database)
    with pytest.raises(UnexpectedTablesError):
        BulkWriter(client_of(recorder), database_uri(database), parent)


def test_runs_that_mlflow_does_not_read_back_are_written_through_its_client(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # As if MLflow kept names in a place that is not known here.
    monkeypatch.setattr(BulkWriter, "_reads_back", lambda *_: False)
    designs, metrics, scores = recorded(4)
    recorder.record_generation(designs, metrics, scores, 0)
    recorder.mark_front(designs, metrics.feasible)
    recorder.finish("FINISHED")
    runs = children_of(recorder)
    assert [run.info.run_name for run in runs] == [f"g000-d000{i}" for i in range(4)]
    assert [run.data.metrics["is_pareto"] for run in runs] == metrics.feasible.tolist()
    assert caplog.messages == [
        "MLflow records slowly, one design at a time: "
        "a run written into MLflow's tables is not read back as it was written"
    ]


def test_a_database_that_is_locked_costs_nothing_but_time(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    designs, metrics, scores = recorded(9)
    recorder.record_generation(designs.take([0, 1, 2]), *taken(metrics, scores, [0, 1, 2]), 0)
    failing = "database is locked\n[SQL: INSERT INTO runs"

    def locked(*_: object) -> list[str]:
        raise sqlite3.OperationalError(failing)

    monkeypatch.setattr(BulkWriter, "write", locked)
    for generation, rows in ((1, [3, 4, 5]), (2, [6, 7, 8])):
        recorder.record_generation(designs.take(rows), *taken(metrics, scores, rows), generation)
    assert caplog.messages == [
        "recording in MLflow failed (database is locked); the run goes on, and its folder keeps "
        "everything"
    ]
    monkeypatch.undo()
    recorder.mark_front(designs, metrics.feasible)
    recorder.finish("FINISHED")
    runs = children_of(recorder)
    assert [run.info.run_name[-4:] for run in runs] == [f"000{i}" for i in range(9)]
    assert [run.data.metrics["is_pareto"] for run in runs] == metrics.feasible.tolist()
    assert len(caplog.messages) == 1


def test_what_could_not_be_recorded_is_counted(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> list[str]:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(BulkWriter, "write", full)
    recorder.record_generation(*recorded(4), 0)
    recorder.mark_front(some_designs(4), np.ones(4, dtype=np.bool_))
    recorder.finish("FINISHED")
    assert caplog.messages[-1] == "4 designs are missing in MLflow; the run folder has them"
    assert parent_of(recorder).info.status == "FINISHED"


@pytest.mark.parametrize("content", [b"not a database, but a text that is long enough" * 9, None])
def test_a_database_that_cannot_be_opened_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    database = tmp_path / "mlflow.db"
    if content is None:
        database.mkdir()
    else:
        database.write_bytes(content)
    recorder = open_recorder(database)
    recorder.record_generation(*recorded(2), 0)
    recorder.mark_front(some_designs(2), np.ones(2, dtype=np.bool_))
    recorder.describe("nothing")
    recorder.finish("FINISHED")
    assert recorder.run_id is None
    ours = [record for record in caplog.records if record.name.startswith("imctune")]
    assert [record.levelno for record in ours] == [logging.WARNING]
    assert "\n" not in ours[0].getMessage()


def test_nothing_is_recorded_when_tracking_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recorder = Recorder(TrackingSettings("off", "sqlite:///outputs/mlflow.db"), "study", "run")
    recorder.record_generation(*recorded(2), 0)
    recorder.finish("FINISHED")
    assert recorder.run_id is None
    assert recorder.uri is None
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_means_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = TrackingSettings("local", "sqlite:///outputs/mlflow.db")
    assert settings.database == tmp_path / "outputs" / "mlflow.db"


@pytest.mark.parametrize(
    "uri",
    [
        *(None, "", "outputs/mlflow.db", "sqlite://", "sqlite:///", "sqlite:///:memory:"),
        *("sqlite:///a/", "http://localhost:5000", "postgresql://a/b", "sqlite:///a.db?mode=ro"),
    ],
)
def test_local_tracking_wants_a_file(uri: str | None) -> None:
    with pytest.raises(InputError, match=r"^tracking\.uri must be sqlite:///.*, got"):
        TrackingSettings("local", uri)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError, match=r"tracking\.mode must be one of local, off, got 'cloud'"):
        TrackingSettings("cloud")  # type: ignore[arg-type]


def record_in_another_process(database: Path, name: str) -> None:
    recorder = open_recorder(database, run_name=name)
    designs, metrics, scores = recorded(40)
    for generation in range(4):
        rows = list(range(10 * generation, 10 * generation + 10))
        recorder.record_generation(designs.take(rows), *taken(metrics, scores, rows), generation)
    recorder.mark_front(designs, metrics.feasible)
    recorder.finish("FINISHED")
    if len(children_of(recorder)) != 40:
        raise AssertionError(name)


def test_processes_that_start_at_once_share_a_new_database(tmp_path: Path) -> None:
    database = tmp_path / "outputs" / "mlflow.db"
    context = multiprocessing.get_context("spawn")
    names = ["one", "two", "three"]
    processes = [
        context.Process(target=record_in_another_process, args=(database, name)) for name in names
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    client = open_store(database)
    (experiment,) = client.search_experiments(filter_string="name = 'two_networks'")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    assert sorted(r.info.run_name for r in runs if "mlflow.parentRunId" not in r.data.tags) == [
        "one",
        "three",
        "two",
    ]
    assert all(run.data.metrics["is_pareto"] in (0.0, 1.0) for run in runs if run.data.params)


def test_a_creation_that_was_cut_short_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database: Path
) -> None:
    def interrupted(made: Path) -> None:
        made.write_bytes(empty_database.read_bytes()[:5000])
        raise KeyboardInterrupt

    database = tmp_path / "mlflow.db"
    monkeypatch.setattr(store, "client_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_recorder(database)
    assert not database.exists()
    monkeypatch.undo()
    database.touch()
    recorder = open_recorder(database)
    assert parent_of(recorder).info.run_name == "first try"


def test_names_of_networks_may_hold_anything(recorder: Recorder) -> None:
    designs = some_designs(2, workloads=("gpt2 (512)", "réseau/2"))
    recorder.record_generation(designs, *some_results(designs), 0)
    _, run = children_of(recorder)
    assert {"edap.gpt2__512_", "edap.réseau_2"} < set(run.data.metrics)


def test_the_database_can_plan_its_sorting_afterwards(recorder: Recorder, database: Path) -> None:
    recorder.record_generation(*recorded(9), 0)
    recorder.finish("FINISHED")
    with sqlite3.connect(database) as connection:
        planned = {row[0] for row in connection.execute("SELECT tbl FROM sqlite_stat1")}
    assert {"runs", "metrics", "latest_metrics", "params", "tags"} <= planned
