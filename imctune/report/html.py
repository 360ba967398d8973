"""A result on one self-contained page, which asks nothing of any network."""

from __future__ import annotations

__all__ = [
    "chip_section",
    "details",
    "energy_section",
    "note",
    "page",
    "result_page",
    "room_for",
    "section",
]

import html
import json
from collections.abc import Mapping
from importlib import resources

from imctune.objectives import CAPS, Metrics
from imctune.report.breakdown import area_table, energy_table
from imctune.report.facts import RunFacts, TuneRecord, versions
from imctune.report.figures import (
    Figure,
    area_figure,
    convergence_figure,
    edap_figure,
    energy_figure,
)
from imctune.report.fronts import N_SHOWN, front_3d_figure, front_sides_figure
from imctune.report.numbers import number, with_prefix
from imctune.report.table import Column, Table
from imctune.report.tables import (
    chosen,
    comparison_table,
    constants_table,
    constraint_table,
    edap_table,
    front,
    headline,
    knob_table,
    latency_table,
    overview_table,
    search_table,
)

# Nothing is loaded, whatever a name or a library asks for; plotly.js compiles its shaders' callers.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; form-action 'none'; base-uri 'none'"
)

AGGREGATION_WORDS = {
    "geomean": "geometric means",
    "mean": "means",
    "max": "the worst network",
    "product": "products",
    "regret": "EDAP over the best known for each network",
}


def result_page(
    result: TuneRecord, facts: RunFacts, *, seconds: Mapping[str, float], timestamp: str = ""
) -> str:
    """Return the report of a run as HTML.

    Parameters
    ----------
    result : TuneRecord
        What the searches found.
    facts : RunFacts
        What was asked for, and with what.
    seconds : mapping
        Wall time by part of the run. [s]
    timestamp : str
        When the run was made, shown as it is; everything else depends on the result alone.
    """
    row = chosen(result)
    figures: dict[str, Figure] = {}
    sections = [
        f'<p class="answer">{html.escape(headline(result, facts))}</p>',
        _asked(facts),
        *([_nothing(result)] if row is None else _outcome(result, facts, row, figures)),
        _searches(result, facts, figures),
        _provenance(facts, seconds, timestamp),
    ]
    title = f"{facts.study}: one chip for {len(result.workloads)} networks"
    if len(result.workloads) == 1:
        title = f"{facts.study}: a chip for {result.workloads[0]}"
    return page(title, f"imctune · {facts.technology} · {timestamp}".strip(" ·"), sections, figures)


def page(
    title: str, subtitle: str, sections: list[str], figures: Mapping[str, Figure] | None = None
) -> str:
    """Return a whole page: its sections, and the figures that they leave room for."""
    drawn = {name: figure for name, figure in (figures or {}).items() if figure["data"]}
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(title)}</title>",
            f"<style>\n{_asset('page.css')}</style>\n</head>\n<body>",
            f'<h1>{html.escape(title)}</h1>\n<p class="quiet">{html.escape(subtitle)}</p>',
            *sections,
            *(_scripts(drawn) if drawn else []),
            "</body>\n</html>\n",
        ]
    )


def _scripts(figures: Mapping[str, Figure]) -> list[str]:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 -- half a second, not for --help

    text = json.dumps(figures, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c")
    return [
        f'<script type="application/json" id="figures">{safe}</script>',
        f"<script>{get_plotlyjs()}</script>",
        f"<script>\n{_asset('page.js')}</script>",
    ]


def _asset(name: str) -> str:
    return resources.files("imctune.report").joinpath(name).read_text(encoding="utf-8")


def section(title: str, *content: str) -> str:
    """Return a section of a page: a heading, and HTML below it."""
    return "\n".join([f"<section>\n<h2>{html.escape(title)}</h2>", *content, "</section>"])


def room_for(figures: dict[str, Figure], name: str, figure: Figure) -> str:
    """Note a figure, and return the room for it: empty figures take none."""
    if not figure["data"]:
        return ""
    figures[name] = figure
    height = figure["layout"]["height"]
    return f'<div class="figure" id="{name}" style="height:{height}px"></div>'


def note(text: str) -> str:
    """Return a remark."""
    return f'<p class="note">{html.escape(text)}</p>'


def _terms(pairs: Mapping[str, str]) -> str:
    rows = (
        f"<dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd>"
        for term, text in pairs.items()
        if text
    )
    return f"<dl>{''.join(rows)}</dl>"


def details(title: str, content: str) -> str:
    """Return HTML that shows when its title is clicked."""
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"


def _asked(facts: RunFacts) -> str:
    """Return what was asked: networks, technology, objective, seed, budget."""
    goals = facts.objectives
    limits = [f"area ≤ {number(goals.area_max_mm2)} mm²"]
    for cap in CAPS:
        limit = getattr(goals, cap.setting)
        if isinstance(limit, Mapping):
            own = [f"{cap.words} of {name} ≤ {most:g} {cap.unit}" for name, most in limit.items()]
            limits += map(str.strip, own)
        elif limit is not None:
            limits.append(f"{cap.words} ≤ {limit:g} {cap.unit}".strip())
    weights = ", ".join(f"{name} {weight:g}" for name, weight in goals.weights.items())
    networks = Table(
        "Networks",
        (
            Column("network", "network", "text"),
            Column("parameters", "n_parameters"),
            Column("multiply-accumulates", "n_macs"),
        ),
        tuple(
            (entry.name, with_prefix(entry.n_parameters, ""), with_prefix(entry.n_macs, ""))
            for entry in facts.networks
        ),
    )
    terms = {
        "technology": facts.technology,
        "assumptions": facts.assumptions,
        "score": "EDAP = energy × latency × area over the networks: "
        + AGGREGATION_WORDS[goals.aggregation]
        + (f", {goals.regret_of} network" if goals.aggregation == "regret" else ""),
        "weights": weights,
        "limits": ", ".join(limits) + ", all weights fit, the clock holds",
        "search": f"{facts.sampler}, {facts.n_trials:,} trials for all networks together, "
        f"{facts.baseline_trials:,} for each alone, {facts.population_size:,} at a time",
        "seed": str(facts.seed),
    }
    return section(
        "What was asked", f'<div class="pair"><div>{_terms(terms)}</div>{networks.as_html()}</div>'
    )


def _nothing(result: TuneRecord) -> str:
    return section("Why no design is feasible", constraint_table(result).as_html())


def _outcome(
    result: TuneRecord, facts: RunFacts, row: int, figures: dict[str, Figure]
) -> list[str]:
    """Return how the chosen chip compares, what it is, and among what it was chosen."""
    every = details("Every chip on every network", comparison_table(result, facts).as_html())
    counted = f"{len(result.designs):,} distinct designs, {int(front(result).sum()):,} on the "
    counted += f"front; at most {N_SHOWN:,} of each are drawn, evenly chosen. "
    return [
        section(
            "Against the baselines",
            overview_table(result, facts).as_html(),
            room_for(figures, "edap", edap_figure(result, facts)),
            f'<div class="pair">{edap_table(result, facts).as_html()}',
            f"{latency_table(result, facts).as_html()}</div>",
            every,
        ),
        chip_section(
            "The chosen chip",
            result.metrics,
            row,
            (knob_table(result), constraint_table(result)),
            figures,
        ),
        energy_section(result.metrics, row, figures),
        section(
            "Energy, latency and area of all feasible designs",
            room_for(figures, "sides", front_sides_figure(result)),
            note(
                counted + "Drag a box: the same designs are marked in all three views. "
                "Click in the legend to hide and show."
            ),
            room_for(figures, "front", front_3d_figure(result)),
        ),
    ]


def chip_section(
    title: str, metrics: Metrics, row: int, tables: tuple[Table, Table], figures: dict[str, Figure]
) -> str:
    """Return a chip: its areas as a picture and as a table, its knobs, and the limits."""
    knobs, limits = tables
    return section(
        title,
        '<div class="pair"><div>',
        room_for(figures, "areas", area_figure(metrics, row)),
        area_table(metrics, row).as_html(),
        limits.as_html(),
        "</div>",
        knobs.as_html(),
        "</div>",
    )


def energy_section(metrics: Metrics, row: int, figures: dict[str, Figure]) -> str:
    """Return where a design spends energy, by component and network."""
    return section(
        "Where its energy goes",
        room_for(figures, "energies", energy_figure(metrics, row)),
        details("Energy by component in mJ", energy_table(metrics, row).as_html()),
    )


def _searches(result: TuneRecord, facts: RunFacts, figures: dict[str, Figure]) -> str:
    return section(
        "How the searches went",
        room_for(figures, "convergence", convergence_figure(result)),
        search_table(result, facts).as_html(),
    )


def _provenance(facts: RunFacts, seconds: Mapping[str, float], timestamp: str) -> str:
    """Return versions, seed, settings, and the sources of the technology's constants."""
    terms = {
        "made": timestamp,
        "took": ", ".join(f"{name} {value:,.1f} s" for name, value in seconds.items()),
        "seed": str(facts.seed),
        "settings": facts.config_hash,
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
        "method": "after arXiv 2603.03880",
    }
    table = constants_table(facts.constants)
    content = [_terms(terms)]
    if table.rows:
        content.append(details("Constants of the technology and their sources", table.as_html()))
    return section("Provenance", *content)
