"""Results as named columns, one value per design: what the run folder and MLflow store.

``energy_mj@resnet18`` is one network's, ``energy_mj`` that of the objective over all networks;
names end in their unit, EDAP is in mJ·ms·mm².
"""

from __future__ import annotations

__all__ = ["Column", "metrics_arrays", "metrics_of", "result_columns"]

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy.typing as npt

from imctune.objectives import ComponentCost, Metrics, Scores

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
    if metrics.snr_db is not None:
        columns |= _spread("snr_db", metrics.snr_db, metrics.workloads)
    if metrics.yield_share is not None and metrics.chip_yield is not None:
        columns["chip_yield"] = metrics.chip_yield
        columns |= _spread("yield_share", metrics.yield_share, metrics.workloads)
    for name, amounts in sorted(metrics.violations.items()):
        columns |= _spread(f"violation_{name}", amounts, metrics.workloads)
    return columns


def metrics_arrays(metrics: Metrics) -> dict[str, Column]:
    """Return all arrays of some results, named like ``violations/clock``; see `metrics_of`."""
    arrays: dict[str, Column] = {}
    for name in (field.name for field in fields(Metrics) if field.name != "workloads"):
        value = getattr(metrics, name)
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if isinstance(inner, ComponentCost):
                    parts = inner._asdict().items()
                    arrays |= {f"{name}/{key}/{part}": array for part, array in parts}
                else:
                    arrays[f"{name}/{key}"] = inner
        elif value is not None:
            arrays[name] = value
    return arrays


def metrics_of(arrays: Mapping[str, Column], workloads: tuple[str, ...]) -> Metrics:
    """Return the results that `metrics_arrays` took apart."""
    values: dict[str, Any] = {"violations": {}, "breakdown": {}}
    for path, array in arrays.items():
        name, *keys = path.split("/")
        if not keys:
            values[name] = array
        elif len(keys) == 1:
            values.setdefault(name, {})[keys[0]] = array
        else:
            values[name].setdefault(keys[0], {})[keys[1]] = array
    values["breakdown"] = {
        component: ComponentCost(**cost) for component, cost in values["breakdown"].items()
    }
    return Metrics(workloads=workloads, **values)


def _spread(name: str, values: Column, workloads: Sequence[str]) -> dict[str, Column]:
    """Return a quantity as one column, or as one per network if it has a second axis."""
    if values.ndim == 1:
        return {name: values}
    return {f"{name}@{workload}": values[:, index] for index, workload in enumerate(workloads)}
