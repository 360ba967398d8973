"""Colours that colour-blind readers tell apart (Okabe and Ito, 2008), and what figures share."""

from __future__ import annotations

__all__ = [
    "CHIP_COLOURS",
    "CLOUD",
    "COMPONENT_COLOURS",
    "FRONT",
    "GREY",
    "INK",
    "NETWORK_COLOURS",
    "RUN_COLOURS",
    "component_colour",
    "component_colours",
    "component_words",
    "escaped",
    "layout",
    "line_beside_joint",
    "log_axis",
]

import html
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.report.numbers import number

CHIP_COLOURS = {
    "joint": "#0072B2",
    "separate": "#009E73",
    "largest": "#D55E00",
    "median": "#E69F00",
}
RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#A6761D")
# As told apart by the colour-blind as nine can be, and none so pale that a small point is lost.
NETWORK_COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#7a7a7a"),
    "#A6A01D",
)
GREY = ("#8c8c8c", "#5c5c5c")
COMPONENT_COLOURS = {
    "cells": "#0072B2",
    "converters": "#56B4E9",
    "row_drivers": "#882255",
    "adder_trees": "#B3CDE3",
    "shift_add": "#B2DF8A",
    "tile_buffers": "#F0E442",
    "routers": "#E69F00",
    "global_buffer": "#009E73",
    "vector_unit": "#CC79A7",
    "cell_writes": "#A6761D",
    "offchip": "#D55E00",
    "offchip_idle": "#F4B183",
    "leakage": GREY[0],
}
CLOUD = "#b8b8b8"
FRONT = "#CC79A7"
INK = "#222222"
GRID = "#e3e3e3"
LEGEND = {
    "orientation": "h",
    "traceorder": "normal",
    "itemsizing": "constant",
    "x": 0,
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
}
MOST_DECADES = 3.0
ROOM = 1.15
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def component_words(name: str) -> str:
    """Return a component as people read it.

    >>> component_words("offchip_idle"), component_words("global_buffer")
    ('off-chip idle', 'global buffer')
    """
    return name.replace("offchip", "off-chip").replace("_", " ")


def component_colour(name: str) -> str:
    """Return the colour of a component, the same in all figures."""
    return COMPONENT_COLOURS.get(name, GREY[1])


def component_colours(weights: Mapping[str, float]) -> dict[str, str]:
    """Return components with their colours, from the heaviest to the lightest."""
    ranked = sorted(weights, key=lambda name: (-weights[name], name))
    return {name: component_colour(name) for name in ranked}


def line_beside_joint(place: int) -> tuple[str, bool]:
    """Return the colour of a line for a single network, and whether it is dashed.

    >>> line_beside_joint(0), line_beside_joint(8)
    (('#D55E00', False), ('#D55E00', True))
    """
    others = [colour for colour in NETWORK_COLOURS if colour != CHIP_COLOURS["joint"]]
    return others[place % len(others)], place >= len(others)


def escaped(text: str) -> str:
    """Return text without the tags that plotly would draw as HTML."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def layout(**changes: Any) -> dict[str, Any]:
    """Return the layout of a figure: the shared look, and what is its own."""
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": INK,
        "automargin": True,
        "title": {"standoff": 10},
    }
    shared: dict[str, Any] = {
        "template": {"layout": {"xaxis": axis, "yaxis": axis}},
        "font": {"family": FONT, "size": 14, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 70, "r": 20, "t": 28, "b": 110},
        "legend": LEGEND,
        "hoverlabel": {"align": "left"},
    }
    return {**shared, **changes}


def log_axis(title: str, *values: npt.ArrayLike, **changes: Any) -> dict[str, Any]:
    """Return a logarithmic axis around values, with ticks at 1, 2 and 5, or at 1 where it is long.

    Where that leaves fewer than two, the ticks are at the smallest and the largest value.

    >>> axis = log_axis("area", [3.0, 18.0])
    >>> axis["tickvals"], axis["ticktext"]
    ([5.0, 10.0, 20.0], ['5', '10', '20'])
    """
    every = np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in values])
    every = every[np.isfinite(every) & (every > 0.0)]
    if not len(every):
        every = np.ones(1)
    low, high = math.log10(every.min() / ROOM), math.log10(every.max() * ROOM)
    steps = (1.0,) if high - low > MOST_DECADES else (1.0, 2.0, 5.0)
    ticks = [
        step * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for step in steps
        if low <= math.log10(step) + power <= high
    ]
    texts = [_tick(tick) for tick in ticks]
    if len(ticks) < 2:
        ticks = sorted({float(every.min()), float(every.max())})
        texts = [number(tick) for tick in ticks]
    return {
        "type": "log",
        "title": {"text": title},
        "range": [round(low, 4), round(high, 4)],
        "tickvals": ticks,
        "ticktext": texts,
        **changes,
    }


def _tick(value: float) -> str:
    if 1.0 <= value < 1e7:
        return f"{value:,.0f}"
    return f"{value:.6g}".replace("e+0", "e").replace("e-0", "e-")
