"""The Pareto front among all designs, in 3-D and seen from three sides."""

from __future__ import annotations

__all__ = ["N_SHOWN", "axis_title", "front_3d_figure", "front_sides_figure", "shown_rows"]

from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.report.comparison import Chip, chips
from imctune.report.facts import RunFacts, TuneRecord, chosen, front
from imctune.report.figures import Figure, rounded
from imctune.report.numbers import knob_text, number
from imctune.report.palette import CHIP_COLOURS, CLOUD, FRONT, INK, escaped, layout, log_axis

N_SHOWN = 5000
QUANTITIES = ("energy_mj", "latency_ms", "area_mm2")
OVER_NETWORKS = {
    "geomean": ", geometric mean",
    "regret": ", geometric mean",
    "mean": ", mean",
    "max": ", worst network",
    "product": ", product over the networks",
}
SIDES = (("energy_mj", "latency_ms"), ("area_mm2", "energy_mj"), ("area_mm2", "latency_ms"))
LINKED = "linked"
"""Figures with this mark show the same designs: page.js marks in all what is chosen in one."""
GUTTER = 0.075
SMALL = 8

Rows = npt.NDArray[np.int64]


def front_3d_figure(result: TuneRecord, facts: RunFacts) -> Figure:
    """Return energy, latency and area of the feasible designs, logarithmic, to turn around."""
    traces: list[Figure] = []
    for layer in _layers(result, facts):
        columns = {
            axis: rounded(getattr(result.scores, quantity)[layer["rows"]])
            for axis, quantity in zip("xyz", QUANTITIES, strict=True)
        }
        size = layer["marker"]["size"]  # what is near hides what is far: the many are small
        marker = {**layer["marker"], "size": size if size > SMALL else 0.55 * size}
        traces.append({"type": "scatter3d", **_style(layer), **columns, "marker": marker})
    axes = {
        f"{axis}axis": _axis(result, facts, quantity)
        for axis, quantity in zip("xyz", QUANTITIES, strict=True)
    }
    camera = {"eye": {"x": -1.5, "y": -1.5, "z": 0.6}, "center": {"x": 0, "y": 0, "z": -0.12}}
    scene = {**axes, "camera": camera, "aspectmode": "cube"}
    margin = {"l": 0, "r": 0, "t": 28, "b": 40}
    return {"data": traces, "layout": layout(scene=scene, height=620, margin=margin, meta=LINKED)}


def front_sides_figure(result: TuneRecord, facts: RunFacts) -> Figure:
    """Return the same designs seen from three sides; what is selected in one is so in all."""
    traces: list[Figure] = []
    changes: dict[str, Any] = {}
    layers = _layers(result, facts)
    width = (1.0 - GUTTER * (len(SIDES) - 1)) / len(SIDES)
    for place, (across, up) in enumerate(SIDES):
        suffix = "" if place == 0 else str(place + 1)
        left = place * (width + GUTTER)
        domain = [round(left, 4), round(min(1.0, left + width), 4)]
        changes[f"xaxis{suffix}"] = _axis(result, facts, across, domain=domain, anchor=f"y{suffix}")
        changes[f"yaxis{suffix}"] = _axis(result, facts, up, anchor=f"x{suffix}")
        for layer in layers:
            traces.append(
                {
                    "type": "scattergl",
                    **_style(layer),
                    "x": rounded(getattr(result.scores, across)[layer["rows"]]),
                    "y": rounded(getattr(result.scores, up)[layer["rows"]]),
                    "xaxis": f"x{suffix}",
                    "yaxis": f"y{suffix}",
                    "showlegend": place == 0,
                    "legendgroup": layer["name"],
                }
            )
    changes.update(dragmode="select", height=500, selectionrevision=1, meta=LINKED)
    return {"data": traces, "layout": layout(**changes)}


def shown_rows(rows: npt.ArrayLike, most: int = N_SHOWN) -> Rows:
    """Return at most so many rows, evenly spread over all of them: the same each time.

    >>> shown_rows(range(10), most=4).tolist()
    [0, 3, 6, 9]
    """
    every = np.asarray(rows, dtype=np.int64)
    if len(every) <= most:
        return every
    return every[np.rint(np.linspace(0, len(every) - 1, most)).astype(np.int64)]


def axis_title(quantity: str, facts: RunFacts) -> str:
    """Return what an objective is, in what unit, and how the networks became one number."""
    goals = facts.objectives
    if quantity == "area_mm2":
        return "area [mm²]" if goals.silicon == "area" else "wafer cost [mm² at 32 nm]"
    name, unit = quantity.split("_")
    over = OVER_NETWORKS[goals.aggregation] if len(facts.networks) > 1 else ""
    shown = {"mj": "mJ", "ms": "ms"}[unit]
    return f"{name}{over}" + ("" if goals.aggregation == "product" else f" [{shown}]")


def _axis(result: TuneRecord, facts: RunFacts, quantity: str, **changes: Any) -> dict[str, Any]:
    feasible = np.isfinite(result.scores.score)
    values = getattr(result.scores, quantity)[feasible]
    return log_axis(axis_title(quantity, facts), values, **changes)


def _layers(result: TuneRecord, facts: RunFacts) -> list[dict[str, Any]]:
    """Return what is drawn, from below: other designs, the front, baselines, the choice."""
    feasible = np.isfinite(result.scores.score)
    best_rows, rest = np.flatnonzero(front(result)), np.flatnonzero(feasible & ~front(result))
    text = _Descriptions(result, facts)
    layers = [
        _layer(
            "other feasible designs", shown_rows(rest), text, colour=CLOUD, symbol="circle", size=4
        ),
        _layer("Pareto front", shown_rows(best_rows), text, colour=FRONT, symbol="circle", size=6),
    ]
    for kind, symbol in (("largest", "diamond"), ("median", "square")):
        for chip in chips(result):
            row = chip.row
            if row is not None and feasible[row] and _is(chip, kind):
                look = {"colour": CHIP_COLOURS[kind], "symbol": symbol}
                layers.append(_layer(escaped(chip.label), [row], text, **look, size=11))
    best = chosen(result)
    if best is not None:
        look = {"colour": CHIP_COLOURS["joint"], "symbol": "cross"}
        layers.append(_layer("joint choice", [best], text, **look, size=13))
    return [layer for layer in layers if len(layer["rows"])]


def _is(chip: Chip, kind: str) -> bool:
    return chip.is_largest if kind == "largest" else chip.is_median and not chip.is_largest


def _layer(
    name: str,
    rows: npt.ArrayLike,
    text: _Descriptions,
    *,
    colour: str,
    symbol: str,
    size: int,
) -> dict[str, Any]:
    chosen_rows = np.asarray(rows, dtype=np.int64)
    return {
        "name": name,
        "rows": chosen_rows,
        "text": [text(row, with_knobs=colour != CLOUD) for row in chosen_rows.tolist()],
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": size,
            "opacity": 0.45 if colour == CLOUD else 1.0,
            "line": {"color": INK, "width": 1 if size > SMALL else 0},
        },
    }


def _style(layer: dict[str, Any]) -> Figure:
    return {
        "mode": "markers",
        "name": layer["name"],
        "text": layer["text"],
        "customdata": layer["rows"].tolist(),
        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
        "marker": layer["marker"],
    }


class _Descriptions:
    """What a design is, in a few lines."""

    def __init__(self, result: TuneRecord, facts: RunFacts) -> None:
        self._result = result
        self._goals = facts.objectives
        columns = result.designs.columns()
        self._varied = {
            name: values.tolist() for name, values in columns.items() if len(np.unique(values)) > 1
        }

    def __call__(self, row: int, *, with_knobs: bool) -> str:
        scores = self._result.scores
        text = (
            f"design {row}, {escaped(self._result.origin[row])} search<br>"
            f"{self._goals.score_name} {number(scores.score[row])} {self._goals.score_unit}<br>"
            f"{number(scores.energy_mj[row])} mJ, {number(scores.latency_ms[row])} ms, "
            f"{number(scores.area_mm2[row])} mm²"
        )
        if not with_knobs:
            return text
        knobs = [
            f"{escaped(name)} {knob_text(values[row])}" for name, values in self._varied.items()
        ]
        lines = [", ".join(knobs[start : start + 4]) for start in range(0, len(knobs), 4)]
        return "<br>".join([text, *lines])
