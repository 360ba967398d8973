"""Records of the config, each by the name or path of its file."""

from __future__ import annotations

__all__ = [
    "inherited",
    "load_assumptions",
    "load_knobs",
    "load_settings",
    "load_technology",
    "load_variation",
    "load_workload",
    "load_workloads",
]

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from imctune.assumptions import Assumptions
from imctune.config.files import find_file, read_mapping
from imctune.config.locations import CONF
from imctune.config.record import record
from imctune.errors import InputError, closest
from imctune.knobs import KnobSpace
from imctune.technology import AnyTechnology, read_technology
from imctune.variation import Variation
from imctune.workload import Workload

Settings = TypeVar("Settings")


def load_workload(entry: object, directories: Sequence[Path] = (CONF,)) -> Workload:
    """Load a network: a name, a path, or ``{"name": ..., parameter: value, ...}``.

    A mapping may add ``as``, the name in results: two lengths of one network need two names.

    Examples
    --------
    >>> load_workload({"name": "gpt2_medium", "tokens": 512, "as": "gpt2_512"}).name
    'gpt2_512'
    """
    given = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        raise InputError(
            f"workloads: an entry must be a name, a path, or a mapping with name, got {entry!r}"
        )
    path = find_file("workload", given["name"], directories, "workloads")
    mapping = read_mapping(path)
    where = f"workload {given['name']}"
    parameters = {key: value for key, value in given.items() if key not in ("name", "as")}
    if parameters:
        own = mapping.get("parameters")
        own = own if isinstance(own, dict) else {}
        for name in parameters:
            if name not in own:
                raise InputError(
                    f"{where}: unknown parameter {name!r}{closest(str(name), own)}; "
                    f"allowed: {', '.join(own) or 'none'}"
                )
        mapping["parameters"] = {**own, **parameters}
    label = given.get("as", path.stem)
    if not isinstance(label, str) or not label:
        raise InputError(f"{where}: as must be text, got {label!r}")
    return Workload.from_mapping(mapping, label, where)


def load_workloads(entries: object, directories: Sequence[Path] = (CONF,)) -> tuple[Workload, ...]:
    """Load the networks of a list; none, and two of one name, are refused."""
    entries = [entries] if isinstance(entries, (str, Workload)) else entries
    if not isinstance(entries, (list, tuple)) or not entries:
        raise InputError(f"workloads must be a list of at least one network, got {entries!r}")
    workloads = tuple(
        entry if isinstance(entry, Workload) else load_workload(entry, directories)
        for entry in entries
    )
    names = [workload.name for workload in workloads]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"workloads: each network may come once, got {name} {names.count(name)} times "
                "(an entry {name: ..., as: ...} may give it another name)"
            )
    return workloads


def load_technology(name: str, directories: Sequence[Path] = (CONF,)) -> AnyTechnology:
    """Load a technology by the name or path of its file."""
    path = find_file("technology", name, directories, "technology")
    return read_technology(read_mapping(path), path.stem, f"technology {name}")


def load_knobs(
    name: str, workloads: Sequence[str], directories: Sequence[Path] = (CONF,)
) -> KnobSpace:
    """Load a knob space by the name or path of its file."""
    mapping = inherited("knobs", name, directories)
    return KnobSpace.from_mapping(mapping, list(workloads), f"knobs {name}")


def load_assumptions(name: str, directories: Sequence[Path] = (CONF,)) -> Assumptions:
    """Load an assumptions profile by the name or path of its file."""
    path = find_file("assumptions", name, directories, "assumptions")
    return Assumptions.from_mapping(
        {"name": path.stem, **read_mapping(path)}, f"assumptions {name}"
    )


def load_variation(name: str, directories: Sequence[Path] = (CONF,)) -> Variation:
    """Load a variation by the name or path of its file."""
    path = find_file("variation", name, directories, "variation")
    return Variation.from_mapping(read_mapping(path), path.stem, f"variation {name}")


def load_settings(
    settings: type[Settings],
    kind: str,
    name: str,
    changes: Mapping[str, object] | None = None,
    directories: Sequence[Path] = (CONF,),
) -> Settings:
    """Load the settings record of a group by the name or path of its file, with changes."""
    return record(settings, {**inherited(kind, name, directories), **(changes or {})}, kind)


def inherited(kind: str, name: str, directories: Sequence[Path] = (CONF,)) -> dict[str, object]:
    """Read a group's file and, below it, the files that its defaults list names."""
    mapping = read_mapping(find_file(kind, name, directories, kind))
    defaults = mapping.pop("defaults", [])
    merged: dict[str, object] = {}
    for base in defaults if isinstance(defaults, list) else []:
        if base != "_self_":
            merged.update(inherited(kind, str(base), directories))
    return {**merged, **mapping}
