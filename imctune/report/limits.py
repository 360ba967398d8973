"""What the chosen chip is, and what holds it back: its knobs, the limits, its room below them."""

from __future__ import annotations

__all__ = ["constraint_table", "knob_table", "knob_values", "limits_asked", "limits_kept"]

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.knobs import KNOBS, DesignBatch
from imctune.objectives import CAPS, Metrics, ObjectiveSettings
from imctune.report.facts import NO_DESIGN, RunFacts, TuneRecord, chosen
from imctune.report.numbers import knob_text, number, percent
from imctune.report.table import Column, Table

MOST_VALUES = 5
NEAR_LIMIT = 0.02
LIMITS = {
    "weight_capacity": "cells for all weights",
    "clock": "slowest stage in a period",
    "pipelined_reload": "no reload while pipelined",
    "not_finite": "finite results",
    "ir_drop": "small loss in bit lines",
}
ACCURACY = "signal-to-noise ratio of the worst layer"


def knob_table(result: TuneRecord) -> Table:
    """Return the knobs of the joint choice, and the values that were tried."""
    columns = (
        Column("knob", "knob", "text"),
        Column("value", "value", "text"),
        Column("unit", "unit", "text"),
        Column("tried", "tried", "text"),
        Column("at the", "at_the", "text"),
        Column("meaning", "meaning", "text"),
    )
    row = chosen(result)
    if row is None:
        return Table("Chosen chip", columns, (), (NO_DESIGN,))
    rows = tuple(
        (
            knob,
            _compact(value),
            KNOBS[knob].unit if knob in KNOBS else "",
            _tried(result.designs[knob]),
            _end(value, result.designs[knob]),
            KNOBS[knob].meaning if knob in KNOBS else "",
        )
        for knob, value in result.designs.knobs_of(row).items()
    )
    return Table("Chosen chip", columns, rows)


def constraint_table(result: TuneRecord, facts: RunFacts) -> Table:
    """Return which constraints bind the chosen chip, tightest first, and how many designs each."""
    columns = (
        Column("constraint", "constraint", "text"),
        Column("limit", "limit", "text"),
        Column("chosen chip", "chosen_chip", "text"),
        Column("tightest for", "tightest_for", "text"),
        Column("broken by", "broken_percent", "percent"),
        Column("mostly for", "mostly_for", "text"),
    )
    rows = []
    for name, amounts in _tightest_first(result):
        broken = np.asarray(~(amounts <= 0.0))
        by_design = broken.reshape(len(broken), -1).any(axis=1)
        where = ""
        if broken.ndim == 2 and broken.any() and broken.shape[1] > 1:
            where = result.workloads[int(broken.sum(axis=0).argmax())]
        share = 100.0 * float(by_design.mean()) if by_design.size else 0.0
        room = (_limit(name, facts), *_room(result, amounts))
        rows.append((name, *room, share, where))
    note = "broken by: share of all designs; below: the chosen chip's room, of the limit."
    return Table("Constraints", columns, tuple(rows), (note, *_at_the_ends(result)))


def knob_values(designs: DesignBatch) -> Table:
    """Return the knobs of the first design."""
    columns = tuple(Column(name, name, "text") for name in ("knob", "value", "unit", "meaning"))
    rows = tuple(
        (knob, knob_text(value), KNOBS[knob].unit, KNOBS[knob].meaning)
        for knob, value in designs.knobs_of(0).items()
    )
    return Table("Knobs", columns, rows)


def limits_kept(metrics: Metrics) -> Table:
    """Return how the first chip stands to every constraint, on its worst network."""
    columns = (Column("constraint", "constraint", "text"), Column("chip", "chip", "text"))
    rows = tuple(
        (name, standing(float(np.max(amounts[0])))) for name, amounts in metrics.violations.items()
    )
    return Table("Constraints", columns, rows)


def limits_asked(goals: ObjectiveSettings) -> dict[str, tuple[str, str]]:
    """Return the limits that were asked for by their constraint: of what, and how much.

    >>> limits_asked(ObjectiveSettings(area_max_mm2=50, latency_max_ms={"resnet18": 5.0}))
    {'area_mm2': ('area', '≤ 50.0 mm²'), 'latency_ms': ('latency', '≤ 5 ms (resnet18)')}
    """
    found = {"area_mm2": ("area", f"≤ {number(goals.area_max_mm2)} mm²")}
    for cap in CAPS:
        limit = getattr(goals, cap.setting)
        if isinstance(limit, Mapping):
            each = [f"≤ {most:g} {cap.unit}".strip() + f" ({x})" for x, most in limit.items()]
            found[cap.violation] = (cap.words, ", ".join(each))
        elif limit is not None:
            found[cap.violation] = (cap.words, f"≤ {limit:g} {cap.unit}".strip())
    floor = goals.min_snr_db
    if isinstance(floor, Mapping):
        found["snr_db"] = (ACCURACY, ", ".join(f"≥ {x:g} dB ({name})" for name, x in floor.items()))
    elif floor is not None:
        found["snr_db"] = (ACCURACY, f"≥ {floor:g} dB")
    if goals.yield_min is not None:
        for name in ("yield_share", "chip_yield"):
            found[name] = ("share of good chips", f"≥ {goals.yield_min:g}")
    return found


def _compact(value: object) -> str:
    """Return a knob's value, once if all networks have the same."""
    if isinstance(value, dict) and len(set(value.values())) == 1:
        value = next(iter(value.values()))
    return knob_text(value)


def _tried(values: npt.NDArray[Any]) -> str:
    """Return the values that a knob had: all, or the first and the last."""
    found = np.unique(values)
    texts = [knob_text(value) for value in found.tolist()]
    if len(texts) > MOST_VALUES:
        return f"{texts[0]} … {texts[-1]} ({len(texts)} values)"
    return ", ".join(texts) if len(texts) > 1 else "fixed"


def _end(value: object, tried: npt.NDArray[Any]) -> str:
    """Return whether a knob's value is the smallest or the largest number that was tried."""
    if isinstance(value, (bool, str, dict)) or np.ptp(tried) == 0.0:
        return ""
    return "smallest" if value == tried.min() else "largest" if value == tried.max() else ""


def _at_the_ends(result: TuneRecord) -> tuple[str, ...]:
    """Return a note on the knobs of the choice that stand at an end of what was tried."""
    row = chosen(result)
    knobs = {} if row is None else result.designs.knobs_of(row)
    ends = {knob: _end(value, result.designs[knob]) for knob, value in knobs.items()}
    told = [
        f"{words} value tried: {', '.join(knob for knob, end in ends.items() if end == words)}"
        for words in ("largest", "smallest")
        if words in ends.values()
    ]
    return (f"Knobs of the chosen chip at the {'; at the '.join(told)}.",) if told else ()


def _tightest_first(result: TuneRecord) -> list[tuple[str, npt.NDArray[np.float64]]]:
    """Return the constraints, those that the chosen chip is nearest to first."""
    row, violations = chosen(result), list(result.metrics.violations.items())
    if row is None:
        return violations
    met = [name for name, amounts in violations if float(np.max(amounts[row])) == 0.0]
    return sorted(violations, key=lambda item: (item[0] in met, -float(np.max(item[1][row]))))


def _limit(name: str, facts: RunFacts) -> str:
    """Return what a constraint asks for."""
    _, asked = limits_asked(facts.objectives).get(name, ("", ""))
    return asked or LIMITS.get(name, "")


def _room(result: TuneRecord, amounts: npt.NDArray[np.float64]) -> tuple[str, str]:
    """Return how far the chosen chip is from a limit, and for which network it is nearest.

    An amount of exactly 0 says only: met.
    """
    row = chosen(result)
    if row is None:
        return "", ""
    worst = float(np.max(amounts[row]))
    where = ""
    if amounts.ndim == 2 and amounts.shape[1] > 1 and np.ptp(amounts[row]) > 0.0:
        where = result.workloads[int(np.argmax(amounts[row]))]
    return standing(worst), where


def standing(worst: float) -> str:
    """Return in words how a chip stands to a limit, from its largest violation.

    >>> standing(0.25), standing(0.0), standing(-0.01), standing(-0.4)
    ('broken by 25.0 %', 'met', 'binds: 1.0 % below', '40.0 % below')
    """
    if worst > 0.0:
        return f"broken by {percent(100.0 * worst)}"
    if worst == 0.0:
        return "met"
    room = f"{percent(-100.0 * worst)} below"
    return f"binds: {room}" if -worst < NEAR_LIMIT else room
