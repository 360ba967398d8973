"""The first designs of a search: they fit, and are as different from each other as can be."""

from __future__ import annotations

__all__ = ["FirstDraws", "Needs", "Screen", "draw_first", "spread"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch, KnobSpace

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Screen = Callable[[DesignBatch], Flags]
"""Designs to whether each may run each workload, (n, n_workloads), by area and capacity alone."""

Needs = Callable[[DesignBatch], npt.NDArray[np.float64]]
"""Designs to the arrays that all weights of each workload need over those there are, as decimal
logarithms, (n, n_workloads): 0 or less where they are held."""

CHUNK = 2000


@dataclass(frozen=True)
class FirstDraws:
    """Random designs with what the screen says of them.

    Attributes
    ----------
    indices : ndarray
        (n, n_genes).
    fits : ndarray of bool
        Whether each design may run each workload, (n, n_workloads).
    n_drawn : int
        Designs that were screened; those that fit no workload are not kept.
    residents : FirstDraws, optional
        Likewise those that hold all weights, where chips may also do without.
    starts : ndarray
        Designs of another study that every search evaluates first, (n, n_genes).
    """

    indices: Indices
    fits: Flags
    n_drawn: int
    residents: FirstDraws | None = None
    starts: Indices | None = None

    def for_workloads(self, workloads: tuple[int, ...]) -> Indices:
        """Return the designs that fit all the given workloads."""
        return self.indices[self.fits[:, list(workloads)].all(axis=1)]


def draw_first(
    space: KnobSpace,
    screen: Screen,
    n_fitting: int,
    n_most: int,
    rng: np.random.Generator,
) -> FirstDraws:
    """Draw at random until `n_fitting` designs fit all workloads, or `n_most` are drawn.

    Parameters
    ----------
    space : KnobSpace
    screen : callable
    n_fitting : int
        Designs wanted.
    n_most : int
        Designs screened at most: in a tight space, one in a hundred may fit.
    rng : Generator
    """
    kept: list[Indices] = []
    flags: list[Flags] = []
    n_drawn = n_found = 0
    while n_found < n_fitting and n_drawn < n_most:
        indices = space.draw(rng, min(CHUNK, n_most - n_drawn))
        fits = screen(space.decode(indices))
        some = fits.any(axis=1)
        kept.append(indices[some])
        flags.append(fits[some])
        n_drawn += len(indices)
        n_found += int(fits.all(axis=1).sum())
    return FirstDraws(np.concatenate(kept), np.concatenate(flags), n_drawn)


def spread(indices: Indices, n_designs: int) -> Indices:
    """Return designs chosen greedily, each the farthest from those chosen before it.

    Distance is the number of genes that differ (Hamming); of equal distances, the first.

    Examples
    --------
    >>> spread(np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 0]]), 2).tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    if len(indices) == 0:
        return indices
    distance = (indices != indices[0]).sum(axis=1)
    chosen = [0]
    while len(chosen) < min(n_designs, len(indices)):
        farthest = int(distance.argmax())
        if distance[farthest] == 0:
            break
        chosen.append(farthest)
        distance = np.minimum(distance, (indices != indices[farthest]).sum(axis=1))
    return indices[chosen]
