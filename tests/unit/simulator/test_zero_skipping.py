"""Skipping of row groups whose input bits are all zero."""

from __future__ import annotations

import numpy as np
import pytest

import imctune
from imctune.objectives import Metrics
from imctune.workload import Layer, Workload

# One layer of 64 rows in one array of 64 x 512, 16 rows driven at once: 4 groups x 8 input bits.
LAYER = Layer(
    "fc", "linear", "weights", k=64, m=16, out_h=1000, in_h=1000, in_channels=64,
    input_bit_density=0.05, input_twos_complement_density=0.05,
)  # fmt: skip
CHIP = {
    "rows": 64,
    "cols": 512,
    "rows_active": 16,
    "bits_per_cell": 2,
    "columns_per_adc": 8,
    "router_groups": 1,
    "tiles_per_group": 4,
    "macros_per_tile": 4,
    "sample_hold": False,
    "replication": "none",
    "glb_port_bits": 4096,
    "router_bits": 1024,
    "cycle_time_ns": 1.0,
    "supply_v": 0.9,
    "vector_lanes": 8192,
}


def run(skipping: bool, layer: Layer = LAYER, **knobs: object) -> Metrics:
    return imctune.evaluate(
        {**CHIP, **knobs, "zero_skipping": skipping},
        workloads=[Workload("one", (layer,))],
        technology="rram_32nm",
    )


def test_conversions_are_saved_with_the_probability_that_a_group_is_all_zero() -> None:
    idle = (1.0 - 0.05) ** 16  # 16 rows driven jointly, each zero with 0.95
    without, with_it = run(skipping=False), run(skipping=True)
    np.testing.assert_allclose(
        with_it.breakdown["converters"].energy_mj,
        (1.0 - idle) * without.breakdown["converters"].energy_mj,
        rtol=1e-12,
    )


def test_time_is_the_expected_executed_steps_rounded_up() -> None:
    # 32 steps x (1 - 0.95**16) = 17.9: 18 steps remain. Without sample-and-hold steps add up.
    without, with_it = run(skipping=False), run(skipping=True)
    assert with_it.cycles[0, 0] < without.cycles[0, 0]
    assert with_it.cycles[0, 0] / without.cycles[0, 0] == pytest.approx(18 / 32, abs=0.02)


def test_copies_skip_together_and_so_hardly_ever() -> None:
    # With many copies a round waits for whichever of them has a bit set.
    alone = run(skipping=True).cycles[0, 0] / run(skipping=False).cycles[0, 0]
    many = [run(skipping=s, replication="balanced").cycles[0, 0] for s in (True, False)]
    assert alone < many[0] / many[1] <= 1.0


def test_detection_costs_area_and_driver_energy() -> None:
    without, with_it = run(skipping=False), run(skipping=True)
    for metric in ("energy_mj", "area_mm2"):
        assert np.all(
            getattr(with_it.breakdown["row_drivers"], metric)
            > getattr(without.breakdown["row_drivers"], metric)
        )


def test_dense_bits_are_never_skipped() -> None:
    dense = Layer("fc", "linear", "weights", k=64, m=16, input_bit_density=1.0)
    assert run(skipping=True, layer=dense).cycles == run(skipping=False, layer=dense).cycles
