"""The searches of a run, and what they share."""

from __future__ import annotations

__all__ = ["OnDesigns", "Run"]

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, Scores, aggregate
from imctune.search.archive import Archive, Evaluate, Settle
from imctune.search.first import FirstDraws, Needs, Screen, draw_first
from imctune.search.goals import Goal, joint_goal, single_goal
from imctune.search.loop import Study, run_last_round, run_search
from imctune.search.progress import Progress
from imctune.search.refine import Need
from imctune.search.samplers import LAST_ROUNDS
from imctune.search.settings import SearchSettings
from imctune.search.state import Search

OnDesigns = Callable[[DesignBatch, Metrics, Scores, int, str], None]
"""Called with the new designs of a generation, their results and joint scores, the generation, and
the search: ``joint``, or the network it is for."""

JOINT = "joint"

logger = logging.getLogger(__name__)


class Run:
    """The searches of a run, and what they share.

    Parameters
    ----------
    space : KnobSpace
    evaluate : callable
        Designs to Metrics.
    screen : callable
        Designs to whether each may run each workload, (n, n_workloads).
    objectives : ObjectiveSettings
    settings : SearchSettings
    seed : int
        Same seed and settings: same designs.
    settle : callable, optional
        Designs of `space` to those that are evaluated; see `Archive`.
    need : callable, optional
        Where chips may run workloads that they do not hold, designs to what holding them takes;
        see `Needs`. Half the first designs of a search hold all.
    starts : DesignBatch, optional
        Designs that every search evaluates first.
    on_generation : callable, optional
        Called with the new designs of every generation.
    show_progress : bool
        Show a progress bar on standard error.

    Attributes
    ----------
    archive : Archive
        All designs of all searches, and their results.
    origin : list of str
        The search that evaluated each design first.
    generation : list of int
        Its generation in that search.
    best_edap : ndarray
        Best EDAP met so far of each network alone, (n_workloads,).
    """

    def __init__(
        self,
        space: KnobSpace,
        evaluate: Evaluate,
        screen: Screen,
        *,
        objectives: ObjectiveSettings,
        settings: SearchSettings,
        seed: int,
        settle: Settle | None = None,
        need: Needs | None = None,
        starts: DesignBatch | None = None,
        on_generation: OnDesigns | None = None,
        show_progress: bool = False,
    ) -> None:
        objectives.check_names(space.workloads)
        unknown = objectives.to_search_alone(space.workloads)
        if unknown and settings.baseline_trials == 0:
            raise InputError(
                "objectives: regret compares with the best design for each network: "
                "search.baseline_trials must be 1 or more, got 0, or objectives.regret_reference "
                f"must name {', '.join(unknown)}"
            )
        self.space = space
        self.objectives = objectives
        self.archive = Archive(evaluate, settle)
        self.origin: list[str] = []
        self.generation: list[int] = []
        self.best_edap = np.full(len(space.workloads), np.inf)
        self._searches: list[Search] = []
        self._screen = screen
        self._need = need
        self._starts = starts
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
            if self.objectives.to_search_alone(self.space.workloads):
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
                    f"{self.objectives.area_max_mm2:g} mm²; widen rows, cols, bits_per_cell or "
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
        self.archive.revise(lambda metrics: metrics.with_regret(self.objectives, best))
        goal = joint_goal(self.objectives, len(self.space.workloads), best)
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
            name, settings = search.found.goal.name, self._settings
            n_kept = self._kept(settings.n_trials if name == JOINT else settings.baseline_trials)
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
            scores = aggregate(metrics, self.objectives, self.best_edap)
            self._on_generation(designs, metrics, scores, generation, origin)


def _need_for(need: Needs, space: KnobSpace, own: list[int]) -> Need:
    """Return what the neediest of some workloads needs, of genes."""
    return lambda genes: np.asarray(need(space.decode(genes))[:, own].max(axis=1))


def _stopped(studies: dict[str, Study]) -> bool:
    return any(study.interrupted for study in studies.values())
