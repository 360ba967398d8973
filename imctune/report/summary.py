"""The content of summary.json: a run in one small mapping."""

from __future__ import annotations

__all__ = ["summary"]

import math
from collections.abc import Mapping

from imctune.report.comparison import (
    ALL_NETWORKS,
    GEOMETRIC_MEAN,
    Chip,
    Line,
    beaten_searches,
    chips,
    compare,
)
from imctune.report.facts import RunFacts, TuneRecord, chosen, front, versions
from imctune.report.tables import feasible_percent


def summary(result: TuneRecord, facts: RunFacts, seconds: Mapping[str, float]) -> dict[str, object]:
    """Return a run as plain values: JSON can hold them all, None where there is no number.

    Parameters
    ----------
    result : TuneRecord
        What the searches found.
    facts : RunFacts
        What was asked for.
    seconds : mapping
        Wall time by part of the run, as in ``{"search": 98.2, "total": 120.1}``. [s]
    """
    lines = compare(result, facts.objectives)
    found = {chip.key: chip for chip in chips(result)}
    row = chosen(result)
    return {
        "study": facts.study,
        "technology": facts.technology,
        "assumptions": facts.assumptions,
        "aggregation": facts.objectives.aggregation,
        "workloads": list(result.workloads),
        "largest_workload": result.largest,
        "units": {"edap": "mJ·ms·mm²"},
        "best": _chip(lines, found["joint"]) if "joint" in found else None,
        "best_knobs": None if row is None else result.designs.knobs_of(row),
        "best_edap": _best_edap(result),
        "baselines": [_chip(lines, chip) for key, chip in found.items() if key != "joint"],
        "beaten_searches": _beaten(result),
        "searches": _searches(result),
        "n_designs": len(result.designs),
        "n_pareto": int(front(result).sum()),
        "budget": {
            "sampler": facts.sampler,
            "n_trials": facts.n_trials,
            "baseline_trials": facts.baseline_trials,
            "population_size": facts.population_size,
        },
        "seconds": dict(seconds),
        "seed": facts.seed,
        "config_hash": facts.config_hash,
        "versions": versions(),
    }


def _best_edap(result: TuneRecord) -> dict[str, float | None]:
    """Return the lowest EDAP that any search of the run found for each network."""
    edap, names = result.metrics.edap, result.workloads
    return {
        name: _finite(float(edap[row, names.index(name)])) for name, row in result.separate.items()
    }


def _beaten(result: TuneRecord) -> list[dict[str, object]]:
    """Return the single-network searches that another search beat."""
    return [
        {
            "workload": entry.network,
            "found_by": entry.origin,
            "own_edap": entry.own_edap,
            "best_edap": entry.best_edap,
            "by_percent": entry.percent,
        }
        for entry in beaten_searches(result)
    ]


def _searches(result: TuneRecord) -> dict[str, dict[str, object]]:
    """Return what each search evaluated."""
    return {
        name: {
            "n_trials": study.n_trials,
            "n_designs": len(study.designs),
            "feasible_percent": _finite(feasible_percent(study)),
            "interrupted": study.interrupted,
        }
        for name, study in [("joint", result.joint), *result.singles.items()]
    }


def _chip(lines: list[Line], chip: Chip) -> dict[str, object]:
    """Return one chip: on all networks, then on each."""
    own = {line.network: line for line in lines if line.chip.key == chip.key}
    overall = own.pop(ALL_NETWORKS)
    own.pop(GEOMETRIC_MEAN, None)
    content: dict[str, object] = {
        "chip": chip.key,
        "largest": chip.is_largest,
        "median": chip.is_median,
        **_line(overall),
        "area_mm2": _finite(overall.area_mm2),
        "n_converters": overall.n_converters,
        "is_joint_chip": overall.is_joint_chip,
        "per_workload": {network: _line(line) for network, line in own.items()},
    }
    if chip.key == "joint":
        del content["largest"], content["median"], content["is_joint_chip"]
    return content


def _line(line: Line) -> dict[str, object]:
    """Return the numbers of one line; the comparison only where it is one."""
    content: dict[str, object] = {
        "edap": _finite(line.edap),
        "latency_ms": _finite(line.latency_ms),
    }
    if line.chip.key != "joint":
        content["edap_reduction_percent"] = _finite(line.reduction_percent)
        content["latency_change_percent"] = _finite(line.latency_change_percent)
    if line.obstacle:
        content["obstacle"] = line.obstacle
    return content


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
