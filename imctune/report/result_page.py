"""A result on one self-contained page, which asks nothing of any network."""

from __future__ import annotations

__all__ = ["result_page"]

import html
from collections.abc import Mapping

from imctune.report.bounds import Layers
from imctune.report.facts import RunFacts, TuneRecord, chosen, front, versions
from imctune.report.figures import Figure, convergence_figure, edap_figure
from imctune.report.fronts import LINKED_VIEWS, N_SHOWN, front_3d_figure, front_sides_figure
from imctune.report.html import details, note, page, room_for, section, terms
from imctune.report.limits import constraint_table, knob_table, limits_asked
from imctune.report.numbers import with_prefix
from imctune.report.sections import chip_section, energy_section, layer_section
from imctune.report.sensitivity import sensitivity_section
from imctune.report.table import Column, Table
from imctune.report.tables import (
    comparison_table,
    constants_table,
    edap_table,
    headline,
    latency_table,
    overview_table,
    search_table,
)
from imctune.sensitivity import Sensitivity

AGGREGATION_WORDS = {
    "geomean": "geometric means",
    "mean": "means",
    "max": "the worst network",
    "product": "products",
    "regret": "EDAP over the best known for each network",
}


def result_page(
    result: TuneRecord,
    facts: RunFacts,
    layers: Layers,
    matters: Sensitivity | None = None,
    *,
    seconds: Mapping[str, float],
    timestamp: str = "",
) -> str:
    """Return the report of a run as HTML.

    Parameters
    ----------
    result : TuneRecord
        What the searches found.
    facts : RunFacts
        What was asked for, and with what.
    layers : mapping
        Per network, its layers on the joint choice: see `breakdown.layer_table`.
    matters : Sensitivity, optional
        Which knobs matter to the joint choice.
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
        *(
            [_nothing(result, facts)]
            if row is None
            else _outcome(result, facts, layers, row, figures)
        ),
        *([sensitivity_section(matters, facts.objectives.score_name, figures)] if matters else []),
        _searches(result, facts, figures),
        _provenance(facts, seconds, timestamp),
    ]
    title = f"{facts.study}: one chip for {len(result.workloads)} networks"
    if len(result.workloads) == 1:
        title = f"{facts.study}: a chip for {result.workloads[0]}"
    return page(title, f"imctune · {facts.technology} · {timestamp}".strip(" ·"), sections, figures)


def _asked(facts: RunFacts) -> str:
    """Return what was asked: networks, technology, objective, seed, budget."""
    goals = facts.objectives
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
    told = {
        "technology": facts.technology,
        "assumptions": facts.assumptions,
        "score": "EDAP = energy × latency × area over the networks: "
        + AGGREGATION_WORDS[goals.aggregation]
        + (f", {goals.regret_of} network" if goals.aggregation == "regret" else ""),
        "weights": weights,
        "limits": ", ".join(f"{words} {limit}" for words, limit in limits_asked(goals).values())
        + ", all weights fit, the clock holds",
        "search": f"{facts.sampler}, {facts.n_trials:,} distinct designs for all networks "
        f"together, {facts.baseline_trials:,} for each alone, {facts.population_size:,} at a time",
        "seed": str(facts.seed),
    }
    return section(
        "What was asked",
        f'<div class="pair narrow"><div>{terms(told)}</div>{networks.as_html()}</div>',
    )


def _nothing(result: TuneRecord, facts: RunFacts) -> str:
    return section("Why no design is feasible", constraint_table(result, facts).as_html())


def _outcome(
    result: TuneRecord, facts: RunFacts, layers: Layers, row: int, figures: dict[str, Figure]
) -> list[str]:
    """Return what the chosen chip is, how it compares, and among what it was chosen."""
    every = details("Every chip on every network", comparison_table(result, facts).as_html())
    counted = f"{len(result.designs):,} distinct designs, {int(front(result).sum()):,} on the "
    counted += f"front; at most {N_SHOWN:,} of each are drawn, evenly chosen. "
    return [
        chip_section(
            "The chosen chip",
            result.metrics,
            result.designs,
            row,
            knob_table(result),
            constraint_table(result, facts),
        ),
        section(
            "Against the baselines",
            overview_table(result, facts).as_html(),
            room_for(figures, "edap", edap_figure(result, facts)),
            f'<div class="pair">{edap_table(result, facts).as_html()}',
            f"{latency_table(result, facts).as_html()}</div>",
            every,
        ),
        energy_section(result.metrics, row, figures),
        *([layer_section(result.metrics, row, layers, figures)] if layers else []),
        section(
            "Energy, latency and area of all feasible designs",
            room_for(figures, "sides", front_sides_figure(result, facts)),
            note(f"{counted}{LINKED_VIEWS} Click in the legend to hide and show."),
            room_for(figures, "front", front_3d_figure(result, facts)),
        ),
    ]


def _searches(result: TuneRecord, facts: RunFacts, figures: dict[str, Figure]) -> str:
    return section(
        "How the searches went",
        room_for(figures, "convergence", convergence_figure(result, facts)),
        search_table(result, facts).as_html(),
    )


def _provenance(facts: RunFacts, seconds: Mapping[str, float], timestamp: str) -> str:
    """Return versions, seed, settings, and the sources of the technology's constants."""
    told = {
        "made": timestamp,
        "took": ", ".join(f"{name} {value:,.1f} s" for name, value in seconds.items()),
        "seed": str(facts.seed),
        "settings": facts.config_hash,
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
        "method": "after arXiv 2603.03880",
    }
    table = constants_table(facts.constants)
    content = [terms(told)]
    if table.rows:
        content.append(details("Constants of the technology and their sources", table.as_html()))
    if facts.settings:
        content.append(details("All settings", f"<pre>{html.escape(facts.settings)}</pre>"))
    return section("Provenance", *content)
