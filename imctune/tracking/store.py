"""Opening MLflow: quietly, without long waits, and safely beside other processes."""

from __future__ import annotations

__all__ = ["open_experiment", "open_store", "reason_of"]

import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from imctune.errors import InputError
from imctune.lock import sole_process
from imctune.tracking.batch import valid_name
from imctune.tracking.settings import SQLITE, TrackingSettings, without_password

if TYPE_CHECKING:
    from mlflow import MlflowClient

ARTIFACTS = "mlartifacts"
WAIT_S = 20.0
CREATION_WAIT_S = 120.0
CONNECTION_WAIT_S = 5
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # seven, four minutes in all, unless told otherwise
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # what goes wrong is told by imctune, in one line
}
"""Set before MLflow is imported, where the user did not."""

PATIENCE = "MLFLOW_HTTP_REQUEST_TIMEOUT"
USERS_PATIENCE = os.environ.get(PATIENCE)
"""Seconds for one answer of a server, where the user gave them: before those of `open_store`."""

SQLALCHEMY_PREFACE = "(raised as a result of"


def open_store(settings: TrackingSettings, patience_s: float) -> MlflowClient:
    """Return a client of a server or database; a database file is created where there is none."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if USERS_PATIENCE is None:
        os.environ[PATIENCE] = f"{patience_s:.0f}"
    uri, database = str(settings.address), settings.database
    if settings.mode == "server":
        return client_of(uri)
    if database is None:
        return client_of_postgresql(uri)
    database.parent.mkdir(parents=True, exist_ok=True)
    with sole_process(lock_of(settings), CREATION_WAIT_S):
        if not database.exists() or database.stat().st_size == 0:
            create_tables(database)
    refuse_unusable(database)
    return client_of(uri)


def client_of(uri: str) -> MlflowClient:
    """Return a client that is connected, to a database that has its tables."""
    from mlflow import MlflowClient  # noqa: PLC0415 -- two seconds, not for --help

    client = MlflowClient(tracking_uri=uri)
    client.search_experiments(max_results=1)  # a new client does nothing until it is asked
    return client


def client_of_postgresql(uri: str) -> MlflowClient:
    """Return a client of a PostgreSQL database, whose tables are created where there are none."""
    import sqlalchemy  # noqa: PLC0415 -- not for --help

    try:
        engine = sqlalchemy.create_engine(uri, connect_args={"connect_timeout": CONNECTION_WAIT_S})
        with engine.connect():  # MLflow would try for minutes
            engine.dispose()
    except ModuleNotFoundError as error:
        raise InputError(f"tracking.uri: {error}; install imctune[postgres]") from None
    with sole_process(lock_in_temp(uri), CREATION_WAIT_S):
        return client_of(uri)


def create_tables(database: Path) -> None:
    """Have MLflow create a database: in a file of its own, so that none is left half-made."""
    with tempfile.TemporaryDirectory(
        dir=database.parent, prefix=".mlflow-", ignore_cleanup_errors=True
    ) as folder:
        made, whole = Path(folder) / "made.db", Path(folder) / "whole.db"
        client_of(f"{SQLITE}{made.as_posix()}")
        shutil.copyfile(made, whole)  # MLflow keeps the first one open
        os.replace(whole, database)


def refuse_unusable(database: Path) -> None:
    """Raise at once what MLflow would try for minutes: a file that is no database, or read-only."""
    with closing(sqlite3.connect(database, timeout=WAIT_S, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {int(version)}")
        connection.execute("ROLLBACK")


def open_experiment(client: MlflowClient, name: str, settings: TrackingSettings) -> str:
    """Return the id of an experiment, created with its artifacts beside the database."""
    database = settings.database
    with sole_process(lock_of(settings), CREATION_WAIT_S):
        found = client.get_experiment_by_name(name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        if settings.mode == "server":
            return client.create_experiment(name)
        folder = Path("outputs").resolve() if database is None else database.parent
        location = folder / ARTIFACTS / valid_name(name)
        return client.create_experiment(name, artifact_location=location.as_uri())


def lock_of(settings: TrackingSettings) -> Path:
    """Return the file that keeps others out of what must not run twice at once."""
    database = settings.database
    if database is not None:
        return database.with_name(f"{database.name}.lock")
    return lock_in_temp(str(settings.address))


def lock_in_temp(uri: str) -> Path:
    """Return the lock of what is no file, for the processes of this machine."""
    digest = hashlib.sha256(without_password(uri).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"imctune-{digest}.lock"


def reason_of(error: Exception) -> str:
    """Return what went wrong in one line: the first of the error's that says it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(SQLALCHEMY_PREFACE)]
    return next(iter(told), type(error).__name__)
