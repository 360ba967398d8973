"""Results of an earlier session of a run: its designs are not simulated again."""

from __future__ import annotations

__all__ = ["Known", "remembering"]

import numpy as np

from imctune.columns import metrics_arrays
from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.search.archive import Evaluate

Known = tuple[DesignBatch, Metrics]
"""Designs and their results."""

N_CHECKED = 50
"""Known designs that are simulated again, to see whether the model is still the same."""


def remembering(evaluate: Evaluate, known: Known) -> Evaluate:
    """Return an evaluation that answers from what is known where it can.

    A model that gives other results now than those known is refused.
    """
    designs, metrics = known
    row_of = {key: row for row, key in enumerate(designs.keys())}
    rows = np.unique(np.linspace(0, len(designs) - 1, min(N_CHECKED, len(designs))).astype(int))
    refuse_changes(metrics.take(rows), evaluate(designs.take(rows)))

    def answer(asked: DesignBatch) -> Metrics:
        keys = asked.keys()
        found = np.array([row_of.get(key, -1) for key in keys])
        is_known = found >= 0
        if not is_known.any():
            return evaluate(asked)
        old = metrics.take(found[is_known])
        if is_known.all():
            return old
        both = Metrics.concatenate([old, evaluate(asked.take(~is_known))])
        return both.take(np.argsort(np.argsort(~is_known, kind="stable"), kind="stable"))

    return answer


def refuse_changes(before: Metrics, now: Metrics) -> None:
    """Refuse results that differ in anything."""
    old, new = metrics_arrays(before), metrics_arrays(now)
    changed = [
        name
        for name in dict.fromkeys([*old, *new])
        if name not in old
        or name not in new
        or not np.array_equal(old[name], new[name], equal_nan=True)
    ]
    if changed:
        raise InputError(
            "resume: the model or its inputs give other results than when the run began "
            f"({', '.join(changed[:3])}{', ...' if len(changed) > 3 else ''}): start a new run"
        )
