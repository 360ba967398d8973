"""What a run's choice costs or gains against that of a reference run."""

from __future__ import annotations

__all__ = ["against_table"]

from collections.abc import Mapping

import numpy as np

from imctune.objectives import Metrics
from imctune.report.facts import NO_DESIGN, TuneRecord, chosen
from imctune.report.numbers import change, knob_text, number
from imctune.report.table import Column, Table


def against_table(
    result: TuneRecord, other: TuneRecord, seen: Metrics | None, label: str, score: str = "EDAP"
) -> Table:
    """Return the chosen chips of two runs side by side.

    Parameters
    ----------
    result, other : TuneRecord
        The run, and its reference.
    seen : Metrics or None
        Results of the reference's chip under the settings of the run.
    label : str
        In what settings the reference differs.
    score : str
        What the score is.
    """
    columns = (
        Column("", "quantity", "text"),
        Column("reference", "reference", "text"),
        Column("this run", "this_run", "text"),
        Column("change", "change", "text"),
    )
    title = f"Against the reference ({label})"
    row, base = chosen(result), chosen(other)
    if row is None or base is None:
        which = "this run" if row is None else "the reference"
        return Table(title, columns, (), (f"{which}: {NO_DESIGN}",))
    before, after = quantities(other, base, score), quantities(result, row, score)
    rows = [
        (name, number(value), number(after[name]), change(100.0 * (after[name] / value - 1.0)))
        for name, value in before.items()
        if value > 0.0
    ]
    old, new = other.designs.knobs_of(base), result.designs.knobs_of(row)
    rows += [
        (knob, told(old[knob]), told(new[knob]), "")
        for knob in new
        if knob in old and told(old[knob]) != told(new[knob])
    ]
    return Table(title, columns, tuple(rows), tuple(breaches(seen)))


def quantities(result: TuneRecord, row: int, score: str) -> dict[str, float]:
    """Return what a choice is judged by, over all networks."""
    scores, metrics = result.scores, result.metrics
    return {
        score: float(scores.score[row]),
        "energy mJ": float(scores.energy_mj[row]),
        "latency ms": float(scores.latency_ms[row]),
        "area mm²": float(metrics.area_mm2[row]),
        "converters": float(metrics.n_converters[row]),
    }


def told(value: object) -> str:
    """Return a knob's value; the different ones only, where networks have their own."""
    if isinstance(value, Mapping):
        return ", ".join(dict.fromkeys(knob_text(each) for each in value.values()))
    return knob_text(value)


def breaches(seen: Metrics | None) -> list[str]:
    """Return in words which limits of the run the reference's chip exceeds."""
    if seen is None:
        return []
    worst = {name: float(np.max(amounts[0])) for name, amounts in seen.violations.items()}
    broken = [f"{name} by {100.0 * most:.3g} %" for name, most in worst.items() if most > 0.0]
    if not broken:
        return ["The reference's chip keeps all limits of this run."]
    return [f"Under the settings of this run, the reference's chip exceeds {', '.join(broken)}."]
