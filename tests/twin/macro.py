"""Arrays one by one: where every weight of a layer lies, and what happens in one position.

Cells, columns and converters are enumerated; nothing is a formula for the whole. For small layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Design:
    """The knobs of one design that arrays depend on."""

    rows: int
    cols: int
    rows_active: int
    bits_per_cell: int
    columns_per_adc: int
    dac_bits: int
    weight_bits: int
    input_bits: int
    is_differential: bool
    is_digital: bool


@dataclass(frozen=True)
class Shape:
    """The shape of one layer."""

    k: int
    m: int
    groups: int
    positions: int
    is_dynamic: bool
    is_signed: bool


Row = tuple[int, int]  # group, place in the reduction
Column = tuple[int, int, int, int]  # group, output, slice, polarity


@dataclass(frozen=True)
class Array:
    """What the rows and columns in use of one array stand for."""

    rows: list[Row]
    columns: list[Column]

    def row_groups(self, rows_active: int) -> list[list[Row]]:
        """Rows that are driven together, group after group."""
        return [self.rows[i : i + rows_active] for i in range(0, len(self.rows), rows_active)]

    def converted(self) -> list[tuple[int, int, int]]:
        """What the converters see: the two columns of a differential pair are subtracted before."""
        return sorted({column[:3] for column in self.columns})

    def zero_cells(self) -> dict[Row, int]:
        """Cells on each row that lie in the zero blocks: in columns of other groups."""
        columns_of_group = Counter(column[0] for column in self.columns)
        return {row: len(self.columns) - columns_of_group[row[0]] for row in self.rows}


def lay_out(design: Design, shape: Shape) -> list[Array]:
    """Put a copy of a layer's weights into arrays; groups that fit share one, block-diagonally."""
    arrays = []
    for groups in packed_groups(design, shape):
        rows = [(group, k) for group in groups for k in range(shape.k)]
        columns = [column for group in groups for column in columns_of(design, shape, group)]
        for first_row in range(0, len(rows), design.rows):
            for first_column in range(0, len(columns), design.cols):
                arrays.append(
                    Array(
                        rows[first_row : first_row + design.rows],
                        columns[first_column : first_column + design.cols],
                    )
                )
    return arrays


def packed_groups(design: Design, shape: Shape) -> Iterator[list[int]]:
    """Groups that share an array: as many as fit along the diagonal, at least one."""
    width = sum(1 for _ in columns_of(design, shape, 0))
    together: list[int] = []
    for group in range(shape.groups):
        fits_rows = (len(together) + 1) * shape.k <= design.rows
        fits_columns = (len(together) + 1) * width <= design.cols
        if together and not (fits_rows and fits_columns):
            yield together
            together = []
        together.append(group)
    yield together


def columns_of(design: Design, shape: Shape, group: int) -> Iterator[Column]:
    """Columns of one group: outputs, slices of their weights, and polarities."""
    bits = design.input_bits if shape.is_dynamic else design.weight_bits
    if design.is_differential:
        bits = max(1, bits - 1)  # the sign is in the choice of the column
    for output in range(shape.m):
        for first_bit in range(0, bits, design.bits_per_cell):
            for polarity in range(2 if design.is_differential else 1):
                yield group, output, first_bit // design.bits_per_cell, polarity


def input_steps(design: Design, shape: Shape) -> list[str]:
    """Steps over the bits of an input; signed ones of several bits take two, one per sign."""
    steps = ["add" for _ in range(0, design.input_bits, design.dac_bits)]
    if not shape.is_signed or design.is_digital:
        return steps
    if design.dac_bits == 1:
        return [*steps[:-1], "subtract"]
    return [*steps, *("subtract" for _ in steps)]


def count_position(design: Design, shape: Shape) -> Counter[str]:
    """Count what the arrays of one copy do for one position."""
    arrays = lay_out(design, shape)
    counts: Counter[str] = Counter()
    for array in arrays:
        zero_cells = array.zero_cells()
        n_columns, n_converted = len(array.columns), len(array.converted())
        for _ in input_steps(design, shape):
            for rows in array.row_groups(design.rows_active):
                for row in rows:
                    counts["row_drives"] += 1
                    counts["zero_cell_reads"] += zero_cells[row]
                    counts["cell_reads"] += n_columns - zero_cells[row]
                counts["column_reads"] += n_columns
                counts["conversions"] += n_converted
    counts["sums"] = additions_across_arrays(arrays)
    if not design.is_differential and not design.is_digital:
        # Offset codes are too large by a constant, times the sum of all inputs.
        counts["offset_sums"] = shape.groups * shape.k
    return counts


def additions_across_arrays(arrays: list[Array]) -> int:
    """Additions of partial sums: an output whose rows lie in several arrays adds up their sums."""
    parts: dict[tuple[int, int], set[int]] = {}
    for array in arrays:
        for group, output in {column[:2] for column in array.columns}:
            parts.setdefault((group, output), set()).add(array.rows[0][1])
    return sum(len(places) - 1 for places in parts.values())


def cells_to_write(arrays: list[Array]) -> int:
    """Cells of one copy when its rows are written one by one, over all columns in use."""
    return sum(len(array.columns) for array in arrays for _ in array.rows)


def conversions_of_busiest_converter(design: Design, array: Array) -> int:
    """Conversions of one step; what is converted takes the converters in turns."""
    n_converters = len(range(0, design.cols, design.columns_per_adc))
    load = Counter(place % n_converters for place, _ in enumerate(array.converted()))
    return max(load.values())


def position_time(
    *,
    n_steps: int,
    conversions: int,
    read_ps: int,
    conversion_ps: int,
    add_ps: int,
    sample_hold: bool,
) -> int:
    """Time of one position, step by step: read the columns, then convert them one by one. [ps]

    With sample-and-hold the columns are free for the next read as soon as they are sampled, which
    has to wait until the converters are done with the samples before.
    """
    columns_free = converters_free = 0
    for _ in range(n_steps):
        settled = columns_free + read_ps
        sampled = max(settled, converters_free)
        now = sampled
        for _ in range(conversions):
            now += conversion_ps
        converters_free = now
        columns_free = sampled if sample_hold else converters_free
    return converters_free + add_ps
