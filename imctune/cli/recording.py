"""A run in its folder and in MLflow, as it goes on."""

from __future__ import annotations

__all__ = ["Recording"]

import logging
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from imctune.cli.sweep import sweep_of, swept
from imctune.config.gather import Config
from imctune.config.locations import CONF
from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.runfolder import RunFolder
from imctune.tracking import ChildRun, ParentRun, Writer, read_parent

logger = logging.getLogger(__name__)


class Recording:
    """Keeps a run in its folder, from where a process of its own takes it to MLflow.

    Parameters
    ----------
    config : Config
    folder : RunFolder
    params : mapping
        What was asked for, beside what every run says.
    artifacts : sequence of str
        Files of the run folder that MLflow keeps, too.
    """

    def __init__(
        self,
        config: Config,
        folder: RunFolder,
        params: Mapping[str, object],
        artifacts: Sequence[str],
    ) -> None:
        self._settings = config.tracking
        self._folder = folder
        self._parent = parent_run(config, folder.path, params, artifacts)
        self._writer: Writer | None = None
        self._has_begun = False

    def keep(
        self,
        designs: DesignBatch,
        metrics: Metrics,
        scores: Scores,
        generation: int,
        origin: str,
    ) -> None:
        """Keep the new designs of a generation."""
        self._folder.append(designs, metrics, scores, generation, origin)
        self._begin()

    def finish(
        self,
        status: Literal["FINISHED", "KILLED"],
        description: str,
        metrics: Mapping[str, object],
        children: Sequence[ChildRun] = (),
    ) -> None:
        """Record the result, and close.

        Parameters
        ----------
        status : {"FINISHED", "KILLED"}
            How the run ended: killed if it was interrupted.
        description : str
            Shown on top of the run in MLflow, as Markdown.
        metrics : mapping
            Of the run as a whole.
        children : sequence of ChildRun, optional
            Runs below it beside the designs.
        """
        self._parent = replace(
            self._parent, description=description, metrics=dict(metrics), children=list(children)
        )
        self._begin()
        self.close(status)

    def close(self, status: Literal["FINISHED", "KILLED", "FAILED"]) -> None:
        """Close what is open; a run that never began leaves no trace in MLflow."""
        if self._has_begun:
            self._has_begun = False
            self._parent = replace(self._parent, status=status)
            self._parent.write(self._folder)
            if self._writer is not None and not self._writer.finish():
                logger.warning(
                    "MLflow has not got all of the run; the run folder has, and brings it in with: "
                    "python -m imctune task=sync run=%s",
                    self._folder.as_typed(),
                )
        self._folder.close()

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        self._parent.write(self._folder)
        if self._settings.mode != "off" and self._writer is None:
            self._writer = Writer(self._folder.path, self._settings)


def parent_run(
    config: Config, path: Path, params: Mapping[str, object], artifacts: Sequence[str]
) -> ParentRun:
    """Return what a run says of itself in MLflow; a run that goes on stays the same."""
    workloads = ", ".join(workload.name for workload in config.workloads)
    sweep = sweep_of(path)
    try:
        key = read_parent(path).key
    except InputError:
        key = uuid.uuid4().hex
    return ParentRun(
        key=key,
        study=config.study,
        name=", ".join(swept(path)) or path.name,
        params={
            "task": config.task,
            "technology": config.technology.name,
            "assumptions": config.assumptions.name,
            "workloads": workloads,
            "seed": config.seed,
            "config_hash": config.fingerprint,
            **params,
        },
        tags={
            "technology": config.technology.name,
            "workloads": workloads,
            "seed": config.seed,
            "config_hash": config.fingerprint,
            "mlflow.source.git.commit": git_commit(CONF.parent),
            "run_folder": str(path),
            "sweep": "" if sweep is None else sweep.name,
        },
        design_tags={"technology": config.technology.name, "seed": str(config.seed)},
        artifacts=list(artifacts),
    )


def git_commit(checkout: Path) -> str:
    """Return the commit of the checkout that runs; empty where it is none."""
    git = shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        return ""
    told = subprocess.run(  # noqa: S603 -- of our own words only
        [git, "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()
