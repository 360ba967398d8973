"""What would make an infeasible design feasible: the nearest change of one knob."""

from __future__ import annotations

__all__ = ["Mend", "mends"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imctune.knobs import DesignBatch, KnobSpace, KnobValue, changed, single_changes
from imctune.objectives import Metrics


@dataclass(frozen=True)
class Mend:
    """A violated constraint, and the nearest change of one knob that ends the violation.

    Attributes
    ----------
    constraint : str
    amount : float
        By how much the limit is exceeded, relative to it; of the worst workload.
    workload : str
        The worst workload; empty where the constraint holds for the chip.
    knob : str
        Column of the knob (``rows``, ``weight_bits@resnet18``); empty where no single change of
        the space ends the violation.
    before, after : int or float or bool or str
        Its values.
    still : tuple of str
        Constraints that the changed design violates.
    """

    constraint: str
    amount: float
    workload: str
    knob: str = ""
    before: KnobValue = ""
    after: KnobValue = ""
    still: tuple[str, ...] = ()


def mends(
    space: KnobSpace, design: DesignBatch, evaluate: Callable[[DesignBatch], Metrics]
) -> list[Mend]:
    """Find, for each violated constraint of one design, the nearest mend.

    Every value of every free knob is tried, all in one evaluation. Nearest is the change by the
    fewest places in the knob's list of values, then the one that leaves the fewest violations.

    Parameters
    ----------
    space : KnobSpace
        Which values the knobs may take.
    design : DesignBatch
        A single design.
    evaluate : callable
        Metrics of a population.
    """
    own = worst_amounts(evaluate(design))
    violated = {name: amount[0] for name, (amount, _) in own.items() if amount[0] > 0.0}
    if not violated:
        return []
    changes = single_changes(space, design)
    if not changes:
        return [Mend(name, float(own[name][0][0]), own[name][1][0]) for name in violated]
    tried = worst_amounts(evaluate(changed(space, design, changes)))
    excess = np.stack([amount for amount, _ in tried.values()], axis=1) > 0.0
    names = list(tried)
    found = []
    for name, amount in violated.items():
        mend = Mend(name, float(amount), own[name][1][0])
        good = np.flatnonzero(~excess[:, names.index(name)])
        if len(good):
            best = min(good, key=lambda row: (changes[row].distance, int(excess[row].sum()), row))
            change = changes[best]
            still = tuple(n for n, bad in zip(names, excess[best], strict=True) if bad)
            told = (change.column, change.before, change.after)
            mend = Mend(name, float(amount), own[name][1][0], *told, still)
        found.append(mend)
    return found


def worst_amounts(metrics: Metrics) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Largest amount of each constraint over the workloads, and the workload that has it."""
    result = {}
    for name, amounts in metrics.violations.items():
        if amounts.ndim == 1:
            result[name] = (amounts, [""] * len(amounts))
        else:
            at = amounts.argmax(axis=1)
            result[name] = (amounts.max(axis=1), [metrics.workloads[index] for index in at])
    return result
