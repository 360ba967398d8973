"""task=tune: search jointly, compare with the baselines, choose, record, report."""

from __future__ import annotations

__all__ = ["run_tune"]

import time
from contextlib import suppress
from pathlib import Path

from imctune.cli.recording import Recording
from imctune.cli.reference import run_reference, show_against
from imctune.cli.results import facts_of, show, write_report, write_result
from imctune.cli.sensitivity import sensitivity_of
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.runfolder import RunFolder
from imctune.search import tune


def run_tune(config: Config, path: Path) -> None:
    """Do the main job: every design goes to the run folder and to MLflow as it is evaluated.

    An interrupted search (Ctrl-C) is recorded and reported as far as it came; then the interrupt
    goes on.
    """
    started = time.perf_counter()
    folder, facts = RunFolder(path), facts_of(config)
    reference = run_reference(config, path)
    recording = Recording(config, facts, folder)
    try:
        result = tune(
            config.workloads,
            config.technology,
            config.knobs,
            assumptions=config.assumptions,
            variation=config.variation,
            objectives=config.objectives,
            settings=config.search,
            seed=config.seed,
            on_generation=recording.keep,
            show_progress=config.verbosity != "quiet",
            known=folder.earlier(),
        )
        searched = time.perf_counter()
        write_result(result, folder)
        seconds = {"search": searched - started, "total": time.perf_counter() - started}
        matters = sensitivity_of(result, config)
        summary = write_report(result, config, facts, folder, seconds, matters)
        show(result, facts, folder, config.verbosity, matters)
        if reference is not None:
            show_against(result, reference, config, path)
        recording.finish(result, summary)
    except BaseException as error:
        recording.close("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        with suppress(InputError):  # nothing was evaluated, or all of it is stored already
            folder.write_appended()
        raise
    if result.interrupted:
        raise KeyboardInterrupt
