"""The paper's comparisons on this model: terminal, page and metrics."""

from __future__ import annotations

__all__ = ["DEFINITIONS", "paper_metrics", "paper_page", "paper_text"]

import textwrap
from collections.abc import Sequence

from imctune.report.html import details, note, page, section, table_section
from imctune.report.paper_case import Case, chip_of, cut_percent
from imctune.report.paper_tables import dominance_table, knobs_table, overview_table, paper_tables
from imctune.report.published import published_table
from imctune.report.table import WIDTH, Column, Table

FOLDED = ("chips",)
"""Tables of hundreds of rows, which show when they are asked for."""

DEFINITIONS = (
    "Joint search: the best design that the default search for all networks met. Others at the "
    "same number of designs: the paper's four phases, a plain genetic algorithm, each sequential "
    "start, random designs; all minimise the geometric mean, and under other aggregations the "
    "best of what each met counts.",
    "EDAP cut: 1 - joint / other, above 0 where the joint chip is better. Own best: the best "
    "design known for a network alone, over all searches, or over the whole space where it is "
    "exhausted.",
    "Aggregations: geomean, mean, max and product of energy and of latency, times area; regret: "
    "EDAP over the own best, of the worst network.",
    "Largest chip: the best design that the search for the network with most parameters found for "
    "it.",
)


def paper_text(cases: Sequence[Case], width: int = WIDTH) -> str:
    """Return what the terminal shows."""
    overview = overview_table(cases)
    narrow = [x.name for x in overview.columns if x.name not in ("area_mm2", "n_converters")]
    shown = (overview.pick(*narrow), published_table(cases), dominance_table(cases))
    parts = [table.as_text(width) for table in shown if table.rows]
    return "\n\n".join([*parts, *(textwrap.fill(text, width) for text in DEFINITIONS)])


def paper_page(cases: Sequence[Case], title: str, subtitle: str) -> str:
    """Return a self-contained page with all tables."""
    sections = [section("Definitions", *(note(text) for text in DEFINITIONS))]
    for name, table in paper_tables(cases).items():
        if name == "knobs":
            sections.append(section(table.title, *map(_knobs_html, knobs_side_by_side(cases))))
        elif name in FOLDED:
            sections.append(section(table.title, details("All rows", table.as_html(titled=False))))
        elif table.rows:
            sections.append(table_section(table))
    return page(title, subtitle, sections)


def _knobs_html(table: Table) -> str:
    return details(table.title, table.as_html(titled=False))


def paper_metrics(cases: Sequence[Case]) -> dict[str, object]:
    """Return the numbers that runs are compared by."""
    found: dict[str, object] = {}
    for case in cases:
        joint = chip_of(case, "joint", "geomean")
        if joint is not None:
            found[f"edap.{case['name']}"] = joint["scores"]["geomean"]
            for key in ("largest", "ga", "random"):
                cut = cut_percent(case, key, "geomean")
                found[f"edap_cut_percent.{key}.{case['name']}"] = cut
    return found


def knobs_side_by_side(cases: Sequence[Case]) -> list[Table]:
    """Return a table per aggregation: a row per knob that is not the same in all cases."""
    every = knobs_table(cases)
    tables = []
    for aggregation in dict.fromkeys(row[1] for row in every.rows):
        own = [row for row in every.rows if row[1] == aggregation]
        # Spaces, where a header may be broken.
        columns = [Column(str(row[0]).replace("_", " "), str(row[0]), "text") for row in own]
        rows = tuple(
            (knob.header, *(row[place] for row in own))
            for place, knob in enumerate(every.columns[2:], start=2)
        )
        title = f"Best under {aggregation}"
        tables.append(Table(title, (Column("knob", "knob", "text"), *columns), rows))
    return tables
