"""Figures for a paper: the same bytes each time, valid SVG, and beside each its numbers."""

import csv
import io
from xml.etree import ElementTree

import pytest

from imctune.report.for_paper import paper_figures
from tests.unit.report.examples import ExampleResult, facts_of, nothing_feasible, two_networks

LAYER = {
    "layer": "conv1",
    "unit": "arrays",
    "count": 2,
    "cycles": 1000,
    "latency_ps": 2e9,
    "energy_fj": 4e12,
    "energy_by_component_fj": {"converters": 3e12, "cells": 1e12},
    "cycles_by_bound": {"conversion": 750, "offchip": 250},
}


def figures_of(result: ExampleResult) -> dict[str, str]:
    return paper_figures(result, facts_of(result), {"small": [LAYER], "big": [LAYER, LAYER]})


@pytest.fixture(scope="module")
def figures() -> dict[str, str]:
    return figures_of(two_networks())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_figure_is_svg_with_its_numbers_beside(figures: dict[str, str]) -> None:
    names = {"edap", "front", "convergence", "energy", "areas", "layers_small", "layers_big"}
    assert set(figures) == {f"{name}.{kind}" for name in names for kind in ("svg", "csv")}
    for name in names:
        root = ElementTree.fromstring(figures[f"{name}.svg"])
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(list(root.iter())) > 20
        assert rows(figures[f"{name}.csv"])


def test_the_same_result_gives_the_same_bytes(figures: dict[str, str]) -> None:
    assert figures_of(two_networks()) == figures


def test_the_numbers_are_those_of_the_result(figures: dict[str, str]) -> None:
    edap = {(row["network"], row["kind"]): row["edap"] for row in rows(figures["edap.csv"])}
    # The big network on the joint chip: 2 mJ, 2 ms, 10 mm²; on its own chip 3, 3 and 10.
    assert edap["big", "joint"] == "40.0"
    assert edap["big", "largest"] == "90.0"
    drawn = rows(figures["front.csv"])
    assert [(row["design"], row["role"]) for row in drawn] == [
        ("0", "front"),
        ("1", "front"),
        ("0", "joint"),
    ]
    assert drawn[-1]["area_mm2"] == "10.0"
    steps = [row for row in rows(figures["convergence.csv"]) if row["search"] == "joint"]
    assert (steps[0]["n_designs"], steps[0]["over_final_best"]) == ("1", "1.0")
    (layer,) = rows(figures["layers_small.csv"])
    assert (layer["energy_mj"], layer["offchip_cycles"]) == ("4.0", "250")


def test_a_chip_that_cannot_hold_a_network_says_so_in_the_numbers() -> None:
    result = two_networks()
    kinds = {**result.single_best, "big": 2}  # the small network's chip, which lacks room
    figures = figures_of(ExampleResult(**{**vars(result), "single_best": kinds}))
    edap = {(row["network"], row["kind"]): row["edap"] for row in rows(figures["edap.csv"])}
    assert edap["big", "largest"] == "does not fit"


def test_without_a_feasible_design_there_is_nothing_to_draw() -> None:
    assert figures_of(nothing_feasible()) == {}
