import json
from dataclasses import replace

import numpy as np
import pytest

from imctune.objectives import ObjectiveSettings
from imctune.report.facts import Constant, constants
from imctune.report.limits import constraint_table, knob_table
from imctune.report.summary import summary
from imctune.report.tables import (
    edap_table,
    headline,
    overview_table,
    result_tables,
    result_text,
    search_table,
)
from tests.unit.report.examples import (
    ExampleResult,
    example_metrics,
    example_result,
    facts_of,
    nothing_feasible,
    one_network,
    two_networks,
)

RESULTS = [two_networks(), one_network(), nothing_feasible()]


def nine_networks() -> ExampleResult:
    names = tuple(f"network_number_{index}" for index in range(9))
    values = [[10.0 ** (index + row) for index in range(9)] for row in range(9)]
    metrics = example_metrics(names, values, [[1.5e-5] * 9] * 9, [765.4] * 9)
    rows = {name: index for index, name in enumerate(names)}
    return example_result(
        names, metrics, facts_of(one_network()).objectives, best=0, separate=rows, single_best=rows
    )


@pytest.mark.parametrize(("width", "everything"), [(80, False), (110, True), (120, True)])
@pytest.mark.parametrize("result", [*RESULTS, nine_networks()])
def test_terminal_text_is_no_wider_than_asked(
    result: ExampleResult, width: int, everything: bool
) -> None:
    text = result_text(result, facts_of(result), width, everything=everything)
    assert max(map(len, text.split("\n"))) <= width


def test_the_headline_says_what_the_joint_chip_gains() -> None:
    text = headline(two_networks(), facts_of(two_networks()))
    # sqrt(10 * 40) = 20 against sqrt(10 * 90) = 30.
    assert text == (
        "One chip of 10.0 mm² runs 2 networks at an EDAP of 20.0 mJ·ms·mm²; "
        "33.3 % below the chip of the largest network (big), also the median."
    )


def test_the_headline_says_which_baseline_does_not_run_all() -> None:
    result = replace(two_networks(), largest="small")
    text = headline(result, facts_of(result))
    assert "the chip of the largest network (small) does not run all (does not fit: 1 of 2)" in text


@pytest.mark.parametrize(
    ("aggregation", "score"),
    [("regret", "a regret of 20.0;"), ("product", "a product score of 20.0;")],
)
def test_the_headline_gives_no_unit_of_edap_to_what_is_none(aggregation: str, score: str) -> None:
    objectives = ObjectiveSettings(aggregation=aggregation)  # type: ignore[arg-type]
    assert score in headline(two_networks(), facts_of(two_networks(), objectives))


@pytest.mark.parametrize(
    ("aggregation", "name"), [("regret", "regret"), ("product", "product score")]
)
def test_no_table_gives_a_score_that_is_none_under_edap(aggregation: str, name: str) -> None:
    facts = facts_of(two_networks(), ObjectiveSettings(aggregation=aggregation))  # type: ignore[arg-type]
    searches = search_table(two_networks(), facts)
    headers = [column.header for column in searches.columns]
    assert headers[4:6] == ["best EDAP mJ·ms·mm²", f"best {name}"]
    # The joint search minimised the score, each other search the EDAP of its network.
    assert [row[4:6] for row in searches.shown()] == [["", "20.0"], ["1.00", ""], ["90.0", ""]]
    overview = overview_table(two_networks(), facts)
    assert overview.columns[2].header == "score"
    assert {row[0] for row in overview.rows} == {aggregation, "geometric mean of EDAP"}


def test_the_overview_shows_every_baseline_and_marks_the_largest_networks_chip() -> None:
    rows = overview_table(two_networks(), facts_of(two_networks())).shown()
    assert [row[0] for row in rows] == [
        "joint",
        "separate chips",
        "small chip",
        "big chip (largest, median)",
    ]
    assert rows[2][1] == "does not fit: 1 of 2"
    assert rows[3][1:] == ["30.0", "33.3 %", "-18.4 %", "10.0", "200"]


def test_equality_is_said_in_words() -> None:
    result = one_network()
    table = overview_table(result, facts_of(result))
    assert "The joint choice is the same design as the only chip (largest, median)." in table.notes
    assert edap_table(result, facts_of(result)).shown()[0][3] == "same chip"
    assert edap_table(two_networks(), facts_of(two_networks())).shown()[0][-1] == "equal"


def test_the_search_table_says_who_was_beaten_and_the_feasible_share() -> None:
    rows = search_table(two_networks(), facts_of(two_networks())).shown()
    assert rows[0][:4] == ["joint", "6", "4", "50.0 %"]
    assert rows[1][:4] == ["small", "10", "1", "100.0 %"]
    assert rows[2][-2:] == ["joint search", "66.7 %"]


def test_constraints_show_how_many_break_them_and_the_room_left() -> None:
    table = constraint_table(two_networks(), facts_of(two_networks()))
    rows = {row[0]: row[1:] for row in table.shown()}
    # Two of four designs lack room, one for each network; area is 1 % below its limit.
    assert rows["weight_capacity"] == ["cells for all weights", "met", "", "50.0 %", "small"]
    assert rows["area_mm2"] == ["≤ 800 mm²", "binds: 1.0 % below", "", "0.0 %", ""]
    assert list(rows) == ["area_mm2", "weight_capacity"]  # the tightest first
    assert table.notes[1:] == ("Knobs of the chosen chip at the smallest value tried: rows.",)


def test_a_constraint_names_the_network_that_it_is_tightest_for() -> None:
    result = two_networks()
    room = np.array([[-0.3, -0.1]] * 4)
    metrics = replace(result.metrics, violations={"latency_ms": room})
    ((*_, chip, where, _share, _often),) = constraint_table(
        replace(result, metrics=metrics), facts_of(result)
    ).shown()
    assert (chip, where) == ("10.0 % below", "big")


def test_knobs_show_value_unit_and_what_was_tried() -> None:
    rows = {row[0]: row[1:5] for row in knob_table(two_networks()).shown()}
    assert rows["rows"] == ["64", "", "64, 128, 192, 256", "smallest"]
    assert rows["supply_v"] == ["0.9", "V", "fixed", ""]
    assert rows["weight_bits"] == ["8", "bit", "fixed", ""]  # once, as all networks have the same


def test_without_a_feasible_design_the_text_says_so_and_shows_the_constraints() -> None:
    text = result_text(nothing_feasible(), facts_of(nothing_feasible()))
    assert "No feasible design was found." in text
    assert "weight_capacity" in text


@pytest.mark.parametrize("result", RESULTS)
def test_every_table_has_every_form(result: ExampleResult) -> None:
    for table in result_tables(result, facts_of(result)).values():
        n_rows = len(table.rows)
        assert len(table.as_csv().splitlines()) == n_rows + 1
        assert len(table.as_markdown().splitlines()) == n_rows + 2
        assert table.as_html().count("<tr>") == n_rows + 1


def test_column_names_of_a_csv_differ() -> None:
    for table in result_tables(two_networks(), facts_of(two_networks())).values():
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("result", RESULTS)
def test_the_summary_is_plain_json(result: ExampleResult) -> None:
    content = summary(result, facts_of(result), {"total": 1.5})
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["seed"] == 1
    assert content["seconds"] == {"total": 1.5}


def test_the_summary_holds_best_baselines_and_budget() -> None:
    content = summary(two_networks(), facts_of(two_networks()), {})
    plain = json.loads(json.dumps(content))
    assert plain["best"]["edap"] == pytest.approx(20.0)
    assert plain["best"]["per_workload"]["big"]["edap"] == 40.0
    largest = next(entry for entry in plain["baselines"] if entry.get("largest"))
    assert largest["edap_reduction_percent"] == pytest.approx(100 / 3)
    assert plain["searches"]["joint"]["n_designs"] == 4
    assert plain["budget"]["n_trials"] == 2500
    assert plain["versions"]["numpy"] == np.__version__


def test_a_negative_best_means_none() -> None:
    result = replace(nothing_feasible(), best=-1)
    assert summary(result, facts_of(result), {})["best"] is None


def test_constants_keep_their_sources_section_by_section() -> None:
    mapping = {
        "memory": "rram",
        "node_nm": {"value": 32.0, "unit": "nm", "source": "the process"},
        "cell": {"read_v": {"value": 0.2, "unit": "V", "source": "a macro"}},
    }
    assert constants(mapping) == (
        Constant("node_nm", "32", "nm", "the process"),
        Constant("cell.read_v", "0.2", "V", "a macro"),
    )
