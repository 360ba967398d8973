"""What bounds the cycles of one design, and how full its arrays are: tables and figures."""

from __future__ import annotations

__all__ = [
    "BOUND_WORDS",
    "Layers",
    "bottleneck_figure",
    "bottleneck_table",
    "cycles_of_network",
    "main_bound",
    "shares_only",
    "utilisation_figure",
]

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from imctune.report.figures import Figure, rounded
from imctune.report.numbers import number
from imctune.report.palette import CLOUD, GREY, component_colour, escaped, layout
from imctune.report.table import Cell, Column, Table

Layers = Mapping[str, Sequence[Mapping[str, Any]]]

BOUND_WORDS = {
    "compute": "compute",
    "conversion": "conversion",
    "cell_writes": "cell writes",
    "tile_ports": "tile ports",
    "routers": "routers",
    "global_buffer": "global buffer",
    "offchip": "off-chip",
    "vector_unit": "vector unit",
}
WORKS = {"compute": "cells", "conversion": "converters", "tile_ports": "tile_buffers"}
BOUND_COLOURS = {bound: component_colour(WORKS.get(bound, bound)) for bound in BOUND_WORDS}
"""What bounds a cycle has the colour of the component that works then."""
N_SLOWEST = 3
LONGEST_LABEL = 30
BAR, THIN_BAR, GAP = 0.8, 0.55, 0.5
ROW_PX, STRIP_PX, STRIP_GAP_PX = 25, 70, 44
FILLED = ("#0072B2", "#5aa5d0")


def cycles_of_network(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the cycles of all layers of a network by what bounds them."""
    return {
        name: float(sum(row.get("cycles_by_bound", {}).get(name, 0) for row in rows))
        for name in BOUND_WORDS
    }


def main_bound(row: Mapping[str, Any]) -> str:
    """Return what bounds most cycles of a layer, with its share.

    >>> main_bound({"cycles_by_bound": {"compute": 1, "conversion": 3}})
    'conversion 75 %'
    """
    cycles = row.get("cycles_by_bound", {})
    total = float(sum(cycles.values()))
    if not total > 0.0:
        return ""
    name = max(cycles, key=cycles.__getitem__)
    return f"{BOUND_WORDS.get(name, name)} {100.0 * cycles[name] / total:.0f} %"


def bottleneck_table(layers: Layers) -> Table:
    """Return the shares of each network's cycles by what bounds them, and the cycles."""
    columns = (
        Column("network", "network", "text"),
        *(Column(words, f"{name}_percent", "percent") for name, words in BOUND_WORDS.items()),
        *(Column(f"{x} cycles", f"{name}_cycles", "count") for name, x in BOUND_WORDS.items()),
    )
    rows: list[tuple[Cell, ...]] = []
    for network, parts in layers.items():
        cycles = cycles_of_network(parts)
        total = sum(cycles.values()) or 1.0
        shares = [100.0 * value / total for value in cycles.values()]
        rows.append((network, *shares, *(int(value) for value in cycles.values())))
    return Table("Cycles by what bounds them", columns, tuple(rows))


def shares_only(table: Table) -> Table:
    """Return a table of bottlenecks without the cycles, and without those that bind nowhere."""
    percents = {f"{name}_percent" for name in BOUND_WORDS}
    some = [
        column.name
        for place, column in enumerate(table.columns)
        if column.name in percents and any(row[place] for row in table.rows)
    ]
    return table.pick("network", *some)


def bottleneck_figure(layers: Layers, n_slowest: int = N_SLOWEST) -> Figure:
    """Return each network's cycles by what bounds them, with its slowest layers below it."""
    bars = _bars(layers, n_slowest)
    traces = []
    for name, words in BOUND_WORDS.items():
        shares = [100.0 * bar["cycles"][name] / bar["total"] for bar in bars]
        if not any(shares):
            continue
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": words,
                "y": [bar["place"] for bar in bars],
                "x": rounded(shares),
                "width": [bar["width"] for bar in bars],
                "customdata": [
                    [bar["name"], f"{number(bar['cycles'][name])} cycles"] for bar in bars
                ],
                "hovertemplate": f"%{{customdata[0]}}<br>{words}: %{{customdata[1]}}, %{{x:.3g}} % "
                "of the network<extra></extra>",
                "marker": {"color": BOUND_COLOURS[name], "line": {"color": "white", "width": 0.5}},
            }
        )
    last = bars[-1]["place"] if bars else 0.0
    axes = {
        "xaxis": {"title": {"text": "share of the network's cycles [%]"}, "range": [0, 100]},
        "yaxis": {
            "tickvals": [bar["place"] for bar in bars],
            "ticktext": [f"{bar['label']}  " for bar in bars],
            "range": [last + 0.6, -0.6],
            "showgrid": False,
        },
    }
    height = 140 + round(ROW_PX * (last + 1.2))
    return {
        "data": traces,
        "layout": layout(**axes, barmode="stack", height=height, showlegend=True),
    }


def _bars(layers: Layers, n_slowest: int) -> list[dict[str, Any]]:
    """Return a bar per network, and thinner ones for its slowest layers, from top to bottom."""
    bars: list[dict[str, Any]] = []
    place = 0.0
    for network, rows in layers.items():
        cycles = cycles_of_network(rows)
        total = sum(cycles.values())
        if not total > 0.0:
            continue
        entries = [(f"<b>{escaped(network)}</b>", escaped(network), BAR, cycles)]
        for row in sorted(rows, key=lambda row: -sum(cycles_of_network([row]).values()))[
            :n_slowest
        ]:
            name = str(row["layer"])
            label = name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
            known = f"{escaped(network)} {escaped(name)}"
            entries.append((escaped(label), known, THIN_BAR, cycles_of_network([row])))
        for label, known, width, parts in entries:
            bars.append(
                {
                    "place": round(place, 3),
                    "label": label,
                    "name": known,
                    "width": width,
                    "cycles": parts,
                    "total": total,
                }
            )
            place += 1.0
        place += GAP
    return bars


def utilisation_figure(layers: Layers) -> Figure:
    """Return how much of the cells of its arrays each layer uses, as wide as its cycles."""
    strips = {
        network: rows
        for network, rows in layers.items()
        if any(row.get("utilisation") for row in rows) and sum(row["cycles"] for row in rows) > 0
    }
    plot_px = len(strips) * (STRIP_PX + STRIP_GAP_PX)
    traces: list[Figure] = []
    changes: dict[str, Any] = {"annotations": []}
    for place, (network, rows) in enumerate(strips.items()):
        suffix = "" if place == 0 else str(place + 1)
        bottom = 1.0 - (place + 1) * (STRIP_PX + STRIP_GAP_PX) / plot_px
        top = bottom + STRIP_PX / plot_px
        changes[f"yaxis{suffix}"] = {
            "domain": [round(max(0.0, bottom), 4), round(top, 4)],
            "range": [0, 100],
            "tickvals": [0, 50, 100],
            "ticktext": ["0  ", "50  ", "100 %  "],
        }
        changes["annotations"].append(_heading(network, rows, top))
        traces += [
            {**trace, "yaxis": f"y{suffix}", "showlegend": place == 0}
            for trace in _strip(network, rows)
        ]
    changes["xaxis"] = {
        "title": {"text": "share of the network's cycles [%], layers in order of execution"},
        "range": [0, 100],
        "anchor": f"y{len(strips)}" if len(strips) > 1 else "y",
    }
    changes["margin"] = {"l": 70, "r": 20, "t": 10, "b": 100}
    return {"data": traces, "layout": layout(**changes, bargap=0, height=plot_px + 110)}


def _heading(network: str, rows: Sequence[Mapping[str, Any]], top: float) -> dict[str, Any]:
    """Return what stands above a strip: the network, and its mean over the time on arrays."""
    used = [row for row in rows if row.get("utilisation")]
    cycles = sum(row["cycles"] for row in used)
    mean = sum(row["cycles"] * row["utilisation"] for row in used) / max(1, cycles)
    return {
        "text": f"<b>{escaped(network)}</b>  {100.0 * mean:.0f} % on average over time",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": round(top, 4),
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _strip(network: str, rows: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Return the bars of one network: layers on arrays, and in grey those on the vector unit."""
    total = sum(row["cycles"] for row in rows)
    widths = [100.0 * row["cycles"] / total for row in rows]
    entries = list(zip(rows, widths, accumulate(widths), strict=True))
    traces: list[Figure] = []
    for is_filled, name in ((True, "cells that hold weights"), (False, "on the vector unit")):
        some = [entry for entry in entries if bool(entry[0].get("utilisation")) == is_filled]
        heights = [100.0 * row["utilisation"] if is_filled else 100.0 for row, _, _ in some]
        shades = FILLED if is_filled else (CLOUD, GREY[0])
        traces.append(
            {
                "type": "bar",
                "name": name,
                "legendgroup": name,
                "x": rounded([end - 0.5 * width for _, width, end in some], 7),
                "width": rounded([width for _, width, _ in some], 7),
                "y": rounded(heights),
                "customdata": [_told(network, row, width) for row, width, _ in some],
                "hovertemplate": "%{customdata}<extra></extra>",
                "marker": {
                    "color": [shades[place % 2] for place in range(len(some))],
                    "opacity": 1.0 if is_filled else 0.35,
                    "line": {"width": 0},
                },
            }
        )
    return traces


def _told(network: str, row: Mapping[str, Any], share: float) -> str:
    """Return a layer in a few lines."""
    text = f"{escaped(network)} {escaped(str(row['layer']))}<br>{share:.3g} % of the cycles"
    if not row.get("utilisation"):
        return f"{text}, on the vector unit"
    arrays = f"{row.get('arrays', 0):,.0f} arrays × {row.get('copies', 1):,.0f} copies"
    return f"{text}<br>{arrays}, {100.0 * row['utilisation']:.3g} % of their cells used"
