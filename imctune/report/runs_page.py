"""Several runs on one page: chips side by side, EDAP per network, fronts overlaid."""

from __future__ import annotations

__all__ = ["edap_by_run", "front_clouds", "runs_page"]

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from imctune.report.clouds import QUANTITIES, Cloud, cloud, seen_from_sides, seen_in_3d
from imctune.report.facts import front, versions
from imctune.report.figures import EDAP, Figure, rounded
from imctune.report.floorplan import chip_levels, chips_svg
from imctune.report.fronts import LINKED_VIEWS, Descriptions, axis_title, shown_rows
from imctune.report.html import details, note, page, picture, room_for, section, terms
from imctune.report.numbers import number
from imctune.report.palette import RUN_COLOURS, escaped, layout, log_axis
from imctune.report.runs import Run, comparison_sentence, runs_tables

BAR_ROOM = 3.0
SAME_SCALE = (
    "All chips to the same scale; areas and shares below each are those on the whole chip. "
    "Places are schematic."
)


def runs_page(runs: Sequence[Run], timestamp: str = "") -> str:
    """Return the comparison of several runs as HTML."""
    figures: dict[str, Figure] = {}
    tables = runs_tables(runs)
    clouds, axes = front_clouds(runs)
    chips = {
        run.name: chip_levels(run.result.metrics, run.result.designs, run.row)[0] for run in runs
    }
    sections = [
        f'<p class="answer">{html.escape(comparison_sentence(runs))}</p>',
        section(
            "The chosen chips",
            tables["runs"].as_html(),
            picture(chips_svg(chips)),
            note(SAME_SCALE),
        ),
        section(
            "Each network on them",
            room_for(figures, "edap", edap_by_run(runs)),
            '<div class="pair">',
            *(tables[name].as_html() for name in ("edap", "latency", "energy", "areas")),
            "</div>",
        ),
        section(
            "The fronts",
            room_for(figures, "sides", seen_from_sides(clouds, axes)),
            note(LINKED_VIEWS),
            room_for(figures, "front", seen_in_3d(clouds, axes)),
        ),
        section("What differs", *(tables[name].as_html() for name in ("knobs", "settings"))),
        _provenance(runs),
    ]
    title = f"{len(runs)} runs compared"
    return page(title, f"imctune · {timestamp}".rstrip(" ·"), sections, figures)


def edap_by_run(runs: Sequence[Run]) -> Figure:
    """Return EDAP per network on each run's joint choice, as bars on a log axis."""
    networks = list(dict.fromkeys(name for run in runs for name in run.result.workloads))
    traces = []
    every: list[float] = []
    for place, run in enumerate(runs):
        own = [name for name in networks if name in run.result.workloads]
        values = [value for name in own if (value := run.value("edap", name)) is not None]
        every += values
        traces.append(
            {
                "type": "bar",
                "name": escaped(run.name),
                "x": [escaped(name) for name in own],
                "y": rounded(values),
                "customdata": [number(value) for value in values],
                "hovertemplate": "%{x}: %{customdata} mJ·ms·mm²<extra>%{fullData.name}</extra>",
                "marker": {"color": _colour(place)},
            }
        )
    look = layout(
        xaxis={"categoryarray": [escaped(name) for name in networks]},
        yaxis=log_axis(EDAP, [min(every) / BAR_ROOM, max(every) * BAR_ROOM]),
        barmode="group",
        bargap=0.25,
        height=460,
        margin={"l": 70, "r": 20, "t": 28, "b": 70},
    )
    return {"data": traces, "layout": look}


def front_clouds(runs: Sequence[Run]) -> tuple[list[Cloud], dict[str, Any]]:
    """Return the front of each run in its colour, the joint choices above them, and the axes."""
    found: list[Cloud] = []
    for is_choice in (False, True):
        for place, run in enumerate(runs):
            rows = shown_rows(np.flatnonzero(front(run.result)))
            rows = np.array([run.row]) if is_choice else rows
            result = run.result
            text = Descriptions(result.designs, result.scores, run.facts, result.origin)
            found.append(
                cloud(
                    escaped(run.name) + (", joint choice" if is_choice else ""),
                    run.result.scores,
                    rows,
                    keys=[f"{row} of {run.name}" for row in rows.tolist()],
                    text=[text(row, with_knobs=True) for row in rows.tolist()],
                    colour=_colour(place),
                    symbol="cross" if is_choice else "circle",
                    size=13 if is_choice else 6,
                )
            )
    axes = {}
    for quantity in QUANTITIES:
        own = [getattr(run.result.scores, quantity)[front(run.result)] for run in runs]
        axes[quantity] = (axis_title(quantity, runs[0].facts), np.concatenate(own))
    return found, axes


def _colour(place: int) -> str:
    return RUN_COLOURS[place % len(RUN_COLOURS)]


def _provenance(runs: Sequence[Run]) -> str:
    told = {
        run.name: f"study {facts.study}, seed {facts.seed}, settings {facts.config_hash}"
        for run in runs
        for facts in [run.facts]
    }
    told["versions"] = ", ".join(f"{name} {version}" for name, version in versions().items())
    settings = [
        details(f"All settings of {run.name}", f"<pre>{html.escape(run.facts.settings)}</pre>")
        for run in runs
    ]
    return section("Provenance", terms(told), *settings)
