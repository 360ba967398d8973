"""Knobs: what may be chosen about a chip, the space of choices, and batches of designs.

`table` names every knob with its limits, `space` reads the choices of a run, `designs` holds named
arrays with one entry per design, `grid` all combinations of some values of each knob, `changes`
what lies next to a design.
"""

from imctune.knobs.changes import Change, changed, single_changes
from imctune.knobs.designs import DesignBatch, aligned, lossless_bits
from imctune.knobs.grid import DesignGrid
from imctune.knobs.space import Gene, Knob, KnobSpace
from imctune.knobs.table import KNOBS, KnobSpec, KnobValue

__all__ = [
    "KNOBS",
    "Change",
    "DesignBatch",
    "DesignGrid",
    "Gene",
    "Knob",
    "KnobSpace",
    "KnobSpec",
    "KnobValue",
    "aligned",
    "changed",
    "lossless_bits",
    "single_changes",
]
