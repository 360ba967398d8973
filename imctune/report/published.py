"""What the papers published, next to the same comparisons on this model."""

from __future__ import annotations

__all__ = ["published_table"]

from collections.abc import Mapping, Sequence
from typing import Any

from imctune.report.paper_case import SAMPLERS
from imctune.report.table import Cell, Column, Table

UP_TO = {4: 76.2, 9: 95.5}
"""Networks to the largest EDAP cut over "baseline methods": abstract of arXiv 2603.03880. [%]"""

AGAINST_LARGEST = {"vgg16": 36.0, "resnet18": 36.0, "alexnet": 20.0, "mobilenet_v3": 69.0}
"""EDAP cut of a joint RRAM chip over one for the largest network: arXiv 2410.16759. [%]"""

UNDER = ("geomean", "mean", "max")
"""Aggregations whose score is an EDAP: a product of many of them always falls by almost all."""


def published_table(cases: Sequence[Mapping[str, Any]]) -> Table:
    """Return each published figure with what it comes to in every case that it can speak of."""
    columns = (
        Column("published figure", "figure", "text"),
        Column("published", "published_percent", "percent"),
        Column("case", "case", "text"),
        Column("here", "here_percent", "percent"),
        Column("how", "how", "text"),
    )
    rows = [row for case in cases for row in (*_up_to(case), *_against_largest(case))]
    note = (
        "The paper does not say what its two figures are relative to; here: the largest cut over "
        "any single-network chip that runs all networks, and over any search, under geomean, mean "
        "or max; the paper's figures are the largest of several cases."
    )
    return Table("Published figures and this model's", columns, tuple(rows), (note,))


def _up_to(case: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    n_networks = len(case["workloads"])
    joint = {
        x["aggregation"]: x["scores"]
        for x in case["chips"]
        if x["key"] == "joint" and x["aggregation"] in UNDER
    }
    over_chips, over_searches = [], []
    for aggregation, scores in joint.items():
        for chip in case["single"]:
            if all(chip["fits"]):
                over_chips.append((chip, f"{chip['key']} chip", aggregation, scores))
        for chip in case["chips"]:
            if chip["key"] in SAMPLERS and chip["aggregation"] == aggregation:
                over_searches.append((chip, SAMPLERS[chip["key"]], aggregation, scores))
    rows: list[tuple[Cell, ...]] = []
    for entries in (over_chips, over_searches):
        cuts = [
            (100.0 * (1.0 - scores[under] / chip["scores"][under]), f"{label}, {under}")
            for chip, label, under, scores in entries
        ]
        if cuts and n_networks in UP_TO:
            here, how = max(cuts)
            figure = f"largest EDAP cut, {n_networks} networks"
            rows.append((figure, UP_TO[n_networks], case["name"], here, f"over {how}"))
    return rows


def _against_largest(case: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """Return the cut of each of the four networks against the largest one's chip, on RRAM."""
    joint = [x for x in case["chips"] if (x["key"], x["aggregation"]) == ("joint", "geomean")]
    largest = [x for x in case["single"] if x["key"] == case["largest"]]
    is_rram = "rram" in case["technology"]
    if set(case["workloads"]) != set(AGAINST_LARGEST) or not (joint and largest and is_rram):
        return []
    return [
        (
            f"{name}, against the {case['largest']} chip",
            AGAINST_LARGEST[name],
            case["name"],
            100.0 * (1.0 - joint[0]["edap"][index] / largest[0]["edap"][index])
            if largest[0]["fits"][index]
            else "does not run",
            "joint chip, geomean",
        )
        for index, name in enumerate(case["workloads"])
    ]
