"""Neighbours of a design: what a few changes of its genes make of it."""

from __future__ import annotations

__all__ = ["Neighbourhood"]

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt

from imctune.knobs import KnobSpace

Indices = npt.NDArray[np.int64]

SIZES = ("rows", "cols", "macros_per_tile", "tiles_per_group", "router_groups")
"""Knobs whose product is the number of cells of a chip."""

SAME_SIZE = 0.06
"""Most that the number of cells of other splits differs, in decades."""

MOST_COMBINATIONS = 100_000
"""Values of knobs, all combined, that are looked through for other splits."""


class Neighbourhood:
    """Neighbours of designs in a space, (n, n_genes) each.

    Parameters
    ----------
    space : KnobSpace
    """

    def __init__(self, space: KnobSpace) -> None:
        self._counts = [len(gene.values) for gene in space.genes]
        self._ordered = [gene.is_ordered for gene in space.genes]
        self._sizes = {
            place: np.log10(np.array(gene.values, dtype=np.float64))
            for place, gene in enumerate(space.genes)
            if gene.column in SIZES
        }

    def steps(self, own: Indices) -> Indices:
        """Return designs with one gene one value up or down, or with another word."""
        return _changed(own, [[change] for change in self._steps(own)])

    def singles(self, own: Indices) -> Indices:
        """Return designs with another value of one gene."""
        changes = [
            (gene, value)
            for gene, count in enumerate(self._counts)
            for value in range(count)
            if value != own[gene]
        ]
        return _changed(own, [[change] for change in changes])

    def pairs(self, own: Indices) -> Indices:
        """Return designs with steps of two genes."""
        pairs = combinations(self._steps(own), 2)
        return _changed(own, [list(pair) for pair in pairs if pair[0][0] != pair[1][0]])

    def splits(self, own: Indices) -> Indices:
        """Return designs with as many cells, but two or three knobs of the hierarchy changed."""
        found = [own[None, :][:0]]
        for genes in (*combinations(self._sizes, 2), *combinations(self._sizes, 3)):
            counts = [self._counts[gene] for gene in genes]
            if math.prod(counts) > MOST_COMBINATIONS:
                continue
            places = np.indices(counts).reshape(len(genes), -1)
            sizes = [self._sizes[gene] - self._sizes[gene][own[gene]] for gene in genes]
            more = sum(size[place] for size, place in zip(sizes, places, strict=True))
            is_other = (places != own[list(genes), None]).all(axis=0) & (np.abs(more) <= SAME_SIZE)
            new = np.repeat(own[None, :], is_other.sum(), axis=0)
            new[:, genes] = places[:, is_other].T
            found.append(new)
        return np.concatenate(found)

    def _steps(self, own: Indices) -> list[tuple[int, int]]:
        """Return the genes and values of all steps."""
        return [
            (gene, value)
            for gene, count in enumerate(self._counts)
            for value in range(count)
            if value != own[gene] and (not self._ordered[gene] or abs(value - own[gene]) == 1)
        ]


def _changed(own: Indices, groups: list[list[tuple[int, int]]]) -> Indices:
    """Return one design per group of changes."""
    new = np.repeat(own[None, :], len(groups), axis=0)
    for row, group in zip(new, groups, strict=True):
        for gene, value in group:
            row[gene] = value
    return new
