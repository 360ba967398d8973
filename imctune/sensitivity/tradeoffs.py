"""What one step of a knob costs, and what less energy, time or area costs along the front."""

from __future__ import annotations

__all__ = ["Judge", "Price", "Step", "front_rows", "prices", "steps"]

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.knobs import KNOBS, Change, DesignBatch, KnobSpace, KnobValue, changed, single_changes
from imctune.knobs.table import LOSSLESS
from imctune.objectives import Metrics, Scores
from imctune.pareto import nondominated

Rows = npt.NDArray[np.int64]

Judge = Callable[[DesignBatch], tuple[Metrics, Scores]]
"""Designs to their results and scores."""

QUANTITIES = ("energy_mj", "latency_ms", "area_mm2")


@dataclass(frozen=True)
class Step:
    """A design, and the same one with the next value of one knob; changes are relative.

    Attributes
    ----------
    row : int
        The design, among those of the run.
    column : str
        ``rows``, or ``weight_bits@resnet18``.
    before, after : int or float or bool or str
    score : float
        Change of the score; not a number where the changed design is infeasible.
    energy, latency, area : float
        Changes of the three objectives.
    violated : tuple of str
        Constraints that the changed design violates.
    """

    row: int
    column: str
    before: KnobValue
    after: KnobValue
    score: float
    energy: float
    latency: float
    area: float
    violated: tuple[str, ...]


@dataclass(frozen=True)
class Price:
    """A design that trades score for less of one objective than the chosen design takes.

    Attributes
    ----------
    quantity : {"energy_mj", "latency_ms", "area_mm2"}
    row : int
        The design with the lowest score of all that take no more of it.
    value, score : float
    saved, loss : float
        Change of the quantity (as a share saved) and of the score, against the chosen design.
    slope : float
        Score paid per unit of the quantity, from the previous of these designs to this one.
    """

    quantity: str
    row: int
    value: float
    score: float
    saved: float
    loss: float
    slope: float


def front_rows(scores: Scores, is_pareto: npt.ArrayLike, best: int, n_most: int) -> list[int]:
    """Return the chosen design, then others of the front at even distances in area.

    Parameters
    ----------
    scores : Scores
        Of all designs of a run.
    is_pareto : array_like of bool
        Which are on the front, (n,).
    best : int
        Row of the chosen design.
    n_most : int
        Designs to return, at most.
    """
    rows = np.flatnonzero(np.asarray(is_pareto, dtype=np.bool_) & np.isfinite(scores.score))
    rows = rows[np.argsort(scores.area_mm2[rows], kind="stable")]
    picked = rows[np.unique(np.linspace(0, len(rows) - 1, n_most).round().astype(int))]
    return [best, *(int(row) for row in picked if row != best)][:n_most]


def steps(space: KnobSpace, designs: DesignBatch, rows: Sequence[int], judge: Judge) -> list[Step]:
    """Return what the next value of every free knob, up and down, makes of some designs.

    All changed designs are evaluated, in one call. Words have no order: each other one is a step.
    A converter of lossless resolution is also given one bit more, and one less.

    Parameters
    ----------
    space : KnobSpace
    designs : DesignBatch
        All designs of a run.
    rows : sequence of int
        Those to change.
    judge : callable
        Designs to Metrics and Scores.
    """
    found: list[tuple[int, Change]] = []
    batches = [designs.take(rows)]
    for place, row in enumerate(rows):
        design = designs.take([row])
        changes = _next_values(space, design)
        if not changes:
            continue
        batch = changed(space, design, changes)
        own, keys = design.keys()[0], batch.keys()
        is_other = np.array([key != own for key in keys])
        batches.append(batch.take(is_other))
        found += [(place, change) for change, other in zip(changes, is_other, strict=True) if other]
    metrics, scores = judge(DesignBatch.concatenate(batches))
    return [
        _step(rows[place], place, len(rows) + index, change, metrics, scores)
        for index, (place, change) in enumerate(found)
    ]


def prices(scores: Scores, best: int) -> list[Price]:
    """Return the designs that pay score for less energy, latency or area, a list of each.

    They are the lower ends of the front of score against that quantity, the nearest first: what
    the chosen design would have to become under a tighter limit.

    Parameters
    ----------
    scores : Scores
        Of all designs of a run.
    best : int
        Row of the design with the lowest score.
    """
    found = []
    usable = np.isfinite(scores.score)
    for quantity in QUANTITIES:
        values = getattr(scores, quantity)
        less = np.flatnonzero(usable & (values < values[best]))
        points = np.column_stack([values[less], scores.score[less]])
        ends = less[nondominated(points)] if len(less) else less
        _, first = np.unique(values[ends], return_index=True)
        previous = best
        for row in ends[first][::-1].tolist():
            saved, paid = values[previous] - values[row], scores.score[row] - scores.score[previous]
            found.append(
                Price(
                    quantity,
                    row,
                    float(values[row]),
                    float(scores.score[row]),
                    float(1.0 - values[row] / values[best]),
                    float(scores.score[row] / scores.score[best] - 1.0),
                    float(paid / saved),
                )
            )
            previous = row
    return found


def _next_values(space: KnobSpace, design: DesignBatch) -> list[Change]:
    """List the changes of a single design by one place, by any for words, by one converter bit."""
    is_ordered = {gene.column: gene.is_ordered for gene in space.genes}
    changes = [
        change
        for change in single_changes(space, design)
        if change.distance <= 1 or not is_ordered[change.column]
    ]
    lossless = any(knob.name == "adc_bits" and knob.values == (LOSSLESS,) for knob in space.knobs)
    if lossless and design["adc_bits"].ndim == 1:
        bits, spec = int(design["adc_bits"][0]), KNOBS["adc_bits"]
        wanted = (value for value in (bits - 1, bits + 1) if spec.low <= value <= spec.high)
        changes += [Change("adc_bits", bits, value, 1) for value in wanted]
    return changes


def _step(
    row: int, before: int, after: int, change: Change, metrics: Metrics, scores: Scores
) -> Step:
    """Compare a changed design with the one that it was made of."""
    violated = tuple(
        name for name, amount in metrics.violations.items() if (amount[after] > 0.0).any()
    )

    def relative(values: npt.NDArray[np.float64]) -> float:
        return float(values[after] / values[before] - 1.0)

    return Step(
        row=row,
        column=change.column,
        before=change.before,
        after=change.after,
        score=relative(scores.score) if np.isfinite(scores.score[after]) else math.nan,
        energy=relative(scores.energy_mj),
        latency=relative(scores.latency_ms),
        area=relative(scores.area_mm2),
        violated=violated,
    )
