"""Single-objective genetic algorithms: a plain one, and the paper's four phases [1]_.

Both cross by simulated binary crossover and mutate by polynomial mutation, as the paper does.

References
----------
.. [1] O. Krestinskaya et al., Joint Hardware-Workload Co-Optimization for In-Memory Computing
   Accelerators, 2026, arXiv:2603.03880, and its code (JointHardwareWorkloadOptimizationIMC).
"""

from __future__ import annotations

__all__ = ["PLAIN", "evolve", "four_phase", "plain"]

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from imctune.search.first import spread
from imctune.search.samplers.children import Children
from imctune.search.samplers.fast import FastNsga2, quietly
from imctune.search.samplers.operators import RealCoded, Strength
from imctune.search.state import Search

Indices = npt.NDArray[np.int64]

PLAIN = Strength(crossover=1.0, crossover_eta=3.0, mutation=1.0, mutation_eta=3.0)

PHASES = (
    PLAIN,
    Strength(crossover=0.9, crossover_eta=7.0, mutation=0.5, mutation_eta=7.0),
    Strength(crossover=1.0, crossover_eta=15.0, mutation=0.2, mutation_eta=15.0),
    Strength(crossover=1.0, crossover_eta=25.0, mutation=0.05, mutation_eta=25.0),
)
"""Explore, transition, converge, fine-tune: as many designs each."""


def plain(search: Search, fitting: Indices) -> None:
    """Spend the budget on a plain genetic algorithm that starts from random designs."""
    size = search.settings.population_size
    first = search.space.draw(search.rng, size)
    evolve(search, first, search.n_designs, size, lambda: PLAIN)
    search.top_up()


def four_phase(search: Search, fitting: Indices) -> None:
    """Spend the budget on the paper's schedule: spread first designs, then four phases.

    The paper starts each phase anew from the best designs so far. Parents are the best of all
    designs before them here, so to go on with weaker operators is the same. Unlike in the paper's
    code, a failed design loses, all networks decide, and no design is evaluated twice.
    """
    settings = search.settings
    first = spread(fitting, settings.first_designs)
    n_bred = max(search.n_designs - len(first), 1)

    def strength() -> Strength:
        share = (len(search.found) - len(first)) / n_bred
        return PHASES[min(max(int(len(PHASES) * share), 0), len(PHASES) - 1)]

    evolve(search, first, search.n_designs, settings.population_size, strength)
    search.top_up()


def evolve(
    search: Search,
    first: Indices,
    n_designs: int,
    population_size: int,
    strength: Callable[[], Strength],
    held: Indices | None = None,
) -> None:
    """Breed designs by their score until there are enough, or no new ones.

    Parameters
    ----------
    search : Search
    first : ndarray
        First generation, (n, n_genes).
    n_designs : int
        Designs of the search when this ends, those before it included.
    population_size : int
        Parents, and children of a generation.
    strength : callable
        How far children may be from their parents now.
    held : ndarray of int, optional
        Values that genes keep, -1 where they are free, (n_genes,).
    """
    fixed = np.full(len(search.names), -1) if held is None else held
    free = np.flatnonzero(fixed < 0)

    def is_wanted(genes: Indices) -> npt.NDArray[np.bool_]:
        whole = np.repeat(fixed[None, :], len(genes), axis=0)
        whole[:, free] = genes
        return search.is_wanted(whole)

    children = Children(
        [search.names[gene] for gene in free.tolist()],
        search.counts[free],
        is_wanted,
        search.seed,
        RealCoded(strength),
    )
    distributions = search.distributions(held)
    sampler = quietly(
        FastNsga2,
        space=distributions,
        population_size=population_size,
        seed=search.seed,
        children=children,
    )
    search.open(sampler, distributions, single_objective=True)
    search.explore(first, n_designs, population_size)
