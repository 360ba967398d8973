"""What a step of a knob costs, and less energy, latency or area."""

import math

import numpy as np
import pytest

import imctune
from imctune.config.files import read_mapping
from imctune.config.locations import CONF
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, Scores, aggregate
from imctune.sensitivity import Step, front_rows, prices, sensitivity, steps

NETWORKS = ("alexnet",)


def space_of(technology: str) -> KnobSpace:
    return KnobSpace.from_mapping(read_mapping(CONF / "knobs" / f"{technology}.yaml"), NETWORKS)


SPACE = space_of("rram_32nm")
DESIGNS = DesignBatch.from_knobs(
    {"rows_active": [64, 128], "columns_per_adc": [16, 32]}, SPACE.defaults(), NETWORKS
)


def judge(designs: DesignBatch, technology: str = "rram_32nm") -> tuple[Metrics, Scores]:
    metrics = imctune.evaluate(designs.values, NETWORKS, technology)
    return metrics, aggregate(metrics, ObjectiveSettings())


def found(row: int) -> dict[tuple[str, object], Step]:
    own = [step for step in steps(SPACE, DESIGNS, [0, 1], judge) if step.row == row]
    return {(step.column, step.after): step for step in own}


@pytest.mark.parametrize("row", [0, 1])
def test_a_step_is_the_change_of_the_evaluated_neighbour(row: int) -> None:
    before, scores = judge(DESIGNS.take([row]))
    for (column, after), step in found(row).items():
        knobs = {**DESIGNS.knobs_of(row), "adc_bits": "lossless", column: after}
        metrics = imctune.evaluate(knobs, NETWORKS)
        assert step.area == pytest.approx(metrics.area_mm2[0] / before.area_mm2[0] - 1.0)
        assert step.energy == pytest.approx(metrics.energy_mj[0, 0] / before.energy_mj[0, 0] - 1.0)
        changed = aggregate(metrics, ObjectiveSettings()).score[0] / scores.score[0] - 1.0
        assert math.isnan(step.score) if math.isinf(changed) else step.score == changed
        assert bool(step.violated) == (not metrics.feasible[0])


def test_steps_go_to_the_next_values_only() -> None:
    after = found(0)
    assert {value for column, value in after if column == "rows"} == {128, 512}
    assert {value for column, value in after if column == "supply_v"} == {0.75, 0.85}
    assert {value for column, value in after if column == "encoding"} == {"differential"}


def test_a_lossless_converter_is_given_one_bit_more_and_one_less() -> None:
    # 64 rows of cells with 2 bits, 1 input bit: 64 * 3 = 192 counts, 8 bits.
    bits = {value: step for (column, value), step in found(0).items() if column == "adc_bits"}
    assert set(bits) == {7, 9}
    assert bits[7].energy < 0.0 < bits[9].energy
    assert bits[7].area < 0.0 < bits[9].area


def test_a_digital_macro_has_no_steps_of_converters() -> None:
    space = space_of("sram_32nm")
    design = DesignBatch.from_knobs({"compute": "digital"}, space.defaults(), NETWORKS)
    columns = {step.column for step in steps(space, design, [0], lambda d: judge(d, "sram_32nm"))}
    assert "compute" in columns
    assert not columns & {"adc_bits", "columns_per_adc", "sample_hold"}


SCORES = Scores(
    energy_mj=np.array([4.0, 3.0, 2.0, 9.0, 1.0]),
    latency_ms=np.array([1.0, 2.0, 4.0, 1.0, 1.0]),
    area_mm2=np.array([5.0, 4.0, 5.0, 4.5, 1.0]),
    score=np.array([20.0, 24.0, 40.0, 40.5, np.inf]),
)


def test_prices_are_the_slopes_of_the_front() -> None:
    told = [(price.quantity, price.row, price.slope) for price in prices(SCORES, 0)]
    # Energy 4 -> 3 for 4, then 3 -> 2 for 16; area 5 -> 4 for 4 (4.5 is worse and costs more).
    assert told == [("energy_mj", 1, 4.0), ("energy_mj", 2, 16.0), ("area_mm2", 1, 4.0)]
    first = prices(SCORES, 0)[0]
    assert (first.saved, first.loss) == pytest.approx((0.25, 0.2))


def test_designs_of_the_front_are_picked_evenly_in_area_after_the_chosen_one() -> None:
    n = 50
    scores = Scores(np.ones(n), np.ones(n), np.arange(n, 0.0, -1.0), np.ones(n))
    rows = front_rows(scores, np.arange(n) % 2 == 0, best=7, n_most=6)
    assert rows[0] == 7
    assert len(rows) == 6
    assert all(row % 2 == 0 for row in rows[1:])
    areas = scores.area_mm2[rows[1:]]
    assert (np.diff(areas) > 0.0).all()
    assert areas[0] == 2.0
    # A design that is not feasible is no design of the front.
    assert front_rows(SCORES, np.ones(5, dtype=bool), best=0, n_most=9) == [0, 1, 3, 2]


def test_everything_is_found_out_about_a_run() -> None:
    rng = np.random.default_rng(1)
    designs = SPACE.decode(SPACE.draw(rng, 300))
    metrics, scores = judge(designs)
    best = int(scores.score.argmin())
    assert np.isfinite(scores.score[best])
    told = sensitivity(SPACE, designs, scores, metrics.feasible, best, judge)
    assert {knob.column for knob in told.importance} == {gene.column for gene in SPACE.genes}
    assert told.steps[0].row == best
    assert all(price.loss > 0.0 < price.saved for price in told.prices)
