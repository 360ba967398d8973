"""The formulas of one matrix-vector product written out with units: value and dimension."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imctune.simulator.components import cell, digital, driver, leakage, link
from imctune.simulator.full_array import full_array
from imctune.simulator.simulate import Simulator
from imctune.technology import RramCell, SramCell
from imctune.units import MJ_PER_FJ, MM2_PER_UM2, MS_PER_PS, W_PER_MW
from tests.unit.simulator.cases import designs, linear, net, technology
from tests.unit.simulator.quantity import (
    BIT,
    FF,
    FJ,
    GB_PER_S,
    KOHM,
    MM,
    MM2,
    MS,
    MW,
    NS,
    PS,
    UM,
    UM2,
    Quantity,
    V,
    unit,
)


def test_unlike_quantities_do_not_add() -> None:
    with pytest.raises(TypeError, match="cannot add"):
        _ = 1.0 * V + 1.0 * KOHM
    with pytest.raises(TypeError, match="not of dimension"):
        (1.0 * V * V / KOHM).to(FJ)


def test_units_are_coherent() -> None:
    # With V, kohm, fF and bit: mS = 1 / kohm, ps = kohm fF, fJ = fF V^2 = mW ps.
    assert (1.0 / KOHM).to(MS) == pytest.approx(1.0)
    assert (KOHM * FF).to(PS) == pytest.approx(1.0)
    assert (FF * V**2).to(FJ) == pytest.approx(1.0)
    assert (MW * PS).to(FJ) == pytest.approx(1.0)
    assert (V * V * MS).to(MW) == pytest.approx(1.0)


def test_reporting_units() -> None:
    one_mj, one_ms, one_w = unit(1e-3, V=1, A=1, s=1), unit(1e-3, s=1), unit(1.0, V=1, A=1)
    assert FJ.to(one_mj) == pytest.approx(MJ_PER_FJ)
    assert PS.to(one_ms) == pytest.approx(MS_PER_PS)
    assert MW.to(one_w) == pytest.approx(W_PER_MW)
    assert UM2.to(MM2) == pytest.approx(MM2_PER_UM2)


def test_energies_of_cells_and_lines() -> None:
    g, volt, time = 0.0055 * MS, 0.9 * V, 10_000.0 * PS
    # Current through the cell, drawn from the supply.
    expected = (g * (0.2 * V) * 0.5 * volt * time).to(FJ)
    assert cell.rram_read_energy_fj(0.0055, 0.2, 0.9, 0.5, 10_000.0) == pytest.approx(expected)
    pulse = (2.0 * V) ** 2 * (0.02 * MS) * (50_000.0 * PS) + 2.0 * (40.0 * FF) * (2.0 * V) ** 2
    expected = (2.0 * pulse / 0.5).to(FJ)
    written = cell.rram_write_energy_fj(1, 2.0, 50_000.0, 0.02, 1.0, 40.0, 0.5)
    assert written == pytest.approx(expected)
    expected = (128.0 * (0.35 * FF) * volt**2).to(FJ)
    assert cell.sram_column_energy_fj(128, 0.35, 0.9) == pytest.approx(expected)
    expected = (0.25 * (1.5 * FF) * volt**2).to(FJ)
    assert cell.sram_multiply_energy_fj(1.5, 0.9, 0.25) == pytest.approx(expected)
    expected = ((128.0 * (0.35 * FF) + 44.8 * FF / 128.0) * volt**2).to(FJ)
    assert cell.sram_write_energy_fj_per_bit(128, 0.35, 0.9, 44.8, 128) == pytest.approx(expected)
    line = 128.0 * (0.3 * FF + (0.2 * FF / UM) * (0.25 * UM))
    assert driver.word_line_capacitance_ff(128, 0.3, 0.2, 0.25) == pytest.approx(line.to(FF))
    expected = (0.25 * line * volt**2).to(FJ)
    assert driver.row_drive_energy_fj(1, 0.25, line.to(FF), 50.0, 0.9) == pytest.approx(expected)
    # A third of full scale is drawn at any value, the rest by the value.
    used = 1.0 / 3.0 + 2.0 / 3.0 * 0.25
    expected = (used * ((50.0 * FF / BIT) * (4.0 * BIT) + line) * volt**2).to(FJ)
    assert driver.row_drive_energy_fj(4, 0.25, line.to(FF), 50.0, 0.9) == pytest.approx(expected)
    assert driver.sample_hold_energy_fj(0.9, 10.0) == pytest.approx((10.0 * FF * volt**2).to(FJ))


def test_times_of_lines() -> None:
    tau = (5.0 * KOHM) * (40.0 * FF) + 0.38 * (0.1 * KOHM) * (40.0 * FF)
    expected = (9.0 * np.log(2.0) * tau).to(PS)
    assert cell.settle_ps(8, 5.0, 40.0, 0.1, 40.0) == pytest.approx(expected)


def test_energies_of_links_and_idle_power() -> None:
    volt = 0.9 * V
    expected = (0.5 * (200.0 * FF / BIT / MM) * volt**2).to(FJ / BIT / MM)
    assert link.wire_energy_fj_per_bit_mm(0.9, 200.0, 0.5) == pytest.approx(expected)
    expected = ((123.0 * FF / BIT) * volt**2).to(FJ / BIT)
    assert link.router_energy_fj_per_bit(0.9, 28.0, 123.0) == pytest.approx(expected)
    expected = ((2.0e6 * UM2) * (5.0 * MW / MM2) * (0.45 * V / volt)).to(MW)
    assert leakage.leakage_mw(2e6, 5.0, 0.45, 0.9) == pytest.approx(expected)


def test_off_chip_bits_of_a_cycle() -> None:
    process = technology("rram_32nm")
    chip = Simulator([net(linear(8, 8))], process).chip(designs(offchip_gb_per_s=25.6))
    # The share of 25.6 GB/s that transfers reach, over 2 ns, in whole bits.
    bits = (process.offchip_usable_share * (25.6 * GB_PER_S) * (2.0 * NS)).to(BIT)
    assert float(chip.ports.offchip[0, 0]) == np.floor(bits)


@pytest.mark.parametrize("memory", ["rram_32nm", "sram_32nm"])
@pytest.mark.parametrize("encoding", ["offset", "differential"])
@pytest.mark.parametrize("sample_hold", [False, True])
def test_one_product_of_a_full_array(memory: str, encoding: str, sample_hold: bool) -> None:
    # E = n_x n_rs (R_a E_drive + cells + n_conv (E_adc + E_add)) + P_leak T, with 1 bit a step,
    # 64 of 128 rows at once, 128 columns, a converter for 8 of them.
    p, q = 0.3, 0.4
    knobs: dict[str, Any] = {"rows_active": 64, "encoding": encoding, "sample_hold": sample_hold}
    batch, process = designs(**knobs), technology(memory)
    result = full_array(batch, process, p, q)
    macro = Simulator([net(linear(8, 8))], process).chip(batch).macro
    pairs = 2 if encoding == "differential" else 1
    n_x, n_rs, n_conv = 8, 2, 128 // pairs
    volt = 0.9 * V
    converted = -(-n_conv // 16) * float(macro.convert_ps[0, 0]) * PS
    read = float(macro.read_ps[0, 0]) * PS
    drive = p * (float(macro.row_line_ff[0, 0]) * FF) * volt**2
    column = float(macro.column_fj[0, 0]) * FJ
    if isinstance(process.cell, RramCell):
        low, high = 1.0 / (process.cell.r_high_kohm * KOHM), 1.0 / (process.cell.r_low_kohm * KOHM)
        # 8 bits fill 4 cells of 2 bits; 7 fill 3 and half of the range of 2 bits of the last:
        # (3 + 1/3) / 4. In a pair one cell is always at its lowest level.
        level = q if pairs == 1 else 0.5 * q * (3.0 + 1.0 / 3.0) / 4.0
        conductance = low + level * (high + -1.0 * low)
        time = read if sample_hold else read + converted
        one_cell = conductance * (process.cell.read_v * V) * p * volt * time
    else:
        assert isinstance(process.cell, SramCell)
        # Two joined bit cells; a bit is one in one of both columns of a pair.
        stored = q if pairs == 1 else 0.5 * q
        one_cell = 2.0 * (p * stored) * (process.cell.unit_cap_ff * FF) * volt**2
    # The technology's file and the test are for the same node, so nothing is scaled.
    assert process.node_nm == 32.0
    step = (
        64.0 * drive
        + 64.0 * 128.0 * one_cell
        + 128.0 * column
        + float(n_conv) * (float(macro.conversion_fj[0, 0] + macro.shift_add_fj[0, 0]) * FJ)
    )
    steps = n_x * n_rs
    if sample_hold:
        longest = max(read.to(PS), converted.to(PS)) * PS
        total: Quantity = read + (steps - 1) * longest + converted
    else:
        total = steps * (read + converted)
    total = total + float(macro.add_ps[0, 0]) * PS
    assert result.time_ps[0] == pytest.approx(total.to(PS), rel=1e-12)
    dynamic = result.energy_fj[0] - result.energy_by_component_fj["leakage"][0]
    assert dynamic == pytest.approx((steps * step).to(FJ), rel=1e-12)
    # 128 rows of 128 / (4 x pairs) outputs, a multiplication and an addition each.
    assert result.operations[0] == 2 * 128 * (128 // (4 * pairs))


def test_idle_power_of_a_macro() -> None:
    process = technology("sram_32nm")
    result = full_array(designs(), process, 0.5, 0.5)
    logic = sum(area[0] for name, area in result.area_by_component_um2.items() if name != "cells")
    bits = 128 * 128 * 2
    power = (logic * UM2) * (process.logic_leakage_mw_per_mm2 * MW / MM2) + float(bits) * (
        process.cell.leakage_mw_per_cell * MW
    )
    expected = (power * (result.time_ps[0] * PS)).to(FJ)
    assert result.energy_by_component_fj["leakage"][0] == pytest.approx(expected, rel=1e-12)


def test_energy_of_logic_goes_with_the_square_of_the_supply() -> None:
    for function in (digital.register_energy_fj_per_bit, digital.full_adder_energy_fj):
        assert function(1.0, 32.0) / function(0.5, 32.0) == pytest.approx(4.0)
