"""Writing the files of a run."""

from __future__ import annotations

__all__ = ["RunFolder"]

import csv
import io
import json
import math
import os
import shlex
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from imctune.columns import Column
from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.runfolder.generations import Generation, GenerationLog, keep_entry, read_generations
from imctune.runfolder.state import STATE, RunState
from imctune.runfolder.stored import (
    DESIGNS,
    GENERATIONS,
    StoredDesigns,
    as_table,
    read_designs,
    stored_columns,
)

FRONT = "pareto.csv"
BEST = "best_design.yaml"
SUMMARY = "summary.json"
CONFIG = "config.yaml"
PARQUET = {"compression": "zstd", "version": "2.6", "write_statistics": True}
"""Fixed, so that the same designs give the same bytes."""


class RunFolder:
    """Writes the files of one run.

    Parameters
    ----------
    path : Path
        Folder, created where there is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log: GenerationLog | None = None
        self._expected: deque[Generation] = deque()
        with readable_refusal(path):
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass  # found out now, not after the search

    def as_typed(self) -> str:
        """Return its path as a user would type it."""
        own, here = self.path.resolve(), Path.cwd()
        return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))

    @property
    def has_log(self) -> bool:
        """Whether there are generations of a run that is not finished."""
        return (self.path / GENERATIONS).is_file()

    def append(
        self,
        designs: DesignBatch,
        metrics: Metrics,
        scores: Scores,
        generation: int,
        origin: str = "joint",
    ) -> None:
        """Keep a generation: what was appended outlives the process, however it ends.

        One that an earlier session of the run kept (see `earlier`) is not kept twice.

        Parameters
        ----------
        designs, metrics, scores
            One entry per design.
        generation : int
            Generation of the search.
        origin : str
            The search: ``joint``, or the network it is for.
        """
        item = Generation(designs, metrics, scores, generation, origin)
        if self._expected:
            if not item.is_alike(self._expected.popleft()):
                raise InputError(
                    f"run folder {self.path}: the search proposes other designs than it did "
                    f"(generation {generation} of {origin}), so imctune or a package that it uses "
                    "has changed since: start a new run"
                )
            return
        with readable_refusal(self.path):
            if self._log is None:
                self._log = GenerationLog(self.path / GENERATIONS)
            self._log.append(item)

    def earlier(self) -> tuple[DesignBatch, Metrics] | None:
        """Return the designs that an earlier session of this run kept, and their results.

        The run then starts anew and must propose the very same designs again first: `append`
        refuses others.
        """
        with readable_refusal(self.path):
            if not self.has_log:
                return None
            kept, _ = read_generations(self.path / GENERATIONS)
        if not kept:
            return None
        self._expected = deque(kept)
        return (
            DesignBatch.concatenate([item.designs for item in kept]),
            Metrics.concatenate([item.metrics for item in kept]),
        )

    def write_designs(
        self,
        designs: DesignBatch,
        metrics: Metrics,
        scores: Scores,
        *,
        generation: npt.ArrayLike,
        origin: Sequence[str],
        is_pareto: npt.ArrayLike,
    ) -> None:
        """Write all designs of the run and their front.

        Parameters
        ----------
        designs, metrics, scores, generation, origin, is_pareto
            One entry per distinct design.
        """
        columns = stored_columns(
            designs, metrics, scores, np.asarray(generation, dtype=np.int64), np.array(origin)
        )
        self._write_columns({**columns, "is_pareto": np.asarray(is_pareto, dtype=np.bool_)})

    def write_appended(self) -> StoredDesigns:
        """Write all designs from what was appended: for a run that ends early."""
        stored = read_designs(self.path)
        self._write_columns(stored.columns)
        return stored

    def write_best_design(self, designs: DesignBatch, row: int, comment: str = "") -> None:
        """Write one design as a file that ``task=evaluate design=PATH`` reads.

        Parameters
        ----------
        designs : DesignBatch
        row : int
            The design.
        comment : str
            Stands above it: how to run it again.
        """
        knobs = {knob: alike(value) for knob, value in designs.knobs_of(row).items()}
        lines = "".join(f"# {line}\n" for line in comment.splitlines())
        self.write_text(BEST, lines + yaml.safe_dump(knobs, sort_keys=False, allow_unicode=True))

    def write_summary(self, summary: Mapping[str, object]) -> None:
        """Write results over the whole search."""
        self.write_json(SUMMARY, summary)

    def write_json(self, name: str, content: Mapping[str, object]) -> None:
        """Write plain values; numbers that are not finite become null."""
        text = json.dumps(finite(content), sort_keys=True, indent=2, ensure_ascii=False)
        self.write_text(name, text + "\n")

    def write_config(self, composed: Mapping[str, object]) -> None:
        """Write the settings of the run."""
        text = yaml.safe_dump(dict(composed), sort_keys=False, allow_unicode=True)
        self.write_text(CONFIG, text)

    def write_state(self, state: RunState) -> None:
        """Write how far the run is; what was appended is not needed after a finished one."""
        self.write_json(STATE, asdict(state))
        if state.status == "finished":
            self.close()
            with readable_refusal(self.path):
                (self.path / GENERATIONS).unlink(missing_ok=True)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all."""
        unfinished = self.path / f".{name}.part"
        with readable_refusal(self.path):
            try:
                with unfinished.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(unfinished, self.path / name)
                keep_entry(self.path)
            finally:
                unfinished.unlink(missing_ok=True)

    def close(self) -> None:
        """Close what is open."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _write_columns(self, columns: dict[str, Column]) -> None:
        """Write designs and front."""
        import pyarrow.parquet  # noqa: PLC0415 -- not for --help

        buffer = io.BytesIO()
        pyarrow.parquet.write_table(as_table(columns), buffer, **PARQUET)
        self.write_bytes(DESIGNS, buffer.getvalue())
        self.write_text(FRONT, front_csv(columns))


def front_csv(columns: Mapping[str, Column]) -> str:
    """Return the designs on the front, best score first, numbers written in full."""
    rows = np.flatnonzero(columns["is_pareto"])
    rows = rows[np.argsort(columns["edap"][rows], kind="stable")]
    stored = {name: values[rows] for name, values in columns.items() if name != "is_pareto"}
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(stored)
    writer.writerows(zip(*(map(as_text, v.tolist()) for v in stored.values()), strict=True))
    return lines.getvalue()


def as_text(value: float | bool | str) -> str:
    """Return a value in CSV: numbers as short as they can be without loss."""
    return value if isinstance(value, str) else json.dumps(value)


def alike(value: object) -> object:
    """Return the one value of all workloads, if they agree."""
    if isinstance(value, dict) and len(set(value.values())) == 1:
        return next(iter(value.values()))
    return value


def finite(value: object) -> object:
    """Return plain values that JSON can hold."""
    if isinstance(value, (np.generic, np.ndarray)):
        return finite(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def readable_refusal(path: Path) -> Iterator[None]:
    """Turn a failure to write into one line that names the folder."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"run folder {path}: must be a folder that can be written: {error.strerror or error}"
        ) from None
