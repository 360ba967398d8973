"""Designs as they are stored, and read back."""

from __future__ import annotations

__all__ = [
    "DESIGNS",
    "GENERATIONS",
    "DesignReader",
    "StoredDesigns",
    "as_table",
    "columns_of",
    "read_best_design",
    "read_designs",
    "stored_columns",
]

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import yaml

from imctune.columns import Column, result_columns
from imctune.errors import InputError
from imctune.knobs import KNOBS, DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.pareto import nondominated
from imctune.runfolder.generations import Generation, read_generations

if TYPE_CHECKING:
    import pyarrow

DESIGNS = "designs.parquet"
GENERATIONS = "generations.log"
PIECE = 500
"""Designs of a finished run that are read at once."""

OBJECTIVES = ("energy_mj", "latency_ms", "area_mm2")


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

    def take(self, rows: npt.ArrayLike) -> StoredDesigns:
        """Return the designs at the given positions (or under a mask), in that order."""
        chosen = np.asarray(rows)
        columns = {name: values[chosen] for name, values in self.columns.items()}
        return StoredDesigns(self.designs.take(chosen), columns)


class DesignReader:
    """Reads the designs of a run folder as they come, each once.

    Parameters
    ----------
    path : Path
        The run folder, of a run that is still going on or finished.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = 0
        self._seen: set[bytes] = set()

    def read(self) -> list[StoredDesigns]:
        """Return designs that were not returned before, in the order of their evaluation."""
        try:
            kept, self._start = read_generations(self._path / GENERATIONS, self._start)
        except FileNotFoundError:  # not begun, or finished by now
            return self._rest() if (self._path / DESIGNS).is_file() else []
        pieces = [StoredDesigns(item.designs, columns_of(item)) for item in kept]
        return [fresh for piece in pieces if len(fresh := self._unseen(piece))]

    def _rest(self) -> list[StoredDesigns]:
        whole = self._unseen(read_designs(self._path))
        return [
            whole.take(np.arange(start, min(start + PIECE, len(whole))))
            for start in range(0, len(whole), PIECE)
        ]

    def _unseen(self, stored: StoredDesigns) -> StoredDesigns:
        rows = []
        for row, key in enumerate(stored.designs.keys()):
            if key not in self._seen:
                self._seen.add(key)
                rows.append(row)
        return stored.take(np.array(rows, dtype=np.int64))


def read_designs(path: Path) -> StoredDesigns:
    """Read the designs of a run folder, also of one whose run was stopped half-way.

    A design that was stored twice is returned once.
    """
    import pyarrow  # noqa: PLC0415 -- not for --help

    kept, _ = read_generations(path / GENERATIONS) if (path / GENERATIONS).is_file() else ([], 0)
    if not kept and not (path / DESIGNS).is_file():
        raise InputError(
            f"run folder {path}: must hold {DESIGNS} or {GENERATIONS} with at least one "
            "generation, got neither"
        )
    if not kept:
        columns = as_arrays(read_table(path / DESIGNS))
        return StoredDesigns(designs_of(columns, path), columns)
    tables = [as_table(columns_of(item)) for item in kept]
    columns = as_arrays(pyarrow.concat_tables(tables, promote_options="default"))
    designs = designs_of(columns, path)
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


def columns_of(item: Generation) -> dict[str, Column]:
    """Return everything that is stored of the designs of a generation."""
    n_designs = len(item.designs)
    return stored_columns(
        item.designs,
        item.metrics,
        item.scores,
        np.full(n_designs, item.generation, dtype=np.int64),
        np.full(n_designs, item.origin),
    )


def on_front(columns: Mapping[str, Column]) -> npt.NDArray[np.bool_]:
    """Return which designs are feasible, and beaten in all objectives by no feasible one."""
    feasible = columns["feasible"].astype(np.bool_)
    front = np.zeros(len(feasible), dtype=np.bool_)
    if feasible.any():
        points = np.stack([columns[name][feasible] for name in OBJECTIVES], axis=1)
        front[feasible] = nondominated(points)
    return front


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
