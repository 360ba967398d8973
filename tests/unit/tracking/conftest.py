"""Places to record in: files, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from imctune.tracking import TrackingSettings
from imctune.tracking.store import open_store

POSTGRES_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow takes seconds to create its tables: once is enough."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    open_store(TrackingSettings("local", f"sqlite:///{path}"), 5.0)
    return path


@pytest.fixture
def local(tmp_path: Path, empty_database: Path) -> TrackingSettings:
    path = tmp_path / "out puts" / "mlflow.db"
    path.parent.mkdir()
    shutil.copy(empty_database, path)
    return TrackingSettings("local", f"sqlite:///{path}")


@pytest.fixture(scope="session")
def postgres_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a running PostgreSQL server's socket, which lets everybody in."""
    if not POSTGRES_FOLDERS:
        pytest.skip("PostgreSQL's server is not installed")
    binaries = POSTGRES_FOLDERS[0]
    folder = Path("/tmp") / f"imctune-postgres-{os.getpid()}"  # noqa: S108 -- sockets want short paths
    folder.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL does not run as root, and there is no runuser")
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    control = [*as_user, str(binaries / "pg_ctl"), "-D", f"{folder}/data", "-w"]
    try:
        init = [str(binaries / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "mlflow"]
        run_quietly([*as_user, *init, "--no-sync"], folder)
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run_quietly([*control, "-l", f"{folder}/log", "-o", options, "start"], folder)
        yield folder
        run_quietly([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_quietly(command: list[str], folder: Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)


@pytest.fixture
def postgres(
    postgres_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> TrackingSettings:
    """Return a new PostgreSQL database."""
    import sqlalchemy  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)  # where its artifacts go
    server = f"postgresql+psycopg2://mlflow@/postgres?host={postgres_folder}"
    name = f"test_{abs(hash(tmp_path))}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return TrackingSettings("database", f"postgresql://mlflow@/{name}?host={postgres_folder}")
