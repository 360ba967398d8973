"""The Pareto front among all designs, in 3-D and seen from three sides."""

from __future__ import annotations

__all__ = [
    "LINKED_VIEWS",
    "N_SHOWN",
    "Descriptions",
    "axis_title",
    "front_3d_figure",
    "front_sides_figure",
    "shown_rows",
]

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import Scores
from imctune.report.clouds import (
    QUANTITIES,
    Axes,
    Cloud,
    cloud,
    seen_from_sides,
    seen_in_3d,
)
from imctune.report.comparison import Chip, chips
from imctune.report.facts import RunFacts, TuneRecord, chosen, front
from imctune.report.figures import Figure
from imctune.report.numbers import knob_text, number
from imctune.report.palette import CHIP_COLOURS, CLOUD, FRONT, escaped

N_SHOWN = 5000
LINKED_VIEWS = "Point at a design, or drag a box around some: all four views mark the same designs."
OVER_NETWORKS = {
    "geomean": ", geometric mean",
    "regret": ", geometric mean",
    "mean": ", mean",
    "max": ", worst network",
    "product": ", product over the networks",
}

Rows = npt.NDArray[np.int64]


def front_3d_figure(result: TuneRecord, facts: RunFacts) -> Figure:
    """Return energy, latency and area of the feasible designs, logarithmic, to turn around."""
    return seen_in_3d(_clouds(result, facts), _axes(result, facts))


def front_sides_figure(result: TuneRecord, facts: RunFacts) -> Figure:
    """Return the same designs seen from three sides; what is selected in one is so in all."""
    return seen_from_sides(_clouds(result, facts), _axes(result, facts))


def shown_rows(rows: npt.ArrayLike, most: int = N_SHOWN) -> Rows:
    """Return at most so many rows, evenly spread over all of them: the same each time.

    >>> shown_rows(range(10), most=4).tolist()
    [0, 3, 6, 9]
    """
    every = np.asarray(rows, dtype=np.int64)
    if len(every) <= most:
        return every
    return every[np.rint(np.linspace(0, len(every) - 1, most)).astype(np.int64)]


def axis_title(quantity: str, facts: RunFacts) -> str:
    """Return what an objective is, in what unit, and how the networks became one number."""
    goals = facts.objectives
    if quantity == "area_mm2":
        return "area [mm²]" if goals.silicon == "area" else "wafer cost [mm² at 32 nm]"
    name, unit = quantity.split("_")
    over = OVER_NETWORKS[goals.aggregation] if len(facts.networks) > 1 else ""
    shown = {"mj": "mJ", "ms": "ms"}[unit]
    return f"{name}{over}" + ("" if goals.aggregation == "product" else f" [{shown}]")


def _axes(result: TuneRecord, facts: RunFacts) -> Axes:
    feasible = np.isfinite(result.scores.score)
    return {
        quantity: (axis_title(quantity, facts), getattr(result.scores, quantity)[feasible])
        for quantity in QUANTITIES
    }


def _clouds(result: TuneRecord, facts: RunFacts) -> list[Cloud]:
    """Return what is drawn, from below: other designs, the front, baselines, the choice."""
    feasible = np.isfinite(result.scores.score)
    others = shown_rows(np.flatnonzero(feasible & ~front(result)))
    text = Descriptions(result.designs, result.scores, facts, result.origin)

    def points(name: str, rows: npt.ArrayLike, colour: str, symbol: str, size: int) -> Cloud:
        some = np.asarray(rows, dtype=np.int64)
        return cloud(
            name,
            result.scores,
            some,
            keys=some.tolist(),
            text=[text(row, with_knobs=colour != CLOUD) for row in some.tolist()],
            colour=colour,
            symbol=symbol,
            size=size,
        )

    found = [
        points("other feasible designs", others, CLOUD, "circle", 4),
        points("Pareto front", shown_rows(np.flatnonzero(front(result))), FRONT, "circle", 6),
    ]
    for kind, symbol in (("largest", "diamond"), ("median", "square")):
        for chip in chips(result):
            if chip.row is not None and feasible[chip.row] and _is(chip, kind):
                label = escaped(chip.label)
                found.append(points(label, [chip.row], CHIP_COLOURS[kind], symbol, 11))
    best = chosen(result)
    if best is not None:
        found.append(points("joint choice", [best], CHIP_COLOURS["joint"], "cross", 13))
    return [points for points in found if points.keys]


def _is(chip: Chip, kind: str) -> bool:
    return chip.is_largest if kind == "largest" else chip.is_median and not chip.is_largest


class Descriptions:
    """What a design is, in a few lines."""

    def __init__(
        self, designs: DesignBatch, scores: Scores, facts: RunFacts, origin: Sequence[str] = ()
    ) -> None:
        self._scores = scores
        self._origin = origin
        self._goals = facts.objectives
        columns = designs.columns()
        self._varied = {
            name: values.tolist() for name, values in columns.items() if len(np.unique(values)) > 1
        }

    def __call__(self, row: int, *, with_knobs: bool) -> str:
        """Return a design: its number and origin, what it costs, and the knobs that vary."""
        scores = self._scores
        origin = f", {escaped(self._origin[row])} search" if self._origin else ""
        text = (
            f"design {row}{origin}<br>"
            f"{self._goals.score_name} {number(scores.score[row])} {self._goals.score_unit}<br>"
            f"{number(scores.energy_mj[row])} mJ, {number(scores.latency_ms[row])} ms, "
            f"{number(scores.area_mm2[row])} mm²"
        )
        if not with_knobs:
            return text
        knobs = [
            f"{escaped(name)} {knob_text(values[row])}" for name, values in self._varied.items()
        ]
        lines = [", ".join(knobs[start : start + 4]) for start in range(0, len(knobs), 4)]
        return "<br>".join([text, *lines])
