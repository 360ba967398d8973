"""The tables of a result: one source for terminal, Markdown, HTML and CSV."""

from __future__ import annotations

__all__ = [
    "comparison_table",
    "constants_table",
    "edap_table",
    "feasible_percent",
    "headline",
    "latency_table",
    "overview_table",
    "result_tables",
    "result_text",
    "search_table",
]

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from imctune.report.comparison import (
    ALL_NETWORKS,
    Chip,
    Line,
    beaten_searches,
    chips,
    compare,
    main_chips,
)
from imctune.report.facts import NO_DESIGN, Constant, RunFacts, StudyRecord, TuneRecord, chosen
from imctune.report.limits import constraint_table, knob_table
from imctune.report.numbers import number, percent
from imctune.report.table import WIDTH, Cell, Column, Table

EDAP = "EDAP mJ·ms·mm²"
SAME = "same chip"

Cells = Callable[[Line], tuple[Cell, Cell]]


def headline(result: TuneRecord, facts: RunFacts) -> str:
    """Return the result in one sentence."""
    lines = [line for line in compare(result, facts.objectives) if line.network == ALL_NETWORKS]
    joint = next((line for line in lines if line.chip.key == "joint"), None)
    if joint is None:
        return NO_DESIGN
    names = f"{len(result.workloads)} networks" if len(result.workloads) > 1 else "the network"
    name, unit = facts.objectives.score_name, facts.objectives.score_unit
    article = "an" if name == "EDAP" else "a"
    score = f"{article} {name} of {number(joint.edap)} {unit}".strip()
    text = f"One chip of {number(joint.area_mm2)} mm² runs {names} at {score}"
    labels = {
        (True, False): f"the chip of the largest network ({result.largest})",
        (False, True): "the median single-network chip",
        (True, True): f"the chip of the largest network ({result.largest}), also the median",
    }
    against = [
        _versus(line, labels[line.chip.is_largest, line.chip.is_median])
        for line in lines
        if len(result.workloads) > 1 and (line.chip.is_largest or line.chip.is_median)
    ]
    return "; ".join([text, *against]) + "."


def overview_table(result: TuneRecord, facts: RunFacts) -> Table:
    """Return each chip on all networks: the joint one, and every baseline."""
    every = compare(result, facts.objectives)
    lines = [line for line in every if line.network not in result.workloads]
    is_geometric = facts.objectives.aggregation == "geomean"
    rows = []
    for line in lines:
        over = () if is_geometric else (_over(line, facts),)
        edap, change = _edap(line), _latency(line)[1:]
        rows.append((*over, line.chip.label, *edap, *change, line.area_mm2, line.n_converters))
    columns = (
        *(() if is_geometric else (Column("over", "over", "text"),)),
        Column("chip", "chip", "text"),
        Column(EDAP if facts.objectives.score_unit else "score", "edap"),
        Column("cut", "edap_reduction_percent", "percent"),
        Column("latency", "latency_change_percent", "change"),
        Column("area mm²", "area_mm2"),
        Column("converters", "n_converters", "count"),
    )
    notes = [
        "cut: how much lower the joint chip's EDAP is than that chip's; below 0 it is higher. "
        "latency: how much longer the networks take on the joint chip; below 0 they are faster.",
        "Separate chips: each network on the best chip for it alone; area and converters of all.",
        *_equalities(lines),
    ]
    title = "All networks" + (" (geometric mean)" if is_geometric else "")
    return Table(title, columns, tuple(rows), tuple(notes))


def edap_table(result: TuneRecord, facts: RunFacts) -> Table:
    """Return the EDAP of each network on the joint chip, on its own chip and on the marked ones."""
    title = "EDAP of each network [mJ·ms·mm²]"
    note = "cut: how much lower the joint chip's EDAP is than that to the left; below 0: higher."
    cut = Column("cut", "edap_reduction", "percent")
    table = _by_network(result, facts, title, _edap, cut, note)
    marks = [
        f"; {_short(chip)}: the {chip.label}"
        for chip in main_chips(chips(result))
        if chip.key in result.workloads
    ]
    own = "own: each network on the best chip for it alone" + "".join(marks) + "."
    return replace(table, notes=(*table.notes, own))


def latency_table(result: TuneRecord, facts: RunFacts) -> Table:
    """Return the latency of each network on the same chips."""
    title = "Latency of each network [ms]"
    note = "change: of the joint chip's latency against that to the left; below 0: faster."
    change = Column("change", "latency_change", "change")
    return _by_network(result, facts, title, _latency, change, note)


def comparison_table(result: TuneRecord, facts: RunFacts) -> Table:
    """Return every chip on every network and on all: the whole comparison, a row each."""
    columns = (
        Column("network", "network", "text"),
        Column("chip", "chip", "text"),
        Column(EDAP, "edap"),
        Column("EDAP cut", "edap_reduction_percent", "percent"),
        Column("latency ms", "latency_ms"),
        Column("latency", "latency_change_percent", "change"),
        Column("area mm²", "area_mm2"),
        Column("converters", "n_converters", "count"),
    )
    rows = []
    for line in compare(result, facts.objectives):
        latency = (None, None) if line.obstacle else _latency(line)
        silicon = (line.area_mm2, line.n_converters)
        rows.append((line.network, line.chip.label, *_edap(line), *latency, *silicon))
    return Table("Every chip on every network", columns, tuple(rows))


def search_table(result: TuneRecord, facts: RunFacts) -> Table:
    """Return what each search evaluated, and by how much it was beaten on its own network."""
    has_edap = facts.objectives.score_unit != ""
    beaten = {entry.network: entry for entry in beaten_searches(result)}
    columns = (
        Column("search", "search", "text"),
        Column("asked", "n_trials", "count"),
        Column("designs", "n_designs", "count"),
        Column("feasible", "feasible_percent", "percent"),
        Column(f"best {EDAP}", "best_edap"),
        *(() if has_edap else (Column(f"best {facts.objectives.score_name}", "best_score"),)),
        Column("beaten by", "beaten_by", "text"),
        Column("by", "beaten_by_percent", "percent"),
    )
    rows = []
    for name, study in [("joint", result.joint), *result.singles.items()]:
        entry, best = beaten.get(name), _best_score(study)
        bests = (best,) if has_edap else (None, best) if name == "joint" else (best, None)
        rows.append(
            (
                name + (" (interrupted)" if study.interrupted else ""),
                study.n_trials,
                len(study.designs),
                feasible_percent(study),
                *bests,
                f"{entry.origin} search" if entry else "",
                entry.percent if entry else None,
            )
        )
    notes = ["asked: designs that the search proposed; designs: the distinct ones among them."]
    if beaten:
        notes.append("beaten by: another search found a better design for this network.")
    return Table("Searches", columns, tuple(rows), tuple(notes))


def constants_table(constants: Sequence[Constant]) -> Table:
    """Return the technology's constants with their sources."""
    columns = tuple(Column(name, name, "text") for name in ("constant", "value", "unit", "source"))
    rows = tuple((entry.name, entry.value, entry.unit, entry.source) for entry in constants)
    return Table("Constants of the technology", columns, rows)


def result_tables(result: TuneRecord, facts: RunFacts) -> dict[str, Table]:
    """Return the tables of a result by name, as for files of their own."""
    return {
        "overview": overview_table(result, facts),
        "edap": edap_table(result, facts),
        "latency": latency_table(result, facts),
        "comparison": comparison_table(result, facts),
        "chosen_chip": knob_table(result),
        "searches": search_table(result, facts),
        "constraints": constraint_table(result, facts),
    }


def result_text(
    result: TuneRecord, facts: RunFacts, width: int = WIDTH, *, everything: bool = False
) -> str:
    """Return what the terminal shows of a result: the main tables, or all of them."""
    parts = [textwrap.fill(headline(result, facts), width)]
    if chosen(result) is not None:
        knobs = ", ".join(f"{row[0]} {row[1]}" for row in knob_table(result).rows)
        parts += [
            textwrap.fill(f"Chosen chip: {knobs}", width, subsequent_indent="  "),
            edap_table(result, facts).as_text(width),
            latency_table(result, facts).as_text(width),
            overview_table(result, facts).as_text(width),
        ]
    if everything:
        parts.append(comparison_table(result, facts).as_text(width))
    if everything or chosen(result) is None:
        parts.append(constraint_table(result, facts).as_text(width))
    parts.append(search_table(result, facts).as_text(width))
    return "\n\n".join(parts)


def feasible_percent(study: StudyRecord) -> float:
    """Return the share of a search's designs that break no constraint of its own. [%]."""
    scores = study.scores.score  # metrics speak of all networks, scores of those it searched for
    return 100.0 * float(np.isfinite(scores).mean()) if len(scores) else math.nan


def _over(line: Line, facts: RunFacts) -> str:
    """Return in words how networks became the one score of a line."""
    kind = facts.objectives.aggregation
    if line.network != ALL_NETWORKS:
        return line.network if facts.objectives.score_unit else f"{line.network} of EDAP"
    return "worst network" if kind == "max" else kind


def _by_network(
    result: TuneRecord, facts: RunFacts, title: str, cells: Cells, versus: Column, note: str
) -> Table:
    """Return a row per network: one quantity on a few chips, and how the joint chip stands."""
    shown = main_chips(chips(result))
    lines = {(line.network, line.chip.key): line for line in compare(result, facts.objectives)}
    quantity = versus.name.split("_", maxsplit=1)[0]
    columns = [Column("network", "network", "text")]
    for chip in shown:
        columns.append(Column(_short(chip), f"{_short(chip)}_{quantity}"))
        if chip.key != "joint":
            name = f"{_short(chip)}_{versus.name}_percent"
            columns.append(Column(versus.header, name, versus.kind))
    rows = []
    for network in result.workloads:
        pairs = [cells(lines[network, chip.key]) for chip in shown]
        # Nothing is to be said of the joint chip against itself.
        kept = [
            pair[:1] if chip.key == "joint" else pair
            for chip, pair in zip(shown, pairs, strict=True)
        ]
        rows.append((network, *(cell for pair in kept for cell in pair)))
    return Table(title, tuple(columns), tuple(rows), (note,))


def _edap(line: Line) -> tuple[Cell, Cell]:
    """Return EDAP, and the joint chip's reduction; words where there is no number."""
    if line.obstacle or line.chip.key == "joint":
        return line.obstacle or line.edap, None
    if line.is_joint_chip:
        return line.edap, SAME
    return line.edap, "equal" if line.reduction_percent == 0.0 else line.reduction_percent


def _latency(line: Line) -> tuple[Cell, Cell]:
    """Return latency, and the joint chip's change; words where there is no number."""
    if line.obstacle or line.chip.key == "joint":
        return line.obstacle or line.latency_ms, None
    return line.latency_ms, SAME if line.is_joint_chip else line.latency_change_percent


def _versus(line: Line, baseline: str) -> str:
    """Return in words how the joint chip's EDAP stands against a baseline's."""
    if line.is_joint_chip:
        return f"it is {baseline}"
    if line.obstacle:
        return f"{baseline} does not run all ({line.obstacle})"
    if math.isnan(line.reduction_percent) or line.reduction_percent == 0.0:
        return f"equal to {baseline}"
    word = "below" if line.reduction_percent > 0.0 else "above"
    return f"{percent(abs(line.reduction_percent))} {word} {baseline}"


def _equalities(lines: Sequence[Line]) -> list[str]:
    """Return sentences about baselines that the joint choice equals."""
    said = []
    for line in lines:
        if line.chip.key == "joint" or line.network != ALL_NETWORKS:
            continue
        if line.is_joint_chip:
            said.append(f"The joint choice is the same design as the {line.chip.label}.")
        elif line.reduction_percent == 0.0:
            said.append(f"The joint choice and the {line.chip.label} have the same EDAP.")
    return said


def _short(chip: Chip) -> str:
    if chip.key in ("joint", "separate"):
        return {"joint": "joint", "separate": "own"}[chip.key]
    return "largest" if chip.is_largest else "median"


def _best_score(study: StudyRecord) -> Cell:
    scores = study.scores.score[np.isfinite(study.scores.score)]
    return float(scores.min()) if len(scores) else "none feasible"
