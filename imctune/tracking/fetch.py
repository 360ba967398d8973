"""Files of a run, back from MLflow."""

from __future__ import annotations

__all__ = ["RUNS", "fetch_design"]

from pathlib import Path

from imctune.errors import InputError
from imctune.tracking.settings import TrackingSettings, without_password
from imctune.tracking.store import open_store, reason_of

RUNS = "runs:/"
BEST = "best_design.yaml"
CONFIG = "config.yaml"
PATIENCE_S = 60.0


def fetch_design(place: str, settings: TrackingSettings, folder: Path) -> Path:
    """Copy a design file of a run in MLflow, and the settings beside it, into a folder.

    Parameters
    ----------
    place : str
        ``runs:/ID/best_design.yaml``, or just ``runs:/ID``.
    settings : TrackingSettings
        Where MLflow is.
    folder : Path
        Created where there is none.

    Returns
    -------
    Path
        The design file.
    """
    run_id, _, name = place.removeprefix(RUNS).partition("/")
    name = name or BEST
    if not run_id or ".." in Path(name).parts:
        raise InputError(f"design must be {RUNS}ID/{BEST} or a file, got {place!r}")
    if settings.mode == "off":
        raise InputError(f"design {place}: tracking must not be off, or there is no MLflow to ask")
    try:
        client = open_store(settings, PATIENCE_S)
        there = {file.path for file in client.list_artifacts(run_id, parent_of(name))}
        beside = str(Path(name).with_name(CONFIG))
        for file in (name, beside) if name in there else ():
            if file in there:
                folder.mkdir(parents=True, exist_ok=True)
                client.download_artifacts(run_id, file, str(folder))
    except Exception as error:
        where = without_password(str(settings.uri))
        raise InputError(
            f"design {place}: cannot be read from {where}: {reason_of(error)}"
        ) from None
    if name not in there:
        raise InputError(
            f"design {place}: the run has no such file; it has {', '.join(sorted(there)) or 'none'}"
        )
    return folder / name


def parent_of(name: str) -> str | None:
    """Return the folder of an artifact; none for the run's own."""
    return None if Path(name).parent == Path() else Path(name).parent.as_posix()
