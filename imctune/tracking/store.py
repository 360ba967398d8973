"""Opening MLflow's database: quietly, and safely beside other processes that do the same."""

from __future__ import annotations

__all__ = ["database_uri", "open_experiment", "open_store"]

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imctune.tracking.batch import valid_name

if TYPE_CHECKING:
    from mlflow import MlflowClient

ARTIFACTS = "mlartifacts"
WAIT_S = 20.0
CREATION_WAIT_S = 120.0
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # seven, four minutes in all, unless told otherwise
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # what goes wrong is told by the recorder, in one line
}
"""Set before MLflow is imported, where the user did not."""


def database_uri(database: Path) -> str:
    """Return the URI of a database file."""
    return f"sqlite:///{database.as_posix()}"


def open_store(database: Path) -> MlflowClient:
    """Return a client of a database, which is created where there is none."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    database.parent.mkdir(parents=True, exist_ok=True)
    with sole_process(database):
        if not database.exists() or database.stat().st_size == 0:
            create_tables(database)
    refuse_unusable(database)
    return client_of(database)


def client_of(database: Path) -> MlflowClient:
    """Return a client whose database is open and has its tables."""
    from mlflow import MlflowClient  # noqa: PLC0415 -- two seconds, not for --help

    client = MlflowClient(tracking_uri=database_uri(database))
    client.search_experiments(max_results=1)  # a new client does nothing until it is asked
    return client


def create_tables(database: Path) -> None:
    """Have MLflow create a database: in a file of its own, so that none is left half-made."""
    with tempfile.TemporaryDirectory(
        dir=database.parent, prefix=".mlflow-", ignore_cleanup_errors=True
    ) as folder:
        made, whole = Path(folder) / "made.db", Path(folder) / "whole.db"
        client_of(made)
        shutil.copyfile(made, whole)  # MLflow keeps the first one open
        os.replace(whole, database)


def refuse_unusable(database: Path) -> None:
    """Raise at once what MLflow would try for minutes: a file that is no database, or read-only."""
    with closing(sqlite3.connect(database, timeout=WAIT_S, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def open_experiment(client: MlflowClient, name: str, database: Path) -> str:
    """Return the id of an experiment, created with its artifacts beside the database."""
    with sole_process(database):
        found = client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = database.parent / ARTIFACTS / valid_name(name)
        return client.create_experiment(name, artifact_location=location.as_uri())


@contextmanager
def sole_process(database: Path) -> Iterator[None]:
    """Keep other processes out of what must not run twice at once: creating the database.

    The lock is that of an empty sqlite file beside it: alike on every system, and gone with the
    process that holds it.
    """
    lock = database.with_name(f"{database.name}.lock")
    with closing(
        sqlite3.connect(lock, timeout=CREATION_WAIT_S, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
