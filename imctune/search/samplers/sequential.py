"""One stage of knobs after the other: device, circuit, architecture, system.

Each stage searches its own knobs and leaves the others as they are: those of earlier stages at the
best design so far, those of later ones where the search started. It is the paper's reference for
a search that does not see how stages depend on each other.
"""

from __future__ import annotations

__all__ = ["sequential"]

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from imctune.search.samplers.genetic import PLAIN, evolve
from imctune.search.state import Search

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stage:
    """Knobs that are searched together.

    Attributes
    ----------
    name : str
    knobs : tuple of str
    n_generations, population_size : int
        In the paper's code.
    """

    name: str
    knobs: tuple[str, ...]
    n_generations: int
    population_size: int


STAGES = (
    Stage("device", ("bits_per_cell", "encoding", "node_nm"), 5, 10),
    Stage(
        "circuit",
        (
            *("rows", "cols", "rows_active", "compute"),
            *("adc_bits", "adc_range", "columns_per_adc", "dac_bits", "sample_hold"),
        ),
        7,
        25,
    ),
    Stage(
        "architecture",
        (
            *("macros_per_tile", "tiles_per_group", "router_groups", "router_bits"),
            *("tile_buffer_kib", "glb_kib", "glb_port_bits", "vector_lanes"),
        ),
        10,
        70,
    ),
    Stage("system", (), 7, 15),
)
"""Sizes are those of the RRAM search; the last stage has all other knobs."""


def sequential(search: Search, fitting: Indices, start: Literal["middle", "largest"]) -> None:
    """Search stage by stage with a plain genetic algorithm, the stages sharing the budget.

    The shares are those of the paper's code. A stage with fewer designs than its share tries them
    all and leaves the rest to later stages; what the last one leaves is not spent.
    """
    best = _start(search, start)
    free = _free_genes(search)
    sizes = [stage.n_generations * stage.population_size for stage in STAGES]
    for place, (stage, genes) in enumerate(zip(STAGES, free, strict=True)):
        if not genes.any():
            continue
        own = (
            search.n_left
            * sizes[place]
            // sum(
                size for size, later in zip(sizes[place:], free[place:], strict=True) if later.any()
            )
        )
        held = np.where(genes, -1, best)
        n_designs = len(search.found) + own
        if np.prod(search.counts[genes]) <= own:
            search.evaluate_all(held)
        else:
            size = max(2, own // stage.n_generations)
            first = search.space.draw(search.rng, size)
            first[0] = best
            evolve(search, np.where(genes, first, best), n_designs, size, lambda: PLAIN, held)
        best = search.found.indices[search.found.ranked()[0]].copy()


def _start(search: Search, start: Literal["middle", "largest"]) -> Indices:
    """Return the design to start from; a knob of words starts at the first of them."""
    ordered = np.array([gene.is_ordered for gene in search.space.genes])
    place = search.counts // 2 if start == "middle" else search.counts - 1
    return np.where(ordered, place, 0)


def _free_genes(search: Search) -> list[npt.NDArray[np.bool_]]:
    """Return which genes each stage searches, (n_genes,)."""
    knobs = [name.partition("@")[0] for name in search.names]
    early = [np.isin(knobs, stage.knobs) for stage in STAGES[:-1]]
    return [*early, ~np.any(early, axis=0)]
