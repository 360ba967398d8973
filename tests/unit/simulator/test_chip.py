"""The chip of a design: ports, clock, area and energy per action, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.assumptions import Assumptions
from imctune.simulator.chip import Chip
from imctune.simulator.components import buffer, digital, link
from imctune.simulator.simulate import Simulator
from tests.unit.simulator.cases import TECHNOLOGIES, Case, designs, linear, net, technology

NODE, KIB = 32.0, 1024.0
LAYERS = net(linear(8, 8))


def chip(name: str = "rram_32nm", assumptions: Assumptions | None = None, **knobs: Any) -> Chip:
    return Simulator([LAYERS], technology(name), assumptions).chip(designs(**knobs))


def test_ports_by_hand() -> None:
    ports = chip().ports
    # 12.8 GB/s x 0.75 x 8 bit x 2 ns = 153.6 bits a cycle, whole ones.
    assert technology("rram_32nm").offchip_usable_share == 0.75
    widths = [float(x[0, 0]) for x in (ports.router, ports.glb, ports.offchip, ports.lanes)]
    assert widths == [256, 1024, 153, 1024]


def test_off_chip_memory_does_not_wait_for_a_slow_clock() -> None:
    # 12.8 GB/s x 0.75 x 8 bit: 76.8 bits in 1 ns, 768 in 10 ns; 7.68 in 0.1 ns. Never none.
    moved = [float(chip(cycle_time_ns=x).ports.offchip[0, 0]) for x in (1.0, 10.0, 0.1, 0.05)]
    assert moved == [76, 768, 7, 3]
    slow = chip(cycle_time_ns=0.05, offchip_gb_per_s=0.1).ports.offchip
    assert float(slow[0, 0]) == 1


def test_row_writes_take_whole_cycles() -> None:
    time = float(chip().macro.row_write_ps[0, 0])
    assert float(chip().ports.row_write[0, 0]) == np.ceil(time / 2000)
    assert float(chip(cycle_time_ns=0.7).ports.row_write[0, 0]) == np.ceil(time / 700)


def test_clock_by_hand() -> None:
    # A multiply-accumulate at nominal supply against a cycle of 2 ns and of 0.5 ns.
    stage = float(digital.mac_delay_ps(NODE))
    assert chip().clock_excess[0, 0] == pytest.approx(stage / 2000 - 1)
    assert chip().clock_excess[0, 0] < 0
    assert chip(cycle_time_ns=0.5).clock_excess[0, 0] == pytest.approx(stage / 500 - 1)
    slowness = float(chip(supply_v=0.5).supply.slowness[0, 0])
    assert slowness > 1
    assert chip(supply_v=0.5).clock_excess[0, 0] == pytest.approx(stage * slowness / 2000 - 1)
    assert chip(supply_v=0.49).clock_excess[0, 0] == np.inf


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_area_by_hand(name: str) -> None:
    one = chip(name)
    area = {component: float(value[0]) for component, value in one.area_by_component_um2.items()}
    # 512 macros; 32 tiles of 16 KiB with ports of 256 bits; 4 routers.
    for component in ("cells", "converters", "adder_trees"):
        assert area[component] == pytest.approx(512 * float(one.macro.area_um2[component][0]))
    tile = float(buffer.area_um2(16 * KIB, 256, NODE))
    assert area["tile_buffers"] == pytest.approx(32 * tile)
    assert area["routers"] == pytest.approx(4 * float(link.router_area_um2(256, NODE)))
    assert area["global_buffer"] == pytest.approx(float(buffer.area_um2(4096 * KIB, 1024, NODE)))
    # 1024 lanes with multiplier and function unit; a local buffer of 16 KiB would be 1 KiB banks
    # of 256 bits for 1024 x 8 bits a cycle: 32.
    lane = float(digital.mac_area_um2(8, 8, NODE)) + technology(name).function_unit_um2
    banks = 32 * float(buffer.area_um2(1 * KIB, 256, NODE))
    assert area["vector_unit"] == pytest.approx(1024 * lane + banks)
    phy = technology(name).offchip_phy_um2_per_gb_s
    assert area["offchip"] == pytest.approx(12.8 * phy)
    # An adder behind every macro joins sums of several arrays: 8 + 8 bits and 10 more.
    joins = float(digital.adder_area_um2(26, NODE) + 26 * digital.register_area_um2_per_bit(NODE))
    alone = float(one.macro.area_um2["shift_add"][0])
    assert area["shift_add"] == pytest.approx(512 * (alone + joins))
    assert float(one.area_um2[0]) == pytest.approx(sum(area.values()), rel=1e-12)
    assert set(area) == {*one.macro.area_um2, "tile_buffers", "routers", "global_buffer"} | {
        "vector_unit",
        "offchip",
    }


def test_energy_of_buffers_by_hand() -> None:
    one = chip(supply_v=0.45)
    # Energy of a port over its bits; at half of the supply, a quarter.
    read = float(buffer.read_energy_fj(16 * KIB, 256, NODE)) / 256
    assert float(one.tile_read_fj[0, 0]) == pytest.approx(read / 4)
    write = float(buffer.write_energy_fj(16 * KIB, 256, NODE)) / 256
    assert float(one.tile_write_fj[0, 0]) == pytest.approx(write / 4)
    read = float(buffer.read_energy_fj(4096 * KIB, 1024, NODE)) / 1024
    assert float(one.glb_read_fj[0, 0]) == pytest.approx(read / 4)
    write = float(buffer.write_energy_fj(4096 * KIB, 1024, NODE)) / 1024
    assert float(one.glb_write_fj[0, 0]) == pytest.approx(write / 4)
    read = float(buffer.read_energy_fj(1 * KIB, 256, NODE)) / 256
    assert float(one.local_fj[0, 0]) == pytest.approx(read / 4)


def test_energy_of_a_routed_bit_by_hand() -> None:
    process = technology("rram_32nm")
    router = float(link.router_energy_fj_per_bit(0.9, NODE, process.router_ff_per_bit))
    wire = float(
        link.wire_energy_fj_per_bit_mm(0.9, process.link_ff_per_mm, process.link_toggle_share)
    )
    for groups, hops in ((1, 1.0), (4, 4 / 3), (9, 2.0)):
        one = chip(router_groups=groups)
        # The global buffer is apart; the rest is shared out among the routers.
        shared = float(one.area_um2[0] - one.area_by_component_um2["global_buffer"][0])
        pitch_mm = np.sqrt(shared / groups) / 1000
        assert float(one.router_fj[0, 0]) == pytest.approx(hops * (router + pitch_mm * wire))


def test_idle_power_by_hand() -> None:
    process = technology("sram_32nm")
    one = chip("sram_32nm", supply_v=0.45)
    logic = sum(
        float(area[0])
        for name, area in one.area_by_component_um2.items()
        if name not in ("cells", "tile_buffers", "global_buffer")
    )
    # The vector unit's area holds 32 banks of 1 KiB, which leak as memories.
    logic -= 32 * float(buffer.area_um2(1 * KIB, 256, NODE))
    buffers = (
        32 * float(buffer.leakage_mw(16 * KIB, 256, NODE))
        + float(buffer.leakage_mw(4096 * KIB, 1024, NODE))
        + 32 * float(buffer.leakage_mw(1 * KIB, 256, NODE))
    )
    cells = 512 * 128 * 128 * 2 * process.cell.leakage_mw_per_cell
    # Currents stay, so half of the supply is half of the power.
    nominal = logic * 1e-6 * process.logic_leakage_mw_per_mm2
    nominal += process.buffer_leakage_factor * buffers + cells
    assert float(one.leakage_mw[0, 0]) == pytest.approx(nominal / 2, rel=1e-12)
    background = 12.8 * process.offchip_background_mw_per_gb_s
    assert float(one.offchip_idle_mw[0, 0]) == pytest.approx(background)


def test_precision_of_the_widest_workload_sets_the_hardware() -> None:
    table = net(linear(8, 8), name="one"), net(linear(8, 8), name="two")
    simulator = Simulator(table, technology("rram_32nm"))

    def area(first: int, second: int) -> float:
        bits = {"one": first, "two": second}
        return float(simulator.chip(designs(("one", "two"), weight_bits=bits)).area_um2[0])

    assert area(8, 4) == area(4, 8) == area(8, 8) > area(4, 4)


def test_assumptions_leave_out_what_they_name() -> None:
    full = Assumptions()
    endless = chip(assumptions=replace(full, transfer_time=False)).ports
    assert np.isinf(endless.router).all()
    assert np.isinf(endless.offchip).all()
    assert float(endless.row_write[0, 0]) == 0
    fast = chip(assumptions=replace(full, clock_limit=False), cycle_time_ns=0.05)
    assert fast.clock_excess[0, 0] < 0
    case = Case.of(linear(64, 64))
    at_once = chip(assumptions=replace(full, array_time=False))
    assert at_once.mvm_cycles(case.knobs, case.steps).tolist() == [[1]]


def test_cycles_of_a_position_are_rounded_up_once() -> None:
    case, one = Case.of(linear(64, 64)), chip()
    time = float(one.mvm_time(case.knobs, case.steps)[0, 0])
    assert float(one.mvm_cycles(case.knobs, case.steps)[0, 0]) == np.ceil(time / 2000)
    read, convert, add = (
        float(x[0, 0]) for x in (one.macro.read_ps, one.macro.convert_ps, one.macro.add_ps)
    )
    # 8 steps; 128 columns on 16 converters, 8 each.
    assert time == read + 7 * max(read, 8 * convert) + 8 * convert + add
