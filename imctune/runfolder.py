"""A run's own folder: every design as it comes, and at the end the result, without MLflow.

While the search runs, generations are appended to ``designs-000.arrows``; `RunFolder.write_designs`
replaces it by ``designs.parquet``. Files appear whole or not at all, and the same designs give the
same bytes.
"""

from __future__ import annotations

__all__ = ["RunFolder", "StoredDesigns", "read_best_design", "read_designs"]

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import yaml

from imctune.columns import Column, result_columns
from imctune.errors import InputError
from imctune.knobs import KNOBS, DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.pareto import nondominated

if TYPE_CHECKING:
    import pyarrow

DESIGNS = "designs.parquet"
FRONT = "pareto.csv"
BEST = "best_design.yaml"
SUMMARY = "summary.json"
CONFIG = "config.yaml"
PARTS = "designs-*.arrows"
OBJECTIVES = ("energy_mj", "latency_ms", "area_mm2")
PARQUET = {"compression": "zstd", "version": "2.6", "write_statistics": True}
"""Fixed, so that the same designs give the same bytes."""


@dataclass(frozen=True)
class StoredDesigns:
    """Designs of a run folder, with everything that was stored of them.

    Attributes
    ----------
    designs : DesignBatch
        The designs, in the order in which they were evaluated.
    columns : dict of str to ndarray
        Every stored column, knobs included: ``rows``, ``edap``, ``edap@resnet18``, ``feasible``,
        ``generation``, ``origin``, ``is_pareto``, ...
    """

    designs: DesignBatch
    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(self.designs)


class RunFolder:
    """Writes the files of one run.

    Parameters
    ----------
    path : Path
        Folder, created where there is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part: IO[bytes] | None = None
        self._schema: pyarrow.Schema | None = None
        with readable_refusal(path):
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass  # found out now, not after the search

    def append(
        self,
        designs: DesignBatch,
        metrics: Metrics,
        scores: Scores,
        generation: int,
        origin: str = "joint",
    ) -> None:
        """Keep a generation: what was appended outlives the process, however it ends.

        Parameters
        ----------
        designs, metrics, scores
            One entry per design.
        generation : int
            Generation of the search.
        origin : str
            The search: ``joint``, or the network it is for.
        """
        generations = np.full(len(designs), generation, dtype=np.int64)
        origins = np.full(len(designs), origin)
        table = as_table(stored_columns(designs, metrics, scores, generations, origins))
        with readable_refusal(self.path):
            if self._part is None or table.schema != self._schema:
                self._start_part(table.schema)
            for batch in table.combine_chunks().to_batches():
                self._keep(batch.serialize())

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
        """Write all designs of the run and their front, in place of what was appended.

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
        """Write results over the whole search; numbers that are not finite become null."""
        text = json.dumps(finite(summary), sort_keys=True, indent=2, ensure_ascii=False)
        self.write_text(SUMMARY, text + "\n")

    def write_config(self, composed: Mapping[str, object]) -> None:
        """Write the settings of the run."""
        text = yaml.safe_dump(dict(composed), sort_keys=False, allow_unicode=True)
        self.write_text(CONFIG, text)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file."""
        self._write(name, text.encode())

    def close(self) -> None:
        """Close what is open."""
        if self._part is not None:
            self._part.close()
            self._part = None

    def _write_columns(self, columns: dict[str, Column]) -> None:
        """Write designs and front, then remove what was appended."""
        import pyarrow.parquet  # noqa: PLC0415 -- not for --help

        buffer = io.BytesIO()
        pyarrow.parquet.write_table(as_table(columns), buffer, **PARQUET)
        self._write(DESIGNS, buffer.getvalue())
        self.write_text(FRONT, front_csv(columns))
        self.close()
        with readable_refusal(self.path):
            for part in self.path.glob(PARTS):
                part.unlink()

    def _start_part(self, schema: pyarrow.Schema) -> None:
        """Begin a new file: the first, or one for generations with other columns."""
        self.close()
        number = len(list(self.path.glob(PARTS)))
        self._part = (self.path / PARTS.replace("*", f"{number:03d}")).open("xb")
        self._schema = schema
        self._keep(schema.serialize())

    def _keep(self, message: pyarrow.Buffer) -> None:
        """Append to the open part, down to the disk."""
        if self._part is not None:
            self._part.write(message)
            self._part.flush()
            os.fsync(self._part.fileno())

    def _write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all."""
        unfinished = self.path / f".{name}.part"
        with readable_refusal(self.path):
            try:
                unfinished.write_bytes(content)
                os.replace(unfinished, self.path / name)
            finally:
                unfinished.unlink(missing_ok=True)


def read_designs(path: Path) -> StoredDesigns:
    """Read the designs of a run folder, also of one whose run was stopped half-way.

    A design that was stored twice is returned once.
    """
    import pyarrow  # noqa: PLC0415 -- not for --help

    parts = sorted(path.glob(PARTS))
    tables = [table for part in parts for table in read_part(part)]
    if (path / DESIGNS).is_file():
        tables.insert(0, read_table(path / DESIGNS))
    if not tables:
        raise InputError(
            f"run folder {path}: must hold {DESIGNS} or {PARTS} with at least one generation, "
            "got neither"
        )
    columns = as_arrays(pyarrow.concat_tables(tables, promote_options="default"))
    designs = designs_of(columns, path)
    if parts:
        first_of = {key: row for row, key in reversed(list(enumerate(designs.keys())))}
        rows = np.sort(np.array(list(first_of.values())))
        designs, columns = designs.take(rows), {k: values[rows] for k, values in columns.items()}
        columns["is_pareto"] = on_front(columns)
    return StoredDesigns(designs, columns)


def read_best_design(path: Path) -> dict[str, Any]:
    """Read a design file: knob to value, or to a value per workload."""
    try:
        knobs = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(knobs, dict):
        raise InputError(f"{path}: must map knobs to values, got {knobs!r}")
    return knobs


def stored_columns(
    designs: DesignBatch,
    metrics: Metrics,
    scores: Scores,
    generation: Column,
    origin: Column,
) -> dict[str, Column]:
    """Return everything that is stored of some designs, in the order of the columns."""
    results = result_columns(metrics, scores)
    return {**designs.columns(), **results, "generation": generation, "origin": origin}


def on_front(columns: Mapping[str, Column]) -> npt.NDArray[np.bool_]:
    """Return which designs are feasible, and beaten in all objectives by no feasible one."""
    feasible = columns["feasible"].astype(np.bool_)
    front = np.zeros(len(feasible), dtype=np.bool_)
    if feasible.any():
        points = np.stack([columns[name][feasible] for name in OBJECTIVES], axis=1)
        front[feasible] = nondominated(points)
    return front


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


def as_table(columns: Mapping[str, Column]) -> pyarrow.Table:
    """Return columns as a table whose types depend on nothing but the columns' own."""
    import pyarrow  # noqa: PLC0415 -- not for --help

    arrays = {
        name: pyarrow.array(
            values.tolist() if values.dtype.kind == "U" else np.ascontiguousarray(values),
            type=pyarrow.string() if values.dtype.kind == "U" else None,
        )
        for name, values in columns.items()
    }
    return pyarrow.table(arrays)


def as_arrays(table: pyarrow.Table) -> dict[str, Column]:
    """Return a table's columns; a violation that a generation does not know is none."""
    arrays: dict[str, Column] = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name.startswith("violation_"):
            column = column.fill_null(0.0)
        is_text = str(column.type) == "string"
        arrays[name] = np.array(column.to_pylist(), dtype=np.str_) if is_text else np.array(column)
    return arrays


def designs_of(columns: Mapping[str, Column], path: Path) -> DesignBatch:
    """Return the designs that stored columns describe."""
    prefix = "energy_mj@"
    workloads = tuple(name.removeprefix(prefix) for name in columns if name.startswith(prefix))
    values: dict[str, Column] = {}
    for knob in KNOBS:
        if knob in columns:
            values[knob] = columns[knob]
        elif workloads and all(f"{knob}@{workload}" in columns for workload in workloads):
            own = [columns[f"{knob}@{workload}"] for workload in workloads]
            values[knob] = np.stack(own, axis=1)
    if not values:
        raise InputError(f"run folder {path}: {DESIGNS} holds no designs of imctune")
    return DesignBatch(values, workloads)


def read_table(path: Path) -> pyarrow.Table:
    """Read a parquet file."""
    import pyarrow.parquet  # noqa: PLC0415 -- not for --help

    try:
        return pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None


def read_part(path: Path) -> list[pyarrow.Table]:
    """Read the generations of a part; the last may have been cut off, and is left out then."""
    import pyarrow  # noqa: PLC0415 -- not for --help

    tables: list[pyarrow.Table] = []
    try:
        with pyarrow.ipc.open_stream(path.read_bytes()) as stream:
            tables.extend(pyarrow.Table.from_batches([batch]) for batch in stream)
    except (OSError, pyarrow.ArrowException):
        pass
    return tables


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
