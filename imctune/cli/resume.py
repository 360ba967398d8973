"""resume=PATH: a run goes on from its last complete generation.

Searches are deterministic, so a run starts anew with its own settings, and what it had evaluated is
answered from its folder; what it does after that is what it would have done.
"""

from __future__ import annotations

__all__ = ["RESUMABLE", "begun", "resumed"]

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from imctune.config.files import read_mapping
from imctune.config.gather import Config, gather
from imctune.errors import InputError
from imctune.report.facts import versions
from imctune.runfolder import RunFolder, RunState, in_use, read_state

RESUMABLE = ("tune", "exhaustive", "compare", "paper_tables")
"""Tasks that a folder is kept for."""

HARMLESS = ("tracking", "verbosity", "processes")
"""Settings that do not change what is evaluated."""

logger = logging.getLogger(__name__)


def resumed(plain: Mapping[str, object], overrides: Sequence[str]) -> Config:
    """Return the settings of the run that is resumed.

    Parameters
    ----------
    plain : mapping
        Composed settings.
    overrides : sequence of str
        What the user overrode, as ``key=value``.
    """
    path = Path(str(plain["resume"]))
    told = {override.lstrip("+~").partition("=")[0]: override for override in overrides}
    for key, override in told.items():
        if key.partition(".")[0] not in (*HARMLESS, "resume"):
            raise InputError(
                f"resume: a run goes on with its own settings; only {', '.join(HARMLESS)} may be "
                f"overridden, got {override}"
            )
    settings, state = read_mapping(path / "config.yaml"), read_state(path)
    if settings.get("task") not in RESUMABLE or state is None:
        tasks = " or ".join(RESUMABLE)
        raise InputError(f"resume must be the folder of a run of task {tasks}, got {str(path)!r}")
    choices = settings.pop("choices", {})
    for name in {key.partition(".")[0] for key in told} & set(HARMLESS):
        settings[name] = merged(settings.get(name), plain[name], name, told)
    settings["resume"] = str(path)
    config = gather(
        settings,
        choices if isinstance(choices, Mapping) else {},
        [Path(directory) for directory in state.directories],
    )
    if config.fingerprint != state.config_hash:
        raise InputError(
            f"resume: {path / 'config.yaml'} is not what the run began with: its hash is "
            f"{config.fingerprint}, must be {state.config_hash}"
        )
    return config


def merged(own: object, composed: object, name: str, told: Mapping[str, str]) -> object:
    """Return a group of settings as told: chosen anew, or single settings of the run's own."""
    if name in told or not isinstance(own, Mapping) or not isinstance(composed, Mapping):
        return composed
    keys = {key.partition(".")[2] for key in told if key.startswith(f"{name}.")}
    return {**own, **{key: composed[key] for key in keys}}


@contextmanager
def begun(config: Config, path: Path) -> Iterator[bool]:
    """Keep a run's settings and state in its folder; give whether there is work to do."""
    folder = RunFolder(path)
    with in_use(path):
        state = read_state(path)
        if config.resume is None:
            if folder.has_log and state is not None and state.status != "finished":
                raise InputError(
                    f"run folder {path}: holds a run that is not finished: continue it with "
                    f"resume={folder.as_typed()}, or give another folder as hydra.run.dir"
                )
            directories = [str(directory) for directory in config.directories]
            state = RunState("running", config.fingerprint, directories, versions())
            folder.write_config(config.plain)
        elif state is None or state.status == "finished":
            sys.stdout.write(f"run folder {path}: the run is finished, nothing is left to do\n")
            yield False
            return
        else:
            tell_changes(state.versions)
        folder.write_state(replace(state, status="running"))
        try:
            yield True
        except KeyboardInterrupt:
            tell_state(folder, replace(state, status="interrupted"))
            raise KeyboardInterrupt(
                f"go on with: python -m imctune resume={folder.as_typed()}"
            ) from None
        except BaseException:
            tell_state(folder, replace(state, status="failed"))
            raise
        folder.write_state(replace(state, status="finished"))


def tell_changes(before: Mapping[str, str]) -> None:
    """Tell which packages have another version than when the run began."""
    changed = [
        f"{name} {before[name]} -> {now}"
        for name, now in versions().items()
        if name in before and before[name] != now
    ]
    if changed:
        logger.warning("versions changed since the run began: %s", ", ".join(changed))


def tell_state(folder: RunFolder, state: RunState) -> None:
    """Write how a run ended that did not end well, where that is possible."""
    with suppress(InputError):  # a full disk: what was wrong is told already
        folder.write_state(state)
