"""A space cut into blocks: the designs of a block stand side by side in the order of the space."""

from __future__ import annotations

__all__ = ["Blocks"]

import math

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch, KnobSpace

Places = npt.NDArray[np.int64]
"""Designs by their place in the space: the last gene varies fastest."""


class Blocks:
    """The blocks of a space, each a range of places and a box of gene values.

    Parameters
    ----------
    space : KnobSpace
    n_most : int
        Designs of a block, at most.

    Attributes
    ----------
    n_designs : int
        Designs of a block; the last one of a row of blocks may have fewer.
    """

    def __init__(self, space: KnobSpace, n_most: int) -> None:
        self.space = space
        self.counts = tuple(len(gene.values) for gene in space.genes) or (1,)
        # The first gene of which a block holds several values, and all values of those after it.
        self._axis = len(self.counts) - 1
        while self._axis > 0 and math.prod(self.counts[self._axis :]) <= n_most:
            self._axis -= 1
        self._inner = math.prod(self.counts[self._axis + 1 :])
        self._step = min(max(n_most // self._inner, 1), self.counts[self._axis])
        self._rows = -(-self.counts[self._axis] // self._step)
        self.n_designs = self._step * self._inner

    def __len__(self) -> int:
        return math.prod(self.counts[: self._axis]) * self._rows

    def ranges(self, block: int) -> list[slice]:
        """Return the range of values of each gene in a block."""
        outer, row = divmod(block, self._rows)
        fixed = np.unravel_index(outer, self.counts[: self._axis]) if self._axis else ()
        first = row * self._step
        last = min(first + self._step, self.counts[self._axis])
        return [
            *(slice(int(value), int(value) + 1) for value in fixed),
            slice(first, last),
            *(slice(0, count) for count in self.counts[self._axis + 1 :]),
        ]

    def places(self, block: int) -> tuple[int, int]:
        """Return the first place of a block, and the one after its last."""
        outer, row = divmod(block, self._rows)
        start = (outer * self.counts[self._axis] + row * self._step) * self._inner
        width = self.ranges(block)[self._axis]
        return start, start + (width.stop - width.start) * self._inner

    def designs(self, places: npt.ArrayLike) -> DesignBatch:
        """Return the designs at some places."""
        indices = np.stack(np.unravel_index(np.asarray(places, np.int64), self.counts), axis=1)
        return self.space.decode(indices[:, : len(self.space.genes)])
