"""One table, four forms: text for the terminal, Markdown, HTML and CSV."""

from __future__ import annotations

__all__ = ["Cell", "Column", "Table"]

import csv
import html
import io
import textwrap
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from imctune.report.numbers import change, number, percent

Cell = str | int | float | None

GAP = "  "
NARROWEST = 12
WIDTH = 110


@dataclass(frozen=True)
class Column:
    """A column: what stands above it, and how its numbers are written.

    Attributes
    ----------
    header : str
        Name with its unit, for people.
    name : str
        Name in CSV, ending in its unit.
    kind : {"text", "count", "number", "percent", "change"}
        A text in a column of numbers is shown as it is; None is left empty.
    """

    header: str
    name: str
    kind: Literal["text", "count", "number", "percent", "change"] = "number"

    def shown(self, cell: Cell) -> str:
        """Return a cell as people read it."""
        if cell is None:
            return ""
        if isinstance(cell, str):
            return cell
        if self.kind == "count":
            return f"{cell:,.0f}"
        return {"percent": percent, "change": change}.get(self.kind, number)(float(cell))


@dataclass(frozen=True)
class Table:
    """Rows under columns.

    Attributes
    ----------
    title : str
        What it shows.
    columns : tuple of Column
        Its columns.
    rows : tuple of tuple
        Plain numbers and texts, one per column.
    notes : tuple of str
        What has to be said below it.

    Examples
    --------
    >>> columns = (Column("network", "network", "text"), Column("area mm²", "area_mm2"))
    >>> table = Table("Areas", columns, (("resnet18", 12.345), ("vgg16", "does not fit")))
    >>> print(table.as_text())
    Areas
    network       area mm²
    ────────  ────────────
    resnet18          12.3
    vgg16     does not fit
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def pick(self, *names: str, most_rows: int | None = None) -> Table:
        """Return the table with some of its columns, and at most so many rows."""
        places = [place for place, column in enumerate(self.columns) if column.name in names]
        return replace(
            self,
            columns=tuple(self.columns[place] for place in places),
            rows=tuple(tuple(row[place] for place in places) for row in self.rows[:most_rows]),
        )

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a column of numbers; 0 where a cell holds none."""
        place = [column.name for column in self.columns].index(name)
        cells = [row[place] for row in self.rows]
        return np.array([0.0 if isinstance(x, str) or x is None else x for x in cells])

    def shown(self) -> list[list[str]]:
        """Return the rows as people read them."""
        return [
            [column.shown(cell) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    def as_text(self, width: int = WIDTH) -> str:
        """Return aligned text; the widest columns of text are cut where it gets too wide."""
        table = self._filled()
        rows = [[column.header for column in table.columns], *table.shown()]
        widths = table._widths(rows, width)
        rows.insert(1, ["─" * size for size in widths])
        lines = [GAP.join(map(self._padded, table.columns, row, widths)).rstrip() for row in rows]
        notes = [textwrap.fill(note, width) for note in self.notes]
        return "\n".join([self.title, *lines, *notes])

    def as_markdown(self) -> str:
        """Return a Markdown table, without its title."""
        table = self._filled()
        rules = ["---" if column.kind == "text" else "---:" for column in table.columns]
        rows = [[column.header for column in table.columns], rules, *table.shown()]
        cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in cells)

    def as_html(self, *, titled: bool = True) -> str:
        """Return an HTML table with its title, if asked for, and notes; everything is escaped."""
        table = self._filled()
        kinds = ["text" if column.kind == "text" else "number" for column in table.columns]
        head = "".join(
            f'<th class="{kind}">{html.escape(column.header)}</th>'
            for kind, column in zip(kinds, table.columns, strict=True)
        )
        body = "\n".join(
            "<tr>" + "".join(map(_html_cell, table.columns, row)) + "</tr>" for row in table.rows
        )
        title = f"<caption>{html.escape(self.title)}</caption>" if titled else ""
        notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in self.notes)
        return (
            f'<div class="table"><table>{title}'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>{notes}</div>"
        )

    def as_csv(self) -> str:
        """Return comma-separated values with all digits, under the names of the columns."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows(self.rows)
        return text.getvalue()

    def _filled(self) -> Table:
        """Return the table without the columns in which no row says anything."""
        if not self.rows:
            return self
        pairs = zip(self.columns, zip(*self.shown(), strict=True), strict=True)
        return self.pick(*(column.name for column, cells in pairs if any(cells)))

    def _widths(self, rows: list[list[str]], width: int) -> list[int]:
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        texts = [place for place, column in enumerate(self.columns) if column.kind == "text"]
        while texts and sum(widths) + len(GAP) * (len(widths) - 1) > width:
            widest = max(texts, key=widths.__getitem__)
            if widths[widest] <= NARROWEST:
                break
            widths[widest] -= 1
        return widths

    @staticmethod
    def _padded(column: Column, cell: str, width: int) -> str:
        cut = cell if len(cell) <= width else cell[: width - 1] + "…"
        return cut.ljust(width) if column.kind == "text" else cut.rjust(width)


def _html_cell(column: Column, cell: Cell) -> str:
    kind = "text" if column.kind == "text" else "number"
    words = " words" if kind == "number" and isinstance(cell, str) else ""
    return f'<td class="{kind}{words}">{html.escape(column.shown(cell))}</td>'
