"""Records loaded by name or path, and kept until their file changes.

Evaluating a few designs takes less time than reading nine networks.
"""

from __future__ import annotations

__all__ = ["assumptions", "knobs", "objectives", "simulator", "technology", "variation", "workload"]

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from imctune.assumptions import Assumptions
from imctune.config import by_name
from imctune.config.files import find_file
from imctune.config.locations import CONF
from imctune.knobs import KnobSpace
from imctune.objectives import ObjectiveSettings
from imctune.simulator.simulate import Simulator
from imctune.technology import AnyTechnology
from imctune.variation import Variation
from imctune.workload import Workload

Stamp = tuple[str, int]

N_KEPT = 64


def workload(entry: object) -> Workload:
    """Return the network of a list entry: a name, a path, or a mapping with ``name``."""
    name = entry.get("name") if isinstance(entry, Mapping) else entry
    if not isinstance(name, str):
        return by_name.load_workload(entry)
    return _workload(Written(entry), stamp("workload", name, "workloads"))


def technology(name: str) -> AnyTechnology:
    """Return a technology."""
    return _technology(name, stamp("technology", name))


def knobs(name: str, workloads: Sequence[str]) -> KnobSpace:
    """Return a knob space."""
    return _knobs(name, tuple(workloads), stamp("knobs", name))


def assumptions(name: str) -> Assumptions:
    """Return an assumptions profile."""
    return _assumptions(name, stamp("assumptions", name))


def variation(name: str) -> Variation:
    """Return a variation of cells."""
    return _variation(name, stamp("variation", name))


def objectives(name: str) -> ObjectiveSettings:
    """Return objectives."""
    return _objectives(name, stamp("objectives", name))


def simulator(
    workloads: Sequence[Workload],
    process: AnyTechnology,
    profile: Assumptions,
    cells: Variation,
) -> Simulator:
    """Return the simulator of these very objects."""
    networks = tuple(Same(network) for network in workloads)
    return _simulator(networks, Same(process), profile, cells)


def stamp(kind: str, name: str, where: str = "") -> Stamp:
    """Return a file and when it was last changed."""
    try:
        path = _found(kind, name, where or kind)
        return path, os.stat(path).st_mtime_ns
    except OSError:  # it was there once
        _found.cache_clear()
        path = _found(kind, name, where or kind)
        return path, os.stat(path).st_mtime_ns


@lru_cache(N_KEPT)
def _found(kind: str, name: str, where: str) -> str:
    return str(find_file(kind, name, (CONF,), where))


class Same:
    """An object that equals nothing but itself, and needs no hashing."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class Written(Same):
    """Plain values that equal others written alike."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


@lru_cache(N_KEPT)
def _workload(entry: Written, _: Stamp) -> Workload:
    return by_name.load_workload(entry.value)


@lru_cache(N_KEPT)
def _technology(name: str, _: Stamp) -> AnyTechnology:
    return by_name.load_technology(name)


@lru_cache(N_KEPT)
def _knobs(name: str, workloads: tuple[str, ...], _: Stamp) -> KnobSpace:
    return by_name.load_knobs(name, workloads)


@lru_cache(N_KEPT)
def _assumptions(name: str, _: Stamp) -> Assumptions:
    return by_name.load_assumptions(name)


@lru_cache(N_KEPT)
def _variation(name: str, _: Stamp) -> Variation:
    return by_name.load_variation(name)


@lru_cache(N_KEPT)
def _objectives(name: str, _: Stamp) -> ObjectiveSettings:
    return by_name.load_settings(ObjectiveSettings, "objectives", name)


@lru_cache(8)
def _simulator(
    workloads: tuple[Same, ...], process: Same, profile: Assumptions, cells: Variation
) -> Simulator:
    return Simulator([network.value for network in workloads], process.value, profile, cells)
