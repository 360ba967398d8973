"""What a run says of itself in MLflow, as its folder keeps it."""

from __future__ import annotations

__all__ = ["ChildRun", "ParentRun", "read_parent"]

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from imctune.errors import InputError
from imctune.runfolder import RunFolder

TRACKING = "tracking.json"

Status = Literal["RUNNING", "FINISHED", "KILLED", "FAILED"]


@dataclass(frozen=True)
class ChildRun:
    """A run below the parent that is no design: one cell of a comparison, say.

    Attributes
    ----------
    name : str
        Its name, which no other child has.
    params, metrics, tags : dict
        What it holds.
    """

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ParentRun:
    """The run that the designs of a search stand below.

    Attributes
    ----------
    key : str
        Tells the run from all others: its tag `run_key`.
    study, name : str
        MLflow experiment, and name of the run.
    params, tags : dict
        What was asked for.
    design_tags : dict of str to str
        Tags of every design.
    status : str
        How far the run is.
    description : str
        Markdown, shown on top of the run.
    metrics : dict
        What came out; numbers that are not finite are left out.
    artifacts : list of str
        Files of the run folder; those that do not exist are left out.
    children : list of ChildRun
        Runs below it beside the designs.
    """

    key: str
    study: str
    name: str
    params: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)
    design_tags: dict[str, str] = field(default_factory=dict)
    status: Status = "RUNNING"
    description: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    children: list[ChildRun] = field(default_factory=list)

    def write(self, folder: RunFolder) -> None:
        """Keep it in the run's folder."""
        folder.write_json(TRACKING, asdict(self))


def read_parent(folder: Path) -> ParentRun:
    """Read what a run folder keeps of its run in MLflow."""
    path = folder / TRACKING
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        children = [ChildRun(**child) for child in content.pop("children")]
        parent = ParentRun(**content, children=children)
    except FileNotFoundError:
        raise InputError(
            f"run must be the folder of a run, with {TRACKING} in it, got {str(folder)!r}"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    for name in parent.artifacts:  # a folder from somebody else must not send files of ours
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{path}: artifacts must be files of the run folder, got {name!r}")
    return parent
