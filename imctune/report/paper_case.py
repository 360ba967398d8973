"""What `imctune.search.paper_tables` keeps of a case, as plain values, and what is read off it."""

from __future__ import annotations

__all__ = [
    "LABELS",
    "SAMPLERS",
    "Case",
    "chip_of",
    "cut",
    "cut_percent",
    "every_chip",
    "geometric_mean",
    "lacks",
    "own_chips",
    "runs_all",
    "shown_cut",
]

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imctune.report.table import Cell

Case = Mapping[str, Any]

SAMPLERS = {
    "four_phase": "4 phases",
    "ga": "plain GA",
    "sequential_middle": "seq. middle",
    "sequential_largest": "seq. largest",
    "random": "random",
}
"""Searches that the joint one is compared with, in a few words."""
LABELS = {"joint": "joint search", "optimum": "true optimum", **SAMPLERS}


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


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of positive numbers."""
    return math.exp(sum(math.log(value) for value in values) / len(values))
