"""Where designs are recorded."""

from __future__ import annotations

__all__ = ["MODES", "TrackingSettings", "without_password"]

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imctune.errors import InputError

SQLITE = "sqlite:///"
MODES = ("local", "server", "database", "off")
SCHEMES = {
    "local": (SQLITE,),
    "server": ("http://", "https://"),
    "database": ("postgresql://", "postgresql+psycopg2://", SQLITE),
}
"""How the URI of each mode may begin."""

EXAMPLES = {
    "local": f"{SQLITE}outputs/mlflow.db",
    "server": "http://127.0.0.1:5000",
    "database": "postgresql://user@host/database",
}


@dataclass(frozen=True)
class TrackingSettings:
    """Where designs are recorded.

    Attributes
    ----------
    mode : {"local", "server", "database", "off"}
        A database file on this machine; an MLflow server; a PostgreSQL or sqlite database of the
        user's; nowhere.
    uri : str or None
        ``sqlite:///`` and the path of a file, absolute or from the working directory;
        ``http://host:port``; ``postgresql://user@host/database``.
    n_best : int
        Designs with the best scores that a server gets as runs, beside the Pareto front: a server
        takes a tenth of a second per run. Databases get all designs.
    wait_s : float
        Longest time that a finished search waits for MLflow. [s]
    """

    mode: Literal["local", "server", "database", "off"] = "off"
    uri: str | None = None
    n_best: int = 20
    wait_s: float = 120.0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(f"tracking.mode must be one of {', '.join(MODES)}, got {self.mode!r}")
        if self.mode != "off" and not self._is_allowed():
            kinds = " or ".join(SCHEMES[self.mode])
            what = " and the path of a file" if self.mode == "local" else " ..."
            raise InputError(
                f"tracking.uri must be {kinds}{what}, as in {EXAMPLES[self.mode]}, got {self.uri!r}"
            )
        if self.n_best < 0:
            raise InputError(f"tracking.n_best must be 0 or more, got {self.n_best}")
        if not self.wait_s >= 0.0:
            raise InputError(f"tracking.wait_s must be 0 or more, got {self.wait_s}")

    def _is_allowed(self) -> bool:
        uri = self.uri or ""
        scheme = next((start for start in SCHEMES[self.mode] if uri.startswith(start)), None)
        if scheme is None:
            return False
        rest = uri.removeprefix(scheme)
        if scheme != SQLITE:
            return rest.strip("/") != ""
        return not (rest == "" or rest.startswith(":") or "?" in rest or rest.endswith("/"))

    @property
    def address(self) -> str | None:
        """The URI as MLflow takes it, a file with its absolute path; none where nothing is kept."""
        if self.mode == "off" or self.uri is None:
            return None
        if self.database is not None:
            return f"{SQLITE}{self.database.as_posix()}"
        # Which driver is meant otherwise depends on SQLAlchemy's version.
        return re.sub("^postgresql://", "postgresql+psycopg2://", self.uri)

    @property
    def database(self) -> Path | None:
        """The database file, as an absolute path; none where there is no such file."""
        if self.mode == "off" or self.uri is None or not self.uri.startswith(SQLITE):
            return None
        # MLflow reads a relative path anew in each process: a later chdir would start a new file.
        return Path(self.uri.removeprefix(SQLITE)).expanduser().resolve()


def without_password(uri: str) -> str:
    """Return a URI as it may be shown and stored.

    >>> without_password("postgresql://me:secret@host:5432/mlflow")
    'postgresql://me@host:5432/mlflow'
    """
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1@", uri)
