"""Optuna's NSGA-II and NSGA-III, followed by changes of the best designs."""

from __future__ import annotations

__all__ = ["go_on", "nsga2", "nsga3"]

import numpy as np
import numpy.typing as npt

from imctune.search.first import spread
from imctune.search.refine import Refinement
from imctune.search.samplers.children import Children
from imctune.search.samplers.fast import FastNsga2, FastNsga3, quietly
from imctune.search.samplers.operators import UniformSteps
from imctune.search.state import Search

Indices = npt.NDArray[np.int64]


def nsga2(search: Search, fitting: Indices) -> None:
    """Spend the budget on NSGA-II, then on changes of the best designs."""
    sampler = quietly(
        FastNsga2,
        space=search.distributions(),
        population_size=search.settings.population_size,
        seed=search.seed,
        children=_children(search),
    )
    search.open(sampler, search.distributions())
    _explore_and_refine(search, fitting)


def nsga3(search: Search, fitting: Indices) -> None:
    """Spend the budget like `nsga2`, with NSGA-III's choice of parents."""
    size = search.settings.population_size
    # As many reference points as parents: (p + 1) (p + 2) / 2 of them for p divisions.
    divisions = max(1, int((np.sqrt(8.0 * size + 1.0) - 3.0) / 2.0))
    sampler = quietly(
        FastNsga3,
        space=search.distributions(),
        population_size=size,
        seed=search.seed,
        children=_children(search),
        dividing_parameter=divisions,
    )
    search.open(sampler, search.distributions())
    _explore_and_refine(search, fitting)


def go_on(search: Search) -> None:
    """Spend more budget on the best designs that this search or others of the run have met."""
    search.meet_best_of_others()
    _refine(search, is_last=True)
    search.top_up()


def _children(search: Search) -> Children:
    return Children(search.names, search.counts, search.is_wanted, search.seed, UniformSteps())


def _explore_and_refine(search: Search, fitting: Indices) -> None:
    settings = search.settings
    n_refined = min(int(settings.refine_share * search.n_designs), settings.refine_most)
    residents = spread(search.residents, settings.first_designs // 2)
    others = spread(fitting, settings.first_designs - len(residents))
    first = np.concatenate([residents, others])
    search.explore(first, search.n_designs - n_refined, settings.population_size)
    if n_refined > 0:
        search.meet_best_of_others()
        _refine(search, is_last=False)
    search.top_up()


def _refine(search: Search, *, is_last: bool) -> None:
    """Change the best designs a little until the budget is spent or nothing is left to try.

    Optuna's study is not told of these designs: no trial comes after them, and telling would cost
    0.4 ms per design, as much as finding it.
    """
    refinement = Refinement(
        search.space, search.found, search.fits, search.need, search.rng, is_last=is_last
    )
    while search.n_left > 0:
        proposed = refinement.propose(search.n_left)
        if len(proposed) == 0:
            return
        search.evaluate(proposed)
