"""Optuna's own samplers: random designs, and the tree-structured Parzen estimator."""

from __future__ import annotations

__all__ = ["random", "tpe"]

import numpy as np
import numpy.typing as npt
import optuna

from imctune.search.samplers.fast import quietly
from imctune.search.state import Search

Indices = npt.NDArray[np.int64]


def random(search: Search, fitting: Indices) -> None:
    """Spend the budget on uniform random designs, screened for nothing."""
    search.open(optuna.samplers.RandomSampler(seed=search.seed), search.distributions())
    search.explore(fitting[:0], search.n_designs, search.settings.population_size)
    search.top_up()


def tpe(search: Search, fitting: Indices) -> None:
    """Spend the budget on what TPE expects to lower the score; random designs come first.

    A proposal costs more the more designs there are: milliseconds after a thousand.
    """
    size = search.settings.population_size
    sampler = quietly(optuna.samplers.TPESampler, seed=search.seed, n_startup_trials=size)
    search.open(sampler, search.distributions(), single_objective=True)
    search.explore(fitting[:0], search.n_designs, size)
    search.top_up()
