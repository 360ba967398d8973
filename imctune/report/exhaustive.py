"""The true optimum of a space: its tables, and its summary."""

from __future__ import annotations

__all__ = [
    "OptimumRecord",
    "optima_table",
    "optimum_headline",
    "optimum_page",
    "optimum_summary",
    "optimum_text",
    "own_best_table",
]

import html
import textwrap
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.report.clouds import QUANTITIES, cloud, seen_from_sides, seen_in_3d
from imctune.report.facts import RunFacts, versions
from imctune.report.figures import Figure
from imctune.report.fronts import LINKED_VIEWS, Descriptions, axis_title, shown_rows
from imctune.report.html import note, page, room_for, section, table_section
from imctune.report.limits import knob_values, limits_kept
from imctune.report.numbers import knob_text, number
from imctune.report.palette import CHIP_COLOURS, FRONT
from imctune.report.sections import chip_section, energy_section
from imctune.report.table import WIDTH, Cell, Column, Table


class OptimumRecord(Protocol):
    """The part of an exhaustive run's result that is reported."""

    @property
    def n_designs(self) -> int:
        """Designs of the space."""

    @property
    def n_feasible(self) -> int:
        """Those that break no limit on any network."""

    @property
    def designs(self) -> DesignBatch:
        """The front, and the best designs that are not on it."""

    @property
    def metrics(self) -> Metrics:
        """Their results."""

    @property
    def scores(self) -> Scores:
        """Their scores."""

    @property
    def is_pareto(self) -> npt.NDArray[np.bool_]:
        """Whether each of them is on the front."""

    @property
    def best(self) -> dict[str, int]:
        """Aggregation to the row of its best design, the run's own first."""

    @property
    def best_score(self) -> dict[str, float]:
        """Aggregation to the lowest score."""

    @property
    def separate(self) -> dict[str, int]:
        """Network to the row of the best design for it alone."""


def optimum_headline(result: OptimumRecord, facts: RunFacts) -> str:
    """Return the result in one sentence."""
    share = f"{result.n_feasible:,} of {result.n_designs:,} designs are feasible"
    if facts.objectives.aggregation not in result.best:
        return f"No design runs all networks within the limits: {share}."
    row = result.best[facts.objectives.aggregation]
    score = f"{number(float(result.scores.score[row]), 4)} {facts.objectives.score_unit}".rstrip()
    return (
        f"The best chip of all has {number(float(result.metrics.area_mm2[row]))} mm² and "
        f"{facts.objectives.score_name} {score}; {share}, "
        f"{int(result.is_pareto.sum()):,} are on the front."
    )


def optima_table(result: OptimumRecord) -> Table:
    """Return the best design under each aggregation, with the knobs in which they differ."""
    rows_of = np.array(list(result.best.values()), dtype=np.int64)
    columns_of = result.designs.take(rows_of).columns()
    every = {knob: values.tolist() for knob, values in result.designs.columns().items()}
    # A knob that follows another one says nothing that the other does not.
    varied = [
        knob
        for place, (knob, values) in enumerate(every.items())
        if len(set(values)) > 1 and values not in list(every.values())[:place]
    ]
    columns = (
        Column("best under", "aggregation", "text"),
        Column("score", "score"),
        Column("area mm²", "area_mm2"),
        Column("converters", "n_converters", "count"),
        *(Column(knob, knob, "text") for knob in varied),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            result.best_score[name],
            float(result.metrics.area_mm2[row]),
            int(result.metrics.n_converters[row]),
            *(knob_text(columns_of[knob][at].item()) for knob in varied),
        )
        for at, (name, row) in enumerate(result.best.items())
    ]
    note = "Score: area x energy x latency as each aggregation makes them one figure."
    return Table("Best of all designs", columns, tuple(rows), (note,))


def own_best_table(result: OptimumRecord, facts: RunFacts) -> Table:
    """Return what each network loses on the best joint chip against the best chip for it alone."""
    columns = (
        Column("network", "network", "text"),
        Column("joint EDAP", "joint_edap"),
        Column("own best EDAP", "own_edap"),
        Column("EDAP", "edap_change_percent", "change"),
        Column("joint ms", "joint_latency_ms"),
        Column("own ms", "own_latency_ms"),
        Column("latency", "latency_change_percent", "change"),
        Column("own mm²", "own_area_mm2"),
    )
    metrics, joint = result.metrics, result.best.get(facts.objectives.aggregation)
    rows: list[tuple[Cell, ...]] = []
    for index, name in enumerate(metrics.workloads):
        own = result.separate.get(name)
        if joint is None or own is None:
            continue
        edap, latency = metrics.edap[:, index], metrics.latency_ms[:, index]
        rows.append(
            (
                name,
                float(edap[joint]),
                float(edap[own]),
                100.0 * float(edap[joint] / edap[own] - 1.0),
                float(latency[joint]),
                float(latency[own]),
                100.0 * float(latency[joint] / latency[own] - 1.0),
                float(metrics.area_mm2[own]),
            )
        )
    note = "own: the best of all designs for that network alone, the true bound; EDAP in mJ·ms·mm²."
    return Table("The best joint chip on each network", columns, tuple(rows), (note,))


def optimum_text(result: OptimumRecord, facts: RunFacts, width: int = WIDTH) -> str:
    """Return what the terminal shows."""
    tables = [own_best_table(result, facts), optima_table(result)]
    parts = [table.as_text(width) for table in tables if table.rows]
    return "\n\n".join([textwrap.fill(optimum_headline(result, facts), width), *parts])


def optimum_page(result: OptimumRecord, facts: RunFacts) -> str:
    """Return a self-contained page with the tables."""
    figures: dict[str, Figure] = {}
    tables = [own_best_table(result, facts), optima_table(result)]
    subtitle = f"{facts.technology}, {facts.assumptions} assumptions, {facts.study}"
    sections = [f'<p class="answer">{html.escape(optimum_headline(result, facts))}</p>']
    sections += [table_section(table) for table in tables if table.rows]
    best = result.best.get(facts.objectives.aggregation)
    if best is not None:
        sections += _best_and_front(result, facts, best, figures)
    return page("The true optimum", subtitle, sections, figures)


def _best_and_front(
    result: OptimumRecord, facts: RunFacts, best: int, figures: dict[str, Figure]
) -> list[str]:
    """Return the best chip, where its energy goes, and the front."""
    designs, metrics, scores = result.designs, result.metrics, result.scores
    one, of_one = designs.take([best]), metrics.take([best])
    text = Descriptions(designs, scores, facts)
    looks = (
        ("Pareto front", shown_rows(np.flatnonzero(result.is_pareto)), FRONT, "circle", 6),
        ("best chip", np.array([best]), CHIP_COLOURS["joint"], "cross", 13),
    )
    clouds = [
        cloud(
            name,
            scores,
            rows,
            keys=rows.tolist(),
            text=[text(row, with_knobs=True) for row in rows.tolist()],
            colour=colour,
            symbol=symbol,
            size=size,
        )
        for name, rows, colour, symbol, size in looks
    ]
    axes = {
        quantity: (axis_title(quantity, facts), getattr(scores, quantity)[result.is_pareto])
        for quantity in QUANTITIES
    }
    return [
        chip_section("The best chip", of_one, one, 0, knob_values(one), limits_kept(of_one)),
        energy_section(of_one, 0, figures),
        section(
            "The front of the whole space",
            room_for(figures, "sides", seen_from_sides(clouds, axes)),
            note(LINKED_VIEWS),
            room_for(figures, "front", seen_in_3d(clouds, axes)),
        ),
    ]


def optimum_summary(
    result: OptimumRecord, facts: RunFacts, seconds: Mapping[str, float]
) -> dict[str, object]:
    """Return a run as plain values for summary.json."""
    row = result.best.get(facts.objectives.aggregation)
    return {
        "study": facts.study,
        "technology": facts.technology,
        "assumptions": facts.assumptions,
        "aggregation": facts.objectives.aggregation,
        "workloads": list(result.metrics.workloads),
        "best": None if row is None else _chip(result, row, float(result.scores.score[row])),
        "best_knobs": None if row is None else result.designs.knobs_of(row),
        "optima": {
            name: {
                **_chip(result, best, result.best_score[name]),
                "knobs": result.designs.knobs_of(best),
            }
            for name, best in result.best.items()
        },
        "separate": {
            name: {
                **_chip(result, own, float(result.metrics.edap[own, index])),
                "knobs": result.designs.knobs_of(own),
            }
            for index, name in enumerate(result.metrics.workloads)
            if (own := result.separate.get(name)) is not None
        },
        "n_space": result.n_designs,
        "n_feasible": result.n_feasible,
        "n_designs": len(result.designs),
        "n_pareto": int(result.is_pareto.sum()),
        "seconds": dict(seconds),
        "seed": facts.seed,
        "config_hash": facts.config_hash,
        "versions": versions(),
    }


def _chip(result: OptimumRecord, row: int, score: float) -> dict[str, object]:
    """Return one chip: its score, and what it does on each network."""
    metrics = result.metrics
    return {
        "edap": score,
        "area_mm2": float(metrics.area_mm2[row]),
        "n_converters": int(metrics.n_converters[row]),
        "per_workload": {
            name: {
                "edap": float(metrics.edap[row, index]),
                "energy_mj": float(metrics.energy_mj[row, index]),
                "latency_ms": float(metrics.latency_ms[row, index]),
            }
            for index, name in enumerate(metrics.workloads)
        },
    }
