"""One design in full: what it is, what it costs, and where."""

from __future__ import annotations

__all__ = ["detail_page", "detail_tables", "detail_text"]

import html
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from imctune.knobs import KNOBS, DesignBatch
from imctune.objectives import Metrics
from imctune.report.breakdown import LAYER_COLUMNS, area_table, energy_table, layer_table, run_table
from imctune.report.comparison import obstacle
from imctune.report.figures import Figure
from imctune.report.html import chip_section, details, energy_section, page, section
from imctune.report.numbers import knob_text, number
from imctune.report.table import WIDTH, Column, Table

Layers = Mapping[str, Sequence[Mapping[str, Any]]]

NETWORKS_SIDE_BY_SIDE = 6
MOST_LAYERS = 10


def detail_text(
    designs: DesignBatch, metrics: Metrics, layers: Layers, most_layers: int = MOST_LAYERS
) -> str:
    """Return one design for the terminal, at most 110 columns wide.

    Parameters
    ----------
    designs : DesignBatch
        The one design.
    metrics : Metrics
        Its results.
    layers : mapping
        Per network, a mapping per layer: see `layer_table`.
    most_layers : int
        Layers shown per network: those that take most time. `detail_tables` has all.
    """
    names = metrics.workloads
    knobs = ", ".join(f"{row[0]} {row[1]}" for row in _knobs(designs).rows)
    parts = [
        textwrap.fill(verdict(metrics), WIDTH),
        textwrap.fill(f"Knobs: {knobs}", WIDTH, subsequent_indent="  "),
        run_table(metrics, 0).as_text(),
        area_table(metrics, 0).as_text(),
    ]
    for start in range(0, len(names), NETWORKS_SIDE_BY_SIDE):
        some = names[start : start + NETWORKS_SIDE_BY_SIDE]
        parts.append(energy_table(metrics, 0, some).as_text())
    shown = [column.name for name, column in LAYER_COLUMNS.items() if name != "passes"]
    for network, rows in layers.items():
        slowest = sorted(rows, key=lambda layer: -float(layer.get("latency_ps", 0.0)))
        text = layer_table(network, slowest).pick(*shown, most_rows=most_layers).as_text()
        if len(rows) > most_layers:
            text += f" The {most_layers} slowest."
        parts.append(text)
    return "\n\n".join(parts)


def detail_tables(designs: DesignBatch, metrics: Metrics, layers: Layers) -> dict[str, Table]:
    """Return the tables of one design by name, as for files of their own."""
    return {
        "knobs": _knobs(designs),
        "networks": run_table(metrics, 0),
        "areas": area_table(metrics, 0),
        "energies": energy_table(metrics, 0),
        **{f"layers_{network}": layer_table(network, rows) for network, rows in layers.items()},
    }


def detail_page(
    designs: DesignBatch,
    metrics: Metrics,
    layers: Layers,
    *,
    title: str,
    subtitle: str = "",
) -> str:
    """Return one design as a self-contained page."""
    figures: dict[str, Figure] = {}
    tables = [
        details(f"{network}: {len(rows)} distinct layers", layer_table(network, rows).as_html())
        for network, rows in layers.items()
    ]
    sections = [
        f'<p class="answer">{html.escape(verdict(metrics))}</p>',
        section("What it costs", run_table(metrics, 0).as_html()),
        chip_section("The chip", metrics, 0, (_knobs(designs), _limits(metrics)), figures),
        energy_section(metrics, 0, figures),
        *([section("Layer by layer", *tables)] if tables else []),
    ]
    return page(title, subtitle, sections, figures)


def verdict(metrics: Metrics) -> str:
    """Return in one sentence whether a design runs its networks."""
    reasons = {
        network: obstacle(metrics, 0, index) for index, network in enumerate(metrics.workloads)
    }
    blocked = [f"{network} {reason}" for network, reason in reasons.items() if reason]
    start = f"A chip of {number(float(metrics.area_mm2[0]))} mm² with "
    start += f"{float(metrics.n_converters[0]):,.0f} converters"
    if blocked:
        return f"{start}; not feasible: {', '.join(blocked)}."
    runs = f"all {len(reasons)} networks" if len(reasons) > 1 else metrics.workloads[0]
    return f"{start}; it runs {runs}."


def _knobs(designs: DesignBatch) -> Table:
    columns = tuple(Column(name, name, "text") for name in ("knob", "value", "unit", "meaning"))
    rows = tuple(
        (knob, knob_text(value), KNOBS[knob].unit, KNOBS[knob].meaning)
        for knob, value in designs.knobs_of(0).items()
    )
    return Table("Knobs", columns, rows)


def _limits(metrics: Metrics) -> Table:
    """Return every constraint with the worst amount by which it is exceeded."""
    columns = (
        Column("constraint", "constraint", "text"),
        Column("broken by", "broken_by_percent", "percent"),
    )
    rows = []
    for name, amounts in metrics.violations.items():
        worst = float(np.max(amounts[0]))
        rows.append((name, 100.0 * worst if worst > 0.0 else "met"))
    return Table("Constraints", columns, tuple(rows))
