"""All that is found out about what matters to the result of a run."""

from __future__ import annotations

__all__ = ["Sensitivity", "sensitivity"]

from dataclasses import dataclass

import numpy.typing as npt

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Scores
from imctune.sensitivity.importance import KnobImportance, knob_importance
from imctune.sensitivity.tradeoffs import Judge, Price, Step, front_rows, prices, steps

N_STEPPED = 12
"""Designs of the front whose neighbours are evaluated: a few hundred evaluations."""


@dataclass(frozen=True)
class Sensitivity:
    """What matters to a result.

    Attributes
    ----------
    importance : list of KnobImportance
        Every free knob, the most important first.
    steps : list of Step
        From the chosen design, first, and from others of the front.
    prices : list of Price
        What less energy, latency and area cost.
    """

    importance: list[KnobImportance]
    steps: list[Step]
    prices: list[Price]


def sensitivity(
    space: KnobSpace,
    designs: DesignBatch,
    scores: Scores,
    is_pareto: npt.ArrayLike,
    best: int,
    judge: Judge,
) -> Sensitivity:
    """Find out which knobs matter, and what steps away from the chosen design cost.

    Parameters
    ----------
    space : KnobSpace
    designs, scores, is_pareto
        All designs of a run.
    best : int
        Row of the chosen design.
    judge : callable
        Designs to Metrics and Scores.
    """
    rows = front_rows(scores, is_pareto, best, N_STEPPED)
    return Sensitivity(
        importance=knob_importance(space, designs, scores.score),
        steps=steps(space, designs, rows, judge),
        prices=prices(scores, best),
    )
