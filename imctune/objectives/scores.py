"""Energy, latency and EDAP of designs, aggregated over the workloads."""

from __future__ import annotations

__all__ = ["Scores", "aggregate"]

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from imctune.objectives.metrics import Metrics
from imctune.objectives.settings import ObjectiveSettings

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """What designs are compared by, (n,): aggregated over the workloads.

    Attributes
    ----------
    energy_mj, latency_ms, area_mm2 : ndarray
        The three objectives; with ``silicon: wafer_cost``, the last is the area of a 32 nm wafer
        that costs as much; ``product`` and ``regret`` change their meaning as their names say.
    score : ndarray
        Aggregated EDAP [mJ·ms·mm²], infinite for designs that violate a constraint.
    """

    energy_mj: FloatArray
    latency_ms: FloatArray
    area_mm2: FloatArray
    score: FloatArray

    def __len__(self) -> int:
        return len(self.score)

    @property
    def objectives(self) -> FloatArray:
        """Energy, latency and area as the columns of one array, (n, 3)."""
        return np.column_stack([self.energy_mj, self.latency_ms, self.area_mm2])

    def take(self, rows: npt.ArrayLike) -> Scores:
        """Return the designs at the given positions (or under a mask), in that order."""
        chosen = np.asarray(rows)
        return Scores(*(getattr(self, item.name)[chosen] for item in fields(self)))


def aggregate(
    metrics: Metrics, settings: ObjectiveSettings, reference: npt.ArrayLike | None = None
) -> Scores:
    """Aggregate energy, latency and EDAP over the workloads.

    Parameters
    ----------
    metrics : Metrics
    settings : ObjectiveSettings
    reference : array_like, optional
        Best EDAP found for each workload, for ``regret`` only and where `settings` gives none; the
        best of these feasible designs if not given. [mJ·ms·mm²]
    """
    weights = settings.weights_of(metrics.workloads)
    silicon = metrics.area_mm2 if settings.silicon == "area" else metrics.wafer_cost_mm2
    kind = "geomean" if settings.aggregation == "regret" else settings.aggregation
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        energy = _over_workloads(metrics.energy_mj, weights, kind)
        latency = _over_workloads(metrics.latency_ms, weights, kind)
        if settings.aggregation == "regret":
            score = _regret(metrics, weights, settings, reference)
        else:
            score = silicon * energy * latency
    usable = metrics.feasible & np.isfinite(score)
    return Scores(energy, latency, silicon, np.where(usable, score, np.inf))


def _over_workloads(values: FloatArray, weights: FloatArray, kind: str) -> FloatArray:
    """Aggregate (n, W) to (n,). A workload of weight 0 has no part in it."""
    used = weights > 0.0
    values, weights = np.ascontiguousarray(values[:, used]), weights[used]
    if kind == "max":
        return np.asarray((values * weights).max(axis=1))
    if kind == "mean":
        return np.asarray((values * weights).sum(axis=1) / weights.sum())
    logarithm = (np.log(values) * weights).sum(axis=1)
    return np.asarray(np.exp(logarithm if kind == "product" else logarithm / weights.sum()))


def _regret(
    metrics: Metrics,
    weights: FloatArray,
    settings: ObjectiveSettings,
    reference: npt.ArrayLike | None,
) -> FloatArray:
    """EDAP over the best known, of the worst workload or the weighted mean of all."""
    if reference is None:
        allowed = np.where(metrics.feasible[:, None], metrics.edap, np.inf)
        reference = allowed.min(axis=0, initial=np.inf)
    ratio = metrics.edap / settings.best_edap(metrics.workloads, reference)
    if settings.regret_of == "worst":
        return np.asarray(ratio[:, weights > 0.0].max(axis=1))
    return _over_workloads(ratio, weights, "mean")
