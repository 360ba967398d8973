"""One design in full: what it is, what it costs, and where."""

from __future__ import annotations

__all__ = [
    "MOST_LAYERS",
    "detail_page",
    "detail_tables",
    "detail_text",
    "mend_table",
    "verdict",
]

import html
import textwrap
from collections.abc import Sequence

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.report.bounds import (
    Layers,
    bottleneck_figure,
    bottleneck_table,
    shares_only,
    utilisation_figure,
)
from imctune.report.breakdown import LAYER_COLUMNS, area_table, energy_table, layer_table, run_table
from imctune.report.by_layer import layer_figure
from imctune.report.comparison import obstacle
from imctune.report.facts import MendRecord
from imctune.report.figures import Figure, component_weights
from imctune.report.html import note, page, room_for, section
from imctune.report.limits import knob_values, limits_kept
from imctune.report.numbers import knob_text, number
from imctune.report.palette import component_colours
from imctune.report.roofline import Peaks, roofline_figure
from imctune.report.sections import BELOW, chip_section, energy_section, layer_details
from imctune.report.table import WIDTH, Cell, Column, Table

NETWORKS_SIDE_BY_SIDE = 6
MOST_LAYERS = 10
NOT_IN_TEXT = ("unit", "passes", "latency_ms")  # the table is wide enough without them

ROOFLINE = (
    "A point per layer with multiply-accumulates, the larger the greater the layer's share of "
    "the time: filled over the operations per bit through the global-buffer port, hollow over "
    "those per bit to or from off-chip memory; each stays below its own line. Squares run on the "
    "vector unit. The peak of the arrays leaves out what skipping zero input bits gains."
)
ABOVE = "Layers that the chip cannot hold may lie above the peak of the arrays."


def detail_text(
    designs: DesignBatch,
    metrics: Metrics,
    layers: Layers,
    width: int = WIDTH,
    *,
    most_layers: int | None = MOST_LAYERS,
) -> str:
    """Return one design for the terminal.

    Parameters
    ----------
    designs : DesignBatch
        The one design.
    metrics : Metrics
        Its results.
    layers : mapping
        Per network, a mapping per layer: see `layer_table`.
    width : int
        Columns of the terminal.
    most_layers : int or None
        Layers shown per network: those that take most time; None for all.
    """
    names = metrics.workloads
    knobs = ", ".join(f"{row[0]} {row[1]}" for row in knob_values(designs).rows)
    parts = [
        textwrap.fill(verdict(metrics), width),
        textwrap.fill(f"Knobs: {knobs}", width, subsequent_indent="  "),
        run_table(metrics, 0).as_text(width),
        area_table(metrics, 0).as_text(width),
    ]
    for start in range(0, len(names), NETWORKS_SIDE_BY_SIDE):
        some = names[start : start + NETWORKS_SIDE_BY_SIDE]
        parts.append(energy_table(metrics, 0, some).as_text(width))
    if layers:
        parts.append(shares_only(bottleneck_table(layers)).as_text(width))
    shown = [column.name for name, column in LAYER_COLUMNS.items() if name not in NOT_IN_TEXT]
    for network, rows in layers.items():
        slowest = sorted(rows, key=lambda layer: -float(layer.get("latency_ps", 0.0)))
        text = layer_table(network, slowest).pick(*shown, most_rows=most_layers).as_text(width)
        if most_layers is not None and len(rows) > most_layers:
            text += f" The {most_layers} slowest."
        parts.append(text)
    return "\n\n".join(parts)


def detail_tables(
    designs: DesignBatch,
    metrics: Metrics,
    layers: Layers,
    mends: Sequence[MendRecord] = (),
) -> dict[str, Table]:
    """Return the tables of one design by name, as for files of their own."""
    return {
        **({"mends": mend_table(mends)} if mends else {}),
        "knobs": knob_values(designs),
        "networks": run_table(metrics, 0),
        "areas": area_table(metrics, 0),
        "energies": energy_table(metrics, 0),
        **({"bottlenecks": bottleneck_table(layers)} if layers else {}),
        **{f"layers_{network}": layer_table(network, rows) for network, rows in layers.items()},
    }


def detail_page(
    designs: DesignBatch,
    metrics: Metrics,
    layers: Layers,
    *,
    title: str,
    subtitle: str = "",
    peaks: Peaks | None = None,
    mends: Sequence[MendRecord] = (),
) -> str:
    """Return one design as a self-contained page.

    Parameters
    ----------
    designs, metrics, layers
        As for `detail_text`.
    title, subtitle : str
    peaks : Peaks, optional
        What the design could do at best; without it there is no roofline.
    mends : sequence of MendRecord
        The constraints that it breaks.
    """
    figures: dict[str, Figure] = {}
    sections = [
        f'<p class="answer">{html.escape(verdict(metrics))}</p>',
        *([section("What it breaks", mend_table(mends).as_html())] if mends else []),
        section("What it costs", run_table(metrics, 0).as_html()),
        chip_section("The chip", metrics, designs, 0, knob_values(designs), limits_kept(metrics)),
        energy_section(metrics, 0, figures),
        *(_time_sections(metrics, layers, peaks, figures) if layers else []),
    ]
    return page(title, subtitle, sections, figures)


def _time_sections(
    metrics: Metrics, layers: Layers, peaks: Peaks | None, figures: dict[str, Figure]
) -> list[str]:
    """Return where the time goes: bottlenecks, utilisation, roofline and every layer."""
    sections = [
        section(
            "What bounds its cycles",
            room_for(figures, "bottlenecks", bottleneck_figure(layers)),
            note(BELOW),
            shares_only(bottleneck_table(layers)).as_html(),
        )
    ]
    utilisation = room_for(figures, "utilisation", utilisation_figure(layers))
    if utilisation:
        sections.append(section("How full the arrays of each layer are", utilisation))
    roofline = ""
    if peaks is not None:
        roofline = room_for(figures, "roofline", roofline_figure(layers, peaks))
    if roofline:
        sections.append(section("How close the layers come to the peak", roofline, note(ROOFLINE)))
        if not metrics.feasible[0]:
            sections.append(note(ABOVE))
    colours = component_colours(component_weights(metrics, 0))
    figure = room_for(figures, "layers", layer_figure(layers, colours))
    return [*sections, section("Layer by layer", figure, *layer_details(layers))]


def verdict(metrics: Metrics) -> str:
    """Return in one sentence whether a design runs its networks."""
    reasons = {
        network: obstacle(metrics, 0, index) for index, network in enumerate(metrics.workloads)
    }
    blocked = [f"{network} {reason}" for network, reason in reasons.items() if reason]
    if blocked and len(set(reasons.values())) == 1:
        blocked = [
            reasons[metrics.workloads[0]] + (", for all networks" if len(reasons) > 1 else "")
        ]
    start = f"A chip of {number(float(metrics.area_mm2[0]))} mm² with "
    start += f"{float(metrics.n_converters[0]):,.0f} converters"
    if blocked:
        return f"{start}; not feasible: {', '.join(blocked)}."
    runs = f"all {len(reasons)} networks" if len(reasons) > 1 else metrics.workloads[0]
    return f"{start}; it runs {runs}."


def mend_table(mends: Sequence[MendRecord]) -> Table:
    """Return every violated constraint with its amount and the nearest knob change against it."""
    columns = (
        Column("constraint", "constraint", "text"),
        Column("worst on", "workload", "text"),
        Column("exceeded by", "exceeded_by_percent", "percent"),
        Column("nearest mend", "nearest_mend", "text"),
        Column("breaks then", "still_broken", "text"),
    )
    rows: list[tuple[Cell, ...]] = []
    for mend in mends:
        change = f"{mend.knob} {knob_text(mend.before)} → {knob_text(mend.after)}"
        rows.append(
            (
                mend.constraint,
                mend.workload or "the chip",
                100.0 * mend.amount,
                change if mend.knob else "no change of a single knob of the space",
                ", ".join(mend.still) or ("nothing" if mend.knob else ""),
            )
        )
    return Table("Violated constraints", columns, tuple(rows))
