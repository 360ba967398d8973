"""MLflow may be down, slow, full or gone: the search goes on, and task=sync makes it good."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from imctune.tracking import TrackingSettings, Writer, sync
from imctune.tracking.settings import SQLITE
from tests.unit.tracking.runs import (
    MadeUpRun,
    begun,
    children_of,
    client_of,
    expected_metrics,
    finished,
    parents_of,
)
from tests.unit.tracking.servers import (
    Server,
    file_system,
    free_port,
    make_read_only,
    make_writable,
    slow_server,
)

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # of MLflow

TOLD = "recording in MLflow failed ("


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "server", empty_database)
    yield server
    server.kill()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what imctune said: libraries have their say in the log, too."""
    return [r.getMessage() for r in caplog.records if r.name.startswith("imctune")]


def at_server(uri: str, wait_s: float = 300.0) -> TrackingSettings:
    return TrackingSettings("server", uri, n_best=3, wait_s=wait_s)


def write_parquet(run: MadeUpRun) -> None:
    """End a run as the search does: its designs in one file."""
    from imctune.runfolder import RunFolder  # noqa: PLC0415

    RunFolder(run.path).write_appended()
    run.end(artifacts=["designs.parquet"])


def assert_all_at_server(run: MadeUpRun, settings: TrackingSettings, study: str) -> None:
    """The front and the best designs are runs, once each; all designs are in a file."""
    best = np.argsort(run.scores.score, kind="stable")[:3]
    wanted = sorted({*np.flatnonzero(run.is_pareto).tolist(), *best.tolist()})
    (parent,) = parents_of(settings, study)
    assert parent.info.status == "FINISHED"
    children = sorted(
        children_of(settings, study=study), key=lambda child: child.info.run_name[-4:]
    )
    assert [int(child.info.run_name[-4:]) for child in children] == wanted
    for row, child in zip(wanted, children, strict=True):
        own = {"generation": float(row // 10), "is_pareto": float(run.is_pareto[row])}
        assert child.data.metrics == {**expected_metrics(run, row), **own}
        assert child.info.status == "FINISHED"
    kept = client_of(settings).download_artifacts(
        parent.info.run_id, "designs.parquet", str(run.path.parent)
    )
    assert pyarrow.parquet.read_table(kept).num_rows == len(run.designs)


def test_a_server_that_is_killed_and_comes_back_misses_nothing(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study = "killed"
    run = begun(tmp_path / study, 30, {"study": study})
    run.append(list(range(10)))
    writer = Writer(run.path, at_server(server.uri))
    wait_for(lambda: len(parents_of(at_server(server.uri), study)) == 1)
    server.kill()
    run.append(list(range(10, 20)), 1)
    run.append(list(range(20, 30)), 2)
    write_parquet(run)
    assert not writer.finish()
    assert [message.startswith(TOLD) for message in told(caplog)] == [True]
    assert "\n" not in told(caplog)[0]
    server.start()
    counts = [sync(run.path, at_server(server.uri))[1] for _ in range(2)]
    assert_all_at_server(run, at_server(server.uri), study)
    assert counts == [len(children_of(at_server(server.uri), study=study))] * 2


def test_a_server_that_comes_back_in_time_is_told_all(server: Server, tmp_path: Path) -> None:
    study = "back"
    run = finished(tmp_path / study, 20, {"study": study})
    write_parquet(run)
    server.kill()
    writer = Writer(run.path, at_server(server.uri))
    server.start()
    assert writer.finish()
    assert_all_at_server(run, at_server(server.uri), study)


def test_a_server_that_does_not_answer_holds_nothing_up(server: Server, tmp_path: Path) -> None:
    study = "slow"
    with slow_server(3600.0) as uri:
        run = begun(tmp_path / study, 20, {"study": study})
        writer = Writer(run.path, at_server(uri, wait_s=1.0))
        for generation in range(2):
            run.append(list(range(10 * generation, 10 * generation + 10)), generation)
        write_parquet(run)
        assert not writer.finish()
    sync(run.path, at_server(server.uri))
    assert_all_at_server(run, at_server(server.uri), study)


@pytest.mark.long
def test_a_server_that_answers_after_30_s_gets_all_in_the_end(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study = "very_slow"
    with slow_server(30.0, behind=server.uri) as uri:
        run = finished(tmp_path / study, 20, {"study": study})
        write_parquet(run)
        assert not Writer(run.path, at_server(uri)).finish()
        assert [message.startswith(TOLD) for message in told(caplog)] == [True]
        sync(run.path, at_server(uri))
    assert_all_at_server(run, at_server(server.uri), study)


def test_a_server_that_is_not_there_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = finished(tmp_path / "run", 10)
    writer = Writer(run.path, at_server(f"http://127.0.0.1:{free_port()}"))
    wait_for(lambda: len(told(caplog)) > 0)
    assert not writer.finish()
    assert len(told(caplog)) == 1
    assert told(caplog)[0].startswith(TOLD)


def test_a_database_that_is_none_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = tmp_path / "mlflow.db"
    database.write_bytes(b"not a database, but a text that is long enough" * 9)
    run = finished(tmp_path / "run", 10)
    settings = TrackingSettings("local", f"{SQLITE}{database}", wait_s=300.0)
    assert not Writer(run.path, settings).finish()
    assert len(told(caplog)) == 1
    assert told(caplog)[0].startswith(f"{TOLD}file is not a database)")


@pytest.mark.parametrize("fault", ["read-only", "full"])
def test_a_disk_that_takes_no_more_is_told_once_and_made_good(
    tmp_path: Path, empty_database: Path, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    n_kib = 300 + empty_database.stat().st_size // 1024
    with file_system(tmp_path / "disk", n_kib) as disk:
        shutil.copy(empty_database, disk / "mlflow.db")
        settings = TrackingSettings("local", f"{SQLITE}{disk}/mlflow.db", wait_s=300.0)
        run = begun(tmp_path / "run", 400)
        run.append(list(range(10)))
        assert Writer(run.path, settings).finish()
        if fault == "read-only":
            make_read_only(disk)
        for generation in range(1, 40):
            rows = list(range(10 * generation, 10 * generation + 10))
            run.append(rows, generation)
        run.end()
        assert not Writer(run.path, settings).finish()
        assert len(told(caplog)) == 1
        assert told(caplog)[0].startswith(TOLD)
        wanted = {"read-only": "readonly", "full": "disk is full"}
        assert wanted[fault] in told(caplog)[0] or "unable to open" in told(caplog)[0]
        make_writable(disk, 100 * n_kib)
        for _ in range(2):
            sync(run.path, settings)
        assert len({child.info.run_name for child in children_of(settings)}) == 400
        assert len(children_of(settings)) == 400


def test_a_search_that_is_gone_leaves_a_process_that_ends_by_itself(
    local: TrackingSettings, tmp_path: Path
) -> None:
    run = begun(tmp_path / "run", 10)
    run.append(list(range(10)))
    writer = Writer(run.path, local)
    process: Any = writer._process
    process.stdin.close()  # as the system does for a search that was killed
    assert process.wait(300.0) == 0
    (parent,) = parents_of(local)
    assert parent.info.status == "KILLED"
    assert len(children_of(local)) == 10


def wait_for(has_happened: Any, most_s: float = 300.0) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + most_s
    while not has_happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)
