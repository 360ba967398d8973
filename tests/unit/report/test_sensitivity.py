"""What matters, as tables, text and figure."""

import json
import math

from imctune.report.result_page import result_page
from imctune.report.sensitivity import (
    importance_figure,
    importance_table,
    price_lines,
    sensitivity_tables,
    sensitivity_text,
    step_table,
)
from imctune.sensitivity import KnobImportance, Price, Sensitivity, Step
from tests.unit.report.examples import facts_of, two_networks

ROWS = KnobImportance("rows", (64, 128, 256), (5, 4, 0), (5, 0, 0), (0.0, math.inf, math.nan), 0.5)
VOLTS = KnobImportance("supply_v", (0.5, 0.6), (4, 5), (3, 2), (0.25, 0.0), 0.125)
STEPS = [
    Step(7, "supply_v", 0.5, 0.6, 0.1, 0.2, -0.1, 0.0, ()),
    Step(7, "rows", 64, 128, math.nan, 0.0, 0.0, 0.5, ("area_mm2",)),
    Step(3, "supply_v", 0.6, 0.7, 0.3, 0.2, -0.1, 0.0, ()),
    Step(4, "supply_v", 0.5, 0.6, -0.1, 0.2, -0.1, 0.0, ()),
    Step(4, "supply_v", 0.6, 0.5, 0.9, 0.2, -0.1, 0.0, ()),
]
PRICES = [
    Price("area_mm2", 1, 9.5, 12.0, 0.05, 0.2, 4.0),
    Price("area_mm2", 2, 7.0, 20.0, 0.30, 1.0, 3.2),
]
FOUND = Sensitivity([ROWS, VOLTS], STEPS, PRICES)


def test_importance_names_the_best_value_and_what_the_next_loses() -> None:
    table = importance_table(FOUND.importance)
    assert table.rows == (
        ("rows", "64", "128", math.inf, math.inf, 50.0),
        ("supply_v", "0.6", "0.5", 25.0, 25.0, 12.5),
    )


def test_steps_are_those_of_the_chosen_chip_with_the_same_ones_along_the_front() -> None:
    table = step_table(STEPS)
    assert [row[1] for row in table.rows] == ["0.5 → 0.6", "64 → 128"]
    # Upwards from two others: +30 and -10 %, median +10 %; the step down does not count.
    assert table.rows[0][-1] == "-10.0 % / +10.0 % / +30.0 %"
    assert table.rows[1][2] is None
    assert table.rows[1][-2] == "area_mm2"


def test_prices_are_told_in_words() -> None:
    energy, latency, area = price_lines(PRICES, "EDAP")
    assert energy == "No feasible design takes less energy."
    assert latency == "No feasible design takes less latency."
    assert area == (
        "Area: the first mm² less costs 4.00 of EDAP per mm²; 10 % less costs +100.0 %; "
        "25 % less costs +100.0 %."
    )


def test_files_hold_every_value_step_and_price() -> None:
    tables = sensitivity_tables(FOUND)
    assert set(tables) == {"knob_importance", "knob_tradeoffs", "front_prices"}
    lines = tables["knob_importance"].as_csv().splitlines()
    assert lines[1:4] == ["rows,64,5,5,0.0,50.0", "rows,128,4,0,inf,50.0", "rows,256,0,0,,50.0"]
    assert len(tables["knob_tradeoffs"].rows) == len(STEPS)
    assert len(tables["front_prices"].rows) == len(PRICES)


def test_the_figure_has_a_cell_per_value_and_holds_no_nan() -> None:
    figure = importance_figure(FOUND.importance)
    json.dumps(figure, allow_nan=False)
    trace = figure["data"][0]
    assert trace["y"] == ["supply_v", "rows"]
    assert trace["text"] == [["0.5", "0.6", ""], ["64", "128", "256"]]
    assert trace["z"] == [[2, 0, None], [0, 4, 5]]  # 25 %: up to 100 %; infeasible; not tried
    assert importance_figure([])["data"] == []


def test_the_terminal_gets_the_main_knobs() -> None:
    text = sensitivity_text(FOUND, "EDAP", 100)
    assert "rows" in text
    assert "of EDAP per mm²" in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_report_has_a_section_only_where_something_matters() -> None:
    result = two_networks()
    facts = facts_of(result)
    with_section = result_page(result, facts, {}, FOUND, seconds={})
    assert "<h2>Which knobs matter</h2>" in with_section
    assert "0.5 → 0.6" in with_section
    assert "Which knobs matter" not in result_page(result, facts, {}, None, seconds={})
