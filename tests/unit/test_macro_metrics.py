"""One array at full use: hand calculations of the model's parts, laws, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import imctune
from imctune.macro_metrics import MacroMetrics

# 64 x 32 SRAM bit cells, one column per 6-bit converter, 1-bit operands: one step, no slices.
SMALL: dict[str, Any] = {
    "rows": 64,
    "cols": 32,
    "rows_active": 64,
    "bits_per_cell": 1,
    "weight_bits": 1,
    "input_bits": 1,
    "dac_bits": 1,
    "adc_bits": 6,
    "columns_per_adc": 1,
    "sample_hold": False,
    "compute": "analog",
    "encoding": "offset",
    "supply_v": 0.9,
    "node_nm": 32,
}


def small(**changes: object) -> MacroMetrics:
    return imctune.evaluate_macro({**SMALL, **changes}, "sram_32nm")


def test_converters_match_hand_calculation() -> None:
    # 32 conversions of (100 fF 6 + 0.001 fF 4^6) (0.9 V)^2 (32/28)^0.8
    energy = small().breakdown["converters"].energy_pj
    expected = 32 * (600.0 + 4.096) * 0.81 * (32 / 28) ** 0.8 * 1e-3
    np.testing.assert_allclose(energy, expected, rtol=1e-12)


def test_cells_match_hand_calculation() -> None:
    # Each of 32 columns: 64 bit-line loads of 0.4 fF, and 64 capacitors of 1.5 fF charged for a
    # quarter of the products.
    energy = small().breakdown["cells"].energy_pj
    expected = 32 * 64 * (0.4 + 0.25 * 1.5) * 0.81 * 1e-3
    np.testing.assert_allclose(energy, expected, rtol=1e-12)


def test_row_drivers_match_hand_calculation() -> None:
    # 64 rows, half of them driven: 32 gates of 0.25 fF, and 32 cells of 2.5 x 0.171 um2, wire 0.2.
    line_ff = 32 * (0.25 + 0.2 * np.sqrt(2.5 * 0.171))
    energy = small().breakdown["row_drivers"].energy_pj
    np.testing.assert_allclose(energy, 64 * 0.5 * line_ff * 0.81 * 1e-3, rtol=1e-12)


def test_shift_add_keeps_only_the_bits_of_one_result() -> None:
    # One step and one slice: six bits, half an adder (4.2 fF) and a register (5.2 fF) each.
    energy = small().breakdown["shift_add"].energy_pj
    expected = 32 * 6 * (0.5 * 4.2 + 5.2) * (32 / 28) * 0.81 * 1e-3
    np.testing.assert_allclose(energy, expected, rtol=1e-12)


def test_efficiency_counts_two_operations_per_cell() -> None:
    metrics = small()
    np.testing.assert_allclose(
        metrics.tops_per_w, 2 * 64 * 32 / metrics.energy_per_mvm_pj, rtol=1e-12
    )
    np.testing.assert_allclose(
        metrics.tops_per_mm2,
        2 * 64 * 32 * 1e-3 / (metrics.mvm_latency_ns * metrics.area_mm2),
        rtol=1e-12,
    )


@pytest.mark.parametrize("technology", ["rram_32nm", "sram_32nm"])
def test_parts_sum_to_the_whole_and_a_batch_equals_its_designs(technology: str) -> None:
    knobs = {"rows": [64, 128, 256], "cols": [32, 256, 128], "rows_active": [64, 16, 256]}
    batch = imctune.evaluate_macro(knobs, technology)
    energy = sum(part.energy_pj for part in batch.breakdown.values())
    area = sum(part.area_mm2 for part in batch.breakdown.values())
    np.testing.assert_allclose(energy, batch.energy_per_mvm_pj, rtol=1e-12)
    np.testing.assert_allclose(area, batch.area_mm2, rtol=1e-12)
    for row in range(3):
        one = imctune.evaluate_macro({k: v[row] for k, v in knobs.items()}, technology)
        assert one.tops_per_w[0] == batch.tops_per_w[row]
        assert one.mvm_latency_ns[0] == batch.mvm_latency_ns[row]


def test_eight_bit_operands_take_eight_steps_and_eight_columns_per_weight() -> None:
    wide = small(weight_bits=8, input_bits=8)
    np.testing.assert_allclose(
        wide.breakdown["converters"].energy_pj,
        8 * small().breakdown["converters"].energy_pj,
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        wide.tops_per_w * wide.energy_per_mvm_pj, 2 * 64 * 32 / 8, rtol=1e-12
    )


def test_joined_bit_cells_share_one_conversion() -> None:
    joined = small(weight_bits=4, bits_per_cell=4, cols=8)
    apart = small(weight_bits=4, cols=32)
    np.testing.assert_allclose(
        joined.breakdown["cells"].area_mm2, apart.breakdown["cells"].area_mm2, rtol=1e-12
    )
    np.testing.assert_allclose(
        joined.breakdown["cells"].energy_pj, apart.breakdown["cells"].energy_pj, rtol=1e-12
    )
    np.testing.assert_allclose(
        4 * joined.breakdown["converters"].energy_pj,
        apart.breakdown["converters"].energy_pj,
        rtol=1e-12,
    )


def test_a_converter_decides_no_more_bits_than_a_column_counts() -> None:
    # 64 rows of 1-bit products count to 64: seven bits.
    lossless, more = small(adc_bits=7), small(adc_bits=12)
    energies = [x.breakdown["converters"].energy_pj for x in (lossless, more)]
    # Of the 12 bits, only the capacitors are charged: 0.001 fF x (4^12 - 4^7) beside 100 fF x 7.
    capacitors = 0.001 * (4.0**12 - 4.0**7) / (100.0 * 7 + 0.001 * 4.0**7)
    held = energies[0]  # of which the sample-and-hold is a part that stays
    assert 0.9 * capacitors < (energies[1] - held) / held <= capacitors
    assert more.area_mm2 > lossless.area_mm2


def test_more_ones_never_cost_less() -> None:
    few, many = (
        imctune.evaluate_macro(
            SMALL, "sram_32nm", input_bit_density=share, weight_bit_density=share
        )
        for share in (0.1, 0.9)
    )
    assert few.energy_per_mvm_pj < many.energy_per_mvm_pj


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan"), [0.5, 0.5], "half"])
def test_a_density_that_is_no_share_is_refused(share: Any) -> None:
    with pytest.raises(ValueError, match="input_bit_density must be a number from 0 to 1"):
        imctune.evaluate_macro(SMALL, "sram_32nm", input_bit_density=share)
