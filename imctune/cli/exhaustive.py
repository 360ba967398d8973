"""task=exhaustive: every design of the space, its true optimum and front."""

from __future__ import annotations

__all__ = ["run_exhaustive"]

import json
import logging
import sys
import time
from pathlib import Path

from imctune.cli.recording import Recording
from imctune.cli.results import REPORT, facts_of, terminal_width, where_report_is
from imctune.config.files import read_json
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.report.exhaustive import (
    optima_table,
    optimum_headline,
    optimum_page,
    optimum_summary,
    optimum_text,
    own_best_table,
)
from imctune.report.facts import RunFacts
from imctune.runfolder import RunFolder
from imctune.search.exhaustive import Checkpoint, Optimum, find_optimum
from imctune.simulator.simulate import Simulator

CHECKPOINT = "exhaustive.json"
ARTIFACTS = (
    *("config.yaml", "designs.parquet", "pareto.csv", "best_design.yaml", "summary.json"),
    *("optima.csv", "own_best.csv", REPORT),
)

logger = logging.getLogger(__name__)


def run_exhaustive(config: Config, path: Path) -> None:
    """Evaluate the whole space, or what a run that is resumed has left of it."""
    started = time.perf_counter()
    folder, facts = RunFolder(path), facts_of(config)
    start = checkpoint_in(path)
    if start is not None and config.resume is None:
        raise InputError(
            f"run folder {path}: holds a run that is not finished: continue it with "
            f"resume={folder.as_typed()}, or give another folder as hydra.run.dir"
        )
    if start is not None:
        n_done, n_all = start.standing.n_designs, config.knobs.size
        logger.warning("going on after %s of %s designs", f"{n_done:,}", f"{n_all:,}")

    def keep(now: Checkpoint) -> None:
        folder.write_text(CHECKPOINT, json.dumps(now.as_plain()) + "\n")

    result = find_optimum(
        config.knobs,
        Simulator(config.workloads, config.technology, config.assumptions, config.variation),
        config.objectives,
        n_processes=config.processes,
        start=start,
        on_chunk=keep,
        show_progress=config.verbosity != "quiet",
    )
    write_optimum(result, facts, folder, time.perf_counter() - started)
    text = (
        optimum_headline(result, facts)
        if config.verbosity == "quiet"
        else f"\n{optimum_text(result, facts, terminal_width())}\n"
    )
    sys.stdout.write(f"{text}\n{where_report_is(folder)}\n")
    record(result, facts, config, folder)
    (path / CHECKPOINT).unlink(missing_ok=True)


def checkpoint_in(path: Path) -> Checkpoint | None:
    """Return how far an earlier run in this folder came."""
    file = path / CHECKPOINT
    if not file.is_file():
        return None
    try:
        return Checkpoint.from_plain(read_json(file))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: is not what an exhaustive run writes: {error}") from None


def write_optimum(result: Optimum, facts: RunFacts, folder: RunFolder, seconds: float) -> None:
    """Write designs, front, best design, tables and summary."""
    folder.write_designs(
        result.designs,
        result.metrics,
        result.scores,
        generation=[0] * len(result.designs),
        origin=origins(result),
        is_pareto=result.is_pareto,
    )
    best = result.best.get(facts.objectives.aggregation)
    if best is not None:
        comment = (
            f"The best chip for {', '.join(result.metrics.workloads)} of "
            f"{result.n_designs:,} designs.\n"
            "Evaluate it again: python -m imctune task=evaluate design=THIS_FILE"
        )
        folder.write_best_design(result.designs, best, comment)
    folder.write_text("optima.csv", optima_table(result).as_csv())
    folder.write_text("own_best.csv", own_best_table(result, facts).as_csv())
    folder.write_text(REPORT, optimum_page(result, facts))
    folder.write_summary(optimum_summary(result, facts, {"total": seconds}))


def origins(result: Optimum) -> list[str]:
    """Return what each design is kept for: the joint objectives, or the one network."""
    names = ["joint"] * len(result.designs)
    joint = set(result.best.values())
    for network, row in result.separate.items():
        if not result.is_pareto[row] and row not in joint:
            names[row] = network
    return names


def record(result: Optimum, facts: RunFacts, config: Config, folder: RunFolder) -> None:
    """Record the front and the best designs in MLflow."""
    params = {"aggregation": facts.objectives.aggregation, "sampler": "exhaustive"}
    metrics: dict[str, object] = {"n_space": result.n_designs, "n_feasible": result.n_feasible}
    metrics |= {f"optimum.{name}": score for name, score in result.best_score.items()}
    table = own_best_table(result, facts).as_markdown()
    recording = Recording(config, folder, params, ARTIFACTS)
    recording.finish("FINISHED", f"{optimum_headline(result, facts)}\n\n{table}", metrics)
