"""Energy and time of one design layer by layer, a network at a time."""

from __future__ import annotations

__all__ = ["layer_figure"]

from collections.abc import Mapping, Sequence
from typing import Any

from imctune.report.bounds import BOUND_COLOURS, BOUND_WORDS, Layers
from imctune.report.figures import Figure, rounded
from imctune.report.palette import component_words, escaped, layout
from imctune.units import MJ_PER_FJ, MS_PER_PS

Rows = Sequence[Mapping[str, Any]]

MOST_NAMES = 45
"""More layers than this are numbered under the axis; their names show when pointed at."""


def layer_figure(layers: Layers, colours: Mapping[str, str]) -> Figure:
    """Return energy and latency per layer, by component and by bound, a network at a time.

    Parameters
    ----------
    layers : mapping
        Per network, a mapping per layer: see `breakdown.layer_table`.
    colours : mapping
        Colour of each component.
    """
    traces: list[Figure] = []
    owner: list[str] = []
    for network, rows in layers.items():
        own = [*_energies(rows, colours), *_latencies(rows)]
        traces += own
        owner += [network] * len(own)
    first = next(iter(layers), "")
    for trace, network in zip(traces, owner, strict=True):
        trace["visible"] = network == first
    buttons = [
        {
            "label": escaped(network),
            "method": "update",
            "args": [{"visible": [name == network for name in owner]}, {"xaxis2": _axis(rows)}],
        }
        for network, rows in layers.items()
    ]
    menu = {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.14, "yanchor": "top"}
    legend = {"orientation": "v", "x": 1.01, "traceorder": "normal", "yanchor": "top"}
    look = layout(
        barmode="stack",
        bargap=0.15,
        height=640,
        margin={"l": 80, "r": 170, "t": 64, "b": 120},
        xaxis={"anchor": "y", "matches": "x2", "showticklabels": False},
        xaxis2={"anchor": "y2", **_axis(layers[first])} if layers else {},
        yaxis={"domain": [0.54, 1.0], "title": {"text": "energy [mJ]"}},
        yaxis2={"domain": [0.0, 0.46], "title": {"text": "latency [ms]"}, "anchor": "x2"},
        legend={**legend, "y": 1.0},
        legend2={**legend, "y": 0.46},
        updatemenus=[menu] if len(layers) > 1 else [],
    )
    return {"data": traces, "layout": look}


def _energies(rows: Rows, colours: Mapping[str, str]) -> list[Figure]:
    """Return a trace per component that takes energy in some layer."""
    traces = []
    for name, colour in colours.items():
        values = [MJ_PER_FJ * row.get("energy_by_component_fj", {}).get(name, 0.0) for row in rows]
        if any(values):
            words = escaped(component_words(name))
            traces.append(_bars(rows, words, values, colour, "mJ", ("x", "y", "legend")))
    return traces


def _latencies(rows: Rows) -> list[Figure]:
    """Return a trace per bound of the cycles, or one where cycles are not told apart."""
    totals = [MS_PER_PS * float(row.get("latency_ps", 0.0)) for row in rows]
    cycles = [row.get("cycles_by_bound", {}) for row in rows]
    place = ("x2", "y2", "legend2")
    if not any(cycles):
        return [_bars(rows, "latency", totals, BOUND_COLOURS["compute"], "ms", place)]
    traces = []
    for name, words in BOUND_WORDS.items():
        shares = [own.get(name, 0.0) / (sum(own.values()) or 1.0) for own in cycles]
        if any(shares):
            values = [share * total for share, total in zip(shares, totals, strict=True)]
            traces.append(_bars(rows, words, values, BOUND_COLOURS[name], "ms", place))
    return traces


def _bars(
    rows: Rows,
    words: str,
    values: Sequence[float],
    colour: str,
    unit: str,
    place: tuple[str, str, str],
) -> Figure:
    xaxis, yaxis, legend = place
    return {
        "type": "bar",
        "name": words,
        "x": list(range(1, len(rows) + 1)),
        "y": rounded(values, 4),
        "customdata": [_name(row) for row in rows],
        "hovertemplate": f"%{{customdata}}: {words} %{{y:.3g}} {unit}<extra></extra>",
        "marker": {"color": colour},
        "xaxis": xaxis,
        "yaxis": yaxis,
        "legend": legend,
    }


def _name(row: Mapping[str, Any]) -> str:
    count = int(row.get("count", 1))
    return escaped(str(row["layer"])) + (f" × {count}" if count > 1 else "")


def _axis(rows: Rows) -> dict[str, Any]:
    """Return the axis of layers: their names where there is room."""
    shared = {"range": [0.4, len(rows) + 0.6], "anchor": "y2"}
    if len(rows) > MOST_NAMES:
        title = f"layer, in order of execution (1 to {len(rows)})"
        return {**shared, "tickmode": "auto", "title": {"text": title}}
    return {
        **shared,
        "tickmode": "array",
        "tickvals": list(range(1, len(rows) + 1)),
        "ticktext": [_name(row) for row in rows],
        "tickangle": -60,
        "title": {"text": "layer, in order of execution"},
    }
