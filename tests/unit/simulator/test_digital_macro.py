"""What a macro is made of."""

from __future__ import annotations

import numpy as np
import pytest

import imctune
from imctune.macro_metrics import MacroMetrics
from imctune.simulator.components import digital, driver

NODE = 32.0


def digital_macro(**knobs: int) -> MacroMetrics:
    plain: dict[str, str | float] = {
        "compute": "digital",
        "rows": 64,
        "cols": 64,
        "rows_active": 64,
        "supply_v": 0.9,
    }
    return imctune.evaluate_macro({**plain, **knobs}, "sram_32nm")


def test_digital_macros_drive_a_word_line_and_a_gate_for_each_input_bit_of_a_step() -> None:
    one, two = digital_macro(dac_bits=1).breakdown, digital_macro(dac_bits=2).breakdown
    for breakdown, lines in ((one, 1.0), (two, 2.0)):
        line_um2 = driver.row_driver_area_um2(1.0, NODE)
        assert 1e6 * breakdown["row_drivers"].area_mm2 == pytest.approx(64 * lines * line_um2)
        # A 6T cell of 0.171 um2 and a gate as large for each bit of a step.
        assert 1e6 * breakdown["cells"].area_mm2 == pytest.approx(4096 * 0.171 * (1.0 + lines))
    # As many gates switch in half of the steps, and as many lines, each over wider cells.
    np.testing.assert_allclose(two["cells"].energy_pj, one["cells"].energy_pj)
    assert one["row_drivers"].energy_pj < two["row_drivers"].energy_pj
    assert two["row_drivers"].energy_pj < 1.3 * one["row_drivers"].energy_pj


@pytest.mark.parametrize(("dac_bits", "cell_bits", "adders"), [
    (1, 1, 64 * 2 - 8),  # widths add up to one less where either is a single bit: w = 1
    (2, 1, 64 * 3 - 9),
    (1, 2, 64 * 3 - 9),
    (2, 2, 64 * 5 - 11 + 64 * 2),  # 3 x 3 = 9 takes four bits, from two adders a product
])  # fmt: skip
def test_adder_trees_hold_every_bit_of_a_product(
    dac_bits: int, cell_bits: int, adders: int
) -> None:
    macro = digital_macro(dac_bits=dac_bits, bits_per_cell=cell_bits)
    area_um2 = 64 * adders * digital.full_adder_area_um2(NODE)
    assert 1e6 * macro.breakdown["adder_trees"].area_mm2 == pytest.approx(float(area_um2))
