"""The paper's comparisons on this model, as tables.

A case is what `imctune.search.paper_tables` keeps of it, as plain values.
"""

from __future__ import annotations

__all__ = ["DEFINITIONS", "paper_metrics", "paper_page", "paper_tables", "paper_text"]

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imctune.report.html import details, note, page, section, table_section
from imctune.report.numbers import knob_text
from imctune.report.published import SAMPLERS, published_table
from imctune.report.table import WIDTH, Cell, Column, Table

Case = Mapping[str, Any]

EDAP = "EDAP mJ·ms·mm²"
LABELS = {"joint": "joint search", "optimum": "true optimum", **SAMPLERS}

FOLDED = ("chips",)
"""Tables of hundreds of rows, which show when they are asked for."""

DEFINITIONS = (
    "Joint search: the best design that the default search for all networks met. Others at the "
    "same number of designs: the paper's four phases, a plain genetic algorithm, each sequential "
    "start, random designs; all minimise the geometric mean, and under other aggregations the "
    "best of what each met counts.",
    "EDAP cut: 1 - joint / other, above 0 where the joint chip is better. Own best: the best "
    "design known for a network alone, over all searches, or over the whole space where it is "
    "exhausted.",
    "Aggregations: geomean, mean, max and product of energy and of latency, times area; regret: "
    "EDAP over the own best, of the worst network.",
    "Largest chip: the best design that the search for the network with most parameters found for "
    "it.",
)


def paper_tables(cases: Sequence[Case]) -> dict[str, Table]:
    """Return all tables by name, as for files of their own."""
    return {
        "overview": overview_table(cases),
        "published": published_table(cases),
        "stored_designs": stored_table(cases),
        "chips": chips_table(cases),
        "not_better": not_better_table(cases),
        "networks": networks_table(cases),
        "dominance": dominance_table(cases),
        "set_sizes": sets_table(cases),
        "left_out": left_out_table(cases),
        "knobs": knobs_table(cases),
    }


def paper_text(cases: Sequence[Case], width: int = WIDTH) -> str:
    """Return what the terminal shows."""
    overview = overview_table(cases)
    narrow = [x.name for x in overview.columns if x.name not in ("area_mm2", "n_converters")]
    shown = (overview.pick(*narrow), published_table(cases), dominance_table(cases))
    parts = [table.as_text(width) for table in shown if table.rows]
    return "\n\n".join([*parts, *(textwrap.fill(text, width) for text in DEFINITIONS)])


def paper_page(cases: Sequence[Case], title: str, subtitle: str) -> str:
    """Return a self-contained page with all tables."""
    sections = [section("Definitions", *(note(text) for text in DEFINITIONS))]
    for name, table in paper_tables(cases).items():
        if name == "knobs":
            sections.append(section(table.title, *map(_knobs_html, knobs_side_by_side(cases))))
        elif name in FOLDED:
            sections.append(section(table.title, details("All rows", table.as_html(titled=False))))
        elif table.rows:
            sections.append(table_section(table))
    return page(title, subtitle, sections)


def _knobs_html(table: Table) -> str:
    return details(table.title, table.as_html(titled=False))


def paper_metrics(cases: Sequence[Case]) -> dict[str, object]:
    """Return the numbers that runs are compared by."""
    found: dict[str, object] = {}
    for case in cases:
        joint = chip_of(case, "joint", "geomean")
        if joint is not None:
            found[f"edap.{case['name']}"] = joint["scores"]["geomean"]
            for key in ("largest", "ga", "random"):
                cut = cut_percent(case, key, "geomean")
                found[f"edap_cut_percent.{key}.{case['name']}"] = cut
    return found


def overview_table(cases: Sequence[Case]) -> Table:
    """Return a row per case: the joint chip, and what it changes against each other chip."""
    columns = (
        Column("case", "case", "text"),
        Column(EDAP, "edap"),
        Column("area mm²", "area_mm2"),
        Column("converters", "n_converters", "count"),
        Column("optimum", "above_optimum_percent", "change"),
        Column("own best", "above_own_percent", "change"),
        Column("largest chip", "cut_largest_percent", "percent"),
        *(Column(label, f"cut_{key}_percent", "percent") for key, label in SAMPLERS.items()),
    )
    rows: list[tuple[Cell, ...]] = []
    for case in cases:
        joint = chip_of(case, "joint", "geomean")
        if joint is None:
            rows.append((case["name"], "no feasible design", *[None] * (len(columns) - 2)))
            continue
        optimum = chip_of(case, "optimum", "geomean")
        own = geometric_mean([chip["edap"][i] for i, chip in own_chips(case)])
        edap = joint["scores"]["geomean"]
        rows.append(
            (
                case["name"],
                edap,
                joint["area_mm2"],
                int(joint["n_converters"]),
                "" if optimum is None else 100.0 * (edap / optimum["scores"]["geomean"] - 1.0),
                100.0 * (geometric_mean(joint["edap"]) / own - 1.0),
                *(shown_cut(case, key, "geomean") for key in ("largest", *SAMPLERS)),
            )
        )
    text = (
        "Optimum, own best: by how much the joint chip's EDAP is above theirs; right of them: the "
        "EDAP cut against the chip of the largest network, and the best of each other search."
    )
    title = "The joint chip against the others (geometric mean)"
    return Table(title, columns, tuple(rows), (text,))


def chips_table(cases: Sequence[Case]) -> Table:
    """Return every chip of every case under every aggregation."""
    columns = (
        Column("case", "case", "text"),
        Column("aggregation", "aggregation", "text"),
        Column("chip", "chip", "text"),
        Column("score", "score"),
        Column("EDAP cut", "cut_percent", "percent"),
        Column("area mm²", "area_mm2"),
        Column("converters", "n_converters", "count"),
    )
    rows = [
        (
            case["name"],
            aggregation,
            label,
            chip["scores"][aggregation] if runs_all(chip) else lacks(case, chip),
            None if label == LABELS["joint"] else cut(case, chip, aggregation),
            chip["area_mm2"],
            int(chip["n_converters"]),
        )
        for case, aggregation, label, chip in every_chip(cases)
    ]
    return Table("Every chip under every aggregation", columns, tuple(rows))


def not_better_table(cases: Sequence[Case]) -> Table:
    """Return the chips that the joint one does not beat, the true optimum left out."""
    full = chips_table(cases)
    rows = tuple(
        row
        for row in full.rows
        if row[2] != LABELS["optimum"] and isinstance(row[4], float) and row[4] <= 0.0
    )
    text = "A cut of 0: the same score, mostly the same chip. Below 0: the other chip is better."
    return Table("Where the joint chip does not win", full.columns, rows, (text,))


def networks_table(cases: Sequence[Case]) -> Table:
    """Return each network on the joint chip, its own best and the largest network's chip."""
    columns = (
        Column("case", "case", "text"),
        Column("network", "network", "text"),
        Column("joint EDAP", "joint_edap"),
        Column("own best EDAP", "own_edap"),
        Column("above own", "above_own_percent", "change"),
        Column("cut: largest chip", "cut_largest_percent", "percent"),
        Column("joint ms", "joint_latency_ms"),
        Column("own ms", "own_latency_ms"),
        Column("latency", "latency_change_percent", "change"),
    )
    rows: list[tuple[Cell, ...]] = []
    for case in cases:
        joint, largest = chip_of(case, "joint", "geomean"), chip_of(case, "largest", "geomean")
        if joint is None or largest is None:
            continue
        for index, own in own_chips(case):
            fits = largest["fits"][index]
            edap, latency = joint["edap"][index], joint["latency_ms"][index]
            rows.append(
                (
                    case["name"],
                    case["workloads"][index],
                    edap,
                    own["edap"][index],
                    100.0 * (edap / own["edap"][index] - 1.0),
                    100.0 * (1.0 - edap / largest["edap"][index]) if fits else "does not run",
                    latency,
                    own["latency_ms"][index],
                    100.0 * (latency / own["latency_ms"][index] - 1.0),
                )
            )
    return Table("Each network on the joint chip", columns, tuple(rows))


def dominance_table(cases: Sequence[Case]) -> Table:
    """Return how far one network decides plain sums."""
    columns = (
        Column("case", "case", "text"),
        Column("aggregation", "aggregation", "text"),
        Column("heaviest network", "network", "text"),
        Column("of the energy", "energy_percent", "percent"),
        Column("of the latency", "latency_percent", "percent"),
        Column("rank correlation", "rank_correlation"),
        Column("best for it alone", "is_own_best", "text"),
    )
    rows = tuple(
        (
            case["name"],
            *(entry[name] for name in ("aggregation", "network")),
            *(entry[name] for name in ("energy_percent", "latency_percent", "rank_correlation")),
            knob_text(entry["is_own_best"]),
        )
        for case in cases
        for entry in case["dominance"]
    )
    text = (
        "On the best chip under each aggregation; rank correlation of that network's EDAP with "
        "the score over all feasible designs; last: it is also the best chip for that network, of "
        "those that run all."
    )
    return Table("Where one network decides a sum or maximum", columns, rows, (text,))


def sets_table(cases: Sequence[Case]) -> Table:
    """Return EDAP against the number of networks that one chip must run."""
    columns = (
        Column("case", "case", "text"),
        Column("networks", "size", "count"),
        Column("added last", "added", "text"),
        Column(EDAP, "edap"),
        Column("area mm²", "area_mm2"),
        Column("above own best", "loss_percent", "change"),
        Column("random orders: median", "median_loss_percent", "change"),
        Column("least", "least_loss_percent", "change"),
        Column("most", "most_loss_percent", "change"),
    )
    names = [column.name for column in columns[1:]]
    rows = tuple(
        (case["name"], *(entry[name] for name in names)) for case in cases for entry in case["sets"]
    )
    text = (
        "Geometric means over the set, of the best design among all that any search of the case "
        "met; sets of the fixed order had a short search of their own, those of the 20 random "
        "orders had not."
    )
    return Table("EDAP against the number of networks", columns, rows, (text,))


def left_out_table(cases: Sequence[Case]) -> Table:
    """Return each network on the best chip for all others."""
    columns = (
        Column("case", "case", "text"),
        Column("left out", "network", "text"),
        Column(f"its {EDAP}", "edap"),
        Column("on the chip for all", "joint_edap"),
        Column("own best", "own_edap"),
        Column("above own best", "loss_percent", "change"),
        Column("others gain", "others_gain_percent", "percent"),
    )
    rows: list[tuple[Cell, ...]] = []
    for case in cases:
        for entry in case["left_out"]:
            own = (entry["joint_edap"], entry["own_edap"])
            fits = entry["fits"]
            rows.append(
                (
                    case["name"],
                    entry["network"],
                    entry["edap"] if fits else "does not run",
                    *own,
                    entry["loss_percent"] if fits else None,
                    entry["others_gain_percent"],
                )
            )
    text = "The best of all designs that the searches met; one short search for each set of others."
    return Table("One network left out of the design", columns, tuple(rows), (text,))


def stored_table(cases: Sequence[Case]) -> Table:
    """Return the paper's best stored designs on this model, and what the optimum gains."""
    columns = (
        Column("case", "case", "text"),
        Column("paper's search", "search", "text"),
        Column("under", "aggregation", "text"),
        Column("its score", "paper_score"),
        Column("here", "score"),
        Column("best here", "best_score"),
        Column("gain", "gain_percent", "percent"),
        Column("remark", "remark", "text"),
        Column("design", "key", "text"),
    )
    names = ("aggregation", "paper_score", "score", "best_score", "gain_percent")
    rows = tuple(
        (
            *(case["name"], SAMPLERS.get(entry["search"], entry["search"])),
            *(entry[name] for name in names),
            *(remark(entry), entry["key"]),
        )
        for case in cases
        for entry in case["stored"]
    )
    text = (
        "Scores in mJ, ms and mm²; product: of all networks' energies and latencies. Best here: "
        "of the whole space. The paper's nine networks have other shapes than the published ones."
    )
    return Table("The paper's best stored designs on this model", columns, rows, (text,))


def knobs_table(cases: Sequence[Case]) -> Table:
    """Return the knobs of the joint chips that are not the same in all cases."""
    joint = [
        (case["name"], aggregation, chip["knobs"])
        for case, aggregation, label, chip in every_chip(cases)
        if label == LABELS["joint"]
    ]
    knobs = list(joint[0][2]) if joint else []
    varied = [k for k in knobs if len({knob_text(entry[2].get(k, "")) for entry in joint}) > 1]
    columns = tuple(Column(name, name, "text") for name in ("case", "best under", *varied))
    rows = tuple(
        (name, aggregation, *(knob_text(own.get(knob, "")) for knob in varied))
        for name, aggregation, own in joint
    )
    return Table("Knobs of the joint chips", columns, rows)


def knobs_side_by_side(cases: Sequence[Case]) -> list[Table]:
    """Return a table per aggregation: a row per knob that is not the same in all cases."""
    every = knobs_table(cases)
    tables = []
    for aggregation in dict.fromkeys(row[1] for row in every.rows):
        own = [row for row in every.rows if row[1] == aggregation]
        # Spaces, where a header may be broken.
        columns = [Column(str(row[0]).replace("_", " "), str(row[0]), "text") for row in own]
        rows = tuple(
            (knob.header, *(row[place] for row in own))
            for place, knob in enumerate(every.columns[2:], start=2)
        )
        title = f"Best under {aggregation}"
        tables.append(Table(title, (Column("knob", "knob", "text"), *columns), rows))
    return tables


def every_chip(cases: Sequence[Case]) -> Iterator[tuple[Case, str, str, Mapping[str, Any]]]:
    """Yield case, aggregation, label and chip, for all of them."""
    for case in cases:
        for aggregation in dict.fromkeys(chip["aggregation"] for chip in case["chips"]):
            for chip in case["chips"]:
                if chip["aggregation"] == aggregation:
                    yield case, aggregation, LABELS[chip["key"]], chip
            for chip in case["single"]:
                largest = ", the largest" if chip["key"] == case["largest"] else ""
                yield case, aggregation, f"{chip['key']} chip{largest}", chip


def chip_of(case: Case, key: str, aggregation: str) -> Mapping[str, Any] | None:
    """Return a chip of a case; ``largest`` is that of the network with most parameters."""
    if key == "largest":
        return next((x for x in case["single"] if x["key"] == case["largest"]), None)
    matching = (x for x in case["chips"] if (x["key"], x["aggregation"]) == (key, aggregation))
    return next(matching, None)


def own_chips(case: Case) -> list[tuple[int, Mapping[str, Any]]]:
    """Return position and own best chip of every network that has one."""
    return [(case["workloads"].index(chip["key"]), chip) for chip in case["own"]]


def cut_percent(case: Case, key: str, aggregation: str) -> float:
    """Return by how much the joint chip's score is below another's; not a number without both."""
    chip = chip_of(case, key, aggregation)
    found = None if chip is None else cut(case, chip, aggregation)
    return math.nan if found is None else found


def cut(case: Case, chip: Mapping[str, Any], aggregation: str) -> float | None:
    """Return by how much the joint chip's score is below that of a chip. [%]."""
    joint = chip_of(case, "joint", aggregation)
    if joint is None or not runs_all(chip):
        return None
    return 100.0 * (1.0 - float(joint["scores"][aggregation]) / float(chip["scores"][aggregation]))


def shown_cut(case: Case, key: str, aggregation: str) -> Cell:
    """Return a cut, or in words why there is none."""
    chip = chip_of(case, key, aggregation)
    if chip is None:
        return "none feasible"
    found = cut(case, chip, aggregation)
    return lacks(case, chip) if found is None else found


def runs_all(chip: Mapping[str, Any]) -> bool:
    """Whether a chip runs all networks."""
    return all(chip["fits"])


def lacks(case: Case, chip: Mapping[str, Any]) -> str:
    """Return in words which networks a chip does not run."""
    pairs = zip(case["workloads"], chip["fits"], strict=True)
    missing = [name for name, fits in pairs if not fits]
    return f"does not run {missing[0] if len(missing) == 1 else f'{len(missing)} networks'}"


def remark(entry: Mapping[str, Any]) -> str:
    """Return what is special about a stored design."""
    parts = []
    if entry["violated"]:
        parts.append(f"breaks {entry['violated']}")
    if entry["outside"]:
        parts.append(f"{entry['outside']} outside the space")
    return "; ".join(parts)


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of positive numbers."""
    return math.exp(sum(math.log(value) for value in values) / len(values))
