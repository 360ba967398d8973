"""Which knobs matter: by hand, and on a space whose designs are all known."""

import math

import numpy as np
import pytest

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import ObjectiveSettings, aggregate
from imctune.sensitivity import KnobImportance, knob_importance
from tests.unit.search.toy import CHOICES, WORKLOADS, evaluate, every_design, rram, toy_space

CHOSEN = {
    "rows": {"choices": [64, 128, 256], "default": 64},
    "cols": {"choices": [64, 128], "default": 64},
    "compute": {"choices": ["analog", "digital"], "default": "analog"},
    "columns_per_adc": {"choices": [4, 8], "default": 8},
}
SPACE = KnobSpace.from_mapping(
    {**KnobSpace.from_mapping(rram(), WORKLOADS).defaults(), **CHOSEN}, WORKLOADS
)


def importance(score: list[float], **knobs: object) -> dict[str, KnobImportance]:
    designs = DesignBatch.from_knobs(knobs, SPACE.defaults(), WORKLOADS)
    return {knob.column: knob for knob in knob_importance(SPACE, designs, score)}


def test_the_loss_of_a_value_is_that_of_the_best_design_with_it() -> None:
    found = importance([8.0, 4.0, 6.0, math.inf], rows=[64, 64, 128, 128], cols=[64, 128, 64, 64])
    rows, cols = found["rows"], found["cols"]
    # Best with 64 rows 4, with 128 rows 6; with 64 columns 6, with 128 columns 4; 256 never tried.
    np.testing.assert_allclose(rows.loss, [0.0, 0.5, math.nan])
    np.testing.assert_allclose(cols.loss, [0.5, 0.0])
    assert rows.n_designs == (2, 2, 0)
    assert rows.n_feasible == (2, 1, 0)
    assert rows.others == [(0.5, 128)]
    assert rows.typical_loss == 0.5


def test_a_value_that_is_never_feasible_has_no_finite_loss() -> None:
    found = importance([1.0, math.inf, 2.0], rows=[64, 128, 256])
    assert found["rows"].loss == (0.0, math.inf, 1.0)
    assert found["rows"].others == [(1.0, 256), (math.inf, 128)]
    assert next(iter(found)) == "rows"  # the most important first: no other knob was varied
    assert found["cols"].typical_loss == 0.0


def test_the_variance_share_is_that_between_the_groups() -> None:
    # Logarithms 0, 2, 4, 6: rows explain 16 of 20 (means 1 and 5), columns 4 of 20 (means 2 and 4).
    score = np.exp([0.0, 2.0, 4.0, 6.0]).tolist()
    found = importance(score, rows=[64, 64, 128, 128], cols=[64, 128, 64, 128])
    assert found["rows"].variance_share == pytest.approx(0.8)
    assert found["cols"].variance_share == pytest.approx(0.2)
    assert found["compute"].variance_share == 0.0


def test_a_knob_of_converters_is_judged_by_analog_chips() -> None:
    score = [1.0, 4.0, 3.0]
    knobs = {"compute": ["digital", "analog", "analog"], "columns_per_adc": [4, 4, 8]}
    found = importance(score, **knobs)
    np.testing.assert_allclose(found["columns_per_adc"].loss, [1.0 / 3.0, 0.0])
    np.testing.assert_allclose(found["compute"].loss, [2.0, 0.0])


def test_on_all_designs_of_a_space_losses_are_exact() -> None:
    space = toy_space({**{name: CHOICES[name] for name in ("rows", "cols")}, "supply_v": 0.8})
    designs = every_design(space)
    score = aggregate(evaluate(designs), ObjectiveSettings()).score
    for knob in knob_importance(space, designs, score):
        for value, loss in zip(knob.values, knob.loss, strict=True):
            fixed = toy_space({**{n: CHOICES[n] for n in ("rows", "cols")}, knob.column: value})
            best = aggregate(evaluate(every_design(fixed)), ObjectiveSettings()).score.min()
            assert loss == pytest.approx(best / score.min() - 1.0)


def test_without_a_feasible_design_nothing_is_claimed() -> None:
    found = importance([math.inf, math.inf], rows=[64, 128])
    assert found["rows"].loss[:2] == (math.inf, math.inf)
    assert found["rows"].variance_share == 0.0
