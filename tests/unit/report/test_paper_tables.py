"""Tables of the paper's comparisons: cuts, obstacles and published figures, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from imctune.report.paper_page import paper_metrics, paper_page, paper_text
from imctune.report.paper_tables import (
    chips_table,
    networks_table,
    not_better_table,
    overview_table,
    paper_tables,
    stored_table,
)
from imctune.report.published import published_table

NAMES = ["vgg16", "resnet18", "alexnet", "mobilenet_v3"]


def chip(key: str, under: str, score: float, edap: list[float], fits: str = "yyyy") -> Any:
    return {
        "key": key,
        "aggregation": under,
        "knobs": {"rows": 128, "cols": 64 if under == "mean" else 32},
        "area_mm2": 2.0,
        "n_converters": 64.0,
        "energy_mj": [1.0] * 4,
        "latency_ms": [value / 2.0 for value in edap],
        "edap": edap,
        "fits": [mark == "y" for mark in fits],
        "scores": {"geomean": score, "mean": score, "max": 2.0 * score},
    }


def case(**changes: Any) -> dict[str, Any]:
    joint = [4.0, 1.0, 1.0, 1.0]
    return {
        "name": "rram_four_paper",
        "technology": "paper_rram_32nm",
        "assumptions": "paper",
        "largest": "vgg16",
        "workloads": NAMES,
        "n_designs": {"joint": 10},
        "chips": [
            chip("joint", "geomean", 2.0, joint),
            chip("joint", "mean", 3.0, joint),
            chip("optimum", "geomean", 1.6, joint),
            chip("ga", "geomean", 2.0, joint),
            chip("random", "geomean", 8.0, joint),
            chip("four_phase", "geomean", 1.9, joint),
        ],
        "single": [
            chip("vgg16", "", 4.0, [2.0, 4.0, 2.0, 10.0]),
            chip("alexnet", "", float("inf"), [1.0, 1.0, 0.5, 1.0], "nyyy"),
        ],
        "own": [chip(name, "", 1.0, [2.0, 0.5, 0.5, 0.5]) for name in NAMES],
        "dominance": [
            {
                "aggregation": "mean",
                "network": "vgg16",
                "energy_percent": 80.0,
                "latency_percent": 70.0,
                "rank_correlation": 0.99,
                "is_own_best": True,
            }
        ],
        "sets": [
            {
                "size": 1,
                "added": "vgg16",
                "edap": 2.0,
                "area_mm2": 2.0,
                "loss_percent": 0.0,
                "median_loss_percent": 0.0,
                "least_loss_percent": 0.0,
                "most_loss_percent": 0.0,
            }
        ],
        "left_out": [
            {
                "network": "vgg16",
                "fits": False,
                "edap": 9.0,
                "joint_edap": 4.0,
                "own_edap": 2.0,
                "loss_percent": 350.0,
                "others_gain_percent": 10.0,
            }
        ],
        "stored": [
            {
                "search": "joint, mean",
                "aggregation": "mean",
                "key": "A_1",
                "paper_score": 3.0,
                "score": 4.0,
                "violated": "area_mm2",
                "outside": "rows",
                "best_score": 2.0,
                "gain_percent": 50.0,
            }
        ],
        **changes,
    }


def test_overview_by_hand() -> None:
    table = overview_table([case()])
    row = dict(zip([column.name for column in table.columns], table.rows[0], strict=True))
    assert row["edap"] == 2.0
    assert row["above_optimum_percent"] == pytest.approx(25.0)
    # Geometric means: (4 x 1 x 1 x 1)^(1/4) over (2 x 0.5^3)^(1/4).
    assert row["above_own_percent"] == pytest.approx(100.0 * (2.0**0.5 / 0.25**0.25 - 1.0))
    assert row["cut_largest_percent"] == 50.0
    assert row["cut_ga_percent"] == 0.0
    assert row["cut_random_percent"] == 75.0
    assert row["cut_four_phase_percent"] == pytest.approx(100.0 * (1.0 - 2.0 / 1.9))
    assert row["cut_sequential_middle_percent"] == "none feasible"


def test_a_case_without_a_feasible_chip_says_so() -> None:
    assert overview_table([case(chips=[])]).rows[0][1] == "no feasible design"
    assert networks_table([case(chips=[])]).rows == ()
    assert paper_metrics([case(chips=[])]) == {}


def test_chips_that_are_not_beaten_are_listed() -> None:
    rows = {(row[1], row[2]) for row in not_better_table([case()]).rows}
    assert rows == {("geomean", "plain GA"), ("geomean", "4 phases")}
    every = {(row[1], row[2]): row for row in chips_table([case()]).rows}
    assert every["geomean", "alexnet chip"][3:5] == ("does not run vgg16", None)
    assert every["mean", "vgg16 chip, the largest"][4] == 25.0


def test_networks_against_their_own_and_the_largest_chip() -> None:
    rows = {row[1]: row for row in networks_table([case()]).rows}
    assert rows["vgg16"][2:6] == (4.0, 2.0, 100.0, -100.0)
    assert rows["resnet18"][5] == 75.0
    assert rows["resnet18"][8] == pytest.approx(100.0)


def test_published_figures_stand_next_to_ours() -> None:
    rows = published_table([case()]).rows
    figures = {row[0]: row for row in rows}
    assert figures["resnet18, against the vgg16 chip"][1:4] == (36.0, "rram_four_paper", 75.0)
    cuts = [row for row in rows if row[0] == "largest EDAP cut, 4 networks"]
    assert [(row[1], row[3], row[4]) for row in cuts] == [
        (76.2, 50.0, "over vgg16 chip, geomean"),
        (76.2, 75.0, "over random, geomean"),
    ]


def test_stored_designs_tell_what_is_wrong_with_them() -> None:
    row = stored_table([case()]).rows[0]
    assert row[3:8] == (3.0, 4.0, 2.0, 50.0, "breaks area_mm2; rows outside the space")


def test_every_table_is_in_the_page_and_the_main_ones_on_the_terminal() -> None:
    page = paper_page([case()], "Comparisons", "seed 1")
    for table in paper_tables([case()]).values():
        assert f"<h2>{table.title.replace(chr(39), '&#x27;')}</h2>" in page
        assert table.as_csv()
    text = paper_text([case()])
    assert "joint chip against the others" in text
    assert "76.2 %" in text
    assert max(map(len, text.splitlines())) <= 120
