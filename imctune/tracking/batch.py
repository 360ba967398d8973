"""What the MLflow runs of one generation hold: names, params, metrics and tags, by column."""

from __future__ import annotations

__all__ = ["DesignRuns", "design_runs", "number", "text", "valid_name"]

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imctune.columns import Column
from imctune.knobs import DesignBatch

JOINT = "joint"
VIOLATION = "violation_"


@dataclass(frozen=True)
class DesignRuns:
    """The runs of some designs, one list entry per design.

    Attributes
    ----------
    first : int
        Number of the first design among all of the search.
    names : list of str
        Names of the runs, like ``g012-d0345``: generation and number of the design.
    params : dict of list
        Knob to its values, as text.
    metrics : dict of list
        Result to its values; those that are not finite are left out of the run.
    tags : dict of list
        Tag to its values; none for a run without it.
    """

    first: int
    names: list[str]
    params: dict[str, list[str]]
    metrics: dict[str, list[float]]
    tags: dict[str, list[str | None]]

    def __len__(self) -> int:
        return len(self.names)


def design_runs(
    designs: DesignBatch,
    results: Mapping[str, Column],
    generation: int,
    origin: str,
    first: int,
) -> DesignRuns:
    """Name what is recorded of each design.

    Parameters
    ----------
    designs : DesignBatch
        Designs that were not recorded before.
    results : mapping
        Their columns, see `imctune.columns`.
    generation : int
        Generation of the search.
    origin : str
        The search that proposed them: ``joint``, or the network it is for.
    first : int
        Number of the first design.
    """
    n_designs = len(designs)
    prefix = "" if origin == JOINT else f"{origin}-"
    metrics = {
        valid_name(name): values.astype(float).tolist()
        for name, values in results.items()
        if not name.startswith(VIOLATION)
    }
    return DesignRuns(
        first=first,
        names=[f"{prefix}g{generation:03d}-d{first + i:04d}" for i in range(n_designs)],
        params={valid_name(name): texts(values) for name, values in designs.columns().items()},
        metrics=metrics | {"generation": [float(generation)] * n_designs},
        tags={"origin": [origin] * n_designs, "violated": violated(results, n_designs)},
    )


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
