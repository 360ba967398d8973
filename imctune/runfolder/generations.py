"""The designs of a run as they come: a log that outlives the process, however it ends.

A record holds one generation: its length, its length unpacked and its checksum, then an Arrow
stream, compressed. What a crash or a full disk cut off at the end is left out when the log is read,
and cut away when it goes on.
"""

from __future__ import annotations

__all__ = ["Generation", "GenerationLog", "keep_entry", "read_generations"]

import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imctune.columns import Column, metrics_arrays, metrics_of
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores

if TYPE_CHECKING:
    import pyarrow

HEAD = struct.Struct("<QQI")
CODEC = "zstd"
WORKLOADS = b"workloads"


@dataclass(frozen=True)
class Generation:
    """The new designs of one generation, with all their results.

    Attributes
    ----------
    designs, metrics, scores
        One entry per design.
    generation : int
        Generation of the search.
    origin : str
        The search: ``joint``, or the network it is for.
    """

    designs: DesignBatch
    metrics: Metrics
    scores: Scores
    generation: int
    origin: str

    def is_alike(self, other: Generation) -> bool:
        """Whether another one holds the same designs, of the same search and generation."""
        mine, others = (
            (item.designs.keys(), item.generation, item.origin) for item in (self, other)
        )
        return mine == others


class GenerationLog:
    """Appends generations to a file, down to the disk.

    Parameters
    ----------
    path : Path
        The file, created where there is none; a record that was cut off at its end is removed.
    """

    def __init__(self, path: Path) -> None:
        is_new = not path.exists()
        self._file: IO[bytes] = path.open("ab")
        self._file.truncate(0 if is_new else end_of_records(path))
        if is_new:
            keep_entry(path.parent)

    def append(self, generation: Generation) -> None:
        """Keep one generation: what was appended is on the disk when this returns."""
        import pyarrow  # noqa: PLC0415 -- not for --help

        stream = pyarrow.BufferOutputStream()
        table = as_table(generation)
        with pyarrow.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table)
        plain = stream.getvalue()
        packed = pyarrow.compress(plain, codec=CODEC, asbytes=True)
        head = HEAD.pack(len(packed), plain.size, zlib.crc32(packed))
        self._file.write(head + packed)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_generations(path: Path, start: int = 0) -> tuple[list[Generation], int]:
    """Read the whole records of a log, from the byte `start` on.

    Returns
    -------
    generations : list of Generation
    end : int
        First byte after the last whole record, from where reading can go on later.
    """
    generations = []
    with path.open("rb") as file:
        file.seek(start)
        while (record := next_record(file)) is not None:
            generations.append(as_generation(record[1], record[0]))
            start = file.tell()
    return generations, start


def end_of_records(path: Path) -> int:
    """Return the first byte after the last whole record."""
    end = 0
    with path.open("rb") as file:
        while next_record(file) is not None:
            end = file.tell()
    return end


def next_record(file: IO[bytes]) -> tuple[int, bytes] | None:
    """Return the unpacked size and the content of the next record; None if it is not whole."""
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    n_packed, n_plain, checksum = HEAD.unpack(head)
    packed = file.read(n_packed) if 0 < n_packed <= os.fstat(file.fileno()).st_size else b""
    whole = len(packed) == n_packed > 0 and zlib.crc32(packed) == checksum
    return (n_plain, packed) if whole else None


def keep_entry(folder: Path) -> None:
    """Have the names in a folder survive a power loss, where the system can promise that."""
    if os.name == "nt":
        return
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def as_table(item: Generation) -> pyarrow.Table:
    """Return a generation as columns, named by where their values belong."""
    import pyarrow  # noqa: PLC0415 -- not for --help

    n_designs = len(item.designs)
    arrays = {f"designs/{knob}": values for knob, values in item.designs.values.items()}
    arrays |= {f"metrics/{name}": values for name, values in metrics_arrays(item.metrics).items()}
    arrays |= {f"scores/{name}": getattr(item.scores, name) for name in score_names()}
    arrays["generation"] = np.full(n_designs, item.generation, dtype=np.int64)
    arrays["origin"] = np.full(n_designs, item.origin)
    table = pyarrow.table({name: packed_column(values) for name, values in arrays.items()})
    return table.replace_schema_metadata({WORKLOADS: "\n".join(item.designs.workloads)})


def as_generation(packed: bytes, n_plain: int) -> Generation:
    """Return the generation of a record."""
    import pyarrow  # noqa: PLC0415 -- not for --help

    plain = pyarrow.decompress(packed, decompressed_size=n_plain, codec=CODEC)
    table = pyarrow.ipc.open_stream(plain).read_all()
    columns = {name: unpacked_column(table[name]) for name in table.column_names}
    workloads = tuple(table.schema.metadata[WORKLOADS].decode().split("\n"))
    designs = DesignBatch(below("designs/", columns), workloads)
    return Generation(
        designs,
        metrics_of(below("metrics/", columns), workloads),
        Scores(**below("scores/", columns)),
        int(columns["generation"][0]),
        str(columns["origin"][0]),
    )


def score_names() -> list[str]:
    """Return the names of the arrays of scores."""
    return [field.name for field in fields(Scores)]


def below(prefix: str, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns of one prefix, without it."""
    return {
        name.removeprefix(prefix): values
        for name, values in columns.items()
        if name.startswith(prefix)
    }


def packed_column(values: Column) -> pyarrow.Array:
    """Return values of one or two axes as an Arrow column."""
    import pyarrow  # noqa: PLC0415 -- not for --help

    flat: npt.NDArray[np.generic] = np.ascontiguousarray(values).ravel()
    column = pyarrow.array(flat.tolist() if flat.dtype.kind == "U" else flat)
    if values.ndim == 1:
        return column
    return pyarrow.FixedSizeListArray.from_arrays(column, values.shape[1])


def unpacked_column(column: pyarrow.ChunkedArray) -> Column:
    """Return an Arrow column as an array of one or two axes."""
    values = column.combine_chunks()
    n_each = getattr(values.type, "list_size", None)
    flat = values if n_each is None else values.flatten()
    is_text = str(flat.type) == "string"
    array = np.array(flat.to_pylist(), dtype=np.str_) if is_text else np.array(flat)
    return array if n_each is None else array.reshape(-1, n_each)
