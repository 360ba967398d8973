"""Figures fit for a paper: SVG drawn by matplotlib, each with its numbers as CSV."""

from __future__ import annotations

__all__ = ["paper_figures"]

import io
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from imctune.objectives import EDAP_UNIT
from imctune.report.bounds import BOUND_COLOURS, BOUND_WORDS, Layers
from imctune.report.breakdown import area_table, energy_table, layer_table
from imctune.report.clouds import QUANTITIES, SIDES
from imctune.report.comparison import chips, compare, main_chips
from imctune.report.facts import RunFacts, TuneRecord, chosen, front
from imctune.report.figures import best_so_far, component_weights, kind_of
from imctune.report.floorplan import as_svg_file, floorplan_svg
from imctune.report.fronts import axis_title, shown_rows
from imctune.report.palette import (
    CHIP_COLOURS,
    CLOUD,
    FRONT,
    component_colours,
    component_words,
    line_beside_joint,
    log_axis,
)
from imctune.report.table import Cell, Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

ONE_COLUMN, TWO_COLUMNS = 3.5, 7.16
"""Widths of IEEE's columns. [inch]"""

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "imctune",  # the same figure has the same ids, and so the same bytes
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
}
MOST_OTHERS = 1500
MOST_TICKS = 5
MOST_LEVEL = 6
"""Names of more networks than this are slanted, so that none runs into the next."""
LEGEND_SIZE = 20.0
ROLES = {
    "other": (CLOUD, "o", 1.5),
    "front": (FRONT, "o", 5.0),
    "joint": (CHIP_COLOURS["joint"], "P", 40.0),
}

UPRIGHT: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "bottom", "fontsize": 5.5}

Draw = Callable[["Figure"], None]


def paper_figures(result: TuneRecord, facts: RunFacts, layers: Layers) -> dict[str, str]:
    """Return the figures of a result as the contents of files by name: SVG, and CSV of each.

    Parameters
    ----------
    result : TuneRecord
        With a joint choice; without one there are no figures.
    facts : RunFacts
    layers : mapping
        Per network, its layers on the joint choice: see `breakdown.layer_table`.
    """
    row = chosen(result)
    if row is None:
        return {}
    colours = component_colours(component_weights(result.metrics, row))
    edap, points, steps = edap_by_chip(result, facts), designs_shown(result), improvements(result)
    energies = energy_table(result.metrics, row)
    drawn: dict[str, tuple[Table, str]] = {
        "edap": (edap, drawing(partial(_draw_edap, edap), TWO_COLUMNS, 2.3)),
        "front": (points, drawing(partial(_draw_front, points, facts), TWO_COLUMNS, 2.6)),
        "convergence": (steps, drawing(partial(_draw_convergence, steps), ONE_COLUMN, 2.5)),
        "energy": (energies, drawing(partial(_draw_energy, energies, colours), TWO_COLUMNS, 2.4)),
        "areas": (
            area_table(result.metrics, row),
            as_svg_file(floorplan_svg(result.metrics, result.designs, row)),
        ),
    }
    for network, rows in layers.items():
        draw = partial(_draw_layers, network, rows, colours)
        drawn[f"layers_{network}"] = layer_table(network, rows), drawing(draw, TWO_COLUMNS, 3.2)
    files: dict[str, str] = {}
    for name, (table, svg) in drawn.items():
        files |= {f"{name}.svg": svg, f"{name}.csv": table.as_csv()}
    return files


def drawing(draw: Draw, width_inch: float, height_inch: float) -> str:
    """Return what is drawn on an empty figure, as SVG."""
    import matplotlib  # noqa: PLC0415 -- a second, only where figures are asked for
    from matplotlib.figure import Figure  # noqa: PLC0415

    text = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width_inch, height_inch), layout="constrained")
        draw(figure)
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "imctune"})
    return text.getvalue()


def edap_by_chip(result: TuneRecord, facts: RunFacts) -> Table:
    """Return the EDAP of each network on the joint chip and on the main baselines."""
    columns = (
        Column("network", "network", "text"),
        Column("chip", "chip", "text"),
        Column("kind", "kind", "text"),
        Column("EDAP", "edap"),
    )
    keys = [chip.key for chip in main_chips(chips(result))]
    rows = tuple(
        (line.network, line.chip.label, kind_of(line.chip), line.obstacle or line.edap)
        for line in compare(result, facts.objectives)
        if line.network in result.workloads and line.chip.key in keys
    )
    return Table("EDAP of each network", columns, rows)


def designs_shown(result: TuneRecord) -> Table:
    """Return the joint choice, the front, and some of the other feasible designs."""
    columns = (
        Column("design", "design", "count"),
        Column("role", "role", "text"),
        *(Column(name, name) for name in QUANTITIES),
        Column("score", "score"),
    )
    feasible = np.isfinite(result.scores.score)
    others = shown_rows(np.flatnonzero(feasible & ~front(result)), MOST_OTHERS)
    roles = {"other": others, "front": np.flatnonzero(front(result)), "joint": [chosen(result)]}
    scores = result.scores
    rows: list[tuple[Cell, ...]] = []
    for role, some in roles.items():
        for row in np.array(some, dtype=np.int64).tolist():
            values = [float(getattr(scores, name)[row]) for name in (*QUANTITIES, "score")]
            rows.append((row, role, *values))
    return Table("Designs over energy, latency and area", columns, tuple(rows))


def improvements(result: TuneRecord) -> Table:
    """Return after how many designs the best score of each search improved, and to what."""
    columns = (
        Column("search", "search", "text"),
        Column("designs", "n_designs", "count"),
        Column("best", "best_score"),
        Column("over final best", "over_final_best"),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, study in [*result.singles.items(), ("joint", result.joint)]:
        counts, best = best_so_far(study.scores.score)
        rows += [
            (name, count, value, value / best[-1])
            for count, value in zip(counts.tolist(), best.tolist(), strict=True)
        ]
    return Table("Best score so far", columns, tuple(rows))


def _draw_edap(table: Table, figure: Figure) -> None:
    axes = figure.subplots()
    networks = list(dict.fromkeys(row[0] for row in table.rows))
    labels = list(dict.fromkeys((row[1], row[2]) for row in table.rows))
    width = 0.8 / len(labels)
    for place, (label, kind) in enumerate(labels):
        own = {row[0]: row[3] for row in table.rows if row[1] == label}
        heights = [_number(own[x]) for x in networks]
        lefts = np.arange(len(networks)) - 0.4 + width * (place + 0.5)
        axes.bar(lefts, heights, width, label=str(label), color=CHIP_COLOURS[str(kind)])
        for left, network in zip(lefts, networks, strict=True):
            if isinstance(own[network], str):  # it does not run there, and why
                place_up = axes.get_xaxis_transform()
                axes.text(left, 0.02, str(own[network]), transform=place_up, **UPRIGHT)
    _log_ticks(axes, "y", [_number(row[3]) for row in table.rows])
    slanted: dict[str, Any] = {"rotation": 20, "ha": "right"} if len(networks) > MOST_LEVEL else {}
    axes.set_xticks(range(len(networks)), [str(name) for name in networks], **slanted)
    axes.set_ylabel(f"EDAP [{EDAP_UNIT}]")
    figure.legend(loc="outside upper center", ncols=len(labels))


def _log_ticks(axes: Axes, axis: str, values: Sequence[float]) -> None:
    """Make an axis logarithmic, with the ticks of the report; few of them."""
    ruled = log_axis("", values)
    ticks = dict(zip(ruled["tickvals"], ruled["ticktext"], strict=True))
    if len(ticks) > MOST_TICKS:
        ticks = {value: text for value, text in ticks.items() if f"{value:e}".startswith("1.0")}
    axes.set(**{f"{axis}scale": "log"})
    axes.set(**{f"{axis}ticks": list(ticks), f"{axis}ticklabels": list(ticks.values())})
    (axes.xaxis if axis == "x" else axes.yaxis).minorticks_off()


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, (int, float)) else math.nan


def _draw_front(table: Table, facts: RunFacts, figure: Figure) -> None:
    panels = figure.subplots(1, len(SIDES))
    names = [column.name for column in table.columns]
    for axes, (across, up) in zip(panels, SIDES, strict=True):
        for role, (colour, marker, size) in ROLES.items():
            some = [row for row in table.rows if row[1] == role]
            x, y = ([_number(row[names.index(name)]) for row in some] for name in (across, up))
            label = {"other": "other feasible designs", "front": "Pareto front"}.get(role, "chosen")
            axes.scatter(x, y, size, colour, marker=marker, label=label, linewidths=0)
        for axis, name in (("x", across), ("y", up)):
            _log_ticks(axes, axis, [_number(row[names.index(name)]) for row in table.rows])
        axes.set_xlabel(axis_title(across, facts))
        axes.set_ylabel(axis_title(up, facts))
    handles, labels = panels[0].get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside upper center", ncols=len(ROLES))
    for handle in legend.legend_handles:
        cast("PathCollection", handle).set_sizes([LEGEND_SIZE])


def _draw_convergence(table: Table, figure: Figure) -> None:
    axes = figure.subplots()
    for place, name in enumerate(dict.fromkeys(row[0] for row in table.rows)):
        own = [row for row in table.rows if row[0] == name]
        look: dict[str, Any] = {"color": CHIP_COLOURS["joint"], "linewidth": 1.8}
        if name != "joint":
            colour, is_dashed = line_beside_joint(place)
            look = {"color": colour, "linewidth": 0.8, "linestyle": "--" if is_dashed else "-"}
        counts, ratios = ([_number(row[place]) for row in own] for place in (1, 3))
        axes.step(counts, ratios, where="post", label=str(name), **look)
    axes.set_yscale("log")
    axes.set_ylim(0.97, 20.0)
    axes.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"], minor=False)
    axes.set_xlabel("distinct designs evaluated")
    axes.set_ylabel("best so far / final best")
    axes.legend(ncols=2, fontsize=6)


def _draw_energy(table: Table, colours: Mapping[str, str], figure: Figure) -> None:
    axes = figure.subplots()
    networks = [column.header for column in table.columns[1:]]
    totals = np.array(table.rows[-1][1:], dtype=float)
    left = np.zeros(len(networks))
    by_words = {component_words(name): colour for name, colour in colours.items()}
    for row in table.rows[:-1]:
        shares = 100.0 * np.array(row[1:], dtype=float) / totals
        colour = by_words[str(row[0])]
        axes.barh(networks, shares, 0.7, left=left, label=str(row[0]), color=colour)
        left = left + shares
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the energy of one inference [%]")
    figure.legend(loc="outside right upper", fontsize=6)


def _draw_layers(
    network: str, rows: Sequence[Mapping[str, Any]], colours: Mapping[str, str], figure: Figure
) -> None:
    table = layer_table(network, rows)
    names = [column.name for column in table.columns]
    upper, lower = figure.subplots(2, 1, sharex=True)
    energies = {
        component_words(name): (table.numbers(f"{name}_energy_mj"), colour)
        for name, colour in colours.items()
        if f"{name}_energy_mj" in names
    }
    cycles = {x: table.numbers(f"{x}_cycles") for x in BOUND_WORDS if f"{x}_cycles" in names}
    total = np.maximum(1.0, sum(cycles.values(), np.zeros(len(rows))))
    latency = table.numbers("latency_ms")
    bounds = {BOUND_WORDS[x]: (latency * y / total, BOUND_COLOURS[x]) for x, y in cycles.items()}
    for axes, parts, label in (
        (upper, energies, "energy [mJ]"),
        (lower, bounds or {"latency": (latency, BOUND_COLOURS["compute"])}, "latency [ms]"),
    ):
        bottom = np.zeros(len(rows))
        for words, (values, colour) in parts.items():
            if values.any():
                axes.bar(range(1, len(rows) + 1), values, 0.85, bottom, label=words, color=colour)
                bottom = bottom + values
        axes.set_ylim(0.0, 1.05 * max(float(bottom.max()), np.finfo(float).tiny))
        axes.set_ylabel(label)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=6)
    lower.set_xlim(0.0, len(rows) + 1.0)
    lower.set_xlabel(f"layer of {network}, in order of execution")
