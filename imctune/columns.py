"""Results as named columns, one value per design: what the run folder and MLflow store.

``energy_mj@resnet18`` is one network's, ``energy_mj`` that of the objective over all networks;
names end in their unit, EDAP is in mJ·ms·mm².
"""

from __future__ import annotations

__all__ = ["Column", "result_columns"]

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from imctune.objectives import Metrics, Scores

Column = npt.NDArray[Any]


def result_columns(metrics: Metrics, scores: Scores) -> dict[str, Column]:
    """Return the stored results of some designs, in the order in which they are stored."""
    columns: dict[str, Column] = {
        "edap": scores.score,
        "energy_mj": scores.energy_mj,
        "latency_ms": scores.latency_ms,
        "area_mm2": metrics.area_mm2,
        "feasible": metrics.feasible,
    }
    for quantity in ("energy_mj", "latency_ms", "edap"):
        columns |= _spread(quantity, getattr(metrics, quantity), metrics.workloads)
    for name, amounts in sorted(metrics.violations.items()):
        columns |= _spread(f"violation_{name}", amounts, metrics.workloads)
    return columns


def _spread(name: str, values: Column, workloads: Sequence[str]) -> dict[str, Column]:
    """Return a quantity as one column, or as one per network if it has a second axis."""
    if values.ndim == 1:
        return {name: values}
    return {f"{name}@{workload}": values[:, index] for index, workload in enumerate(workloads)}
