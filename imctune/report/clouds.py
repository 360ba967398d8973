"""Designs as points over energy, latency and area: seen from three sides, and in 3-D."""

from __future__ import annotations

__all__ = ["QUANTITIES", "SIDES", "Axes", "Cloud", "cloud", "seen_from_sides", "seen_in_3d"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.objectives import Scores
from imctune.report.figures import Figure, rounded
from imctune.report.palette import CLOUD, INK, layout, log_axis

QUANTITIES = ("energy_mj", "latency_ms", "area_mm2")
SIDES = (("energy_mj", "latency_ms"), ("area_mm2", "energy_mj"), ("area_mm2", "latency_ms"))
LINKED = "linked"
"""Figures with this mark show the same designs: page.js marks in all what is chosen in one."""
GUTTER = 0.075
SMALL = 8

Axes = Mapping[str, tuple[str, npt.NDArray[np.float64]]]
"""Quantity to the title of its axis, and the values that the axis has to show."""


@dataclass(frozen=True)
class Cloud:
    """Points that look the same.

    Attributes
    ----------
    name : str
        What the legend calls them.
    values : dict of str to list
        Quantity to a value per point.
    keys : list
        What tells a design from all others of the page.
    text : list of str
        What shows when a point is pointed at.
    marker : dict
        Its look.
    """

    name: str
    values: Mapping[str, list[float | None]]
    keys: list[int | str]
    text: list[str]
    marker: Mapping[str, Any]


def cloud(
    name: str,
    scores: Scores,
    rows: npt.NDArray[np.int64],
    *,
    keys: Sequence[int | str],
    text: Sequence[str],
    colour: str,
    symbol: str,
    size: int,
) -> Cloud:
    """Return some designs as points of one look."""
    return Cloud(
        name=name,
        values={quantity: rounded(getattr(scores, quantity)[rows]) for quantity in QUANTITIES},
        keys=list(keys),
        text=list(text),
        marker={
            "color": colour,
            "symbol": symbol,
            "size": size,
            "opacity": 0.45 if colour == CLOUD else 1.0,
            "line": {"color": INK, "width": 1 if size > SMALL else 0},
        },
    )


def seen_in_3d(clouds: Sequence[Cloud], axes: Axes) -> Figure:
    """Return energy, latency and area, logarithmic, to turn around."""
    traces: list[Figure] = []
    for points in clouds:
        size = points.marker["size"]  # what is near hides what is far: the many are small
        marker = {**points.marker, "size": size if size > SMALL else 0.55 * size}
        places = {axis: points.values[x] for axis, x in zip("xyz", QUANTITIES, strict=True)}
        traces.append({"type": "scatter3d", **_style(points), **places, "marker": marker})
    scene = {
        **{f"{a}axis": log_axis(*axes[x]) for a, x in zip("xyz", QUANTITIES, strict=True)},
        "camera": {"eye": {"x": 1.5, "y": -1.5, "z": 0.6}, "center": {"x": 0, "y": 0, "z": -0.12}},
        "aspectmode": "cube",
    }
    margin = {"l": 0, "r": 0, "t": 28, "b": 40}
    return {"data": traces, "layout": layout(scene=scene, height=620, margin=margin, meta=LINKED)}


def seen_from_sides(clouds: Sequence[Cloud], axes: Axes) -> Figure:
    """Return the same points seen from three sides; what is selected in one is so in all."""
    traces: list[Figure] = []
    changes: dict[str, Any] = {}
    width = (1.0 - GUTTER * (len(SIDES) - 1)) / len(SIDES)
    for place, (across, up) in enumerate(SIDES):
        suffix = "" if place == 0 else str(place + 1)
        left = place * (width + GUTTER)
        domain = [round(left, 4), round(min(1.0, left + width), 4)]
        changes[f"xaxis{suffix}"] = log_axis(*axes[across], domain=domain, anchor=f"y{suffix}")
        changes[f"yaxis{suffix}"] = log_axis(*axes[up], anchor=f"x{suffix}")
        for points in clouds:
            traces.append(
                {
                    "type": "scattergl",
                    **_style(points),
                    "x": points.values[across],
                    "y": points.values[up],
                    "xaxis": f"x{suffix}",
                    "yaxis": f"y{suffix}",
                    "showlegend": place == 0,
                    "legendgroup": points.name,
                }
            )
    changes.update(dragmode="select", height=500, selectionrevision=1, meta=LINKED)
    return {"data": traces, "layout": layout(**changes)}


def _style(points: Cloud) -> Figure:
    return {
        "mode": "markers",
        "name": points.name,
        "text": points.text,
        "customdata": points.keys,
        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
        "marker": points.marker,
    }
