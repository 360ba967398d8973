"""Which knobs matter, and what a step away from the chosen chip costs."""

from __future__ import annotations

__all__ = [
    "importance_figure",
    "importance_table",
    "price_lines",
    "price_table",
    "sensitivity_section",
    "sensitivity_tables",
    "sensitivity_text",
    "step_table",
]

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from imctune.report.figures import Figure
from imctune.report.html import details, note, room_for, section
from imctune.report.numbers import change, knob_text, number
from imctune.report.palette import GREY, escaped, layout
from imctune.report.table import WIDTH, Cell, Column, Table
from imctune.sensitivity import KnobImportance, Price, Sensitivity, Step

MOST_IN_TEXT = 6
LOSSES = (1.0, 10.0, 100.0)
"""Losses [%] at which the colour of a value changes."""
COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00")
MARGIN = {"l": 70, "r": 20, "t": 28, "b": 20}
SAVINGS = (0.1, 0.25, 0.5)
QUANTITY_WORDS = {
    "energy_mj": ("energy", "mJ"),
    "latency_ms": ("latency", "ms"),
    "area_mm2": ("area", "mm²"),
}
CHANGES = (
    Column("score", "score_change_percent", "change"),
    Column("energy", "energy_change_percent", "change"),
    Column("latency", "latency_change_percent", "change"),
    Column("area", "area_change_percent", "change"),
    Column("breaks", "breaks", "text"),
)
LOSS_NOTE = (
    "loss: how much worse the best design with that value is than the best of all; an upper bound, "
    "as a longer search may find better ones. ∞: no design with it is feasible."
)
SHARE_NOTE = (
    "share of variance: what the knob alone explains of the logarithm of all feasible scores."
)
STEP_NOTE = (
    "Every step is evaluated: the chosen chip with one knob changed. Along the front: the same "
    "step from other designs of the front, lowest, median and highest change of the score. That "
    "converter bits below lossless cost accuracy does not count in the score."
)


def importance_table(importance: list[KnobImportance]) -> Table:
    """Return every free knob: its best value, what the others lose, what it explains."""
    columns = (
        Column("knob", "knob", "text"),
        Column("best", "best", "text"),
        Column("next best", "next_best", "text"),
        Column("loss", "next_loss_percent", "change"),
        Column("median loss of the others", "median_loss_percent", "change"),
        Column("share of variance", "variance_share_percent", "percent"),
    )
    rows: list[tuple[Cell, ...]] = []
    for knob in importance:
        best = knob.values[int(np.nanargmin(knob.loss))]
        loss, value = knob.others[0] if knob.others else (math.nan, "")
        numbers = (100.0 * loss, 100.0 * knob.typical_loss, 100.0 * knob.variance_share)
        rows.append((knob.column, knob_text(best), knob_text(value), *numbers))
    return Table("Which knobs matter", columns, tuple(rows), (LOSS_NOTE, SHARE_NOTE))


def value_table(importance: list[KnobImportance]) -> Table:
    """Return every value of every free knob, a row each."""
    columns = (
        Column("knob", "knob", "text"),
        Column("value", "value", "text"),
        Column("designs", "n_designs", "count"),
        Column("feasible", "n_feasible", "count"),
        Column("loss", "loss_percent", "change"),
        Column("share of variance", "variance_share_percent", "percent"),
    )
    rows: list[tuple[Cell, ...]] = []
    for knob in importance:
        share = 100.0 * knob.variance_share
        per_value = zip(knob.values, knob.n_designs, knob.n_feasible, knob.loss, strict=True)
        for value, n_designs, n_feasible, loss in per_value:
            lost = None if math.isnan(loss) else 100.0 * loss
            rows.append((knob.column, knob_text(value), n_designs, n_feasible, lost, share))
    return Table("Every value of every knob", columns, tuple(rows))


def step_table(steps: list[Step]) -> Table:
    """Return what each step changes: from the first design, the chosen, and along the front."""
    chosen = steps[0].row if steps else None
    columns = (
        Column("knob", "knob", "text"),
        Column("step", "step", "text"),
        *CHANGES,
        Column("along the front", "along_the_front", "text"),
    )
    rows = tuple(
        (
            step.column,
            f"{knob_text(step.before)} → {knob_text(step.after)}",
            *_changes(step),
            _along(steps, step),
        )
        for step in steps
        if step.row == chosen
    )
    return Table("One step from the chosen chip", columns, rows, (STEP_NOTE,))


def every_step_table(steps: list[Step]) -> Table:
    """Return all steps from all designs, a row each."""
    columns = (
        Column("design", "row", "count"),
        Column("knob", "knob", "text"),
        Column("before", "before", "text"),
        Column("after", "after", "text"),
        *CHANGES,
    )
    rows = tuple(
        (
            *(step.row, step.column, knob_text(step.before), knob_text(step.after)),
            *_changes(step),
        )
        for step in steps
    )
    return Table("Every step", columns, rows)


def price_table(prices: list[Price]) -> Table:
    """Return the front of score against each quantity, below the chosen design."""
    columns = (
        Column("quantity", "quantity", "text"),
        Column("design", "row", "count"),
        Column("value", "value"),
        Column("score", "score"),
        Column("saved", "saved_percent", "percent"),
        Column("score", "score_change_percent", "change"),
        Column("score per unit", "score_per_unit"),
    )
    rows = tuple(
        (
            price.quantity,
            price.row,
            price.value,
            price.score,
            100.0 * price.saved,
            100.0 * price.loss,
            price.slope,
        )
        for price in prices
    )
    return Table("What less energy, latency or area costs", columns, rows)


def price_lines(prices: list[Price], score_name: str) -> list[str]:
    """Tell in words what saving some of each quantity costs, and the slope at the chosen chip."""
    lines = []
    for quantity, (word, unit) in QUANTITY_WORDS.items():
        own = [price for price in prices if price.quantity == quantity]
        if not own:
            lines.append(f"No feasible design takes less {word}.")
            continue
        told = []
        for saving in SAVINGS:
            enough = [price for price in own if price.saved >= saving]
            if enough:
                cost = change(100.0 * min(price.loss for price in enough))
                told.append(f"{100.0 * saving:g} % less costs {cost}")
        start = f"{word.capitalize()}: the first {unit} less costs {number(own[0].slope)} of"
        lines.append("; ".join([f"{start} {score_name} per {unit}", *told]) + ".")
    return lines


def importance_figure(importance: list[KnobImportance]) -> Figure:
    """Return the loss of every value as a coloured cell, a row of cells per knob."""
    width = max((len(knob.values) for knob in importance), default=0)
    shown = importance[::-1]
    names = [escaped(knob.column) for knob in shown]
    cells: dict[str, list[list[object]]] = {"z": [], "text": [], "customdata": []}
    for knob in shown:
        n_empty = width - len(knob.values)
        empty = [""] * n_empty
        cells["z"].append([*map(_level, knob.loss), *[None] * n_empty])
        cells["text"].append([*(escaped(knob_text(value)) for value in knob.values), *empty])
        told = [
            f"{_loss_text(loss)}, {n_feasible:,} of {n:,} designs feasible"
            for loss, n, n_feasible in zip(knob.loss, knob.n_designs, knob.n_feasible, strict=True)
        ]
        cells["customdata"].append([*told, *empty])
    every = [*COLOURS, GREY[0], "#ffffff"]
    trace = {
        "type": "heatmap",
        "y": names,
        "x": [str(place + 1) for place in range(width)],
        **cells,
        "texttemplate": "%{text}",
        "hovertemplate": "%{y} %{text}: %{customdata}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
        "zmin": -0.5,
        "zmax": len(every) - 0.5,
        "colorscale": _blocks(every),
        "colorbar": {
            "tickvals": list(range(len(every))),
            "ticktext": [
                f"≤ {LOSSES[0]:g} %",
                *(f"≤ {loss:g} %" for loss in LOSSES[1:]),
                f"> {LOSSES[-1]:g} %",
                "infeasible",
                "not tried",
            ],
            "title": {"text": "loss"},
        },
    }
    axes = {
        "xaxis": {"visible": False, "type": "category"},
        "yaxis": {"automargin": True, "ticksuffix": "  "},
    }
    height = 50 + 30 * len(names)
    data = [trace] if width else []
    return {"data": data, "layout": layout(**axes, height=height, margin=MARGIN)}


def sensitivity_section(found: Sensitivity, score_name: str, figures: dict[str, Figure]) -> str:
    """Return what matters as a section of a page."""
    table = replace(importance_table(found.importance), notes=(SHARE_NOTE,))
    return section(
        table.title,
        room_for(figures, "importance", importance_figure(found.importance)),
        note(f"The values of each knob, coloured by {LOSS_NOTE}"),
        table.as_html(titled=False),
        step_table(found.steps).as_html(),
        *map(note, price_lines(found.prices, score_name)),
        details("The score against each quantity", price_table(found.prices).as_html()),
    )


def sensitivity_text(found: Sensitivity, score_name: str, width: int = WIDTH) -> str:
    """Return what matters most, for the terminal."""
    names = ("knob", "best", "next_best", "next_loss_percent", "median_loss_percent")
    table = importance_table(found.importance).pick(*names, most_rows=MOST_IN_TEXT)
    table = replace(table, notes=(LOSS_NOTE, *price_lines(found.prices, score_name)))
    return table.as_text(width)


def sensitivity_tables(found: Sensitivity) -> Mapping[str, Table]:
    """Return everything by name, for files of their own."""
    return {
        "knob_importance": value_table(found.importance),
        "knob_tradeoffs": every_step_table(found.steps),
        "front_prices": price_table(found.prices),
    }


def _changes(step: Step) -> tuple[Cell, ...]:
    """Return the cells of `CHANGES`."""
    score = None if math.isnan(step.score) else 100.0 * step.score
    changes = [100.0 * value for value in (step.energy, step.latency, step.area)]
    return (score, *changes, ", ".join(step.violated))


def _along(steps: list[Step], like: Step) -> str:
    """Return the change of the score by the same step from the other designs of the front."""
    up = _is_up(like)
    changes = [
        100.0 * step.score
        for step in steps
        if step.column == like.column
        and step.row != like.row
        and (_is_up(step) == up if up is not None else step.after == like.after)
        and not math.isnan(step.score)
    ]
    if not changes:
        return ""
    told = (min(changes), float(np.median(changes)), max(changes))
    return " / ".join(change(value) for value in told)


def _is_up(step: Step) -> bool | None:
    """Whether a step goes to a larger number; None for words."""
    if isinstance(step.before, str) or isinstance(step.after, str):
        return None
    return step.after > step.before


def _level(loss: float) -> int:
    """Return the place of a loss among the colours."""
    if math.isnan(loss):
        return len(LOSSES) + 2
    if math.isinf(loss):
        return len(LOSSES) + 1
    return int(np.searchsorted(LOSSES, 100.0 * loss))


def _loss_text(loss: float) -> str:
    return "not tried" if math.isnan(loss) else f"loss {change(100.0 * loss)}"


def _blocks(colours: list[str]) -> list[list[object]]:
    """Return a scale of equal blocks, one per colour."""
    n = len(colours)
    return [
        [edge / n, colour] for place, colour in enumerate(colours) for edge in (place, place + 1)
    ]
