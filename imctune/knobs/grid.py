"""Designs as a grid: every combination of some values of each knob."""

from __future__ import annotations

__all__ = ["DesignGrid"]

import math
from dataclasses import dataclass

import numpy as np

from imctune.knobs.designs import Column


@dataclass(frozen=True)
class DesignGrid:
    """Every combination of some values of each knob, without writing them out.

    Attributes
    ----------
    values : dict of str to ndarray
        Per knob, an array with one axis for each knob that is chosen: of length 1 along all axes
        but its own, so that arrays computed from some knobs have no more entries than these have
        combinations. Values that depend on other knobs have the axes of those too.
    workloads : tuple of str
        Names of the workloads.
    """

    values: dict[str, Column]
    workloads: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Values along each axis."""
        return np.broadcast_shapes(*(values.shape for values in self.values.values()))

    def __len__(self) -> int:
        return math.prod(self.shape)

    def __getitem__(self, knob: str) -> Column:
        return self.values[knob]
