"""The `Config` of a run: composed settings as checked records."""

from __future__ import annotations

__all__ = ["TASKS", "Config", "gather", "reference_of"]

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from imctune.assumptions import Assumptions
from imctune.config.by_name import inherited, load_workloads
from imctune.config.locations import CONF
from imctune.config.record import record
from imctune.config.values import (
    design_source,
    folder,
    group,
    one_of,
    other_files,
    process_count,
    study_name,
    text_list,
    whole_number,
)
from imctune.errors import InputError, closest
from imctune.knobs import KnobSpace
from imctune.objectives import ObjectiveSettings
from imctune.search.compare import CompareSettings
from imctune.search.settings import SearchSettings
from imctune.technology import AnyTechnology, read_technology
from imctune.tracking.settings import TrackingSettings, without_password
from imctune.variation import Variation
from imctune.workload import Workload

VERBOSITIES = ("quiet", "normal", "verbose")
TASKS = ("tune", "evaluate", "exhaustive", "compare", "paper_tables", "report", "sync")
GROUPS = ("technology", "knobs", "assumptions", "variation")
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
        reference=other_files(plain.get("reference"), REFERENCES),
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


def checked_objectives(settings: ObjectiveSettings, networks: Sequence[str]) -> ObjectiveSettings:
    """Return the objectives, once every network that they name is one of the run's."""
    settings.check_names(networks)
    return settings
