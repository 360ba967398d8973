"""task=compare: samplers over seeds and budgets on one space, each search kept when it is done."""

from __future__ import annotations

__all__ = ["run_compare"]

import logging
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
from tqdm import tqdm

from imctune.cli.recording import Recording
from imctune.cli.results import REPORT, facts_of, terminal_width, where_report_is
from imctune.compare import Course, Outcome, Reference, best_of, outcomes
from imctune.config.files import read_mapping
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.objectives import Metrics, aggregate
from imctune.pareto import nondominated
from imctune.report.compare import (
    CompareFacts,
    compare_headline,
    compare_markdown,
    compare_page,
    compare_summary,
    compare_tables,
    compare_text,
)
from imctune.runfolder import RunFolder, read_designs
from imctune.search.compare import Cell, Problem, planned, run_cells
from imctune.simulator.simulate import Simulator
from imctune.tracking import ChildRun

COURSES = "courses"
ARTIFACTS = (
    *("config.yaml", "summary.json", REPORT),
    *("samplers.csv", "pairs.csv", "searches.csv", "convergence.csv"),
)
SAME_SPACE = ("technology", "knobs", "assumptions", "variation", "objectives", "workloads")
"""Settings that a comparison and the exhaustive run that it refers to must share."""

logger = logging.getLogger(__name__)


def run_compare(config: Config, path: Path) -> None:
    """Run the searches that the run folder does not hold yet; measure, compare and record all."""
    started = time.perf_counter()
    known = known_reference(config)
    folder, kept = RunFolder(path), RunFolder(path / COURSES)
    cells = planned(config.compare, config.seed)
    courses = {cell: course for cell in cells if (course := stored_course(kept, cell))}
    if courses and config.resume is None:
        raise InputError(
            f"run folder {path}: holds a run that is not finished: continue it with "
            f"resume={folder.as_typed()}, or give another folder as hydra.run.dir"
        )
    if courses:
        logger.warning("going on after %d of %d searches", len(courses), len(cells))
    run_missing(config, cells, courses, kept)
    found = compared(config, [courses[cell] for cell in cells], known)
    write_comparison(found, folder, time.perf_counter() - started)
    text = (
        compare_headline(found)
        if config.verbosity == "quiet"
        else f"\n{compare_text(found, terminal_width())}\n"
    )
    sys.stdout.write(f"{text}\n{where_report_is(folder)}\n")
    record(found, config, folder)


def run_missing(
    config: Config, cells: list[Cell], courses: dict[Cell, Course], kept: RunFolder
) -> None:
    """Run the cells that have no course yet; keep each when it is done."""
    problem = Problem(
        config.workloads,
        config.technology,
        config.knobs,
        config.assumptions,
        config.variation,
        config.objectives,
        config.search,
    )
    missing = [cell for cell in cells if cell not in courses]
    show_bar = config.verbosity != "quiet" and sys.stderr.isatty()
    with tqdm(
        total=len(cells), initial=len(courses), unit="search", disable=not show_bar
    ) as progress:

        def keep(course: Course) -> None:
            cell = Cell(course.seed, course.sampler, course.budget)
            kept.write_bytes(file_of(cell), course.to_bytes())
            courses[cell] = course
            progress.update()

        run_cells(problem, missing, n_processes=config.processes, on_course=keep)


def compared(config: Config, courses: list[Course], known: Reference | None) -> CompareFacts:
    """Measure all searches against what is known, or else against the best of them."""
    reference = best_of(courses)
    if known is not None:
        has_front = len(known.front) > 0
        reference = Reference(
            known.score,
            known.front if has_front else reference.front,
            known.score_from,
            known.front_from if has_front else reference.front_from,
        )
    if not np.isfinite(reference.score):
        raise InputError(
            "task=compare: no search found a design that is feasible on all networks; "
            "raise compare.budgets or the limits in objectives"
        )
    lowest = min(float(course.score.min()) for course in courses)
    if lowest < reference.score * (1.0 - 1e-9):
        raise InputError(
            "compare.reference must be the lowest score that is possible, "
            f"got {reference.score:g}, but a search found {lowest:g}"
        )
    measured = outcomes(courses, config.compare.budgets, reference)
    return CompareFacts(facts_of(config), courses, measured, reference)


def known_reference(config: Config) -> Reference | None:
    """Return the score that was given, or what an exhaustive run found; None for neither."""
    given, nothing = config.compare.reference, np.zeros((0, 3))
    if given is None:
        return None
    if isinstance(given, float):
        return Reference(given, nothing, "as given", "")
    path = Path(given).expanduser()
    if not (path / "config.yaml").is_file() or not (path / "designs.parquet").is_file():
        raise InputError(
            "compare.reference must be a score, or the folder of a finished run of "
            f"task=exhaustive, got {given!r}"
        )
    settings = read_mapping(path / "config.yaml")
    if settings.get("task") != "exhaustive":
        raise InputError(
            f"compare.reference must be the folder of a run of task=exhaustive, got one of "
            f"task={settings.get('task')}"
        )
    for name in SAME_SPACE:
        if settings.get(name) != config.plain.get(name):
            raise InputError(
                f"compare.reference must be an exhaustive run with the same {name}, "
                f"got {given!r} with another"
            )
    designs = read_designs(path).designs
    names = [workload.name for workload in config.workloads]
    simulator = Simulator(config.workloads, config.technology, config.assumptions, config.variation)
    metrics = Metrics.from_simulation(simulator.simulate(designs), config.objectives, names)
    scores = aggregate(metrics, config.objectives)
    usable = np.isfinite(scores.score)
    if not usable.any():
        raise InputError(f"compare.reference: the run in {given!r} found no feasible design")
    front = scores.objectives[usable]
    front = front[nondominated(front)]
    source = "the true optimum of all designs"
    return Reference(float(scores.score.min()), front, source, "the true front")


def stored_course(folder: RunFolder, cell: Cell) -> Course | None:
    """Return the search of a cell, if an earlier session of the run finished it."""
    file = folder.path / file_of(cell)
    if not file.is_file():
        return None
    try:
        course = Course.from_bytes(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from None
    if Cell(course.seed, course.sampler, course.budget) != cell:
        raise InputError(f"{file}: must be the search that its name says, got another")
    return course


def file_of(cell: Cell) -> str:
    """Return the name of the file of a search."""
    return f"{cell.sampler}-{cell.budget}-{cell.seed}.npz"


def write_comparison(found: CompareFacts, folder: RunFolder, seconds: float) -> None:
    """Write tables, summary and report."""
    for name, table in compare_tables(found).items():
        folder.write_text(f"{name}.csv", table.as_csv())
    folder.write_summary(compare_summary(found, seconds))
    made = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    folder.write_text(REPORT, compare_page(found, timestamp=made))


def record(found: CompareFacts, config: Config, folder: RunFolder) -> None:
    """Record the comparison in MLflow: a parent run, and one below it per sampler and seed."""
    params = {
        "aggregation": config.objectives.aggregation,
        "samplers": ", ".join(config.compare.samplers),
        "n_seeds": config.compare.n_seeds,
        "budgets": ", ".join(map(str, config.compare.budgets)),
        "reference": found.reference.score_from,
    }
    own: dict[tuple[str, int], list[Outcome]] = {}
    for outcome in found.measured:
        own.setdefault((outcome.sampler, outcome.seed), []).append(outcome)
    children = [
        ChildRun(
            f"{sampler} seed {seed}",
            params={"sampler": sampler, "seed": seed},
            metrics=by_budget(measured),
        )
        for (sampler, seed), measured in own.items()
    ]
    Recording(config, folder, params, ARTIFACTS).finish(
        "FINISHED",
        f"{compare_headline(found)}\n\n{compare_markdown(found)}",
        {"reference_score": found.reference.score},
        children,
    )


def by_budget(measured: list[Outcome]) -> dict[str, float]:
    """Return what was measured of a sampler with one seed; several budgets are part of the names.

    Designs that were never found are left out.
    """
    names = ("score", "regret_percent", "hypervolume", "n_to_close", "cpu_seconds")
    return {
        f"{name}.{outcome.budget}" if len(measured) > 1 else name: float(value)
        for outcome in measured
        for name in names
        if (value := getattr(outcome, name)) is not None
    }
