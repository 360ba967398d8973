"""The `Config` of a run, and its records one by one."""

from __future__ import annotations

__all__ = [
    "TASKS",
    "Config",
    "gather",
    "inherited",
    "load_assumptions",
    "load_knobs",
    "load_settings",
    "load_technology",
    "load_variation",
    "load_workload",
    "load_workloads",
    "reference_of",
]

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from imctune.assumptions import Assumptions
from imctune.config.files import find_file, read_mapping
from imctune.config.locations import CONF
from imctune.config.record import record
from imctune.errors import InputError, closest
from imctune.knobs import KnobSpace
from imctune.objectives import ObjectiveSettings
from imctune.search.compare import CompareSettings
from imctune.search.settings import SearchSettings
from imctune.technology import AnyTechnology, read_technology
from imctune.tracking.settings import TrackingSettings, without_password
from imctune.variation import Variation
from imctune.workload import Workload

Settings = TypeVar("Settings")

VERBOSITIES = ("quiet", "normal", "verbose")
TASKS = ("tune", "evaluate", "exhaustive", "compare", "paper_tables", "report", "sync")
GROUPS = ("technology", "knobs", "assumptions", "variation")
MOST_PROCESSES = 64
INNER = ("plain", "directories")
REFERENCES = (*GROUPS, "objectives")
HARMLESS_SETTINGS = (
    *("tracking", "study", "run_folder", "run", "runs", "resume", "verbosity", "processes"),
)


@dataclass(frozen=True)
class Config:
    """Everything that a run is told.

    Attributes
    ----------
    task : str
        One of `TASKS`.
    study : str
        Name of the run.
    seed : int
        Seed of everything random.
    workloads : tuple of Workload
        The networks that the chip must run.
    technology, assumptions, variation, knobs, objectives, search, compare, tracking
        The record of each group of settings.
    design : str or dict or None
        Design file, or knob values, for ``task=evaluate``.
    run_folder : str or None
        Run folder for ``task=report``.
    reference : dict of str to str or None
        What the run is compared with: groups of settings, and the file that stands there instead.
    runs : tuple of str
        Run folders to compare, for ``task=report``.
    verbosity : str
        One of `VERBOSITIES`: what the terminal shows.
    run : str or None
        Run folder for ``task=sync``, or the folder of a sweep.
    resume : str or None
        Run folder of a run that goes on.
    processes : int
        How many work at once: on designs in ``task=exhaustive``, on searches in ``compare``, on
        cases in ``paper_tables``.
    cases : tuple of str
        What ``task=paper_tables`` compares.
    directories : tuple of Path
        Config directories, where networks are looked up by name.
    plain : dict
        The same settings as plain values, and the `choices` that they came from.
    """

    task: str
    study: str
    seed: int
    workloads: tuple[Workload, ...]
    technology: AnyTechnology
    knobs: KnobSpace
    assumptions: Assumptions
    variation: Variation
    objectives: ObjectiveSettings
    search: SearchSettings
    compare: CompareSettings
    tracking: TrackingSettings
    design: str | dict[str, object] | None
    run_folder: str | None
    reference: dict[str, str] | None
    runs: tuple[str, ...]
    verbosity: str
    run: str | None
    resume: str | None
    processes: int
    cases: tuple[str, ...]
    directories: tuple[Path, ...]
    plain: dict[str, object]

    @property
    def deciding(self) -> dict[str, object]:
        """All settings that results depend on, as plain values."""
        return {key: value for key, value in self.plain.items() if key not in HARMLESS_SETTINGS}

    @property
    def fingerprint(self) -> str:
        """Hash of all settings that results depend on."""
        text = json.dumps(self.deciding, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def gather(
    plain: Mapping[str, object],
    choices: Mapping[str, object],
    directories: Sequence[Path] = (CONF,),
) -> Config:
    """Check composed settings and build their records.

    Parameters
    ----------
    plain : mapping
        What the config files and overrides add up to, as plain values.
    choices : mapping
        The file chosen in each group: names technology and the like in results and refusals.
    directories : sequence of Path
        Config directories, where networks are looked up by name.
    """
    known = [field.name for field in fields(Config) if field.name not in INNER]
    for name in plain:
        if name not in known:
            raise InputError(
                f"config: unknown setting {name!r}{closest(name, known)}; "
                f"allowed: {', '.join(known)}"
            )
    names = {name: str(choices.get(name, name)) for name in GROUPS}
    groups = {name: group(plain, name) for name in GROUPS}
    workloads = load_workloads(plain.get("workloads"), directories)
    networks = [workload.name for workload in workloads]
    return Config(
        task=one_of(plain.get("task"), TASKS, "task"),
        study=study_name(plain.get("study")),
        seed=whole_number(plain.get("seed"), "seed"),
        workloads=workloads,
        technology=read_technology(
            groups["technology"], names["technology"], f"technology {names['technology']}"
        ),
        knobs=KnobSpace.from_mapping(groups["knobs"], networks, f"knobs {names['knobs']}"),
        assumptions=Assumptions.from_mapping(
            {"name": names["assumptions"], **groups["assumptions"]},
            f"assumptions {names['assumptions']}",
        ),
        variation=Variation.from_mapping(groups["variation"], names["variation"]),
        objectives=checked_objectives(
            record(ObjectiveSettings, plain.get("objectives"), "objectives"), networks
        ),
        search=record(SearchSettings, plain.get("search"), "search"),
        compare=record(CompareSettings, plain.get("compare", {}), "compare"),
        tracking=record(TrackingSettings, plain.get("tracking"), "tracking"),
        design=design_source(plain.get("design")),
        run_folder=folder(plain.get("run_folder"), "run_folder"),
        reference=other_files(plain.get("reference")),
        runs=text_list(plain.get("runs"), "runs"),
        verbosity=one_of(plain.get("verbosity"), VERBOSITIES, "verbosity"),
        run=folder(plain.get("run"), "run"),
        resume=folder(plain.get("resume"), "resume"),
        processes=process_count(plain.get("processes")),
        cases=text_list(plain.get("cases"), "cases"),
        directories=tuple(directories),
        plain={**storable(plain), "choices": names},
    )


def reference_of(config: Config) -> Config | None:
    """Return the run that a run is compared with: the same but for the files of some groups."""
    if config.reference is None:
        return None
    files = {
        kind: inherited(kind, name, config.directories) for kind, name in config.reference.items()
    }
    plain = {**config.plain, **files, "reference": None}
    choices = plain.pop("choices")
    names = choices if isinstance(choices, Mapping) else {}
    return gather(plain, {**names, **config.reference}, config.directories)


def storable(plain: Mapping[str, object]) -> dict[str, object]:
    """Return settings as run folders keep them: without the password of a database."""
    tracking = plain.get("tracking")
    if not isinstance(tracking, Mapping) or not isinstance(tracking.get("uri"), str):
        return dict(plain)
    return {**plain, "tracking": {**tracking, "uri": without_password(tracking["uri"])}}


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


def checked_objectives(settings: ObjectiveSettings, networks: Sequence[str]) -> ObjectiveSettings:
    """Return the objectives, once every network that they name is one of the run's."""
    settings.check_names(networks)
    return settings


def group(plain: Mapping[str, object], name: str) -> dict[str, object]:
    """Return a group of settings, refused when it is not one."""
    value = plain.get(name)
    if not isinstance(value, dict):
        raise InputError(f"{name} must map names to values, got {value!r}")
    return value


def one_of(value: object, allowed: Sequence[str], where: str) -> str:
    """Return a word that must be among `allowed`."""
    if value in allowed:
        return str(value)
    raise InputError(
        f"{where} must be one of {', '.join(allowed)}, got {value!r}{closest(str(value), allowed)}"
    )


def study_name(value: object) -> str:
    """Return the name of the run, which is also part of a folder's name."""
    if isinstance(value, str) and value.strip() and not set(value) & set("/\\\n"):
        return value
    raise InputError(f"study must be text without / and \\, got {value!r}")


def whole_number(value: object, where: str) -> int:
    """Return an integer that must not be negative."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise InputError(f"{where} must be a whole number, 0 or more, got {value!r}")


def process_count(value: object) -> int:
    """Return how many processes may evaluate designs at once."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PROCESSES:
        return value
    raise InputError(f"processes must be a whole number from 1 to {MOST_PROCESSES}, got {value!r}")


def folder(value: object, where: str) -> str | None:
    """Return a folder's path or nothing; a name of digits alone reaches us as a number.

    >>> folder(5, "run")
    '5'
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None or (isinstance(value, str) and value):
        return value
    raise InputError(f"{where} must be text or null, got {value!r}")


def other_files(value: object) -> dict[str, str] | None:
    """Return what differs in the run that this one is compared with: group to file."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"reference must be {{group: file}} or null, got {value!r}")
    for kind, name in value.items():
        one_of(kind, REFERENCES, "reference: a group")
        if not isinstance(name, str):
            raise InputError(f"reference.{kind} must be the name or path of a file, got {name!r}")
    return dict(value)


def text_list(value: object, where: str) -> tuple[str, ...]:
    """Return a list of texts; none where there is nothing."""
    if value is None:
        return ()
    if isinstance(value, list) and value and all(isinstance(x, str) and x for x in value):
        return tuple(value)
    raise InputError(f"{where} must be a list of texts or null, got {value!r}")


def design_source(value: object) -> Any:
    """Return what names a design: a file, or knob values."""
    if value is None or (isinstance(value, (str, dict)) and value):
        return value
    raise InputError(f"design must be a file or a mapping of knobs to values, got {value!r}")
