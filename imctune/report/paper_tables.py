"""The paper's comparisons on this model, as tables."""

from __future__ import annotations

__all__ = ["dominance_table", "knobs_table", "overview_table", "paper_tables"]

from collections.abc import Mapping, Sequence
from typing import Any

from imctune.report.numbers import knob_text
from imctune.report.paper_case import (
    LABELS,
    SAMPLERS,
    Case,
    chip_of,
    cut,
    every_chip,
    geometric_mean,
    lacks,
    own_chips,
    runs_all,
    shown_cut,
)
from imctune.report.published import published_table
from imctune.report.table import Cell, Column, Table

EDAP = "EDAP mJ·ms·mm²"


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


def remark(entry: Mapping[str, Any]) -> str:
    """Return what is special about a stored design."""
    parts = []
    if entry["violated"]:
        parts.append(f"breaks {entry['violated']}")
    if entry["outside"]:
        parts.append(f"{entry['outside']} outside the space")
    return "; ".join(parts)
