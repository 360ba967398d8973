"""Cases of ``task=paper_tables``, by name."""

from __future__ import annotations

__all__ = ["load_case"]

from collections.abc import Sequence
from pathlib import Path

from imctune.config.by_name import load_assumptions, load_knobs, load_technology, load_workloads
from imctune.config.files import find_file, read_mapping
from imctune.config.locations import CONF
from imctune.errors import InputError, closest
from imctune.search.paper_tables import Case

SETTINGS = ("technology", "knobs", "assumptions", "workloads")


def load_case(name: str, directories: Sequence[Path] = (CONF,)) -> Case:
    """Load a case by the name or path of its file: names of configs, and its networks.

    Examples
    --------
    >>> load_case("sram_nine_paper").space.size
    4064256
    """
    path = find_file("case", name, directories, "cases")
    mapping = read_mapping(path)
    for key in mapping:
        if key not in SETTINGS:
            raise InputError(
                f"case {name}: unknown setting {key!r}{closest(key, SETTINGS)}; "
                f"allowed: {', '.join(SETTINGS)}"
            )
    for key in SETTINGS:
        if key not in mapping:
            raise InputError(f"case {name}: {key} is missing")
    workloads = load_workloads(mapping["workloads"], directories)
    names = [workload.name for workload in workloads]
    assumptions = load_assumptions(str(mapping["assumptions"]), directories)
    technology = load_technology(str(mapping["technology"]), directories)
    return Case(
        name=path.stem,
        workloads=workloads,
        technology=technology,
        space=load_knobs(str(mapping["knobs"]), names, directories),
        assumptions=assumptions,
    )
