"""The nearest change of one knob that mends an infeasible design."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import imctune
from imctune.config.files import read_mapping
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics
from imctune.search.mend import Mend, mends

WORKLOADS = ("vgg16",)
CONF = Path(__file__).parents[3] / "conf"
SPACE = KnobSpace.from_mapping(read_mapping(CONF / "knobs" / "rram_32nm.yaml"), WORKLOADS, "knobs")
# 138.3 M weights at 8 bit, one bit a cell: 1.1e9 cells. 16 x 32 x 32 arrays of 256 x 256 hold
# 1.07e9, a little too few.
SHORT = {
    "rows": 256,
    "cols": 256,
    "bits_per_cell": 1,
    "macros_per_tile": 16,
    "tiles_per_group": 32,
    "router_groups": 32,
    "columns_per_adc": 32,
}


def evaluate(designs: DesignBatch) -> Metrics:
    return imctune.evaluate(designs.values, workloads=WORKLOADS, technology="rram_32nm")


def found(**knobs: object) -> tuple[DesignBatch, dict[str, Mend]]:
    design = DesignBatch.from_knobs({**SHORT, **knobs}, SPACE.defaults(), WORKLOADS)
    return design, {mend.constraint: mend for mend in mends(SPACE, design, evaluate)}


def test_a_feasible_design_needs_no_mend() -> None:
    _, result = found(bits_per_cell=4, router_groups=12, adc_bits=6)
    assert result == {}


def test_a_chip_short_of_cells_is_told_the_nearest_change_that_holds_its_weights() -> None:
    design, result = found()
    mend = result["weight_capacity"]
    own = evaluate(design).violations["weight_capacity"]
    np.testing.assert_allclose(mend.amount, own[0, 0])
    assert mend.workload == "vgg16"
    assert mend.knob in ("rows", "cols", "bits_per_cell")  # each doubles the bits, by one place
    mended = evaluate(
        DesignBatch.from_knobs({**SHORT, mend.knob: mend.after}, SPACE.defaults(), WORKLOADS)
    )
    assert mended.violations["weight_capacity"][0, 0] <= 0.0


def test_what_no_single_change_mends_says_so() -> None:
    _, result = found(router_groups=1, tiles_per_group=4, macros_per_tile=4)
    assert result["weight_capacity"].knob == ""
    assert result["weight_capacity"].amount > 1.0


def test_a_clock_too_fast_for_its_supply_is_told_a_slower_clock_or_more_supply() -> None:
    _, result = found(bits_per_cell=4, cycle_time_ns=1.0, supply_v=0.5)
    assert result["clock"].knob in ("cycle_time_ns", "supply_v")


def test_a_network_that_is_set_like_the_others_is_told_a_change_of_its_own() -> None:
    names = ("vgg16", "resnet18")
    own = {
        "supply_v": {"choices": [0.5, 0.7, 0.9], "default": 0.7, "scope": "workload"},
        "rows_active": {"choices": [16, 64], "default": 64, "scope": "workload"},
    }
    shipped = read_mapping(CONF / "knobs" / "rram_32nm.yaml")
    space = KnobSpace.from_mapping({**shipped, **own}, names, "knobs")
    roomy = {**SHORT, "bits_per_cell": 4, "router_groups": 12, "cycle_time_ns": 1.0}
    design = DesignBatch.from_knobs({**roomy, "supply_v": 0.5}, space.defaults(), names)

    def evaluate_both(designs: DesignBatch) -> Metrics:
        return imctune.evaluate(designs.values, workloads=names, technology="rram_32nm")

    clock = next(mend for mend in mends(space, design, evaluate_both) if mend.constraint == "clock")
    # The clock is the chip's: one network's supply does not mend that of the other.
    assert clock.knob == "cycle_time_ns"
