"""Several runs side by side: who is best, by how much, what differs, and when nobody can say."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from imctune.objectives import ObjectiveSettings
from imctune.report.clouds import seen_from_sides, seen_in_3d
from imctune.report.runs import Run, comparison_sentence, runs_tables, runs_text
from imctune.report.runs_page import edap_by_run, front_clouds, runs_page
from tests.unit.report.examples import (
    OBJECTIVES,
    example_metrics,
    example_result,
    facts_of,
    one_network,
    two_networks,
)

NETWORKS = ("small", "big")


def run_of(name: str, area_mm2: float, objectives: ObjectiveSettings = OBJECTIVES) -> Run:
    """A run of one design for two networks: 1 mJ and 1 ms on the small one, 2 and 2 on the big."""
    metrics = example_metrics(NETWORKS, [[1.0, 2.0]], [[1.0, 2.0]], [area_mm2])
    rows = dict.fromkeys(NETWORKS, 0)
    result = example_result(NETWORKS, metrics, objectives, best=0, separate=rows, single_best=rows)
    settings = {"seed": 1, "knobs": {"rows": {"choices": [64]}}, "choices": {"technology": name}}
    return Run(name, result, facts_of(result, objectives), 0, settings)


def test_the_best_run_is_named_with_what_it_is_ahead_by() -> None:
    # Geometric means: sqrt(1 * 4) = 2 mJ·ms times 10 and 25 mm².
    text = comparison_sentence([run_of("rram", 25.0), run_of("<sram>", 10.0)])
    assert text == "Best: <sram>, EDAP of 20.0 mJ·ms·mm², 2.50 times lower than rram."


def test_runs_that_were_asked_differently_are_not_ranked() -> None:
    other = one_network()
    alone = Run("alone", other, facts_of(other), 0, {})
    assert "cannot be compared: a and alone have different networks" in comparison_sentence(
        [run_of("a", 10.0), alone]
    )
    mean = run_of("b", 5.0, ObjectiveSettings("mean"))
    runs = [run_of("a", 10.0), mean]
    assert "a and b have different objectives.aggregation" in comparison_sentence(runs)
    table = runs_tables(runs)["runs"]
    assert [row[-1] for row in table.rows] == [None, None]
    assert "Not to be compared" in table.notes[0]
    regret = ObjectiveSettings("regret")
    assert "regret compares" in comparison_sentence(
        [run_of("a", 10.0, regret), run_of("b", 5.0, regret)]
    )


def test_the_front_of_all_leaves_out_what_another_run_beats() -> None:
    rows = runs_tables([run_of("large", 25.0), run_of("small", 10.0)])["runs"].rows
    # Same energy and latency: the smaller chip beats the larger.
    assert [row[-2:] for row in rows] == [(1, 0), (1, 1)]


def test_networks_of_one_run_only_have_a_gap_in_the_other() -> None:
    other = one_network()
    alone = Run("alone", other, facts_of(other), 0, {})
    table = runs_tables([run_of("both", 10.0), alone])["edap"]
    assert table.shown() == [
        ["small", "10.0", "–", ""],
        ["big", "40.0", "–", ""],
        ["only", "–", "30.0", ""],
    ]
    changes = runs_tables([run_of("both", 10.0), run_of("twice", 20.0)])["edap"].shown()
    assert [row[-1] for row in changes] == ["+100.0 %", "+100.0 %"]


def test_only_what_differs_is_listed_and_of_other_files_only_the_names() -> None:
    first, second = run_of("a", 10.0), run_of("b", 10.0)
    settings = {**second.settings, "seed": 2, "knobs": {"rows": {"choices": [128]}}}
    tables = runs_tables([first, replace(second, settings=settings)])
    assert tables["settings"].rows == (
        ("technology", "a", "b"),
        ("seed", "1", "2"),
        ("knobs.rows.choices", "[64]", "[128]"),
    )
    assert tables["knobs"].rows == ()  # both chips have the same
    named = {**settings, "choices": {"technology": "b", "knobs": "other"}}
    listed = runs_tables([first, replace(second, settings=named)])["settings"].rows
    assert listed == (("technology", "a", "b"), ("knobs", "–", "other"), ("seed", "1", "2"))


def test_figures_are_ones_that_plotly_knows_and_names_are_escaped() -> None:
    runs = [run_of("<b>a", 10.0), run_of("b", 25.0)]
    clouds, axes = front_clouds(runs)
    for figure in (edap_by_run(runs), seen_from_sides(clouds, axes), seen_in_3d(clouds, axes)):
        go.Figure(figure)
    assert [cloud.name for cloud in clouds[:2]] == ["&lt;b&gt;a", "b"]
    keys = [key for cloud in clouds[:2] for key in cloud.keys]
    assert len(set(keys)) == len(keys)  # designs of two runs are told apart
    page = runs_page(runs)
    assert "<b>a" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("width", [90, 110])
def test_the_text_is_no_wider_than_asked(width: int) -> None:
    result = two_networks()
    runs = [Run(name, result, facts_of(result), 0, {"seed": name}) for name in ("first", "second")]
    assert max(map(len, runs_text(runs, width).split("\n"))) <= width


def test_areas_add_up_to_each_chip() -> None:
    table = runs_tables([run_of("a", 10.0), run_of("b", 25.0)])["areas"]
    areas = np.array([row[1:] for row in table.rows], dtype=float)
    np.testing.assert_allclose(areas[:-1].sum(axis=0), areas[-1])
    assert areas[-1].tolist() == [10.0, 25.0]
