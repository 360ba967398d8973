"""Tables of the validation as plain text or Markdown."""

from __future__ import annotations

__all__ = ["Table", "number", "rendered"]

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A heading, column names, and cells as text."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    note: str = ""


def number(value: float | int | None, form: str = ".2f") -> str:
    """Return a number as text; a dash for none."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else format(value, form)


def rendered(table: Table, *, markdown: bool) -> str:
    """Return a table as text, columns aligned unless it is Markdown."""
    rows = [[str(cell) for cell in row] for row in table.rows]
    if markdown:
        head = [" | ".join(table.columns), " | ".join("---" for _ in table.columns)]
        lines = [f"| {line} |" for line in [*head, *(" | ".join(row) for row in rows)]]
        body = [f"### {table.title}", "", *lines]
    else:
        widths = [
            max(len(line[i]) for line in [table.columns, *rows]) for i in range(len(table.columns))
        ]
        padded = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in [list(table.columns), ["-" * width for width in widths], *rows]
        ]
        body = [table.title, "=" * len(table.title), *padded]
    return "\n".join([*body, *(["", table.note] if table.note else []), ""])
