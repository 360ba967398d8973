"""Skipping of row groups whose input bits are all zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imctune
from imctune.objectives import Metrics
from imctune.simulator.components import digital
from imctune.simulator.skipping import row_idle_probability
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


@pytest.mark.parametrize("dac_bits", [1, 2])
def test_detection_costs_a_gate_for_each_input_bit(dac_bits: int) -> None:
    without, with_it = (run(skipping=s, dac_bits=dac_bits) for s in (False, True))
    area = with_it.area_mm2 - without.area_mm2
    # 16 arrays of 64 rows, a gate of 0.614 um2 at 28 nm for each bit of a step.
    gate = float(digital.gate_area_um2(32.0)) * 1e-6
    assert area[0] == pytest.approx(16 * 64 * dac_bits * gate, rel=1e-9)
    if dac_bits > 1:
        return
    # One bit: skipped rows are at zero anyway, so all that is added is 0.7 fF a gate, in 8 steps.
    drivers = [x.breakdown["row_drivers"].energy_mj[0, 0] for x in (without, with_it)]
    gate = float(digital.gate_energy_fj(0.9, 32.0)) * 1e-12
    assert drivers[1] - drivers[0] == pytest.approx(1000 * 8 * 64 * gate, rel=1e-9)


def test_skipped_steps_save_what_drivers_of_several_bits_take_at_zero() -> None:
    layer = replace(LAYER, input_zero_share=0.9)
    # A third of 50 fF x 2 and of the line, whatever the value; the detection is 2 x 0.7 fF.
    drivers = [
        run(skipping=s, layer=layer, dac_bits=2).breakdown["row_drivers"].energy_mj[0, 0]
        for s in (False, True)
    ]
    assert drivers[1] < drivers[0]


def test_a_step_of_several_bits_is_idle_where_all_of_them_are_zero() -> None:
    layer = replace(LAYER, input_zero_share=0.9)
    # Half of the bits of the tenth of inputs that are not zero: 0.9 + 0.1 x 0.5^2 for two bits.
    idle = (0.9 + 0.1 * 0.25) ** 16
    chips = [run(skipping=s, layer=layer, dac_bits=2) for s in (False, True)]
    every, executed = (x.breakdown["converters"].energy_mj[0, 0] for x in chips)
    assert executed == pytest.approx((1.0 - idle) * every, rel=1e-12)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(1, 8))
def test_idle_rows_follow_the_laws_of_probability(zeros: float, among: float, bits: int) -> None:
    density = (1.0 - zeros) * among
    idle = float(row_idle_probability(density, zeros, bits))
    assert zeros - 1e-9 <= idle <= 1.0
    assert idle <= float(row_idle_probability(density, zeros, 1)) + 1e-9
    assert float(row_idle_probability(density, zeros, 1)) == 1.0 - density


def test_a_chip_detects_zeros_if_any_network_skips_them() -> None:
    networks = [Workload(name, (LAYER,)) for name in ("one", "two")]
    areas = [
        imctune.evaluate({**CHIP, "zero_skipping": own}, networks).area_mm2[0]
        for own in (False, {"one": True, "two": False}, True)
    ]
    assert areas[0] < areas[1] == areas[2]


def test_more_zeros_take_less_time_and_energy() -> None:
    densities = (0.4, 0.1, 0.02, 0.001)
    chips = [run(skipping=True, layer=replace(LAYER, input_bit_density=p)) for p in densities]
    for metric in ("energy_mj", "latency_ms"):
        values = [getattr(chip, metric)[0, 0] for chip in chips]
        assert values == sorted(values, reverse=True)


def test_dense_bits_are_never_skipped() -> None:
    dense = Layer("fc", "linear", "weights", k=64, m=16, input_bit_density=1.0)
    assert run(skipping=True, layer=dense).cycles == run(skipping=False, layer=dense).cycles
