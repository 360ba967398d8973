"""task=report runs=[A,B]: several runs on one page and in one table."""

from __future__ import annotations

__all__ = ["run_report_or_runs"]

import sys
from datetime import datetime
from pathlib import Path

from imctune.cli.report import run_report, stored_run
from imctune.cli.results import REPORT, facts_of, terminal_width, where_report_is
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.report.runs import Run, comparison_sentence, run_names, runs_tables, runs_text
from imctune.report.runs_page import runs_page
from imctune.runfolder import RunFolder
from imctune.search import TuneResult


def run_report_or_runs(config: Config, path: Path) -> None:
    """Report one run in its own folder, or compare several in the folder of this task."""
    if not config.runs:
        run_report(config, path)
        return
    if config.run_folder is not None:
        raise InputError("task=report takes run_folder or runs, got both")
    runs = stored_runs(config)
    folder = RunFolder(path)
    folder.write_config(config.plain)
    for name, table in runs_tables(runs).items():
        folder.write_text(f"{name}.csv", table.as_csv())
    made = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    folder.write_text(REPORT, runs_page(runs, made))
    quiet = config.verbosity == "quiet"
    text = comparison_sentence(runs) if quiet else runs_text(runs, terminal_width())
    sys.stdout.write(f"{text}\n{where_report_is(folder)}\n")


def stored_runs(config: Config) -> list[Run]:
    """Return the runs of `config.runs`, each with a name that tells it from the others."""
    folders = config.runs
    if len(set(map(str, folders))) < max(2, len(folders)):
        raise InputError(f"runs must be two or more different run folders, got {list(folders)}")
    stored = [stored_run(Path(folder), config, "runs") for folder in folders]
    names = run_names([main_choices(own) for own, _ in stored], folders)
    return [
        Run(name, result, facts_of(own), chosen_of(result, folder), own.deciding)
        for name, folder, (own, result) in zip(names, folders, stored, strict=True)
    ]


def main_choices(config: Config) -> dict[str, object]:
    """Return the settings that runs are told apart by, the most telling first."""
    choices = config.plain["choices"]
    knobs = choices.get("knobs") if isinstance(choices, dict) else None
    technology = config.technology.name
    return {
        "technology": technology,
        "assumptions": config.assumptions.name,
        **({} if knobs in (technology, None) else {"knobs": knobs}),
        "aggregation": config.objectives.aggregation,
        "sampler": config.search.sampler,
        "seed": config.seed,
        "study": config.study,
    }


def chosen_of(result: TuneResult, folder: str) -> int:
    """Return the row of the joint choice; refuse a run without one."""
    if result.best is None:
        raise InputError(f"runs: {folder} has no feasible design to compare")
    return result.best
