import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.report.numbers import change, number, percent, with_prefix


@given(st.floats(min_value=1e-20, max_value=1e20))
def test_a_number_keeps_three_significant_digits(value: float) -> None:
    # Half a unit of the third digit is at most 0.5 % of the value.
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(999.6, "1,000"), (0.0009996, "0.00100"), (9.996, "10.0"), (-0.5, "-0.500")],
)
def test_rounding_up_to_the_next_power_keeps_the_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_changes_have_a_sign_and_reductions_only_below_zero() -> None:
    assert (change(5.0), change(-5.0), percent(5.0), percent(-5.0)) == (
        "+5.0 %",
        "-5.0 %",
        "5.0 %",
        "-5.0 %",
    )
    assert percent(math.nan) == "–"


def test_the_prefix_is_that_of_the_rounded_value() -> None:
    assert with_prefix(999.9e6, "B") == "1.00 GB"
    assert with_prefix(2.5e-15, "J") == "2.50e-15 J"
