"""One macro, from its parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imctune.simulator.components import cell, converter, digital, driver
from imctune.simulator.macro import Macro, Supply
from imctune.simulator.simulate import Simulator
from imctune.technology import RramCell, SramCell
from tests.unit.simulator.cases import TECHNOLOGIES, designs, linear, net, technology

NODE = 32.0


def macro(name: str, **knobs: Any) -> Macro:
    return Simulator([net(linear(8, 8))], technology(name)).chip(designs(**knobs)).macro


def supply(name: str, node_nm: float, volt: float) -> Supply:
    return Supply.build(np.array([[node_nm]]), np.array([[volt]]), technology(name))


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_nothing_is_scaled_at_the_point_of_the_file(name: str) -> None:
    own = supply(name, 32.0, technology(name).nominal_supply_v)
    assert (own.capacitance[0, 0], own.area[0, 0], own.slowness[0, 0], own.dynamic[0, 0]) == (
        1,
        1,
        1,
        1,
    )


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_a_lower_supply_is_slower_by_the_alpha_power_law(name: str) -> None:
    process = technology(name)
    threshold, alpha, full = process.threshold_v, process.delay_alpha, process.nominal_supply_v
    # t ~ V / (V - V_t)^alpha
    expected = (0.6 / (0.6 - threshold) ** alpha) / (full / (full - threshold) ** alpha)
    assert supply(name, 32.0, 0.6).slowness[0, 0] == pytest.approx(expected, rel=1e-12)
    assert supply(name, 32.0, 0.6).dynamic[0, 0] == pytest.approx((0.6 / full) ** 2, rel=1e-12)


def test_a_supply_below_the_law_counts_as_its_lowest() -> None:
    process = technology("rram_32nm")
    lowest = process.threshold_v + process.overdrive_min_v
    expected = supply("rram_32nm", 32.0, lowest).slowness[0, 0]
    for volt in (0.2, process.threshold_v, lowest):
        assert supply("rram_32nm", 32.0, volt).slowness[0, 0] == expected


def test_cells_of_rram_by_hand() -> None:
    process = technology("rram_32nm")
    assert isinstance(process.cell, RramCell)
    # 128 x 128 cells of 53 F2 at 32 nm: 16384 x 53 x 0.032^2.
    expected = 16384 * process.cell.area_f2 * 0.032**2
    assert macro("rram_32nm").area_um2["cells"][0] == pytest.approx(expected, rel=1e-12)
    assert macro("rram_32nm").n_cells[0] == 16384
    # Cells in the back end of line do not shrink below 22 nm.
    small = macro("rram_32nm", node_nm=7.0).area_um2["cells"]
    assert small == macro("rram_32nm", node_nm=22.0).area_um2["cells"]


def test_cells_of_sram_by_hand() -> None:
    process = technology("sram_32nm")
    assert isinstance(process.cell, SramCell)
    # Two bit cells joined, each a multiple of the 6T cell of 0.171 um2.
    expected = 16384 * 2 * process.cell.analog_area_factor * 0.171
    assert macro("sram_32nm").area_um2["cells"][0] == pytest.approx(expected, rel=1e-12)
    expected = 16384 * 2 * process.cell.digital_area_factor * 0.171
    digital_cells = macro("sram_32nm", compute="digital").area_um2["cells"][0]
    assert digital_cells == pytest.approx(expected, rel=1e-12)
    assert macro("sram_32nm").n_cells[0] == 2 * 16384


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_converters_by_hand(name: str) -> None:
    process = technology(name)
    model = converter.CONVERTERS[process.converter_model]
    one = macro(name, sample_hold=False)
    # 128 columns, 8 to a converter; every column has its switch.
    assert one.n_converters[0] == 16
    area = 16 * model.area_um2(8, 0.9, NODE, 128) + 128 * driver.column_periphery_area_um2(NODE)
    assert one.area_um2["converters"][0] == pytest.approx(float(area), rel=1e-12)
    energy = process.converter_factor * float(model.energy_fj(8, 0.9, NODE, 128))
    assert one.conversion_fj[0, 0] == pytest.approx(energy, rel=1e-12)
    assert one.convert_ps[0, 0] == np.ceil(model.delay_ps(8, 0.9, NODE, 128))
    # Sample-and-hold adds a capacitor to every column, and its charge to every conversion.
    held = macro(name)
    area = 128 * driver.sample_hold_area_um2(NODE)
    assert held.area_um2["converters"][0] - one.area_um2["converters"][0] == pytest.approx(area)
    charge = process.sample_hold_ff * 0.9**2
    assert held.conversion_fj[0, 0] - one.conversion_fj[0, 0] == pytest.approx(charge)
    # 100 columns, 8 to a converter: the last one has 4.
    assert macro(name, cols=100).n_converters[0] == 13


def test_a_conversion_decides_no_more_bits_than_tell_its_counts_apart() -> None:
    # 4 rows of 2-bit cells: counts 0 to 12, 4 bits.
    few, fewer = (macro("rram_32nm", rows_active=4, adc_bits=bits) for bits in (8, 4))
    # The capacitors that the other four bits ask for are charged all the same.
    process = technology("rram_32nm")
    unused = 0.001 * (4.0**8 - 4.0**4) * 0.9**2 * (NODE / 28.0) ** 0.8
    spent = float((few.conversion_fj - fewer.conversion_fj)[0, 0])
    assert spent == pytest.approx(process.converter_factor * unused, rel=1e-9)
    assert few.area_um2["converters"] > fewer.area_um2["converters"]


def test_digital_macros_by_hand() -> None:
    one = macro("sram_32nm", compute="digital", rows_active=64, bits_per_cell=1)
    # A tree under every column that sums 64 products of one bit each.
    adders = float(digital.adder_tree_full_adders(64, 1))
    area = 128 * adders * float(digital.full_adder_area_um2(NODE))
    assert one.area_um2["adder_trees"][0] == pytest.approx(area, rel=1e-12)
    energy = adders * float(digital.full_adder_energy_fj(0.9, NODE))
    assert one.conversion_fj[0, 0] == pytest.approx(energy, rel=1e-12)
    assert one.convert_ps[0, 0] == np.ceil(digital.adder_tree_delay_ps(64, 1, NODE))
    assert (one.n_converters[0], one.area_um2["converters"][0], one.column_fj[0, 0]) == (0, 0, 0)
    assert macro("sram_32nm").area_um2["adder_trees"][0] == 0


def test_a_read_lasts_as_long_as_its_lines_settle() -> None:
    process = technology("rram_32nm")
    assert isinstance(process.cell, RramCell)
    # Small arrays settle before the shortest read.
    assert macro("rram_32nm").read_ps[0, 0] == process.cell.read_pulse_min_ps
    large = macro("rram_32nm", rows=8192, cols=8192, rows_active=64)
    column = cell.settle_ps(8, process.cell.clamp_kohm, 8192 * process.cell.bit_line_ff, 0.0, 0.0)
    assert large.read_ps[0, 0] > max(process.cell.read_pulse_min_ps, float(column))


def test_writes_by_hand() -> None:
    process = technology("rram_32nm")
    assert isinstance(process.cell, RramCell)
    # A pulse for each of the 4 levels of a 2-bit cell, and a check after each.
    pulses = 4 * process.cell.write_pulses_per_level
    expected = pulses * (process.cell.write_pulse_ps + process.cell.verify_ps)
    assert macro("rram_32nm").row_write_ps[0, 0] == np.ceil(expected)
    # SRAM writes a row in a cycle of logic.
    assert macro("sram_32nm").row_write_ps[0, 0] == np.ceil(digital.mac_delay_ps(NODE))


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_wider_lines_hold_more_charge(name: str) -> None:
    base, wide, tall = macro(name), macro(name, cols=256), macro(name, rows=256)
    assert wide.row_line_ff == pytest.approx(2.0 * base.row_line_ff)
    assert tall.column_fj == pytest.approx(2.0 * base.column_fj)
    assert tall.row_line_ff == base.row_line_ff
