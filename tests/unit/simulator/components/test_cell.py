"""Memory cells against hand calculations, laws and direct enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.components import cell, scaling

SHARES = st.floats(0.0, 1.0)


def test_read_of_a_100_kohm_cell_at_a_fifth_of_a_volt_for_10_ns() -> None:
    # 0.2 V / 100 kohm = 2 uA; 2 uA * 0.2 V * 10 ns = 4 fJ in the cell, 2 uA * 0.9 V * 10 ns from
    # the supply.
    np.testing.assert_allclose(cell.rram_read_energy_fj(0.01, 0.2, 0.2, 1.0, 1e4), 4.0, rtol=1e-12)
    np.testing.assert_allclose(cell.rram_read_energy_fj(0.01, 0.2, 0.9, 1.0, 1e4), 18.0, rtol=1e-12)


def test_read_matches_the_cell_of_neurosim() -> None:
    # NeuroSim table: 0.1989 fJ at 0.1 V, 250 kohm for 5 ns (0.2 fJ less its wire).
    energy = cell.rram_read_energy_fj(1 / 250.0, 0.1, 0.1, 1.0, 5000.0)
    np.testing.assert_allclose(energy, 0.1989, rtol=0.01)


@pytest.mark.parametrize(("dac_bits", "density"), [(1, 0.3), (2, 0.5), (3, 0.2), (4, 0.9)])
def test_input_mean_square_equals_enumeration(dac_bits: int, density: float) -> None:
    mean = 0.0
    for bits in itertools.product((0, 1), repeat=dac_bits):
        chance = np.prod([density if bit else 1.0 - density for bit in bits])
        value = sum(bit << place for place, bit in enumerate(bits))
        mean += chance * (value / (2**dac_bits - 1)) ** 2
    np.testing.assert_allclose(cell.input_mean_square(dac_bits, density), mean, rtol=1e-12)


@pytest.mark.parametrize("bits_per_cell", [1, 2, 3, 4])
@pytest.mark.parametrize("density", [0.1, 0.5, 0.8])
def test_mean_level_equals_enumeration_of_offset_codes(bits_per_cell: int, density: float) -> None:
    top = 2**bits_per_cell - 1
    n_slices = -(-8 // bits_per_cell)
    mean = 0.0
    for code in range(256):
        ones = code.bit_count()
        chance = density**ones * (1.0 - density) ** (8 - ones)
        levels = [(code >> (bits_per_cell * k)) & top for k in range(n_slices)]
        mean += chance * sum(levels) / top / n_slices
    level = cell.mean_level(False, 8, bits_per_cell, density)
    np.testing.assert_allclose(level, mean, rtol=1e-10)


def test_mean_level_of_a_differential_pair_averages_both_devices() -> None:
    # 7 magnitude bits, one per cell, 30 % ones; the other device of the pair stays at zero.
    np.testing.assert_allclose(cell.mean_level(True, 8, 1, 0.3), 0.15, rtol=1e-12)


def test_differential_weights_of_networks_give_the_published_mean_level() -> None:
    # Magnitude densities .33-.38 of 8-bit fields (8/7 of that for 7 bits): .12-.16 per device were
    # found on ten networks for whole weights; single bits lie up to .22.
    levels = cell.mean_level(True, 8, 1, np.array([0.33, 0.38]) * 8.0 / 7.0)
    assert ((levels > 0.12) & (levels < 0.23)).all()


def test_single_bit_weights_stay_defined() -> None:
    np.testing.assert_allclose(cell.mean_level([True, False], 1, 1, 0.5), [0.25, 0.5], rtol=1e-12)


@given(SHARES, SHARES)
def test_conductance_grows_with_level_between_its_ends(one: float, other: float) -> None:
    low, high = cell.rram_conductance_ms(sorted((one, other)), 100.0, 1700.0)
    assert 1 / 1700.0 - 1e-15 <= low <= high <= 0.01 + 1e-15


def test_ir_drop_matches_the_published_table() -> None:
    # 22 nm, 100 kohm / 1.7 Mohm half and half (5.3 uS), 5.6 ohm a cell, a quarter on: 4 % at 128
    # rows, 16 % at 256. Printed to whole per cent.
    drop = cell.rram_ir_drop([128, 256], 0.0053, 0.0056, 0.25)
    np.testing.assert_allclose(drop, [0.04, 0.16], rtol=0.03)


def test_ir_drop_is_near_an_exact_ladder() -> None:
    # 64 equal cells in series wire, solved as a resistor network; first order in the drop.
    n, conductance, wire = 64, 0.005, 0.005
    nodes = np.zeros((n, n))
    for row in range(n):
        nodes[row, row] += conductance + 1.0 / wire
        if row > 0:
            nodes[row - 1, row - 1] += 1.0 / wire
            nodes[row, row - 1] = nodes[row - 1, row] = -1.0 / wire
    # Node i hangs on the wire to node i - 1; node 0 on the wire to the sensing end at 0 V.
    voltage = np.linalg.solve(nodes, np.full(n, conductance))
    loss = 1.0 - (1.0 - voltage).sum() / n
    np.testing.assert_allclose(cell.rram_ir_drop(n, conductance, wire, 1.0), loss, rtol=0.05)


def test_settle_matches_hand_calculation() -> None:
    # 9 * ln 2 * (5*40 + 0.38*0.1*40) = 6.23832 * 201.52
    np.testing.assert_allclose(cell.settle_ps(8, 5.0, 40.0, 0.1, 40.0), 1257.15, rtol=1e-5)


@given(st.integers(1, 11), st.floats(0.1, 20.0), st.floats(1.0, 300.0))
def test_a_finer_or_heavier_line_never_settles_sooner(
    bits: int, kohm: float, line_ff: float
) -> None:
    coarse, fine = cell.settle_ps([bits, bits + 1], kohm, line_ff, 0.1, line_ff)
    light, heavy = cell.settle_ps(bits, kohm, np.array([1.0, 2.0]) * line_ff, 0.1, line_ff)
    assert coarse < fine
    assert light < heavy


def test_write_energy_of_rram_is_near_published_models() -> None:
    # NVM extension of ZigZag: 8 pulses of 20 ns at 2.2 V on 20 uS are 15.5 pJ; CiMLoop's example
    # cell takes 26 pJ. A 3-bit cell here, without the pump, with those pulses:
    energy = float(cell.rram_write_energy_fj(3, 2.2, 20_000.0, 0.02, 1.0, 40.0, 1.0))
    assert 15_000.0 < energy < 26_000.0


def test_write_time_of_rram_matches_hand_calculation() -> None:
    # 2 levels, a pulse of 50 ns and a check of 10 ns each
    np.testing.assert_allclose(cell.rram_write_time_ps_per_row(1, 5e4, 1e4, 1.0), 1.2e5, rtol=1e-12)


def test_sram_column_matches_the_published_bit_line() -> None:
    # 128 rows of 0.35 fF at 0.9 V, 28 nm: 36 fJ (ZigZag-IMC)
    np.testing.assert_allclose(cell.sram_column_energy_fj(128, 0.35, 0.9), 36.0, rtol=0.01)


def test_sram_write_is_within_published_bounds() -> None:
    # From 12 fJ a bit (ZigZag-IMC, short lines) to 50-300 fJ (CACTI, a whole bank).
    energy = float(cell.sram_write_energy_fj_per_bit(128, 0.35, 0.9, 44.8, 128))
    assert 12.0 < energy < 50.0


def test_charge_domain_cell_takes_a_fraction_of_a_femtojoule() -> None:
    # 1.5 fF * 0.81 V^2 * a quarter
    np.testing.assert_allclose(cell.sram_multiply_energy_fj(1.5, 0.9, 0.25), 0.30375, rtol=1e-12)


@given(SHARES)
def test_nothing_is_spent_on_zero_inputs(share: float) -> None:
    assert float(cell.input_mean_square(2, 0.0)) == 0.0
    assert float(cell.sram_multiply_energy_fj(1.5, 0.9, 0.0 * share)) == 0.0


def test_wire_of_a_square_cell_has_a_third_of_the_resistance_that_neurosim_books() -> None:
    # NeuroSim books 3.8 ohm per 1T1R cell at 32 nm, as long as 21 F of wire; a square cell of 53 F2
    # has 7.3 F, so its 1.3 ohm is the lower bound.
    pitch_um = np.sqrt(53.0) * 0.032
    wire_kohm = float(scaling.wire_resistance_kohm_per_um(32.0)) * pitch_um
    assert 0.001 < wire_kohm < 0.0038
