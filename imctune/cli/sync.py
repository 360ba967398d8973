"""task=sync: bring a run that MLflow has not got, or not all of, into it."""

from __future__ import annotations

__all__ = ["run_sync", "settings_of_run"]

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from imctune.cli.resume import merged
from imctune.config.files import read_mapping
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.runfolder import in_use
from imctune.tracking import reason_of, sync, without_password


def run_sync(config: Config, _: Path) -> None:
    """Record the run in `config.run`, or those of a sweep; what MLflow has already stays."""
    if config.tracking.mode == "off":
        raise InputError(
            "tracking.mode must be one of local, server, database for task=sync, got 'off'"
        )
    where = without_password(str(config.tracking.uri))
    for folder in folders_of(config.run):
        with in_use(folder):
            try:
                run_id, n_designs = sync(folder, config.tracking)
            except InputError:
                raise
            except Exception as error:
                raise InputError(
                    f"run {folder}: cannot be recorded in {where}: {reason_of(error)}"
                ) from None
        sys.stdout.write(f"{folder}: {n_designs} designs in {where}, run {run_id}\n")


def folders_of(run: str | None) -> list[Path]:
    """Return a run folder, or the run folders of a sweep."""
    path = Path(run or "")
    if run is not None and not (path / "tracking.json").is_file():
        below = sorted(file.parent for file in path.glob("*/tracking.json"))
        if below:
            return below
    if run is None or not (path / "tracking.json").is_file():
        raise InputError(
            f"run must be the folder of a run for task=sync, with tracking.json in it, got {run!r}"
        )
    return [path]


def settings_of_run(plain: Mapping[str, object], overrides: Sequence[str]) -> dict[str, object]:
    """Take what the command line leaves open of tracking from the run that is brought in."""
    beside = Path(str(plain.get("run"))) / "config.yaml"
    if plain.get("run") is None or not beside.is_file():
        return dict(plain)
    keys = {override.lstrip("+~").partition("=")[0]: override for override in overrides}
    own = read_mapping(beside).get("tracking")
    return {**plain, "tracking": merged(own, plain.get("tracking"), "tracking", keys)}
