"""The main job without its files: search jointly, search for each network alone, choose."""

from __future__ import annotations

__all__ = ["OnDesigns", "TuneResult", "run_searches", "tune"]

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.errors import InputError
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, Scores, aggregate
from imctune.pareto import nondominated
from imctune.search.archive import Archive, Evaluate, Settle
from imctune.search.baselines import best_for_each, lowest, winners
from imctune.search.choices import Choices, can_choose, chip_space
from imctune.search.first import FirstDraws, Needs, Screen, draw_first
from imctune.search.goals import Goal, joint_goal, single_goal
from imctune.search.loop import Study, run_last_round, run_search
from imctune.search.memory import Known, remembering
from imctune.search.progress import Progress
from imctune.search.refine import Need
from imctune.search.samplers import LAST_ROUNDS
from imctune.search.settings import SearchSettings
from imctune.search.state import Search
from imctune.simulator.simulate import Simulator
from imctune.technology import AnyTechnology
from imctune.units import MM2_PER_UM2
from imctune.variation import Variation
from imctune.workload import Workload

FloatArray = npt.NDArray[np.float64]

OnDesigns = Callable[[DesignBatch, Metrics, Scores, int, str], None]
"""Called with the new designs of a generation, their results and joint scores, the generation, and
the search: ``joint``, or the network it is for."""

JOINT = "joint"

LEAST_NEED = 1e-6
"""Stands for no need of arrays, so that it has a logarithm."""

logger = logging.getLogger(__name__)


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

    screens: tuple[Screen, Needs | None] = (screen, need if simulator.can_reload else None)
    choices = None
    if (settings or SearchSettings()).scoped == "solve" and can_choose(space, goals):
        choices = Choices.of(space, simulator, goals)
        space = chip_space(space)
        screens = (choices.screen(screen), screens[1] and choices.need(need))
    parameters = [workload.parameters for workload in workloads]
    return run_searches(
        space,
        evaluate if known is None else remembering(evaluate, known),
        screens[0],
        objectives=goals,
        settings=settings or SearchSettings(),
        seed=seed,
        technology=technology.name,
        largest=names[int(np.argmax(parameters))],
        settle=choices,
        need=screens[1],
        starts=starts,
        on_generation=on_generation,
        show_progress=show_progress,
    )


def run_searches(
    space: KnobSpace,
    evaluate: Evaluate,
    screen: Screen,
    *,
    objectives: ObjectiveSettings,
    settings: SearchSettings,
    seed: int,
    technology: str,
    largest: str,
    settle: Settle | None = None,
    need: Needs | None = None,
    starts: DesignBatch | None = None,
    on_generation: OnDesigns | None = None,
    show_progress: bool = False,
) -> TuneResult:
    """Run all searches with a given model; see `tune`.

    Parameters
    ----------
    space : KnobSpace
    evaluate : callable
        Designs to Metrics.
    screen : callable
        Designs to whether each may run each workload, (n, n_workloads).
    objectives, settings, seed, on_generation, show_progress
        See `tune`.
    technology, largest : str
        Name of the technology, and of the network with most parameters.
    settle : callable, optional
        Designs of `space` to those that are evaluated; see `Archive`.
    need : callable, optional
        Where chips may run workloads that they do not hold, designs to what holding them takes;
        see `Needs`. Half the first designs of a search hold all.
    starts : DesignBatch, optional
        Designs that every search evaluates first.
    """
    objectives.check_names(space.workloads)
    unknown = objectives.to_search_alone(space.workloads)
    if unknown and settings.baseline_trials == 0:
        raise InputError(
            "objectives: regret compares with the best design for each network: "
            "search.baseline_trials must be 1 or more, got 0, or objectives.regret_reference must "
            f"name {', '.join(unknown)}"
        )
    run = _Run(
        space,
        evaluate,
        screen,
        objectives=objectives,
        settings=settings,
        seed=seed,
        settle=settle,
        need=need,
        starts=starts,
        on_generation=on_generation,
        show_progress=show_progress,
    )
    joint, singles = run.search_all()
    rows = np.arange(len(run.archive), dtype=np.int64)
    metrics = run.archive.metrics(rows).with_regret(objectives, run.best_edap)
    scores = aggregate(metrics, objectives, run.best_edap)
    return TuneResult(
        workloads=space.workloads,
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
        single_best=winners(singles),
        largest=largest,
    )


class _Run:
    """The searches of a run, and what they share."""

    def __init__(
        self,
        space: KnobSpace,
        evaluate: Evaluate,
        screen: Screen,
        *,
        objectives: ObjectiveSettings,
        settings: SearchSettings,
        seed: int,
        settle: Settle | None,
        need: Needs | None,
        starts: DesignBatch | None,
        on_generation: OnDesigns | None,
        show_progress: bool,
    ) -> None:
        self.space = space
        self.archive = Archive(evaluate, settle)
        self.origin: list[str] = []
        self.generation: list[int] = []
        self.best_edap = np.full(len(space.workloads), np.inf)
        self._searches: list[Search] = []
        self._screen = screen
        self._need = need
        self._starts = starts
        self._objectives = objectives
        self._settings = settings
        self._on_generation = on_generation
        self._show_progress = show_progress
        # One stream per search, so that a search does not depend on which others run.
        streams = np.random.SeedSequence(seed).generate_state(2 + len(space.workloads))
        self._draw_seed, self._joint_seed = int(streams[0]), int(streams[1])
        self._single_seeds = [int(stream) for stream in streams[2:]]

    def search_all(self) -> tuple[Study, dict[str, Study]]:
        """Search jointly and for each network alone; then again, from the best that any met.

        Where regret compares with the best designs for networks, their searches come first.
        """
        first = self._first_draws()
        n_singles = self._settings.baseline_trials * len(self.space.workloads)
        self._progress = Progress(self._settings.n_trials + n_singles, show=self._show_progress)
        studies: dict[str, Study] = {}
        try:
            if self._objectives.to_search_alone(self.space.workloads):
                self._search_singles(first, studies)
                self._go_on(studies)
                n_joint = 0 if _stopped(studies) else self._settings.n_trials
                return self._search_joint(first, n_joint), studies
            n_joint = self._settings.n_trials
            studies[JOINT] = self._search_joint(first, n_joint - self._kept(n_joint))
            self._search_singles(first, studies)
            self._go_on(studies)
            return studies.pop(JOINT), studies
        finally:
            self._progress.close()

    def _first_draws(self) -> FirstDraws:
        """Screen random designs; refuse a network that none can hold, tell when few hold all."""
        settings, names = self._settings, self.space.workloads
        n_most = min(settings.first_draws_most, 20 * self.space.size)
        rng = np.random.default_rng(self._draw_seed)
        first = draw_first(self.space, self._screen, settings.first_draws, n_most, rng)
        for index, name in enumerate(names):
            if not first.fits[:, index].any():
                raise InputError(
                    f"knobs: none of {first.n_drawn} random designs holds {name} on at most "
                    f"{self._objectives.area_max_mm2:g} mm²; widen rows, cols, bits_per_cell or "
                    "the hierarchy, or raise objectives.area_max_mm2"
                )
        n_fitting = len(first.for_workloads(tuple(range(len(names)))))
        if n_fitting < settings.first_designs and n_fitting < self.space.size:
            logger.warning(
                "only %d of %d random designs hold all networks within the area limit: "
                "the first generation has fewer designs than the %d wanted",
                n_fitting,
                first.n_drawn,
                settings.first_designs,
            )
        need = self._need
        if need is not None:
            # A chip that holds its networks and one that reloads them are good in other ways, and
            # the first kind is rare among random designs.
            rng = np.random.default_rng([self._draw_seed, 1])
            residents = draw_first(
                self.space,
                lambda designs: self._screen(designs) & (need(designs) <= 0.0),
                settings.first_designs,
                n_most,
                rng,
            )
            first = replace(first, residents=residents)
        if self._starts is None:
            return first
        return replace(first, starts=self.space.places(self._starts))

    def _search_joint(self, first: FirstDraws, n_designs: int) -> Study:
        best = self.best_edap.copy()
        self.archive.revise(lambda metrics: metrics.with_regret(self._objectives, best))
        goal = joint_goal(self._objectives, len(self.space.workloads), best)
        return self._search(goal, first, n_designs, self._joint_seed)

    def _search_singles(self, first: FirstDraws, studies: dict[str, Study]) -> None:
        """Add a search for each network alone to the studies, until one is interrupted."""
        n_designs = self._settings.baseline_trials
        for index, name in enumerate(self.space.workloads if n_designs else ()):
            if _stopped(studies):
                return
            goal, seed = single_goal(name, index), self._single_seeds[index]
            studies[name] = self._search(goal, first, n_designs - self._kept(n_designs), seed)

    def _kept(self, n_designs: int) -> int:
        """Return how many of a search's designs its last round has."""
        settings = self._settings
        shares = settings.baseline_trials > 0 and settings.sampler in LAST_ROUNDS
        if not shares or n_designs >= self.space.size:
            return 0
        return int(settings.last_round_share * n_designs)

    def _go_on(self, studies: dict[str, Study]) -> None:
        """Give every search its last round, the joint one last: it is what the run is for."""
        for search in sorted(self._searches, key=lambda search: search.found.goal.name == JOINT):
            name = search.found.goal.name
            is_joint = name == JOINT
            settings = self._settings
            n_kept = self._kept(settings.n_trials if is_joint else settings.baseline_trials)
            if n_kept and not _stopped(studies):
                studies[name] = run_last_round(search, n_kept)

    def _search(self, goal: Goal, first: FirstDraws, n_designs: int, seed: int) -> Study:
        own = list(goal.workloads)

        def fits(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
            return np.asarray(self._screen(self.space.decode(indices))[:, own].all(axis=1))

        def keep(designs: DesignBatch, metrics: Metrics, generation: int) -> None:
            self._keep(designs, metrics, generation, goal.name)

        search = Search(
            self.space,
            self.archive,
            goal,
            fits,
            None if self._need is None else _need_for(self._need, self.space, own),
            n_designs=n_designs,
            settings=self._settings,
            seed=seed,
            on_generation=keep,
            on_step=self._progress.step,
            elsewhere=lambda n_most: self._best_for(goal, n_most),
        )
        self._searches.append(search)
        return run_search(search, first)

    def _best_for(self, goal: Goal, n_most: int) -> npt.NDArray[np.int64]:
        """Return the genes of the designs of all searches that are best for a goal, best first."""
        genes = np.concatenate([search.found.indices for search in self._searches])
        rows = np.concatenate([np.array(search.found.rows, int) for search in self._searches])
        rows, first = np.unique(rows, return_index=True)
        score = goal.score(self.archive.metrics(rows)).score
        order = np.argsort(score, kind="stable")[:n_most]
        return np.asarray(genes[first[order[np.isfinite(score[order])]]])

    def _keep(self, designs: DesignBatch, metrics: Metrics, generation: int, origin: str) -> None:
        """Note where new designs come from, and hand them on."""
        self.origin += [origin] * len(designs)
        self.generation += [generation] * len(designs)
        for index in range(len(self.best_edap)):
            own = metrics.edap[metrics.feasible_for(index), index]
            self.best_edap[index] = own.min(initial=self.best_edap[index])
        if self._on_generation is not None:
            scores = aggregate(metrics, self._objectives, self.best_edap)
            self._on_generation(designs, metrics, scores, generation, origin)


def _need_for(need: Needs, space: KnobSpace, own: list[int]) -> Need:
    """Return what the neediest of some workloads needs, of genes."""
    return lambda genes: np.asarray(need(space.decode(genes))[:, own].max(axis=1))


def _stopped(studies: dict[str, Study]) -> bool:
    return any(study.interrupted for study in studies.values())
