"""How designs are proposed, and how many."""

from __future__ import annotations

__all__ = ["SearchSettings"]

from dataclasses import dataclass

from imctune.errors import InputError, closest

SAMPLERS = (
    "nsga2",
    "nsga3",
    "four_phase",
    "ga",
    "tpe",
    "random",
    "sequential_middle",
    "sequential_largest",
)


@dataclass(frozen=True)
class SearchSettings:
    """How designs are proposed, and how many.

    Attributes
    ----------
    sampler : str
        Name in `SAMPLERS`: Optuna's NSGA-II or NSGA-III, followed by changes of the best designs;
        the paper's four phases; a plain genetic algorithm; Optuna's TPE; uniform random designs;
        or stages of knobs, one after the other, from the middle or from the largest values.
    n_trials, baseline_trials : int
        Distinct designs of the joint search and of each single-network search. Designs that come
        up again are answered from memory and not counted.
    population_size : int
        Designs of a generation.
    first_designs : int
        Designs of the first generation, spread over the designs that fit.
    first_draws, first_draws_most : int
        Designs that fit, among which the first generation is spread; and the most random designs
        that are screened for them. A screened design is not counted as evaluated.
    refine_share : float
        Share of the designs kept for changes of the best ones after NSGA-II.
    refine_most : int
        Most designs kept for them: of a larger budget, the rest goes to the Pareto front.
    last_round_share : float
        Share of a search's designs kept for a last round, after all searches, from the best
        designs for its networks that any of them met.
    edap_focus : float
        From 0, all of the Pareto front, to 1, EDAP alone: how far NSGA-II prefers a design whose
        EDAP is lower to one that is better in a single objective.
    scoped : {"solve", "genes"}
        Knobs that workloads set: solved for each chip where the objective allows it, or always
        genes of the search, one per workload.
    """

    sampler: str = "nsga2"
    n_trials: int = 2500
    baseline_trials: int = 1700
    population_size: int = 50
    first_designs: int = 100
    first_draws: int = 500
    first_draws_most: int = 50_000
    refine_share: float = 0.75
    refine_most: int = 1900
    last_round_share: float = 0.15
    edap_focus: float = 0.3
    scoped: str = "solve"

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            raise InputError(
                f"search.sampler must be one of {', '.join(SAMPLERS)}, "
                f"got {self.sampler!r}{closest(str(self.sampler), SAMPLERS)}"
            )
        if self.scoped not in ("solve", "genes"):
            raise InputError(f"search.scoped must be one of solve, genes, got {self.scoped!r}")
        for name, least in (
            ("n_trials", 1),
            ("baseline_trials", 0),
            ("population_size", 2),
            ("first_designs", 1),
            ("first_draws", 1),
            ("first_draws_most", 1),
            ("refine_most", 0),
        ):
            value = getattr(self, name)
            if value < least:
                raise InputError(f"search.{name} must be {least} or more, got {value!r}")
        for name in ("refine_share", "last_round_share", "edap_focus"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise InputError(f"search.{name} must be from 0 to 1, got {value!r}")
