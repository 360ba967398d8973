"""What is recorded is read back through MLflow's own client, from real databases."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imctune.errors import InputError
from imctune.runfolder import RunFolder
from imctune.tracking import ChildRun, TrackingSettings, bulk, session, store, sync
from imctune.tracking.bulk import BulkWriter, UnexpectedTablesError
from imctune.tracking.store import open_store
from imctune.tracking.sync import Sync
from tests.unit.tracking.runs import (
    begun,
    children_of,
    client_of,
    expected_metrics,
    expected_params,
    finished,
    parents_of,
    runs_of,
    synced,
)

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # of MLflow


@pytest.fixture(params=["sqlite", "postgresql", "client"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TrackingSettings:
    """Return each way to record all designs: bulk in two databases, and MLflow's client."""
    if request.param == "client":
        monkeypatch.setitem(bulk.KEYS, "params", {"unknown"})
    settings: TrackingSettings = request.getfixturevalue(
        "postgres" if request.param == "postgresql" else "local"
    )
    return settings


def test_all_that_is_recorded_reads_back(place: TrackingSettings, tmp_path: Path) -> None:
    # A workload may set its own precision, so names per network are there for knobs too.
    scope = {"choices": [4, 8], "default": 8, "scope": "workload"}
    run = begun(tmp_path / "run", 7, {"design_tags": {"seed": "3"}}, weight_bits=scope)
    sync = Sync(run.path, place)
    sync.advance()  # nothing is there yet
    run.append([0, 1, 2, 3])
    sync.advance()
    assert len(children_of(place)) == 4
    run.append([4, 5, 6], 12, "vgg16")
    run.end()
    sync.finish()

    runs = sorted(children_of(place), key=lambda run: run.info.run_name[-4:])
    names = [f"g000-d000{i}" for i in range(4)] + [f"vgg16-g012-d000{i}" for i in range(4, 7)]
    assert [run.info.run_name for run in runs] == names
    (parent,) = parents_of(place)
    for row, child in enumerate(runs):
        assert child.info.status == "FINISHED"
        assert child.info.artifact_uri.endswith(
            f"mlartifacts/two_networks/{child.info.run_id}/artifacts"
        )
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert child.data.tags["mlflow.runName"] == names[row]
        assert child.data.tags["origin"] == ("joint" if row < 4 else "vgg16")
        assert child.data.tags["seed"] == "3"
        assert child.data.params == expected_params(run.designs, row)
        assert child.data.metrics == {
            **expected_metrics(run, row),
            "generation": 0.0 if row < 4 else 12.0,
            "is_pareto": float(run.is_pareto[row]),
        }
        assert child.info.end_time >= child.info.start_time > 1_500_000_000_000


@pytest.mark.long
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_ten_thousand_designs_read_back_equal(place: TrackingSettings, tmp_path: Path) -> None:
    n_designs, study = 10_000, {"study": "many"}
    run = begun(tmp_path / "run", n_designs, study)
    sync = Sync(run.path, place)
    sync.advance()
    start = time.process_time()
    for first in range(0, n_designs, 50):
        run.append(list(range(first, first + 50)), first // 50)
        sync.advance()
    run.end()
    sync.finish()
    cpu_ms = 1e3 * (time.process_time() - start) / n_designs
    client, (parent,) = client_of(place), parents_of(place, "many")
    order, start = ["metrics.edap ASC"], time.perf_counter()
    best = client.search_runs([parent.info.experiment_id], order_by=order, max_results=50)
    print(f"run folder and MLflow: {cpu_ms:.2f} ms CPU per design in this process")
    print(f"50 best of 10,000: {time.perf_counter() - start:.2f} s")
    assert best[0].data.metrics["edap"] == run.scores.score[run.metrics.feasible].min()

    where = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    page: str | None = None
    runs: list[Any] = []
    while page != "":
        found = client.search_runs([parent.info.experiment_id], where, page_token=page)
        runs, page = runs + list(found), found.token or ""
    assert len(runs) == n_designs
    rows = {int(child.info.run_name.rpartition("-d")[2]): child for child in runs}
    is_pareto = run.is_pareto
    assert sorted(rows) == list(range(n_designs))
    for row, child in rows.items():
        assert child.data.params == expected_params(run.designs, row)
        assert child.data.metrics == {
            **expected_metrics(run, row),
            "generation": float(row // 50),
            "is_pareto": float(is_pareto[row]),
        }


def test_however_often_it_is_brought_in_it_is_there_once(
    place: TrackingSettings, tmp_path: Path
) -> None:
    run = finished(tmp_path / "run", 25, {"metrics": {"edap": 3.0}})
    children = [ChildRun("nsga2, seed 1", {"seed": 1}, {"regret@a": 0.5}, {"kind": "cell"})]
    run.end(children=children, description="A table.")
    for _ in range(3):
        sync(run.path, place)
    (parent,) = parents_of(place)
    runs = children_of(place)
    assert len(runs) == 26
    client, own = client_of(place), "is_pareto"
    for child in runs:
        if child.info.run_name == "nsga2, seed 1":
            assert child.data.params == {"seed": "1"}
            assert child.data.metrics == {"regret.a": 0.5}
            assert child.data.tags["kind"] == "cell"
        else:
            assert len(client.get_metric_history(child.info.run_id, own)) == 1
            assert len(client.get_metric_history(child.info.run_id, "area_mm2")) == 1
    assert len(client.get_metric_history(parent.info.run_id, "edap")) == 1


def test_a_run_that_goes_on_is_the_same_run(place: TrackingSettings, tmp_path: Path) -> None:
    run = begun(tmp_path / "run", 12)
    run.append([0, 1, 2, 3, 4])
    synced(run, place)
    (parent,) = parents_of(place)
    assert parent.info.status == "KILLED"  # as far as anybody can tell: its process is gone
    assert sum(child.data.metrics["is_pareto"] for child in children_of(place)) > 0
    run.append([5, 6, 7, 8, 9, 10, 11], 1)
    run.end()
    synced(run, place)
    (again,) = parents_of(place)
    assert again.info.run_id == parent.info.run_id
    assert again.info.status == "FINISHED"
    children = sorted(children_of(place), key=lambda child: child.info.run_name[-4:])
    assert [child.data.metrics["is_pareto"] for child in children] == run.is_pareto.tolist()


def test_a_chip_that_is_not_feasible_says_why_and_has_no_score(
    local: TrackingSettings, tmp_path: Path
) -> None:
    synced(finished(tmp_path / "run", 3), local)
    first, second, _ = children_of(local)
    assert first.data.tags["violated"] == "area_mm2, not_finite"
    assert "edap" not in first.data.metrics
    assert "violated" not in second.data.tags
    assert second.data.metrics["edap"] > 0.0


def test_designs_sort_and_filter_by_edap(place: TrackingSettings, tmp_path: Path) -> None:
    run = finished(tmp_path / "run", 30)
    synced(run, place)
    metrics, scores = run.metrics, run.scores
    best_first = [
        child.data.metrics.get("edap") for child in children_of(place, "metrics.edap ASC")
    ]
    feasible = sorted(scores.score[metrics.feasible])
    assert best_first == [*feasible, *[None] * (30 - len(feasible))]
    worst_first = children_of(place, "metrics.edap DESC")
    assert worst_first[0].data.metrics["edap"] == feasible[-1]
    limit = float(np.median(metrics.edap[metrics.feasible, 1]))
    where = f"metrics.edap.vgg16 < {limit!r} and metrics.feasible = 1 and params.compute = 'analog'"
    assert len(children_of(place, where=where)) == int(
        ((metrics.edap[:, 1] < limit) & metrics.feasible).sum()
    )


def test_a_design_that_two_searches_kept_is_recorded_once(
    local: TrackingSettings, tmp_path: Path
) -> None:
    run = begun(tmp_path / "run", 6)
    run.append([0, 1, 2, 3, 4])
    run.append([3, 4], 1, "vgg16")
    run.append([4, 4, 5], 2)
    run.end()
    synced(run, local)
    assert [child.info.run_name for child in children_of(local)] == [
        *(f"g000-d000{i}" for i in range(5)),
        "g002-d0005",
    ]


def test_scores_that_the_whole_run_changes_are_those_of_the_whole_run(
    local: TrackingSettings, tmp_path: Path
) -> None:
    # The regret of a design is known once the best of each network is.
    run = begun(tmp_path / "run", 4, {"params": {"aggregation": "regret"}})
    run.append([1, 2])
    sync = Sync(run.path, local)
    sync.advance()
    run.scores.score[:] = run.scores.score * 2.0
    run.append([0, 3], 1)
    run.end()
    (run.path / "generations.log").unlink()
    order = [1, 2, 0, 3]
    RunFolder(run.path).write_designs(
        *run.taken(order),
        generation=[0, 0, 1, 1],
        origin=["joint"] * 4,
        is_pareto=run.is_pareto[order],
    )
    sync.finish()
    found = [child.data.metrics.get("edap") for child in children_of(local)]
    wanted = [score if np.isfinite(score) else None for score in run.scores.score[order]]
    assert found == wanted


def test_parent_run_holds_what_was_asked_and_what_came_out(
    place: TrackingSettings, tmp_path: Path
) -> None:
    asked = {"seed": 1, "workloads": ["resnet18", "vgg16"], "area_max_mm2": 800.0, "cap": None}
    tags = {"technology": "rram_32nm", "mlflow.source.git.commit": "abc", "sweep": ""}
    run = begun(tmp_path / "run", 2, {"params": asked, "tags": tags})
    run.append([0, 1])
    sync = Sync(run.path, place)
    sync.advance()
    (parent,) = parents_of(place)
    assert parent.info.status == "RUNNING"
    (run.path / "report.html").write_text("<p>best</p>")
    run.end(
        description="| network | EDAP |\n|---|---|\n| vgg16 | 3 |",
        metrics={"best.edap": 3.0, "best.edap@vgg16": 2.5, "regret": np.inf, "note": None},
        artifacts=["report.html", "missing.csv"],
    )
    sync.finish()
    (parent,) = parents_of(place)
    info = parent.info
    assert (info.status, info.run_name) == ("FINISHED", "first try")
    assert parent.data.params == {
        "seed": "1",
        "workloads": '["resnet18", "vgg16"]',
        "area_max_mm2": "800.0",
        "cap": "null",
    }
    assert parent.data.metrics == {"best.edap": 3.0, "best.edap.vgg16": 2.5}
    page = f"#/experiments/{info.experiment_id}/runs/{info.run_id}/artifacts/report.html"
    note = parent.data.tags["mlflow.note.content"]
    assert note.startswith("| network | EDAP |")
    assert note.endswith(f"[report.html]({page})")
    assert parent.data.tags["technology"] == "rram_32nm"
    assert parent.data.tags["mlflow.source.git.commit"] == "abc"
    assert "sweep" not in parent.data.tags
    client = client_of(place)
    assert [file.path for file in client.list_artifacts(info.run_id)] == ["report.html"]
    kept = client.download_artifacts(info.run_id, "report.html", str(tmp_path))
    assert Path(kept).read_text() == "<p>best</p>"


def test_designs_that_come_while_another_process_ends_are_left_to_the_next(
    place: TrackingSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The writer of a search that was killed may end when the resumed one has gone on.
    run = begun(tmp_path / "run", 12)
    run.append([0, 1, 2, 3, 4])
    of_killed = Sync(run.path, place)
    of_killed.advance()
    run.append([5, 6, 7, 8, 9, 10, 11], 1)
    with monkeypatch.context() as patch:
        patch.setattr(Sync, "advance", lambda _: None)
        of_killed.finish()
    assert len(children_of(place)) == 5
    caplog.clear()
    run.end()
    synced(run, place)
    assert "read back" not in caplog.text
    children = sorted(children_of(place), key=lambda child: str(child.info.run_name)[-4:])
    assert [child.data.metrics["is_pareto"] for child in children] == run.is_pareto.tolist()


@pytest.mark.parametrize("status", ["KILLED", "FAILED"])
def test_a_run_that_ends_early_keeps_its_designs(
    local: TrackingSettings, tmp_path: Path, status: Any
) -> None:
    run = finished(tmp_path / "run", 3)
    run.end(status)
    synced(run, local)
    (parent,) = parents_of(local)
    assert parent.info.status == status
    assert len(children_of(local)) == 3


def test_interrupted_writing_is_completed_without_duplicates(
    place: TrackingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished(tmp_path / "run", 23)
    write = session.Session.write
    calls: list[int] = []

    def interrupted(self: Any, runs: Any) -> None:
        write(self, runs.take([0, 1]) if len(calls) == 1 else runs)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(session.Session, "write", interrupted)
    sync = Sync(run.path, place)
    with pytest.raises(KeyboardInterrupt):
        sync.finish()
    monkeypatch.undo()
    assert len(children_of(place)) == 12
    sync.finish()
    assert len({child.info.run_name for child in children_of(place)}) == 23
    assert len(children_of(place)) == 23


def test_a_later_study_of_the_same_name_joins_its_experiment(
    local: TrackingSettings, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        synced(finished(tmp_path / name, 2, {"name": name}), local)
    parents = parents_of(local)
    assert sorted(parent.info.run_name for parent in parents) == ["first", "second"]
    assert len(runs_of(local)) == 6


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


def test_what_was_written_slowly_is_not_written_again_in_bulk(
    local: TrackingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(tmp_path / "run", 8)
    run.append([0, 1, 2, 3])
    with monkeypatch.context() as patch:
        patch.setitem(bulk.KEYS, "params", {"unknown"})
        synced(run, local)
    (half, *_) = children_of(local)
    client_of(local).update_run(half.info.run_id, status="RUNNING")  # as if it was cut short
    run.append([4, 5, 6, 7], 1)
    run.end()
    synced(run, local)
    children = sorted(children_of(local), key=lambda child: str(child.info.run_name)[-4:])
    assert [str(child.info.run_name)[-4:] for child in children] == [f"000{i}" for i in range(8)]
    assert [child.data.metrics["is_pareto"] for child in children] == run.is_pareto.tolist()


@pytest.mark.parametrize("change", [drop_column, want_a_value, drop_table])
def test_tables_that_are_not_known_are_not_written(
    local: TrackingSettings, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    synced(finished(tmp_path / "run", 1), local)
    (parent,) = parents_of(local)
    assert local.database is not None
    change(local.database)
    with pytest.raises(UnexpectedTablesError):
        BulkWriter(client_of(local), str(local.address), parent)


def test_runs_that_mlflow_does_not_read_back_are_written_through_its_client(
    local: TrackingSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # As if MLflow kept names in a place that is not known here.
    monkeypatch.setattr(BulkWriter, "_reads_back", lambda *_: False)
    run = finished(tmp_path / "run", 4)
    synced(run, local)
    children = children_of(local)
    assert [child.info.run_name for child in children] == [f"g000-d000{i}" for i in range(4)]
    assert [child.data.metrics["is_pareto"] for child in children] == run.is_pareto.tolist()
    assert caplog.messages == [
        "MLflow records slowly, one design at a time: "
        "a run written into MLflow's tables is not read back as it was written"
    ]


def record_in_another_process(uri: str, folder: Path) -> None:
    sync(finished(folder, 40, {"name": folder.name}).path, TrackingSettings("local", uri))


def test_processes_that_start_at_once_share_a_new_database(tmp_path: Path) -> None:
    settings = TrackingSettings("local", f"sqlite:///{tmp_path}/outputs/mlflow.db")
    context = multiprocessing.get_context("spawn")
    names = ["one", "two", "three"]
    processes = [
        context.Process(target=record_in_another_process, args=(settings.uri, tmp_path / name))
        for name in names
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sorted(parent.info.run_name for parent in parents_of(settings)) == sorted(names)
    children = [run for run in runs_of(settings) if "mlflow.parentRunId" in run.data.tags]
    assert len(children) == 120
    assert all(child.data.metrics["is_pareto"] in (0.0, 1.0) for child in children)


def test_a_creation_that_was_cut_short_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database: Path
) -> None:
    database = tmp_path / "mlflow.db"
    settings = TrackingSettings("local", f"sqlite:///{database}")

    def interrupted(uri: str) -> None:
        Path(uri.removeprefix("sqlite:///")).write_bytes(empty_database.read_bytes()[:5000])
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "client_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_store(settings, 5.0)
    assert not database.exists()
    monkeypatch.undo()
    database.touch()
    synced(finished(tmp_path / "run", 2), settings)
    assert len(children_of(settings)) == 2


def test_names_of_networks_may_hold_anything(local: TrackingSettings, tmp_path: Path) -> None:
    synced(finished(tmp_path / "run", 2, workloads=("gpt2 (512)", "réseau/2")), local)
    _, child = children_of(local)
    assert {"edap.gpt2__512_", "edap.réseau_2"} < set(child.data.metrics)


def test_the_database_can_plan_its_sorting_afterwards(
    local: TrackingSettings, tmp_path: Path
) -> None:
    synced(finished(tmp_path / "run", 9), local)
    with sqlite3.connect(str(local.database)) as connection:
        planned = {row[0] for row in connection.execute("SELECT tbl FROM sqlite_stat1")}
    assert {"runs", "metrics", "latest_metrics", "params", "tags"} <= planned


def test_an_experiment_that_was_deleted_comes_back(local: TrackingSettings, tmp_path: Path) -> None:
    synced(finished(tmp_path / "first", 2), local)
    (parent,) = parents_of(local)
    client_of(local).delete_experiment(parent.info.experiment_id)
    synced(finished(tmp_path / "second", 2), local)
    assert "second" in {run.data.tags.get("run_key") for run in runs_of(local)}


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/report.html", "a/../../b"])
def test_files_outside_the_run_folder_are_not_sent(
    local: TrackingSettings, tmp_path: Path, name: str
) -> None:
    run = finished(tmp_path / "run", 1)
    run.end(artifacts=["report.html", name])
    with pytest.raises(InputError, match="artifacts must be files of the run folder, got"):
        sync(run.path, local)


def test_a_folder_that_says_nothing_of_mlflow_is_refused(
    local: TrackingSettings, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"with tracking\.json in it, got"):
        sync(tmp_path, local)
    (tmp_path / "tracking.json").write_text('{"key": 1}')
    with pytest.raises(InputError, match=r"tracking\.json: cannot be read: "):
        sync(tmp_path, local)
