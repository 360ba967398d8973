"""A run's choice beside that of its reference."""

from __future__ import annotations

from imctune.report.against import against_table
from tests.unit.report.examples import nothing_feasible, one_network, two_networks


def test_quantities_stand_side_by_side_with_their_change() -> None:
    # Two networks: 1 mJ x 1 ms and 2 mJ x 2 ms on 10 mm²: 20 in the geometric mean. One network:
    # 2 mJ x 3 ms x 5 mm² = 30, half as much again.
    table = against_table(one_network(), two_networks(), None, "objectives=other")
    rows = {str(row[0]): row[1:] for row in table.rows}
    assert rows["EDAP"] == ("20.0", "30.0", "+50.0 %")
    assert rows["area mm²"] == ("10.0", "5.00", "-50.0 %")
    assert table.title == "Against the reference (objectives=other)"


def test_limits_that_the_reference_exceeds_are_named() -> None:
    before, after = one_network(), one_network()
    kept = against_table(after, before, before.metrics, "x").notes
    assert kept == ("The reference's chip keeps all limits of this run.",)
    broken = nothing_feasible().metrics.take([1])
    notes = against_table(after, before, broken, "x").notes
    assert "the reference's chip exceeds weight_capacity by 150 %." in notes[0]


def test_without_a_choice_there_is_nothing_to_compare() -> None:
    table = against_table(nothing_feasible(), one_network(), None, "x")
    assert table.rows == ()
    assert table.notes[0].startswith("this run: ")
