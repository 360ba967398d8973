"""What the MLflow runs of some designs hold: names, params, metrics and tags, by column."""

from __future__ import annotations

__all__ = ["FRONT", "DesignRuns", "design_runs", "number", "number_of", "text", "valid_name"]

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from imctune.columns import Column
from imctune.runfolder import StoredDesigns

Value = TypeVar("Value")

JOINT = "joint"
VIOLATION = "violation_"
FRONT = "is_pareto"
NOT_RESULTS = ("origin", FRONT)


@dataclass(frozen=True)
class DesignRuns:
    """The runs of some designs, one list entry per design.

    Attributes
    ----------
    numbers : list of int
        Number of each design among all of the run.
    names : list of str
        Names of the runs, like ``g012-d0345``: generation and number of the design.
    params : dict of list
        Knob to its values, as text.
    metrics : dict of list
        Result to its values; those that are not finite are left out of the run.
    tags : dict of list
        Tag to its values; none for a run without it.
    """

    numbers: list[int]
    names: list[str]
    params: dict[str, list[str]]
    metrics: dict[str, list[float]]
    tags: dict[str, list[str | None]]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: list[int]) -> DesignRuns:
        """Return the runs at the given positions."""
        return DesignRuns(
            [self.numbers[row] for row in rows],
            [self.names[row] for row in rows],
            taken(self.params, rows),
            taken(self.metrics, rows),
            taken(self.tags, rows),
        )


def design_runs(
    stored: StoredDesigns, numbers: list[int], tags: Mapping[str, str] | None = None
) -> DesignRuns:
    """Name what is recorded of some designs: all that is stored of them.

    Parameters
    ----------
    stored : StoredDesigns
        Designs and their columns.
    numbers : list of int
        Number of each design among all of the run.
    tags : mapping, optional
        Tags of all of them.
    """
    knobs = stored.designs.columns()
    origins = stored.columns["origin"].tolist()
    generations = stored.columns["generation"].tolist()
    metrics = {
        valid_name(name): values.astype(float).tolist()
        for name, values in stored.columns.items()
        if name not in knobs and name not in NOT_RESULTS and not name.startswith(VIOLATION)
    }
    return DesignRuns(
        numbers=numbers,
        names=[
            f"{'' if origin == JOINT else f'{origin}-'}g{generation:03d}-d{number:04d}"
            for origin, generation, number in zip(origins, generations, numbers, strict=True)
        ],
        params={valid_name(name): texts(values) for name, values in knobs.items()},
        metrics=metrics,
        tags={
            "origin": origins,
            "violated": violated(stored.columns, len(numbers)),
            **{name: [value] * len(numbers) for name, value in (tags or {}).items()},
        },
    )


def taken(columns: Mapping[str, list[Value]], rows: list[int]) -> dict[str, list[Value]]:
    """Return columns at the given positions."""
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def number_of(name: str) -> int | None:
    """Return the number of the design that a run is named for.

    >>> number_of("vgg16-g012-d0345")
    345
    """
    found = re.fullmatch(r"(?:.*-)?g\d+-d(\d+)", name)
    return int(found[1]) if found else None


def violated(results: Mapping[str, Column], n_designs: int) -> list[str | None]:
    """Return the constraints that each design breaks, in one text; none for a feasible one."""
    broken: list[list[str]] = [[] for _ in range(n_designs)]
    for name, amounts in results.items():
        if name.startswith(VIOLATION):
            for row in np.flatnonzero(amounts > 0):
                broken[row].append(name.removeprefix(VIOLATION))
    return [", ".join(names) or None for names in broken]


def texts(values: Column) -> list[str]:
    """Return values as text, each distinct one written once."""
    plain = values.tolist()
    written = {value: text(value) for value in set(plain)}
    return [written[value] for value in plain]


def text(value: Any) -> str:
    """Return a value as MLflow params and tags hold it: ``128``, ``0.8``, ``true``, ``rram``."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str) else json.dumps(value, default=str)


def number(value: object) -> float | None:
    """Return a value as an MLflow metric, or none if it is not a finite number."""
    if isinstance(value, (bool, int, float, np.generic)) and math.isfinite(value):
        return float(value)
    return None


def valid_name(name: str) -> str:
    """Return a name that MLflow accepts, and that its filters read without quotes.

    >>> valid_name("energy_mj@resnet18")
    'energy_mj.resnet18'
    """
    return re.sub(r"[^\w.-]", "_", name.replace("@", "."))
