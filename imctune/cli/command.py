"""Hydra composes the config, a task does the work, errors become one line."""

from __future__ import annotations

__all__ = ["run_command"]

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from imctune.cli.refusals import FAULT, exit_code, in_one_line
from imctune.config.files import plain_values
from imctune.config.locations import CONF
from imctune.errors import InputError

INTERRUPTED = 130

OPEN = ("knobs.", "objectives.")
"""Settings whose keys Hydra cannot know beforehand; it wants ++ for new ones. Checked later."""


def run_command() -> int:
    """Run the command line in `sys.argv`; return its exit code."""
    # Hydra's parser wants all flags before the overrides; users write them anywhere.
    words = sorted(sys.argv[1:], key=is_override)
    words = [f"++{word}" if word.startswith(OPEN) else word for word in words]
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    codes: list[int] = []
    command = hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
    try:
        sys.argv[1:] = in_folder_resumed(words)
        check_flags(sys.argv[1:])
        with environment("HYDRA_FULL_ERROR", "1"):  # Hydra then raises errors: it prints tracebacks
            command(guarded(codes, wants_traceback))()
    except KeyboardInterrupt as stop:
        hint = f"; {stop}" if str(stop) else ""
        sys.stderr.write(f"imctune: interrupted{hint}\n")
        return INTERRUPTED
    except Exception as error:
        if wants_traceback:
            raise
        # A ValueError from here, outside any job, is Hydra's about its flags.
        return refuse(InputError(str(error)) if isinstance(error, ValueError) else error)
    return max(codes, default=0)


def is_override(word: str) -> bool:
    """Whether a word of the command line is a setting, no flag and no value of one.

    >>> [is_override(word) for word in ("--config-dir", "mine", "-m", "seed=1,2", "~design")]
    [False, False, False, True, True]
    """
    return not word.startswith("-") and ("=" in word or word.startswith("~"))


def check_flags(words: Sequence[str]) -> None:
    """Refuse flags that Hydra does not know on one line; its own parser prints all of them."""
    parser = get_args_parser()
    parser.error = refuse_flags  # type: ignore[method-assign]
    parser.parse_args(words)


def refuse_flags(message: str) -> NoReturn:
    """Refuse the command line for what argparse says of it."""
    raise InputError(
        f"{message}; settings are given without dashes (key=value), flags are Hydra's: --hydra-help"
    )


def in_folder_resumed(words: Sequence[str]) -> list[str]:
    """Have Hydra work in the folder that is resumed, rather than make one."""
    told: list[str] = []
    for word in words:
        path = word.removeprefix("resume=")
        if path in (word, "null"):
            told.append(word)
            continue
        path = path.strip("'\"")
        if not (Path(path) / "config.yaml").is_file():
            raise InputError(
                f"resume must be the folder of a run, with config.yaml in it, got {path!r}"
            )
        quoted = "'" + path.replace("'", "\\'") + "'"
        told += [f"resume={quoted}", f"hydra.run.dir={quoted}", "hydra.output_subdir=null"]
    return told


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def guarded(codes: list[int], wants_traceback: bool) -> Callable[[DictConfig], None]:
    """Return the job that Hydra runs: its errors are told and counted, so a sweep goes on."""
    parent = os.getpid()

    def job(composed: DictConfig) -> None:
        try:
            run(composed)
        except Exception as error:
            if wants_traceback or os.getpid() != parent:  # a launcher's worker cannot count here
                raise
            codes.append(refuse(error))

    return job


def run(composed: DictConfig) -> None:
    """Do the task of a composed config in the run folder that Hydra made."""
    from imctune.cli.evaluate import (  # noqa: PLC0415 -- quick refusals first
        settings_of_design,
        with_fetched_design,
    )
    from imctune.cli.resume import RESUMABLE, begun, resumed  # noqa: PLC0415
    from imctune.cli.sweep import merge_fronts, sweep_of  # noqa: PLC0415
    from imctune.cli.sync import settings_of_run  # noqa: PLC0415
    from imctune.cli.tasks import RUN  # noqa: PLC0415
    from imctune.config.gather import gather  # noqa: PLC0415
    from imctune.config.knob_overrides import with_new_defaults  # noqa: PLC0415

    hydra_config = HydraConfig.get()
    runtime, overrides = hydra_config.runtime, list(hydra_config.overrides.task)
    sources = [source for source in runtime.config_sources if source.schema == "file"]
    own_first = sorted(sources, key=lambda source: source.provider == "main")
    directories = [*(Path(source.path) for source in own_first), CONF]
    plain = with_new_defaults(plain_values(composed, "config"), overrides)
    choices = dict(runtime.choices)
    if plain.get("task") == "evaluate":
        plain = with_fetched_design(plain, Path(runtime.output_dir) / "fetched")
        plain, choices = settings_of_design(plain, choices, overrides)
    if plain.get("task") == "sync":
        plain = settings_of_run(plain, overrides)
    if plain.get("resume") is None:
        config = gather(plain, choices, directories)
    else:
        config = resumed(plain, overrides)
    path = Path(config.resume or runtime.output_dir)
    if config.task not in RESUMABLE:
        RUN[config.task](config, path)
        return
    with begun(config, path) as is_to_do:
        if is_to_do:
            RUN[config.task](config, path)
    if (sweep := sweep_of(path)) is not None:
        merge_fronts(sweep)


def refuse(error: Exception) -> int:
    """Tell an error on one line; a fault of the program leaves its traceback in the log."""
    line, code = in_one_line(error), exit_code(error)
    if code == FAULT:
        logging.getLogger(__name__).info("unexpected error", exc_info=error)
        line += " (traceback: in the run's imctune.log, or with HYDRA_FULL_ERROR=1)"
    sys.stderr.write(f"imctune: {line}\n")
    return code
