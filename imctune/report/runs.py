"""Several runs side by side, as tables: their chosen chips, and what was asked differently."""

from __future__ import annotations

__all__ = ["Run", "run_names", "runs_tables", "runs_text"]

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imctune.pareto import nondominated
from imctune.report.facts import RunFacts, TuneRecord, front
from imctune.report.numbers import knob_text, number
from imctune.report.palette import component_words
from imctune.report.table import WIDTH, Cell, Column, Table

GROUPS = ("technology", "knobs", "assumptions", "variation")
"""Settings that come from a file with a name: where names differ, the rest is not listed."""

MISSING = "–"


@dataclass(frozen=True)
class Run:
    """A run with a feasible design.

    Attributes
    ----------
    name : str
        What people tell it from the others by.
    result : TuneRecord
    facts : RunFacts
    row : int
        The joint choice.
    settings : mapping
        What its results depend on, as plain values, with the `choices` of files.
    """

    name: str
    result: TuneRecord
    facts: RunFacts
    row: int
    settings: Mapping[str, object]

    def value(self, quantity: str, network: str) -> float | None:
        """Return a result of the joint choice on a network; None if that is not in the run."""
        if network not in self.result.workloads:
            return None
        place = self.result.workloads.index(network)
        return float(getattr(self.result.metrics, quantity)[self.row, place])


def run_names(settings: Sequence[Mapping[str, object]], folders: Sequence[str]) -> tuple[str, ...]:
    """Return a name for each run: the main choices that differ, or else its folder.

    >>> run_names([{"technology": "rram", "seed": 1}, {"technology": "sram", "seed": 1}], "ab")
    ('rram', 'sram')
    >>> run_names([{"seed": 1}, {"seed": 1}], ["outputs/a", "outputs/b"])
    ('outputs/a', 'outputs/b')
    """
    differing = [key for key in settings[0] if len({str(own.get(key)) for own in settings}) > 1]
    names = tuple(
        " · ".join(
            str(own[key]) if isinstance(own[key], str) else f"{key} {own[key]}" for key in differing
        )
        for own in settings
    )
    return names if len(set(names)) == len(names) and all(names) else tuple(folders)


def runs_tables(runs: Sequence[Run]) -> dict[str, Table]:
    """Return the tables of several runs by name, as for files of their own."""
    edap, latency = "EDAP of each network [mJ·ms·mm²]", "Latency of each network [ms]"
    return {
        "runs": overview(runs),
        "edap": _by_network(runs, edap, "edap"),
        "latency": _by_network(runs, latency, "latency_ms"),
        "energy": _by_network(runs, "Energy of each network [mJ]", "energy_mj"),
        "areas": _areas(runs),
        "knobs": _knobs(runs),
        "settings": _settings(runs),
    }


def runs_text(runs: Sequence[Run], width: int = WIDTH) -> str:
    """Return several runs for the terminal."""
    tables = runs_tables(runs)
    names = [x.name for x in tables["runs"].columns if x.name not in ("technology", "n_designs")]
    tables["runs"] = tables["runs"].pick(*names)
    shown = ["runs", "edap", "latency", "knobs", "settings"]
    return "\n\n".join(
        [
            textwrap.fill(comparison_sentence(runs), width),
            *(tables[name].as_text(width) for name in shown if tables[name].rows),
        ]
    )


def comparison_sentence(runs: Sequence[Run]) -> str:
    """Return which run has the best joint chip, and by how much; or why that cannot be said."""
    reason = not_comparable(runs)
    if reason:
        return f"The scores of these runs cannot be compared: {reason}."
    scores = [float(run.result.scores.score[run.row]) for run in runs]
    best = int(np.argmin(scores))
    goals = runs[best].facts.objectives
    told = f"{goals.score_name} of {number(scores[best])} {goals.score_unit}".rstrip()
    others = ", ".join(
        f"{number(score / scores[best])} times lower than {run.name}"
        for place, (run, score) in enumerate(zip(runs, scores, strict=True))
        if place != best
    )
    return f"Best: {runs[best].name}, {told}, {others}."


def not_comparable(runs: Sequence[Run]) -> str:
    """Return why scores mean different things; empty if they mean the same."""
    first = runs[0]
    for run in runs[1:]:
        if set(run.result.workloads) != set(first.result.workloads):
            return f"{first.name} and {run.name} have different networks"
        here, there = first.facts.objectives, run.facts.objectives
        for name in ("aggregation", "weights", "silicon"):
            if getattr(here, name) != getattr(there, name):
                return f"{first.name} and {run.name} have different objectives.{name}"
        if here.aggregation == "regret":
            return "regret compares with the best chips that each run knew"
        if run.facts.assumptions != first.facts.assumptions:
            return f"{first.name} and {run.name} have different assumptions"
    return ""


def overview(runs: Sequence[Run]) -> Table:
    """Return a row per run: its joint choice, and its share in the front of all."""
    goals = runs[0].facts.objectives
    unit = goals.score_unit if all(run.facts.objectives.score_unit for run in runs) else ""
    columns = (
        Column("run", "run", "text"),
        Column("technology", "technology", "text"),
        Column(f"EDAP {unit}" if unit else "score", "edap" if unit else "score"),
        Column("energy mJ", "energy_mj"),
        Column("latency ms", "latency_ms"),
        Column("area mm²", "area_mm2"),
        Column("converters", "n_converters", "count"),
        Column("designs", "n_designs", "count"),
        Column("front", "n_pareto", "count"),
        Column("of all", "n_merged_pareto", "count"),
    )
    merged = merged_fronts(runs)
    rows: list[tuple[Cell, ...]] = []
    for run, n_merged in zip(runs, merged, strict=True):
        scores, row = run.result.scores, run.row
        objectives = (scores.score, scores.energy_mj, scores.latency_ms)
        rows.append(
            (
                run.name,
                run.facts.technology,
                *(float(values[row]) for values in objectives),
                float(run.result.metrics.area_mm2[row]),
                int(run.result.metrics.n_converters[row]),
                len(run.result.designs),
                int(front(run.result).sum()),
                n_merged,
            )
        )
    reason = not_comparable(runs)
    note = f"Not to be compared: {reason}." if reason else "of all: designs on the front of all."
    return Table("The chosen chip of each run", columns, tuple(rows), (note,))


def merged_fronts(runs: Sequence[Run]) -> list[int | None]:
    """Return how many designs of each run are on the front of all; None if not comparable."""
    if not_comparable(runs):
        return [None] * len(runs)
    points = [run.result.scores.objectives[front(run.result)] for run in runs]
    on_front = nondominated(np.concatenate(points))
    ends = np.cumsum([len(own) for own in points])
    return [int(part.sum()) for part in np.split(on_front, ends[:-1])]


def _by_network(runs: Sequence[Run], title: str, quantity: str) -> Table:
    """Return a row per network: a quantity on each run's joint choice, against the first's."""
    columns = [Column("network", "network", "text")]
    for place, run in enumerate(runs):
        columns.append(Column(run.name, f"{quantity}@{run.name}"))
        if place:
            columns.append(Column("change", f"change_percent@{run.name}", "change"))
    rows: list[tuple[Cell, ...]] = []
    for network in _networks(runs):
        values = [run.value(quantity, network) for run in runs]
        cells: list[Cell] = [network]
        for place, value in enumerate(values):
            cells.append(MISSING if value is None else value)
            if place:
                cells.append(_change(values[0], value))
        rows.append(tuple(cells))
    return Table(title, tuple(columns), tuple(rows), (f"change: against {runs[0].name}.",))


def _networks(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run.result.workloads))


def _change(before: float | None, after: float | None) -> Cell:
    return None if before is None or after is None else 100.0 * (after / before - 1.0)


def _areas(runs: Sequence[Run]) -> Table:
    """Return the area of each component on each run's joint choice."""
    columns = (
        Column("component", "component", "text"),
        *(Column(run.name, f"area_mm2@{run.name}") for run in runs),
    )
    parts = [
        {name: float(cost.area_mm2[run.row]) for name, cost in run.result.metrics.breakdown.items()}
        for run in runs
    ]
    sums = {name: sum(own.get(name, 0.0) for own in parts) for own in parts for name in own}
    names = sorted(sums, key=lambda name: -sums[name])
    rows: list[tuple[Cell, ...]] = [
        (component_words(name), *(own.get(name, 0.0) for own in parts))
        for name in names
        if sums[name] > 0.0
    ]
    rows.append(("all", *(float(run.result.metrics.area_mm2[run.row]) for run in runs)))
    return Table("Area by component [mm²]", columns, tuple(rows))


def _knobs(runs: Sequence[Run]) -> Table:
    """Return the knobs in which the chosen chips differ."""
    knobs = [run.result.designs.knobs_of(run.row) for run in runs]
    return _differences(
        "Knobs that differ between the chosen chips",
        "knob",
        [{name: _text(value) for name, value in own.items()} for own in knobs],
        runs,
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping) and len(set(value.values())) == 1:
        value = next(iter(value.values()))
    return knob_text(value)


def _settings(runs: Sequence[Run]) -> Table:
    """Return the settings that differ; of groups from files with other names, the names."""
    choices = [run.settings.get("choices") for run in runs]
    named = [own if isinstance(own, Mapping) else {} for own in choices]
    other = {group for group in GROUPS if len({str(own.get(group)) for own in named}) > 1}
    flat = []
    for run, own in zip(runs, named, strict=True):
        values = {x: y for x, y in run.settings.items() if x not in (*other, "choices")}
        files = {group: str(own.get(group, MISSING)) for group in GROUPS if group in other}
        flat.append({**files, **_flat(values)})
    return _differences("Settings that differ", "setting", flat, runs)


def _flat(values: Mapping[str, object], within: str = "") -> dict[str, str]:
    """Return nested settings under dotted names."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{within}{name}.")
        else:
            found[f"{within}{name}"] = str(value)
    return found


def _differences(
    title: str, word: str, values: Sequence[Mapping[str, str]], runs: Sequence[Run]
) -> Table:
    names = list(dict.fromkeys(name for own in values for name in own))
    columns = (Column(word, word, "text"), *(Column(run.name, run.name, "text") for run in runs))
    rows = [(name, *(own.get(name, MISSING) for own in values)) for name in names]
    return Table(title, columns, tuple(row for row in rows if len(set(row[1:])) > 1))
