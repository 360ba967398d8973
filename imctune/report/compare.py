"""Samplers side by side: how close each comes to the best, how fast, and whether they differ."""

from __future__ import annotations

__all__ = [
    "CompareFacts",
    "compare_headline",
    "compare_markdown",
    "compare_page",
    "compare_summary",
    "compare_tables",
    "compare_text",
    "convergence_bands",
]

import html
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imctune.compare import (
    Course,
    Duel,
    Outcome,
    Reference,
    Standing,
    duels,
    regret_percent,
    standings,
)
from imctune.report.facts import RunFacts, versions
from imctune.report.figures import Figure, rounded
from imctune.report.html import details, note, page, room_for, section, terms
from imctune.report.numbers import number
from imctune.report.palette import NETWORK_COLOURS, escaped, layout, log_axis
from imctune.report.table import WIDTH, Cell, Column, Table

N_POINTS = 120
LEAST_PERCENT = 0.01
"""Regret at which the logarithmic axis ends: below it nothing is told apart."""
SIGNIFICANT = 0.05

STANDING_NOTE = (
    "Medians over the seeds, first and third quartiles in brackets. Regret: excess of the best "
    "score over the reference; within 1 %: seeds with at most that. Evaluations to 1 %: distinct "
    "designs until then, ∞ where it did not come to that. Hypervolume: of the logarithms of "
    "energy, latency and area, over that of the reference's front. CPU time: evaluations included."
)
DUEL_NOTE = (
    "Share of pairs of runs in which the first has the lower score, ties counted half; p: "
    "two-sided rank-sum test (Wilcoxon, Mann, Whitney), corrected for all pairs at that budget "
    "(Holm)."
)


@dataclass(frozen=True)
class CompareFacts:
    """What a comparison found.

    Attributes
    ----------
    run : RunFacts
        What was asked for.
    courses : sequence of Course
        Every search.
    measured : sequence of Outcome
        Every search at every budget.
    reference : Reference
        What they are measured against.
    """

    run: RunFacts
    courses: Sequence[Course]
    measured: Sequence[Outcome]
    reference: Reference


def compare_headline(found: CompareFacts) -> str:
    """Return the result in one sentence."""
    ranked = standings(found.measured)
    budget = ranked[-1].budget
    own = [entry for entry in ranked if entry.budget == budget]
    told = [f"{entry.sampler} in {entry.n_close} of {entry.n_seeds}" for entry in own]
    name = f"{found.run.objectives.score_name} {number(found.reference.score, 4)}"
    return (
        f"Seeds that come within 1 % of {name} ({found.reference.score_from}) in {budget:,} "
        f"evaluations: {', '.join(told)}."
    )


def standing_table(ranked: Sequence[Standing]) -> Table:
    """Return every sampler at every budget."""
    columns = (
        Column("sampler", "sampler", "text"),
        Column("evaluations", "budget", "count"),
        Column("within 1 %", "within_1_percent", "text"),
        Column("regret %", "regret_percent", "text"),
        Column("hypervolume", "hypervolume", "text"),
        Column("evaluations to 1 %", "n_to_close", "text"),
        Column("CPU s", "cpu_seconds"),
    )
    rows = tuple(
        (
            entry.sampler,
            entry.budget,
            f"{entry.n_close} of {entry.n_seeds}",
            _told(entry.regret_percent, number),
            _told(entry.hypervolume, lambda value: f"{value:.3f}"),
            _told(entry.n_to_close, _count),
            entry.cpu_seconds.median,
        )
        for entry in ranked
    )
    return Table("Samplers", columns, rows, (STANDING_NOTE,))


def standing_numbers(ranked: Sequence[Standing]) -> Table:
    """Return the same as plain numbers, for a file."""
    quantities = ("regret_percent", "hypervolume", "n_to_close", "cpu_seconds")
    columns = (
        Column("sampler", "sampler", "text"),
        *(Column(name, name, "count") for name in ("budget", "n_seeds", "n_close")),
        *(
            Column(f"{name}_{part}", f"{name}_{part}")
            for name in quantities
            for part in ("quartile_1", "median", "quartile_3")
        ),
    )
    rows = tuple(
        (
            *(entry.sampler, entry.budget, entry.n_seeds, entry.n_close),
            *(value for name in quantities for value in getattr(entry, name)),
        )
        for entry in ranked
    )
    return Table("Samplers", columns, rows)


def duel_table(found: Sequence[Duel]) -> Table:
    """Return every pair of samplers at every budget."""
    columns = (
        Column("evaluations", "budget", "count"),
        Column("first", "first", "text"),
        Column("second", "second", "text"),
        Column("first is lower", "share_percent", "percent"),
        Column("p", "p_value"),
        Column("better", "better", "text"),
    )
    rows = tuple(
        (duel.budget, duel.first, duel.second, 100.0 * duel.share, duel.p_value, _better(duel))
        for duel in found
    )
    return Table("Pairs of samplers", columns, rows, (DUEL_NOTE,))


def outcome_table(measured: Sequence[Outcome]) -> Table:
    """Return every search at every budget, a row each."""
    columns = (
        Column("sampler", "sampler", "text"),
        *(Column(name, name, "count") for name in ("seed", "budget", "n_designs")),
        *(Column(name, name) for name in ("score", "regret_percent", "hypervolume")),
        Column("n_to_close", "n_to_close", "count"),
        Column("cpu_seconds", "cpu_seconds"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        tuple(getattr(outcome, column.name) for column in columns) for outcome in measured
    )
    return Table("Searches", columns, rows)


def convergence_table(courses: Sequence[Course], reference: Reference) -> Table:
    """Return each sampler's regret over its seeds by evaluations: the figure's numbers."""
    columns = (
        Column("sampler", "sampler", "text"),
        Column("evaluations", "n_designs", "count"),
        *(
            Column(f"regret {part}", f"regret_percent_{part}")
            for part in ("quartile_1", "median", "quartile_3")
        ),
    )
    rows = [
        (sampler, int(n), *row)
        for sampler, (places, bands) in convergence_bands(courses, reference).items()
        for n, row in zip(places, bands.tolist(), strict=True)
    ]
    return Table("Regret by evaluations", columns, tuple(rows))


def convergence_bands(
    courses: Sequence[Course], reference: Reference
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return per sampler some numbers of evaluations, (n,), and quartiles of the regret, (n, 3).

    Of a sampler that ran for several budgets, the largest; a search that ended early stays at its
    best.
    """
    found = {}
    for sampler in dict.fromkeys(course.sampler for course in courses):
        own = [course for course in courses if course.sampler == sampler]
        budget = max(course.budget for course in own)
        bests = [course.best for course in own if course.budget == budget]
        longest = max(map(len, bests))
        places = np.unique(np.geomspace(1, longest, N_POINTS).round().astype(int))
        curves = np.stack([best[np.minimum(places, len(best)) - 1] for best in bests])
        # Not interpolated, so that infinite scores of the first designs stay what they are.
        bands = np.quantile(curves, [0.25, 0.5, 0.75], axis=0, method="inverted_cdf").T
        found[sampler] = (places, regret_percent(bands, reference.score))
    return found


def convergence_bands_figure(courses: Sequence[Course], reference: Reference) -> Figure:
    """Return the median regret of each sampler by evaluations, with a band of its quartiles."""
    traces = []
    shown = []
    bands = convergence_bands(courses, reference)
    for place, (sampler, (places, values)) in enumerate(bands.items()):
        colour = NETWORK_COLOURS[place % len(NETWORK_COLOURS)]
        met = np.isfinite(values).all(axis=1)
        low, middle, high = np.maximum(values[met], LEAST_PERCENT).T
        x = places[met].tolist()
        shown += [*low.tolist(), *high.tolist()]
        band = {
            "type": "scatter",
            "mode": "lines",
            "x": [*x, *x[::-1]],
            "y": [*rounded(high), *rounded(low[::-1])],
            "fill": "toself",
            "fillcolor": colour,
            "opacity": 0.2,
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
            "legendgroup": sampler,
        }
        line = {
            "type": "scatter",
            "mode": "lines",
            "name": escaped(sampler),
            "x": x,
            "y": rounded(middle),
            "line": {"color": colour, "width": 2.5},
            "legendgroup": sampler,
            "hovertemplate": f"{escaped(sampler)}, %{{x:,}} designs: %{{y:.3g}} %<extra></extra>",
        }
        traces += [band, line] if x else []
    title = f"regret [%], {LEAST_PERCENT:g} stands for less"
    axes = {
        "xaxis": log_axis("distinct designs evaluated", [x for t in traces for x in t["x"]]),
        "yaxis": log_axis(title, shown),
    }
    return {"data": traces, "layout": layout(**axes, height=480)}


def compare_page(found: CompareFacts, timestamp: str = "") -> str:
    """Return the report of a comparison as HTML."""
    figures: dict[str, Figure] = {}
    facts = found.run
    told = {
        "technology": facts.technology,
        "assumptions": facts.assumptions,
        "networks": ", ".join(network.name for network in facts.networks),
        "lowest score": f"{number(found.reference.score, 4)}: {found.reference.score_from}",
        "front": f"{len(found.reference.front):,} designs: {found.reference.front_from}",
        "settings": facts.config_hash,
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
    figure = convergence_bands_figure(found.courses, found.reference)
    sections = [
        f'<p class="answer">{html.escape(compare_headline(found))}</p>',
        section("How they end", standing_table(standings(found.measured)).as_html()),
        section(
            "How they get there",
            room_for(figures, "convergence", figure),
            note("Median over the seeds; the bands reach from the first to the third quartile."),
        ),
        section("Whether they differ", duel_table(duels(found.measured)).as_html()),
        section(
            "What was compared",
            terms(told),
            details("Every search", outcome_table(found.measured).as_html()),
        ),
    ]
    title = f"{facts.study}: samplers compared"
    return page(title, f"imctune · {facts.technology} · {timestamp}".strip(" ·"), sections, figures)


def compare_text(found: CompareFacts, width: int = WIDTH) -> str:
    """Return what the terminal shows."""
    return "\n\n".join(
        [
            textwrap.fill(compare_headline(found), width),
            standing_table(standings(found.measured)).as_text(width),
            duel_table(duels(found.measured)).as_text(width),
        ]
    )


def compare_markdown(found: CompareFacts) -> str:
    """Return the main tables, for where Markdown is read."""
    tables = (standing_table(standings(found.measured)), duel_table(duels(found.measured)))
    return "\n\n".join(table.as_markdown() for table in tables)


def compare_tables(found: CompareFacts) -> Mapping[str, Table]:
    """Return everything by name, for files of their own."""
    return {
        "samplers": standing_numbers(standings(found.measured)),
        "pairs": duel_table(duels(found.measured)),
        "searches": outcome_table(found.measured),
        "convergence": convergence_table(found.courses, found.reference),
    }


def compare_summary(found: CompareFacts, seconds: float) -> dict[str, object]:
    """Return a comparison as plain values for summary.json."""
    return {
        "study": found.run.study,
        "technology": found.run.technology,
        "assumptions": found.run.assumptions,
        "workloads": [network.name for network in found.run.networks],
        "reference": {
            "score": found.reference.score,
            "score_from": found.reference.score_from,
            "front_from": found.reference.front_from,
            "n_front": len(found.reference.front),
        },
        "samplers": [
            {
                "sampler": entry.sampler,
                "budget": entry.budget,
                "n_seeds": entry.n_seeds,
                "n_within_1_percent": entry.n_close,
                "median_regret_percent": entry.regret_percent.median,
                "median_hypervolume": entry.hypervolume.median,
                "median_n_to_1_percent": entry.n_to_close.median,
                "median_cpu_seconds": entry.cpu_seconds.median,
            }
            for entry in standings(found.measured)
        ],
        "seconds": {"total": seconds},
        "seed": found.run.seed,
        "config_hash": found.run.config_hash,
        "versions": versions(),
    }


def _count(value: float) -> str:
    return number(value) if math.isinf(value) else f"{value:,.0f}"


def _better(duel: Duel) -> str:
    """Return which of two samplers is better, where the test tells."""
    if duel.p_value >= SIGNIFICANT or duel.share == 0.5:
        return "not told apart"
    return duel.first if duel.share > 0.5 else duel.second


def _told(quartiles: Sequence[float], write: Callable[[float], str]) -> str:
    """Return a median with its quartiles in brackets."""
    low, median, high = map(write, quartiles)
    return f"{median} [{low}, {high}]"
