"""How close the layers of one design come to what its arrays and its memories allow."""

from __future__ import annotations

__all__ = ["Peaks", "roofline_figure"]

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from imctune.report.bounds import Layers, main_bound
from imctune.report.figures import Figure, rounded
from imctune.report.numbers import number, with_prefix
from imctune.report.palette import GREY, INK, NETWORK_COLOURS, escaped, layout, log_axis

GOPS = 1e-9
PS = 1e-12
SMALLEST_PX, LARGEST_PX = 6.0, 34.0
ROOM = 2.5
NAMED_AT = 0.3  # how far along a sloping line its name stands
APART = 1.08


class Peaks(Protocol):
    """Highest rates of a design, as `imctune.simulator.peaks` works them out."""

    @property
    def arrays_op_per_s(self) -> Mapping[str, float]:
        """All arrays busy, per network. [op/s]."""

    @property
    def vector_unit_op_per_s(self) -> float:
        """All lanes busy. [op/s]."""

    @property
    def global_buffer_bit_per_s(self) -> float:
        """Through the global-buffer port. [bit/s]."""

    @property
    def offchip_bit_per_s(self) -> float:
        """To and from off-chip memory. [bit/s]."""


def roofline_figure(layers: Layers, peaks: Peaks) -> Figure:
    """Return operations per second over operations per bit moved, below the roofs of a design.

    Every layer with multiply-accumulates is drawn over its operations per bit through the
    global-buffer port, and once more, hollow, over those per bit to and from off-chip memory.
    """
    traces = []
    for place, (network, rows) in enumerate(layers.items()):
        colour = NETWORK_COLOURS[place % len(NETWORK_COLOURS)]
        traces += list(_points(network, rows, colour))
    if not traces:
        return {"data": [], "layout": layout(height=0)}
    across = [value for trace in traces for value in trace["x"]]
    up = [value for trace in traces for value in trace["y"]]
    rates = [peaks.global_buffer_bit_per_s, peaks.offchip_bit_per_s]
    tops = [*peaks.arrays_op_per_s.values(), peaks.vector_unit_op_per_s]
    tops = [top * GOPS for top in tops if math.isfinite(top)]
    ridges = [max(tops) / (rate * GOPS) for rate in rates if math.isfinite(rate)] if tops else []
    x_range = (min(across) / ROOM, ROOM * max(across + ridges))
    y_range = (min(up) / ROOM, ROOM * max(up + tops))
    axes = {
        "xaxis": log_axis("operations per bit moved [op/bit]", x_range),
        "yaxis": log_axis("operations per second [Gop/s]", y_range),
    }
    # Roofs go below the points, and do not take part in hovering over them.
    data = [*_roofs(peaks, x_range, max(y_range[1] / ROOM, *tops, 0.0)), *traces]
    return {"data": data, "layout": layout(**axes, height=620, hovermode="closest")}


def _points(network: str, rows: Sequence[Mapping[str, Any]], colour: str) -> Iterator[Figure]:
    """Return the layers of a network, by their traffic on chip and off chip."""
    total = sum(float(row.get("latency_ps", 0.0)) for row in rows)
    for key, place in (
        ("bits_moved", "through the global-buffer port"),
        ("offchip_bits_moved", "off-chip"),
    ):
        is_first = key == "bits_moved"
        known = [
            row
            for row in rows
            if row.get("operations") and row.get(key) and row.get("latency_ps", 0.0) > 0.0
        ]
        if not known:
            continue
        shares = [row["latency_ps"] / total for row in known]
        speeds = [row["operations"] / (row["latency_ps"] * PS) * GOPS for row in known]
        ratios = [row["operations"] / row[key] for row in known]
        symbols = ["square" if row.get("unit") == "vector" else "circle" for row in known]
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": escaped(network),
            "legendgroup": network,
            "showlegend": is_first,
            "x": rounded(ratios),
            "y": rounded(speeds),
            "text": [
                f"{escaped(network)} {escaped(str(row['layer']))}<br>"
                f"{number(speed)} Gop/s, {number(ratio)} op/bit {place}<br>"
                f"{100.0 * share:.3g} % of the time, bound by {main_bound(row)}"
                for row, speed, ratio, share in zip(known, speeds, ratios, shares, strict=True)
            ],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {
                "symbol": symbols if is_first else [f"{symbol}-open" for symbol in symbols],
                "size": rounded(
                    [
                        max(SMALLEST_PX, LARGEST_PX * math.sqrt(share)) * (1.0 if is_first else 0.7)
                        for share in shares
                    ],
                    3,
                ),
                "color": colour,
                "opacity": 0.75,
                "line": {"color": "white" if is_first else colour, "width": 1},
            },
        }


def _roofs(peaks: Peaks, x_range: tuple[float, float], highest: float) -> Iterator[Figure]:
    """Return the lines that no layer rises above, each with its name."""
    left, right = x_range
    glb, offchip = peaks.global_buffer_bit_per_s * GOPS, peaks.offchip_bit_per_s * GOPS
    for rate, name, where, dash in (
        (glb, "global-buffer port", "top left", "solid"),
        (offchip, "off-chip memory", "bottom right", "dash"),
    ):
        if math.isfinite(rate):
            end = min(right, highest / rate)
            yield _line((left, end), (rate * left, rate * end), INK, dash)
            # Upper left of one line and lower right of the other, neither line crosses its name.
            place = end**NAMED_AT * min(left, end) ** (1.0 - NAMED_AT)
            label = f"{name}: {with_prefix(rate / GOPS, 'bit/s')}"
            yield _name(label, place, rate * place, where)
    by_peak: dict[float, list[str]] = {}
    for network, peak in sorted(peaks.arrays_op_per_s.items(), key=lambda item: -item[1]):
        if math.isfinite(peak):
            by_peak.setdefault(peak * GOPS, []).append(network)
    for peak in by_peak:
        yield _line((max(left, peak / glb), right), (peak, peak), INK, "solid")
    if by_peak:
        names = [
            (f"{', '.join(map(escaped, networks))} " if len(by_peak) > 1 else "")
            + with_prefix(peak / GOPS, "op/s")
            for peak, networks in by_peak.items()
        ]
        yield _name(f"all arrays busy: {'; '.join(names)}", right, max(by_peak), "top left")
    lanes = peaks.vector_unit_op_per_s * GOPS
    if math.isfinite(lanes):
        yield _line((max(left, lanes / glb), right), (lanes, lanes), GREY[1], "dot")
        yield _name(
            f"vector unit: {with_prefix(lanes / GOPS, 'op/s')}", right, lanes, "bottom left"
        )


def _line(x: tuple[float, float], y: tuple[float, float], colour: str, dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": rounded(x),
        "y": rounded(y),
        "line": {"color": colour, "width": 1.5, "dash": dash},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _name(text: str, x: float, y: float, where: str) -> Figure:
    """Return the name of a line, a little above or below one of its points."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": rounded([x]),
        "y": rounded([y * APART if where.startswith("top") else y / APART]),
        "text": [text],
        "textposition": where,
        "textfont": {"color": INK, "size": 13},
        "showlegend": False,
        "hoverinfo": "skip",
    }
