"""The main job without its files: search jointly, search for each network alone, choose."""

from __future__ import annotations

__all__ = ["OnDesigns", "TuneResult", "run_searches", "tune"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, Scores, aggregate
from imctune.pareto import nondominated
from imctune.search.baselines import best_for_each, lowest, winners
from imctune.search.choices import Choices, can_choose, chip_space
from imctune.search.first import Needs, Screen
from imctune.search.loop import Study
from imctune.search.memory import Known, remembering
from imctune.search.run import OnDesigns, Run
from imctune.search.settings import SearchSettings
from imctune.simulator.simulate import Simulator
from imctune.technology import AnyTechnology
from imctune.units import MM2_PER_UM2
from imctune.variation import Variation
from imctune.workload import Workload

FloatArray = npt.NDArray[np.float64]

LEAST_NEED = 1e-6
"""Stands for no need of arrays, so that it has a logarithm."""


@dataclass(frozen=True)
class TuneResult:
    """What a run found; rows count the distinct designs of all its searches.

    Attributes
    ----------
    workloads : tuple of str
        Names of the networks, in the order of the second axis of metrics.
    technology : str
    joint : Study
        The search over all networks.
    singles : dict of str to Study
        The search for each network alone.
    designs, metrics, scores
        All distinct designs of all searches; scores are those over all networks.
    origin : list of str
        The search that evaluated each design first: ``joint``, or a network.
    generation : ndarray of int
        Its generation in that search, (n,).
    is_pareto : ndarray of bool
        Whether a design is feasible and no other is better in energy, latency and area, (n,).
    best : int or None
        The joint choice: best score of all, so no baseline beats it; None if none is feasible.
    separate : dict of str to int
        Per network, the best design for it alone that any search found: the bound.
    single_best : dict of str to int
        Per network, the best design that its own search found.
    largest : str
        The network with most parameters.
    """

    workloads: tuple[str, ...]
    technology: str
    joint: Study
    singles: dict[str, Study]
    designs: DesignBatch
    metrics: Metrics
    scores: Scores
    origin: list[str]
    generation: npt.NDArray[np.int64]
    is_pareto: npt.NDArray[np.bool_]
    best: int | None
    separate: dict[str, int]
    single_best: dict[str, int]
    largest: str

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped before its budget was spent."""
        return any(study.interrupted for study in (self.joint, *self.singles.values()))


def tune(
    workloads: Sequence[Workload],
    technology: AnyTechnology,
    space: KnobSpace,
    *,
    assumptions: Assumptions | None = None,
    variation: Variation | None = None,
    objectives: ObjectiveSettings | None = None,
    settings: SearchSettings | None = None,
    seed: int = 1,
    on_generation: OnDesigns | None = None,
    known: Known | None = None,
    starts: DesignBatch | None = None,
    show_progress: bool = False,
) -> TuneResult:
    """Find the chip that runs all networks best, and what to compare it with.

    Parameters
    ----------
    workloads : sequence of Workload
    technology : Technology or PaperTechnology
    space : KnobSpace
    assumptions : Assumptions, optional
    variation : Variation, optional
        Errors of the cells; none by default.
    objectives : ObjectiveSettings, optional
    settings : SearchSettings, optional
    seed : int
        Same seed and settings: same designs.
    on_generation : callable, optional
        Called with the new designs of every generation.
    known : tuple of DesignBatch and Metrics, optional
        Designs of an earlier session of the same run: they are not simulated again.
    starts : DesignBatch, optional
        Designs that every search evaluates first; those with values of which the space knows
        nothing are left out.
    show_progress : bool
        Show a progress bar on standard error.
    """
    goals = objectives or ObjectiveSettings()
    names = tuple(workload.name for workload in workloads)
    simulator = Simulator(workloads, technology, assumptions, variation)

    def evaluate(designs: DesignBatch) -> Metrics:
        return Metrics.from_simulation(simulator.simulate(designs), goals, names)

    def screen(designs: DesignBatch) -> npt.NDArray[np.bool_]:
        area_um2, lack = simulator.screen(designs)
        is_small = area_um2 * MM2_PER_UM2 <= goals.area_max_mm2
        return np.asarray(is_small[:, None] & (lack <= 0.0))

    def need(designs: DesignBatch) -> FloatArray:
        _, lack = simulator.screen_residency(designs)
        return np.asarray(np.log10(np.maximum(1.0 + lack, LEAST_NEED)))

    fits: Screen = screen
    needs: Needs | None = need if simulator.can_reload else None
    choices = None
    if (settings or SearchSettings()).scoped == "solve" and can_choose(space, goals):
        choices = Choices.of(space, simulator, goals)
        space, fits = chip_space(space), choices.screen(fits)
        needs = needs and choices.need(needs)
    run = Run(
        space,
        evaluate if known is None else remembering(evaluate, known),
        fits,
        objectives=goals,
        settings=settings or SearchSettings(),
        seed=seed,
        settle=choices,
        need=needs,
        starts=starts,
        on_generation=on_generation,
        show_progress=show_progress,
    )
    parameters = [workload.parameters for workload in workloads]
    largest = names[int(np.argmax(parameters))]
    return run_searches(run, technology=technology.name, largest=largest)


def run_searches(run: Run, *, technology: str, largest: str) -> TuneResult:
    """Run all searches, and compare what they found.

    Parameters
    ----------
    run : Run
    technology, largest : str
        Name of the technology, and of the network with most parameters.
    """
    joint, singles = run.search_all()
    rows = np.arange(len(run.archive), dtype=np.int64)
    metrics = run.archive.metrics(rows).with_regret(run.objectives, run.best_edap)
    scores = aggregate(metrics, run.objectives, run.best_edap)
    return TuneResult(
        workloads=run.space.workloads,
        technology=technology,
        joint=joint,
        singles=singles,
        designs=run.archive.designs(rows),
        metrics=metrics,
        scores=scores,
        origin=run.origin,
        generation=np.array(run.generation, dtype=np.int64),
        is_pareto=nondominated(np.where(metrics.feasible[:, None], scores.objectives, np.inf)),
        best=lowest(scores.score),
        separate=best_for_each(metrics),
        single_best=winners(singles, scores.score),
        largest=largest,
    )
