"""NSGA-II: Optuna's sampler with bookkeeping that costs the same for every trial."""

from __future__ import annotations

__all__ = ["FastNsga2", "StepMutation", "quietly"]

import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import NSGAIISampler
from optuna.samplers.nsgaii import BaseMutation
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState


class FastNsga2(NSGAIISampler):
    """Optuna's NSGA-II for a search space known from the start.

    The stock sampler reads all earlier trials for every new one: to find the search space, the
    generation and the parents. Here they are kept, so 20,000 trials cost 20 times 1,000. The same
    seed gives the same designs as the stock sampler; tests hold it to that.

    Parameters
    ----------
    space : mapping of str to BaseDistribution
        Distribution of every parameter that trials will suggest.
    population_size : int
        Trials of a generation.
    seed : int, optional
    mutation : BaseMutation, optional
        How a parameter mutates; drawn anew from its whole distribution by default.
    """

    def __init__(
        self,
        space: Mapping[str, BaseDistribution],
        *,
        population_size: int = 50,
        seed: int | None = None,
        mutation: BaseMutation | None = None,
    ) -> None:
        super().__init__(population_size=population_size, seed=seed, mutation=mutation)
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


class StepMutation(BaseMutation):
    """Mutation of ordered values: mostly to a neighbour, sometimes to any value.

    Parameters
    ----------
    jump_probability : float
        Share of mutations that draw any value, so that no value is out of reach.
    """

    def __init__(self, jump_probability: float = 0.25) -> None:
        self._jump_probability = jump_probability

    def mutation(
        self,
        param: float,
        rng: np.random.RandomState,
        study: Study,
        search_space_bounds: npt.NDArray[np.float64],
    ) -> float:
        """Return another value of an integer parameter."""
        # Optuna's bounds of an integer reach half a step beyond its ends.
        low = round(float(search_space_bounds[0]) + 0.5)
        high = round(float(search_space_bounds[1]) - 0.5)
        value = round(param)
        if high <= low:
            return param
        if rng.rand() < self._jump_probability:
            other = rng.randint(low, high)
            return float(other + (other >= value))
        if value in (low, high):
            return float(value + (1 if value == low else -1))
        return float(value + (1 if rng.rand() < 0.5 else -1))


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
