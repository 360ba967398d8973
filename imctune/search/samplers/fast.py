"""Optuna's NSGA-II and NSGA-III with bookkeeping that costs the same for every trial."""

from __future__ import annotations

__all__ = ["FastNsga2", "FastNsga3", "quietly"]

import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseGASampler, NSGAIIISampler, NSGAIISampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

ChildStrategy = Callable[[Study, dict[str, BaseDistribution], list[FrozenTrial]], dict[str, Any]]


class _FixedSpace(BaseGASampler):
    """The bookkeeping of a genetic sampler whose search space is known from the start.

    The stock samplers read all earlier trials for every new one: to find the search space, the
    generation and the parents. Here they are kept, so 20,000 trials cost 20 times 1,000. The same
    seed gives the same designs as the stock samplers; tests hold it to that.
    """

    def _keep(self, space: Mapping[str, BaseDistribution]) -> None:
        self._space = {name: space[name] for name in sorted(space) if not space[name].single()}
        self._generation_of: dict[int, int] = {}
        self._complete: dict[int, list[int]] = defaultdict(list)
        self._parents: dict[int, list[FrozenTrial]] = {}
        self._latest = 0

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the search space: it never changes."""
        return self._space

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """Return the generation of a trial: the latest, or a new one when that is full."""
        generation = self._generation_of.get(trial.number)
        if generation is None:
            is_full = len(self._complete[self._latest]) >= (self.population_size or 0)
            generation = self._latest + 1 if is_full else self._latest
            self._generation_of[trial.number] = generation
        return generation

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """Return the complete trials of a generation, in the order in which they were asked."""
        # Read once per generation, without the copies that `Study.trials` would make.
        trials = study.get_trials(deepcopy=False)
        return [trials[number] for number in sorted(self._complete[generation])]

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation, selected once."""
        if generation == 0:
            return []
        if generation in self._parents:
            return self._parents[generation]
        selected = self.select_parent(study, generation)
        # Like the stock sampler: the first child sees the parents in the order of their selection,
        # all others in the order of their numbers.
        self._parents = {generation: sorted(selected, key=lambda trial: trial.number)}
        return selected

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Count a trial into its generation."""
        super().after_trial(study, trial, state, values)
        generation = self._generation_of.pop(trial.number, None)
        if generation is not None and state == TrialState.COMPLETE:
            self._complete[generation].append(trial.number)
            self._latest = max(self._latest, generation)


class FastNsga2(_FixedSpace, NSGAIISampler):
    """Optuna's NSGA-II for a search space known from the start.

    Parameters
    ----------
    space : mapping of str to BaseDistribution
        Distribution of every parameter that trials will suggest.
    population_size : int
        Trials of a generation.
    seed : int, optional
    children : callable, optional
        Child generation strategy: from study, search space and parents to the parameters of a
        child; the stock one by default.
    """

    def __init__(
        self,
        space: Mapping[str, BaseDistribution],
        *,
        population_size: int = 50,
        seed: int | None = None,
        children: ChildStrategy | None = None,
    ) -> None:
        super().__init__(
            population_size=population_size, seed=seed, child_generation_strategy=children
        )
        self._keep(space)


class FastNsga3(_FixedSpace, NSGAIIISampler):
    """Optuna's NSGA-III for a search space known from the start; see `FastNsga2`.

    Parameters
    ----------
    space, population_size, seed, children
        See `FastNsga2`.
    dividing_parameter : int
        Divisions of each axis between the reference points.
    """

    def __init__(
        self,
        space: Mapping[str, BaseDistribution],
        *,
        population_size: int = 50,
        seed: int | None = None,
        children: ChildStrategy | None = None,
        dividing_parameter: int = 3,
    ) -> None:
        super().__init__(
            population_size=population_size,
            seed=seed,
            child_generation_strategy=children,
            dividing_parameter=dividing_parameter,
        )
        self._keep(space)


Made = TypeVar("Made")


def quietly(make: Callable[..., Made], **options: Any) -> Made:
    """Build an Optuna object without its notices: experimental, and new studies."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return make(**options)
    finally:
        optuna.logging.set_verbosity(verbosity)
