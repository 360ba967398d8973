"""Row drivers and column periphery."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.components import driver


def test_word_line_capacitance_matches_hand_calculation() -> None:
    # 256 * (0.3 + 0.2 * 0.233) = 256 * 0.3466
    np.testing.assert_allclose(
        driver.word_line_capacitance_ff(256, 0.3, 0.2, 0.233), 88.7296, rtol=1e-12
    )


def test_one_bit_drive_charges_the_line_where_the_bit_is_one() -> None:
    # 0.3 * 88.7 fF * 0.81 V^2
    energy = driver.row_drive_energy_fj(1, 0.3, 88.7, 50.0, 0.9)
    np.testing.assert_allclose(energy, 21.5541, rtol=1e-12)


def test_four_bit_drive_matches_the_published_converter() -> None:
    # ZigZag-IMC: 50 fF a bit at 0.9 V is 0.16 pJ for 4 bits.
    np.testing.assert_allclose(driver.row_drive_energy_fj(4, 1.0, 0.0, 50.0, 0.9), 160.0, rtol=0.02)


def test_line_energy_is_near_the_rows_of_neurosim() -> None:
    # NeuroSim, 32 nm, 128 columns: a driven 1T1R row takes 14.8 fJ, 5.2 fJ more than an idle one.
    # Ours is between: the line alone, without the decoder, and with wider access transistors.
    line = driver.word_line_capacitance_ff(128, 0.3, 0.2, 0.233)
    assert 5.2 < float(driver.row_drive_energy_fj(1, 1.0, line, 50.0, 0.9)) < 3.0 * 14.8


@given(st.integers(1, 7), st.floats(7.0, 130.0))
def test_one_more_bit_never_takes_less_area(bits: int, node_nm: float) -> None:
    fewer, more = driver.row_driver_area_um2([bits, bits + 1], node_nm)
    assert fewer <= more


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_denser_inputs_never_cost_less(one: float, other: float) -> None:
    sparse, dense = driver.row_drive_energy_fj(1, sorted((one, other)), 40.0, 50.0, 0.9)
    assert sparse <= dense


def test_driver_areas_are_those_of_neurosim_times_the_factor_of_silicon() -> None:
    # NeuroSim, 32 nm, 128 x 128: 504 um2 for all rows and 486 for all columns; silicon 4.7 x.
    assert float(driver.row_driver_area_um2(1, 32.0)) == pytest.approx(504 / 128 * 4.7, rel=2e-3)
    assert float(driver.column_periphery_area_um2(32.0)) == pytest.approx(486 / 128 * 4.7, rel=2e-3)


def test_multi_bit_area_is_near_a_published_converter() -> None:
    # An 8-bit capacitive converter at 40 nm takes 438 um2; a ladder at 40 nm 1143: within 3 x.
    assert 438.0 < float(driver.row_driver_area_um2(8, 40.0)) < 3.0 * 438.0


def test_sample_hold_matches_hand_calculation() -> None:
    np.testing.assert_allclose(driver.sample_hold_energy_fj(0.5, 10.0), 2.5, rtol=1e-12)
    np.testing.assert_allclose(driver.sample_hold_area_um2(56.0), 12.0, rtol=1e-12)
