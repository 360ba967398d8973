"""task=paper_tables: the paper's comparisons on this model, case by case."""

from __future__ import annotations

__all__ = ["run_paper_tables"]

import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from datetime import datetime
from pathlib import Path
from typing import Any

from imctune.cli.recording import Recording
from imctune.cli.results import REPORT, terminal_width, where_report_is
from imctune.config.cases import load_case
from imctune.config.files import read_json
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.report.facts import versions
from imctune.report.paper_page import paper_metrics, paper_page, paper_text
from imctune.report.paper_tables import paper_tables
from imctune.runfolder import RunFolder
from imctune.search.paper_tables import Case, run_case
from imctune.search.processes import worker_pool
from imctune.tracking import ChildRun

CASE = "case-{}.json"
MARKDOWN = "paper_tables.md"


def run_paper_tables(config: Config, path: Path) -> None:
    """Run every case of `config.cases` that the folder lacks; tabulate, record and show all."""
    started = time.perf_counter()
    if not config.cases:
        raise InputError(
            "cases must name at least one case for task=paper_tables, got null; "
            "+experiment=paper_tables names those of the paper"
        )
    folder = RunFolder(path)
    cases = [load_case(name, config.directories) for name in config.cases]
    missing = [case for case in cases if not (path / CASE.format(case.name)).is_file()]
    for name, plain in results(missing, config):
        folder.write_text(CASE.format(name), json.dumps(plain) + "\n")
        if config.verbosity != "quiet":
            n_done = sum((path / CASE.format(case.name)).is_file() for case in cases)
            sys.stderr.write(f"imctune: case {name} done, {n_done} of {len(cases)}\n")
    found = [read_json(path / CASE.format(case.name)) for case in cases]
    write_tables(found, config, folder, time.perf_counter() - started)
    record(found, config, folder)
    text = "" if config.verbosity == "quiet" else f"\n{paper_text(found, terminal_width())}\n\n"
    sys.stdout.write(f"{text}{where_report_is(folder)}\n")


def results(cases: Sequence[Case], config: Config) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield name and result of each case when it is done."""
    arguments = (config.objectives, config.search, config.seed)
    n_processes = min(config.processes, len(cases))
    if n_processes < 2:
        for case in cases:
            yield case.name, run_case(case, *arguments).as_plain()
        return
    # Every search of a tight space would warn of it again.
    with worker_pool(n_processes, logging.disable, logging.WARNING) as pool:
        jobs = {pool.submit(run_case, case, *arguments): case.name for case in cases}
        for job in as_completed(jobs):
            yield jobs[job], job.result().as_plain()


def write_tables(
    cases: Sequence[Mapping[str, Any]], config: Config, folder: RunFolder, seconds: float
) -> None:
    """Write every table as CSV, all as Markdown and as a page, and the summary."""
    tables = paper_tables(cases)
    for name, table in tables.items():
        folder.write_text(f"{name}.csv", table.as_csv())
    parts = [
        "\n\n".join([f"## {table.title}", table.as_markdown(), *table.notes])
        for table in tables.values()
    ]
    folder.write_text(MARKDOWN, "\n\n".join(parts) + "\n")
    made = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    subtitle = f"arXiv 2603.03880's comparisons on this model; seed {config.seed}; {made}"
    folder.write_text(REPORT, paper_page(cases, "The paper's comparisons", subtitle))
    folder.write_summary(
        {
            "study": config.study,
            "cases": list(config.cases),
            "metrics": paper_metrics(cases),
            "n_designs": {case["name"]: case["n_designs"] for case in cases},
            "seconds": {"total": seconds},
            "seed": config.seed,
            "config_hash": config.fingerprint,
            "versions": versions(),
        }
    )


def record(cases: Sequence[Mapping[str, Any]], config: Config, folder: RunFolder) -> None:
    """Record the tables in MLflow."""
    tables = paper_tables(cases)
    params: Mapping[str, object] = {
        "cases": ", ".join(config.cases),
        "n_trials": config.search.n_trials,
        "baseline_trials": config.search.baseline_trials,
        # Each case has its own; those of the config play no part.
        **{name: listed(cases, name) for name in ("technology", "assumptions")},
        "workloads": ", ".join(dict.fromkeys(x for case in cases for x in case["workloads"])),
    }
    children = [
        ChildRun(
            case["name"],
            {name: case[name] for name in ("technology", "assumptions")},
            paper_metrics([case]),
        )
        for case in cases
    ]
    files = [*(f"{name}.csv" for name in tables), MARKDOWN, REPORT, "summary.json", "config.yaml"]
    recording = Recording(config, folder, params, files)
    recording.finish("FINISHED", tables["overview"].as_markdown(), paper_metrics(cases), children)


def listed(cases: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return what the cases have of a setting, each once."""
    return ", ".join(dict.fromkeys(str(case[name]) for case in cases))
