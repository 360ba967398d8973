"""What matters about a result, found out with the run's own model."""

from __future__ import annotations

__all__ = ["sensitivity_of", "write_sensitivity"]

import numpy as np

from imctune.config.gather import Config
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores, aggregate
from imctune.report.sensitivity import sensitivity_tables
from imctune.runfolder import RunFolder
from imctune.search import TuneResult
from imctune.sensitivity import Sensitivity, sensitivity
from imctune.simulator.simulate import Simulator


def sensitivity_of(result: TuneResult, config: Config) -> Sensitivity | None:
    """Return what matters to the choice of a run; None where nothing was, or could be, chosen."""
    if result.best is None or not config.knobs.genes:
        return None
    simulator = Simulator(config.workloads, config.technology, config.assumptions, config.variation)
    objectives, names = config.objectives, result.workloads
    best_edap = np.full(len(names), np.inf)
    for name, row in result.separate.items():
        index = names.index(name)
        best_edap[index] = result.metrics.edap[row, index]

    def judge(designs: DesignBatch) -> tuple[Metrics, Scores]:
        metrics = Metrics.from_simulation(simulator.simulate(designs), objectives, names)
        metrics = metrics.with_regret(objectives, best_edap)
        return metrics, aggregate(metrics, objectives, best_edap)

    return sensitivity(
        config.knobs, result.designs, result.scores, result.is_pareto, result.best, judge
    )


def write_sensitivity(found: Sensitivity, folder: RunFolder) -> None:
    """Write what matters as tables in the run folder."""
    for name, table in sensitivity_tables(found).items():
        folder.write_text(f"{name}.csv", table.as_csv())
