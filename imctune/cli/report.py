"""task=report: tables and plots again, from a run folder."""

from __future__ import annotations

__all__ = ["run_report", "stored_run"]

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from imctune.cli.results import REPORT, SEARCHES, SUMMARY, facts_of, layers_of, show, write_report
from imctune.cli.sensitivity import sensitivity_of
from imctune.config.files import read_json, read_mapping
from imctune.config.gather import Config, gather
from imctune.errors import InputError
from imctune.objectives import Metrics, aggregate
from imctune.pareto import nondominated
from imctune.report.for_paper import paper_figures
from imctune.runfolder import RunFolder, StoredDesigns, read_designs
from imctune.search import Study, TuneResult
from imctune.search.baselines import best_for_each, lowest, winners
from imctune.search.goals import Goal, joint_goal, single_goal
from imctune.simulator.simulate import Simulator

FIGURES = "figures"
SEARCH = "tune"
SAME = 1e-9
"""Relative difference of EDAP up to which a stored result counts as the same."""

logger = logging.getLogger(__name__)


def run_report(config: Config, path: Path) -> None:
    """Rewrite report and summary of a run, draw figures fit for a paper, and show its result."""
    if config.run_folder is None:
        raise InputError(
            "task=report needs run_folder, the folder of a run, or runs, a list of them; got null"
        )
    old = Path(config.run_folder)
    own, result = stored_run(old, config, "run_folder")
    folder, facts = RunFolder(old), facts_of(own)
    seconds = read_json(old / SUMMARY).get("seconds", {})
    matters = sensitivity_of(result, own)
    figures = RunFolder(old / FIGURES)
    for name, content in paper_figures(result, facts, layers_of(own, result)).items():
        figures.write_text(name, content)
    write_report(result, own, facts, folder, seconds, matters)
    show(result, facts, folder, config.verbosity, matters)


def stored_run(folder: Path, config: Config, where: str) -> tuple[Config, TuneResult]:
    """Return what a run was told, and the result in its folder."""
    if not (folder / "config.yaml").is_file():
        below = [str(path.parent) for path in sorted(folder.glob("*/config.yaml"))]
        runs = f"; runs below it: {', '.join(below)}" if below else ""
        raise InputError(
            f"{where} must be the folder of a run, with config.yaml in it, "
            f"got {str(folder)!r}{runs}"
        )
    told = read_mapping(folder / "config.yaml")
    if told.get("task", SEARCH) != SEARCH:
        raise InputError(
            f"{where} must be the folder of task={SEARCH}, got {str(folder)!r} of "
            f"task={told['task']}, whose report is {folder / REPORT}"
        )
    # A setting that is younger than the run has its present value.
    settings = {**config.plain, **told}
    choices = settings.pop("choices", {})
    settings["verbosity"] = config.verbosity
    own = gather(settings, choices if isinstance(choices, Mapping) else {}, config.directories)
    return own, stored_result(own, read_designs(folder), read_json(folder / SEARCHES))


def stored_result(config: Config, stored: StoredDesigns, searches: Mapping[str, Any]) -> TuneResult:
    """Return the result that a run's designs add up to, evaluated again for their breakdown."""
    names = stored.designs.workloads
    simulator = Simulator(config.workloads, config.technology, config.assumptions, config.variation)
    metrics = Metrics.from_simulation(simulator.simulate(stored.designs), config.objectives, names)
    tell_changes(metrics, stored)
    separate = best_for_each(metrics)
    best_edap = np.array(
        [
            metrics.edap[separate[name], i] if name in separate else np.inf
            for i, name in enumerate(names)
        ]
    )
    metrics = metrics.with_regret(config.objectives, best_edap)
    scores = aggregate(metrics, config.objectives, best_edap)
    goals = [joint_goal(config.objectives, len(names), best_edap)]
    goals += [single_goal(name, index) for index, name in enumerate(names)]
    studies = {
        goal.name: study(goal, stored, metrics, searches.get(goal.name, {}))
        for goal in goals
        if goal.name == "joint" or not searches or goal.name in searches
    }
    singles = {name: studies[name] for name in names if name in studies}
    parameters = {workload.name: workload.parameters for workload in config.workloads}
    return TuneResult(
        workloads=names,
        technology=config.technology.name,
        joint=studies["joint"],
        singles=singles,
        designs=stored.designs,
        metrics=metrics,
        scores=scores,
        origin=stored.columns["origin"].tolist(),
        generation=stored.columns["generation"],
        is_pareto=nondominated(np.where(metrics.feasible[:, None], scores.objectives, np.inf)),
        best=lowest(scores.score),
        separate=separate,
        single_best=winners(singles, scores.score),
        largest=max(names, key=lambda name: parameters[name]),
    )


def study(goal: Goal, stored: StoredDesigns, metrics: Metrics, search: Mapping[str, Any]) -> Study:
    """Return one search of a run; of a run cut short, with the designs that it met first."""
    first = np.flatnonzero(stored.columns["origin"] == goal.name)
    rows = np.array(search.get("rows", first), dtype=np.int64)
    generation = search.get("generation", stored.columns["generation"][rows])
    own = metrics.take(rows)
    return Study(
        designs=stored.designs.take(rows),
        metrics=own,
        scores=goal.score(own),
        generation=np.array(generation, dtype=np.int64),
        rows=rows,
        n_trials=int(search.get("n_trials", len(rows))),
        interrupted=bool(search.get("interrupted", True)),
    )


def tell_changes(metrics: Metrics, stored: StoredDesigns) -> None:
    """Warn when the model or its inputs give other results than those stored."""
    for index, name in enumerate(metrics.workloads):
        before = stored.columns[f"edap@{name}"]
        if not np.allclose(metrics.edap[:, index], before, rtol=SAME, equal_nan=True):
            logger.warning(
                "the model or its inputs changed since this run: other EDAP for %s", name
            )
            return
