"""What a search minimises: the joint objectives, or those of one network."""

from __future__ import annotations

__all__ = ["Goal", "joint_goal", "single_goal"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.objectives import EDAP_UNIT, Metrics, ObjectiveSettings, Scores, aggregate

FloatArray = npt.NDArray[np.float64]

WORST_AMOUNT = 1e6
"""Stands for an infinite violation, so that amounts can be added and compared."""

WORST_LOGARITHM = 300.0
"""Stands for the logarithm of an objective that is no positive number."""


@dataclass(frozen=True)
class Goal:
    """What a search makes of the results of designs.

    Attributes
    ----------
    name : str
        ``joint``, or the network that the search is for.
    workloads : tuple of int
        Positions of the workloads that a design must be able to run.
    score : callable
        Metrics to Scores.
    score_name, score_unit : str
        What people call the score.
    exempt : tuple of str
        Constraints that do not count.
    """

    name: str
    workloads: tuple[int, ...]
    score: Callable[[Metrics], Scores]
    score_name: str = "EDAP"
    score_unit: str = EDAP_UNIT
    exempt: tuple[str, ...] = ()

    def constraints(self, metrics: Metrics) -> dict[str, FloatArray]:
        """Return what each constraint takes over its limit, as a logarithm, (n,).

        Of the workloads that count, the worst; above 0 where violated.
        """
        logs = {}
        for name, values in metrics.violations.items():
            if name in self.exempt:
                continue
            own = values if values.ndim == 1 else values[:, list(self.workloads)].max(axis=1)
            logs[name] = np.log10(np.clip(1.0 + own, 1.0 / WORST_AMOUNT, WORST_AMOUNT))
        return logs


def joint_goal(settings: ObjectiveSettings, n_workloads: int, reference: FloatArray | None) -> Goal:
    """Return the goal over all networks; `reference` is the best known EDAP of each, for regret."""
    return Goal(
        "joint",
        tuple(range(n_workloads)),
        lambda metrics: aggregate(metrics, settings, reference),
        settings.score_name,
        settings.score_unit,
    )


def single_goal(name: str, workload: int) -> Goal:
    """Return the goal of one network alone, which does not care about the others."""

    def score(metrics: Metrics) -> Scores:
        fits = metrics.feasible_for(workload)
        return Scores(
            metrics.energy_mj[:, workload],
            metrics.latency_ms[:, workload],
            metrics.area_mm2,
            np.where(fits, metrics.edap[:, workload], np.inf),
        )

    return Goal(name, (workload,), score, exempt=("regret",))


def logarithms(scores: Scores) -> FloatArray:
    """Return the decimal logarithms of energy, latency and area, (n, 3).

    The order of designs is that of the objectives; distances are ratios, so that a front over
    several decades is covered evenly.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(scores.objectives)
    return np.where(np.isfinite(logs), logs, WORST_LOGARITHM)
