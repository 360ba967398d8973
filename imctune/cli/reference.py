"""The run that a run is compared with: searched first, into the run folder's ``reference``."""

from __future__ import annotations

__all__ = ["Reference", "run_reference", "show_against"]

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imctune.cli.results import facts_of, terminal_width, write_report, write_result
from imctune.config.gather import Config, reference_of
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.report.against import against_table
from imctune.report.facts import versions
from imctune.runfolder import RunFolder, RunState
from imctune.search import TuneResult, tune
from imctune.simulator.simulate import Simulator

FOLDER = "reference"
TABLE = "against_reference.csv"
N_STARTS = 10


@dataclass(frozen=True)
class Reference:
    """What the reference is called, what it found, and its chip as the compared run sees it."""

    label: str
    result: TuneResult
    as_seen: Metrics | None

    @property
    def best_chips(self) -> DesignBatch:
        """The best designs, from which the compared search starts: it may only do better."""
        scores = self.result.scores.score
        ranked = np.argsort(scores, kind="stable")[:N_STARTS]
        return self.result.designs.take(ranked[np.isfinite(scores[ranked])])


def run_reference(config: Config, path: Path) -> Reference | None:
    """Search with the reference's settings; None where the run names no reference.

    Raises
    ------
    KeyboardInterrupt
        If that search is interrupted: the run itself has not begun.
    """
    other = reference_of(config)
    if other is None:
        return None
    folder = RunFolder(path / FOLDER)
    folder.write_config(other.plain)
    result = tune(
        other.workloads,
        other.technology,
        other.knobs,
        assumptions=other.assumptions,
        variation=other.variation,
        objectives=other.objectives,
        settings=other.search,
        seed=other.seed,
        on_generation=folder.append,
        show_progress=other.verbosity != "quiet",
        known=folder.earlier(),
    )
    if result.interrupted:
        folder.close()
        raise KeyboardInterrupt
    write_result(result, folder)
    write_report(result, other, facts_of(other), folder, {}, None)
    folder.close()
    files = config.reference or {}
    label = ", ".join(f"{kind}={name}" for kind, name in files.items())
    return Reference(label, result, seen_by(config, result))


def seen_by(config: Config, result: TuneResult) -> Metrics | None:
    """Evaluate the chosen chip of another run under the settings of this one."""
    if result.best is None:
        return None
    simulator = Simulator(config.workloads, config.technology, config.assumptions, config.variation)
    simulation = simulator.simulate(result.designs.take([result.best]))
    return Metrics.from_simulation(simulation, config.objectives, result.workloads)


def show_against(result: TuneResult, reference: Reference, config: Config, path: Path) -> None:
    """Tell what the run's choice costs or gains against the reference's, which is then over."""
    score = config.objectives.score_name
    table = against_table(result, reference.result, reference.as_seen, reference.label, score)
    RunFolder(path).write_text(TABLE, table.as_csv())
    other = reference_of(config) or config
    directories = [str(folder) for folder in other.directories]
    state = RunState("finished", other.fingerprint, directories, versions())
    RunFolder(path / FOLDER).write_state(state)
    if config.verbosity != "quiet":
        sys.stdout.write(f"\n{table.as_text(terminal_width())}\n")
