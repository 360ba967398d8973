"""A result as files in the run folder and as text on the terminal."""

from __future__ import annotations

__all__ = [
    "facts_of",
    "layers_of",
    "show",
    "terminal_width",
    "where_report_is",
    "write_report",
    "write_result",
]

import json
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import yaml

from imctune.cli.sensitivity import write_sensitivity
from imctune.config.gather import Config
from imctune.report.facts import Network, RunFacts, constants
from imctune.report.result_page import result_page
from imctune.report.sensitivity import sensitivity_text
from imctune.report.summary import summary
from imctune.report.table import WIDTH
from imctune.report.tables import headline, result_text
from imctune.runfolder import RunFolder
from imctune.search import TuneResult
from imctune.sensitivity import Sensitivity
from imctune.simulator.detail import layer_rows
from imctune.simulator.simulate import Simulator

REPORT = "report.html"
SUMMARY = "summary.json"
SEARCHES = "searches.json"
NARROWEST, WIDEST = 80, 120


def facts_of(config: Config) -> RunFacts:
    """Return what was asked for, as reports tell it."""
    technology = config.plain["technology"]
    return RunFacts(
        study=config.study,
        technology=config.technology.name,
        assumptions=config.assumptions.name,
        seed=config.seed,
        sampler=config.search.sampler,
        n_trials=config.search.n_trials,
        baseline_trials=config.search.baseline_trials,
        population_size=config.search.population_size,
        objectives=config.objectives,
        networks=tuple(
            Network(workload.name, workload.parameters, workload.macs)
            for workload in config.workloads
        ),
        constants=constants(technology) if isinstance(technology, Mapping) else (),
        config_hash=config.fingerprint,
        settings=yaml.safe_dump(config.deciding, sort_keys=False, allow_unicode=True),
    )


def write_result(result: TuneResult, folder: RunFolder) -> None:
    """Write the designs of a run, what each search met of them, and the chosen one."""
    folder.write_designs(
        result.designs,
        result.metrics,
        result.scores,
        generation=result.generation,
        origin=result.origin,
        is_pareto=result.is_pareto,
    )
    searches = {
        name: {
            "rows": study.rows.tolist(),
            "generation": study.generation.tolist(),
            "n_trials": study.n_trials,
            "interrupted": study.interrupted,
        }
        for name, study in [("joint", result.joint), *result.singles.items()]
    }
    folder.write_text(SEARCHES, json.dumps(searches) + "\n")
    if result.best is not None:
        comment = (
            f"The best chip for {', '.join(result.workloads)}.\n"
            "Evaluate it again: python -m imctune task=evaluate design=THIS_FILE"
        )
        folder.write_best_design(result.designs, result.best, comment)


def layers_of(config: Config, result: TuneResult) -> dict[str, list[dict[str, object]]]:
    """Return every layer of every network on the joint choice; nothing where there is none."""
    if result.best is None:
        return {}
    simulator = Simulator(config.workloads, config.technology, config.assumptions, config.variation)
    return layer_rows(simulator, config.workloads, result.designs.take([result.best]))


def write_report(
    result: TuneResult,
    config: Config,
    facts: RunFacts,
    folder: RunFolder,
    seconds: Mapping[str, float],
    matters: Sensitivity | None,
) -> dict[str, object]:
    """Write summary, report and what matters; return the summary."""
    content = summary(result, facts, seconds)
    folder.write_summary(content)
    if matters is not None:
        write_sensitivity(matters, folder)
    made = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    layers = layers_of(config, result)
    page = result_page(result, facts, layers, matters, seconds=seconds, timestamp=made)
    folder.write_text(REPORT, page)
    return content


def show(
    result: TuneResult,
    facts: RunFacts,
    folder: RunFolder,
    verbosity: str,
    matters: Sensitivity | None,
) -> None:
    """Show the result on the terminal: a sentence, the main tables, or all of them."""
    where = where_report_is(folder)
    if verbosity == "quiet":
        sys.stdout.write(f"{headline(result, facts)}\n{where}\n")
        return
    parts = [result_text(result, facts, terminal_width(), everything=verbosity == "verbose")]
    if matters is not None:
        parts.append(sensitivity_text(matters, facts.objectives.score_name, terminal_width()))
    sys.stdout.write("\n" + "\n\n".join([*parts, where]) + "\n")


def terminal_width() -> int:
    """Return how wide tables may be: as the terminal, within limits; the usual width elsewhere."""
    if not sys.stdout.isatty():
        return WIDTH
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def where_report_is(folder: RunFolder) -> str:
    """Return the line that names the report, from the working directory where it is below that."""
    path, here = (folder.path / REPORT).resolve(), Path.cwd()
    return f"report: {path.relative_to(here) if path.is_relative_to(here) else path}"
