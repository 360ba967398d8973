"""Which knobs matter, judged by designs that were evaluated anyway.

Two measures, since a search does not draw designs evenly. The loss of a value is how much worse the
best design with it is than the best of all: what a designer gives up by fixing it. It is an upper
bound, as a longer search may find better designs with that value. The variance share is that of
the logarithms of all feasible scores which the knob alone explains (correlation ratio).
"""

from __future__ import annotations

__all__ = ["KnobImportance", "knob_importance"]

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch, KnobSpace, KnobValue
from imctune.knobs.designs import DIGITAL_LACKS
from imctune.knobs.table import LOSSLESS

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KnobImportance:
    """How the best score depends on one knob.

    Attributes
    ----------
    column : str
        ``rows``, or ``weight_bits@resnet18``.
    values : tuple
        What it may be, ascending.
    n_designs, n_feasible : tuple of int
        Designs evaluated with each value.
    loss : tuple of float
        Best score with each value over the best of all, minus 1: infinite where all designs with
        the value are infeasible, not a number where there are none.
    variance_share : float
        Share of the variance of the logarithm of feasible scores that the knob explains, 0 to 1.
    """

    column: str
    values: tuple[KnobValue, ...]
    n_designs: tuple[int, ...]
    n_feasible: tuple[int, ...]
    loss: tuple[float, ...]
    variance_share: float

    @property
    def others(self) -> list[tuple[float, KnobValue]]:
        """Loss and value of all values that were tried but the best, lowest loss first."""
        pairs = zip(self.loss, self.values, strict=True)
        tried = [pair for pair in pairs if not math.isnan(pair[0])]
        return sorted(tried, key=lambda pair: pair[0])[1:]

    @property
    def typical_loss(self) -> float:
        """Median loss of the values that were tried but the best; 0 where there is no other."""
        losses = [loss for loss, _ in self.others]
        return float(np.median(losses)) if losses else 0.0


def knob_importance(
    space: KnobSpace, designs: DesignBatch, score: npt.ArrayLike
) -> list[KnobImportance]:
    """Return every free knob, the one that matters most first.

    Parameters
    ----------
    space : KnobSpace
        Which knobs are free, and what they may be.
    designs : DesignBatch
        Distinct designs.
    score : array_like
        Of each, infinite where it is infeasible, (n,).

    Notes
    -----
    A knob that means nothing in a digital macro is judged by the analog designs alone, against the
    best of those.
    """
    scores = np.asarray(score, dtype=np.float64)
    columns = designs.columns()
    is_analog = designs["compute"] != "digital"
    found = []
    for gene in space.genes:
        counts = is_analog if gene.column.partition("@")[0] in DIGITAL_LACKS else slice(None)
        own = columns[gene.column][counts]
        met = np.unique(own).tolist()
        values = [value for value in gene.values if value != LOSSLESS]
        values = [*values, *(value for value in met if value not in values)]
        if gene.is_ordered:
            values = sorted(values, key=float)
        found.append(_importance(gene.column, values, own, scores[counts]))
    return sorted(found, key=lambda knob: (-knob.typical_loss, -knob.variance_share))


def _importance(
    column: str, values: list[Any], own: npt.NDArray[Any], score: FloatArray
) -> KnobImportance:
    """Return one knob's importance from its value and the score of each design."""
    places = [own == value for value in values]
    feasible = np.isfinite(score)
    best = [float(score[place].min(initial=np.inf)) for place in places]
    least = min(best, default=math.inf)
    loss = [
        (value / least - 1.0 if math.isfinite(value) else math.inf) if place.any() else math.nan
        for value, place in zip(best, places, strict=True)
    ]
    return KnobImportance(
        column=column,
        values=tuple(values),
        n_designs=tuple(int(place.sum()) for place in places),
        n_feasible=tuple(int((place & feasible).sum()) for place in places),
        loss=tuple(loss),
        variance_share=_variance_share([np.log(score[place & feasible]) for place in places]),
    )


def _variance_share(groups: list[FloatArray]) -> float:
    """Return the variance between groups over the variance of all, 0 where nothing varies."""
    every = np.concatenate(groups) if groups else np.zeros(0)
    spread = float(((every - every.mean()) ** 2).sum()) if len(every) else 0.0
    if spread <= 0.0:
        return 0.0
    between = sum(len(group) * (group.mean() - every.mean()) ** 2 for group in groups if len(group))
    return min(float(between) / spread, 1.0)
