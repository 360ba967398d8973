"""Where designs are recorded."""

from __future__ import annotations

__all__ = ["TrackingSettings"]

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imctune.errors import InputError

SQLITE = "sqlite:///"


@dataclass(frozen=True)
class TrackingSettings:
    """Where designs are recorded.

    Attributes
    ----------
    mode : {"local", "off"}
        A database file on this machine, or none.
    uri : str or None
        ``sqlite:///`` and the path of the file, absolute or from the working directory.
    """

    mode: Literal["local", "off"] = "off"
    uri: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("local", "off"):
            raise InputError(f"tracking.mode must be one of local, off, got {self.mode!r}")
        if self.mode == "local" and not self._names_a_file():
            raise InputError(
                f"tracking.uri must be {SQLITE} and the path of a file, as in "
                f"{SQLITE}outputs/mlflow.db, got {self.uri!r}"
            )

    def _names_a_file(self) -> bool:
        path = (self.uri or "").removeprefix(SQLITE)
        in_memory = path.startswith(":") or "?" in path
        return path not in ("", self.uri) and not in_memory and not path.endswith("/")

    @property
    def database(self) -> Path | None:
        """The database file, as an absolute path; none when nothing is recorded."""
        if self.mode == "off" or self.uri is None:
            return None
        # MLflow reads a relative path anew in each process: a later chdir would start a new file.
        return Path(self.uri.removeprefix(SQLITE)).expanduser().resolve()
