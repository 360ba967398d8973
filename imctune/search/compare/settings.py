"""Which samplers are compared, over how many seeds, at which budgets, against what."""

from __future__ import annotations

__all__ = ["CompareSettings"]

import math
from dataclasses import dataclass

from imctune.errors import InputError, closest
from imctune.search.settings import SAMPLERS

MOST_SEEDS = 1000


@dataclass(frozen=True)
class CompareSettings:
    """Which samplers are compared, over how many seeds, at which budgets, against what.

    Attributes
    ----------
    samplers : tuple of str
        Names of samplers.
    n_seeds : int
        Runs of each sampler, with the seeds from the run's own seed upwards.
    budgets : tuple of int
        Distinct designs that a search may evaluate.
    reference : float, str or None
        Lowest score that is possible, or the folder of a finished ``task=exhaustive`` of the same
        space, which also gives the true front; the best of all runs compared if None.
    """

    samplers: tuple[str, ...] = ("nsga2", "four_phase", "ga", "random")
    n_seeds: int = 20
    budgets: tuple[int, ...] = (2000,)
    reference: float | str | None = None

    def __post_init__(self) -> None:
        for name in self.samplers:
            if name not in SAMPLERS:
                raise InputError(
                    f"compare.samplers must be of {', '.join(SAMPLERS)}, "
                    f"got {name!r}{closest(name, SAMPLERS)}"
                )
        for name in ("samplers", "budgets"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise InputError(
                    f"compare.{name} must be at least one, each once, got {list(values)!r}"
                )
        if not 1 <= self.n_seeds <= MOST_SEEDS:
            raise InputError(f"compare.n_seeds must be from 1 to {MOST_SEEDS}, got {self.n_seeds}")
        for budget in self.budgets:
            if budget < 1:
                raise InputError(f"compare.budgets must be 1 or more, got {budget}")
        if isinstance(self.reference, float) and not 0.0 < self.reference < math.inf:
            raise InputError(f"compare.reference must be above 0, got {self.reference!r}")
