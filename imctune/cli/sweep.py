"""The runs of a sweep: what tells them apart, and one front of all of them."""

from __future__ import annotations

__all__ = ["merge_fronts", "sweep_of", "swept"]

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from imctune.lock import sole_process
from imctune.pareto import nondominated
from imctune.runfolder import RunFolder

SWEEP = "multirun.yaml"
FRONT = "pareto.csv"
SUMMARY = "summary.json"
OBJECTIVES = ("energy_mj", "latency_ms", "area_mm2")
SAME = ("workloads", "assumptions", "aggregation")
"""What runs must have in common for their designs to be compared."""

WAIT_S = 60.0

Row = dict[str, str]


def sweep_of(path: Path) -> Path | None:
    """Return the folder of the sweep that a run folder belongs to; none for a single run."""
    return path.parent if (path.parent / SWEEP).is_file() else None


def swept(path: Path) -> list[str]:
    """Return the overrides that make this run of a sweep: ``["seed=1"]``; none for a single run."""
    sweep, own = sweep_of(path), path / ".hydra" / "overrides.yaml"
    if sweep is None or not own.is_file():
        return []
    whole = yaml.safe_load((sweep / SWEEP).read_text(encoding="utf-8"))
    common = whole["hydra"]["overrides"]["task"]
    overrides = yaml.safe_load(own.read_text(encoding="utf-8"))
    return [override for override in overrides if override not in common]


def merge_fronts(sweep: Path) -> None:
    """Write the front of all finished runs of a sweep beside them: what none of them beats.

    Runs over the same networks, assumptions and aggregation are compared with each other.
    """
    with sole_process(sweep / ".lock", WAIT_S):
        runs: dict[str, list[Row]] = {}
        for folder in sorted(sweep.iterdir(), key=lambda folder: (len(folder.name), folder.name)):
            for kind, row in front_rows(folder):
                runs.setdefault(kind, []).append(row)
        rows = [row for group in runs.values() for row in best_of(group)]
        if not rows:
            return
        lines = io.StringIO()
        columns = dict.fromkeys(name for row in rows for name in row)
        writer = csv.DictWriter(lines, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        RunFolder(sweep).write_text(FRONT, lines.getvalue())


def front_rows(folder: Path) -> Iterator[tuple[str, Row]]:
    """Yield the designs on a run's front, each with what its run is compared by."""
    if not (folder / SUMMARY).is_file() or not (folder / FRONT).is_file():
        return
    summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    kind = json.dumps([summary.get(name) for name in SAME])
    facts = {
        "run": folder.name,
        "technology": str(summary.get("technology")),
        "seed": str(summary.get("seed")),
        "workloads": " ".join(summary.get("workloads", [])),
    }
    with (folder / FRONT).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield kind, {**facts, **row}


def best_of(rows: list[Row]) -> list[Row]:
    """Return the rows that no other row beats, best score first."""
    points = np.array([[float(row[name]) for name in OBJECTIVES] for row in rows])
    kept = [row for row, is_best in zip(rows, nondominated(points), strict=True) if is_best]
    return sorted(kept, key=lambda row: float(row["edap"]))
