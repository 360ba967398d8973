"""The figures of a report, as plain values that plotly.js draws."""

from __future__ import annotations

__all__ = [
    "Figure",
    "component_weights",
    "convergence_figure",
    "edap_figure",
    "energy_figure",
    "kind_of",
]

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.objectives import EDAP_UNIT, Metrics
from imctune.report.comparison import Chip, Line, chips, compare, main_chips
from imctune.report.facts import RunFacts, StudyRecord, TuneRecord
from imctune.report.numbers import number
from imctune.report.palette import (
    CHIP_COLOURS,
    INK,
    component_colours,
    component_words,
    escaped,
    layout,
    line_beside_joint,
    log_axis,
)

Figure = dict[str, Any]

EDAP = f"EDAP [{EDAP_UNIT}]"
BAR_ROOM = 3.0
MOST_TIMES = 20.0  # first designs may be thousands of times worse


def edap_figure(result: TuneRecord, facts: RunFacts) -> Figure:
    """Return EDAP per network on the joint chip and on the baselines, as bars on a log axis."""
    shown = main_chips(chips(result))
    lines = {(line.network, line.chip.key): line for line in compare(result, facts.objectives)}
    values = [line.edap for line in lines.values() if math.isfinite(line.edap)] or [1.0]
    top = max(values) * BAR_ROOM
    traces = []
    for chip in shown:
        here = [lines[network, chip.key] for network in result.workloads]
        traces.append(_edap_bars(chip, [line for line in here if not line.obstacle]))
        if any(line.obstacle for line in here):
            traces.append(_blocked_bars(chip, [line for line in here if line.obstacle], top))
    axis = log_axis(EDAP, [min(values) / BAR_ROOM, top])
    return {
        "data": traces,
        "layout": layout(
            xaxis={"categoryarray": [escaped(name) for name in result.workloads]},
            yaxis=axis,
            barmode="group",
            bargap=0.25,
            height=460,
            margin={"l": 70, "r": 20, "t": 28, "b": 70},
        ),
    }


def energy_figure(metrics: Metrics, row: int) -> Figure:
    """Return where a design spends energy: components as shares, a bar per network."""
    energies = {name: cost.energy_mj[row] for name, cost in metrics.breakdown.items()}
    total = metrics.energy_mj[row]
    colours = component_colours(component_weights(metrics, row))
    labels = [
        f"{escaped(network)}  {number(energy)} mJ"
        for network, energy in zip(metrics.workloads, total, strict=True)
    ]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": (words := escaped(component_words(name))),
            "y": labels,
            "x": rounded(100.0 * energy / total),
            "customdata": [f"{number(value)} mJ" for value in energy],
            "hovertemplate": f"{words}: %{{x:.3g}} %, %{{customdata}}<extra></extra>",
            "marker": {"color": colour, "line": {"color": "white", "width": 0.5}},
        }
        for name, colour in colours.items()
        if (energy := energies[name]).any()
    ]
    axes = {
        "xaxis": {"title": {"text": "share of the energy of one inference [%]"}, "range": [0, 100]},
        "yaxis": {"autorange": "reversed", "automargin": True, "ticksuffix": "  "},
    }
    height = 150 + 32 * len(labels)
    return {"data": traces, "layout": layout(**axes, barmode="stack", bargap=0.3, height=height)}


def convergence_figure(result: TuneRecord, facts: RunFacts) -> Figure:
    """Return how each search approached its best: score over final best, by designs evaluated."""
    searches: list[tuple[str, StudyRecord]] = [*result.singles.items(), ("joint", result.joint)]
    traces = []
    for place, (name, study) in enumerate(searches):
        count, best = best_so_far(study.scores.score)
        if not len(best):
            continue
        is_joint = name == "joint"
        unit = facts.objectives.score_unit if is_joint else EDAP_UNIT
        style = {"color": CHIP_COLOURS["joint"], "width": 3.5}
        if not is_joint:
            colour, is_dashed = line_beside_joint(place)
            style = {"color": colour, "width": 1.5, "dash": "dash" if is_dashed else "solid"}
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "joint, all networks" if is_joint else f"{escaped(name)} alone",
                "x": count.tolist(),
                "y": rounded(best / best[-1]),
                "customdata": [number(value) for value in best],
                "hovertemplate": f"%{{x}} designs: %{{customdata}} {unit}, "
                "%{y:.3g} times its best<extra>%{fullData.name}</extra>",
                "line": {**style, "shape": "hv"},
            }
        )
    largest = max((trace["y"][0] for trace in traces), default=1.0)
    axes = {
        "xaxis": {"title": {"text": "distinct designs evaluated"}, "rangemode": "tozero"},
        "yaxis": log_axis("best so far / final best", [1.0, min(MOST_TIMES, largest)]),
    }
    return {"data": traces, "layout": layout(**axes, height=480)}


def best_so_far(
    scores: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return after how many designs the best score improved, and to what; then the end.

    >>> counts, best = best_so_far(np.array([np.inf, 3.0, 4.0, 2.0, 5.0]))
    >>> counts.tolist(), best.tolist()
    ([2, 4, 5], [3.0, 2.0, 2.0])
    """
    best = np.minimum.accumulate(np.nan_to_num(scores, nan=np.inf, posinf=np.inf))
    improved = np.flatnonzero(best < np.concatenate([[np.inf], best[:-1]]))
    if not len(improved):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    places = np.unique([*improved, len(best) - 1])
    return places + 1, best[places]


def rounded(values: npt.ArrayLike, digits: int = 5) -> list[float | None]:
    """Return numbers with few digits, so that the page stays small; None where there is none."""
    return [
        float(f"{value:.{digits}g}") if math.isfinite(value) else None
        for value in np.asarray(values, dtype=np.float64).tolist()
    ]


def _edap_bars(chip: Chip, lines: Sequence[Line]) -> Figure:
    """Return one chip's bars, for the networks that run on it."""
    return {
        "type": "bar",
        "name": escaped(chip.label),
        "offsetgroup": chip.key,
        "legendgroup": chip.key,
        "x": [escaped(line.network) for line in lines],
        "y": rounded([line.edap for line in lines]),
        "customdata": [number(line.edap) for line in lines],
        "hovertemplate": "%{x}: %{customdata} mJ·ms·mm²<extra>%{fullData.name}</extra>",
        "marker": {"color": CHIP_COLOURS[kind_of(chip)]},
    }


def _blocked_bars(chip: Chip, lines: Sequence[Line], top: float) -> Figure:
    """Return hatched bars of full height where a network does not run, and why."""
    colour = CHIP_COLOURS[kind_of(chip)]
    return {
        **_edap_bars(chip, lines),
        "showlegend": False,
        "y": [float(f"{top:.5g}")] * len(lines),
        "text": [line.obstacle for line in lines],
        "textangle": -90,
        "textposition": "inside",
        "insidetextanchor": "end",
        "textfont": {"color": INK},
        "customdata": [line.obstacle for line in lines],
        "hovertemplate": "%{x}: %{customdata}<extra>%{fullData.name}</extra>",
        "marker": {
            "color": "#fafafa",
            "pattern": {"shape": "/", "fgcolor": colour, "fgopacity": 0.25},
            "line": {"color": colour, "width": 1},
        },
    }


def kind_of(chip: Chip) -> str:
    """Return what a chip of the comparison is: joint, separate, largest, median, or its network."""
    return "largest" if chip.is_largest else "median" if chip.is_median else chip.key


def component_weights(metrics: Metrics, row: int) -> dict[str, float]:
    """Return how much of a design's energy and area each component is, to order them."""
    total_mj, total_mm2 = metrics.energy_mj[row], metrics.area_mm2[row]
    return {
        name: float(np.mean(cost.energy_mj[row] / total_mj) + cost.area_mm2[row] / total_mm2)
        for name, cost in metrics.breakdown.items()
    }
