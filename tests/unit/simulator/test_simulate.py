"""Whole simulations of small networks, slot by slot by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.assumptions import Assumptions
from imctune.knobs import KNOBS
from imctune.simulator.simulate import Simulation, Simulator
from imctune.workload import Layer
from tests.unit.simulator.cases import (
    PLAIN,
    attention,
    conv,
    designs,
    linear,
    net,
    pool,
    sweep,
    technology,
)

AT_ONCE = replace(Assumptions(), array_time=False)


def simulated(
    *layers: Layer, memory: str = "rram_32nm", assumptions: Assumptions = AT_ONCE, **knobs: Any
) -> Simulation:
    """Simulate one network; by default an array takes one cycle for a position."""
    simulator = Simulator([net(*layers)], technology(memory), assumptions)
    return simulator.simulate(designs(**knobs))


def cycles(*layers: Layer, **knobs: Any) -> int:
    return int(simulated(*layers, **knobs).cycles[0, 0])


def test_a_single_position() -> None:
    # 128 inputs x 8 bits: 4 cycles on a router and into a tile of 256 bits, 1 on the global buffer.
    # Compute 1. 32 outputs: 256 bits, 1 cycle; 32 activations on 1024 lanes, 1.
    assert cycles(linear(128, 32)) == 4 + 1 + 1
    # A router of 32 bits: 32 and 8 cycles.
    assert cycles(linear(128, 32), router_bits=32) == 32 + 1 + 8


def test_a_stream_of_positions() -> None:
    # 10 rounds, 12 slots. First load 4; load and compute 4; 8 times load, compute and store:
    # the router moves 1024 + 256 bits in 5; compute and store 1; store 1.
    assert cycles(linear(128, 32, 10)) == 4 + 4 + 8 * 5 + 1 + 1
    # 2 rounds: load, load and compute, compute and store, store.
    assert cycles(linear(128, 32, 2)) == 4 + 4 + 1 + 1


def test_copies_share_the_positions() -> None:
    # 512 copies would fit, so 10: one round. 10240 bits of inputs over 1 tile and 1 router: 40;
    # over the global buffer 10. 2560 bits of outputs: 10.
    assert cycles(linear(128, 32, 10), replication="balanced") == 40 + 1 + 10
    # Copies over 10 tiles of one array each in 2 groups: tiles take 4, 2 routers 20.
    spread = {"macros_per_tile": 1, "tiles_per_group": 8}
    assert cycles(linear(128, 32, 10), replication="balanced", **spread) == 20 + 1 + 5


def test_arrays_take_their_time() -> None:
    simulator = Simulator([net(linear(128, 32))], technology("rram_32nm"))
    macro = simulator.chip(designs()).macro
    read, convert, add = (float(x[0, 0]) for x in (macro.read_ps, macro.convert_ps, macro.add_ps))
    # 8 steps of 128 rows; 128 columns on 16 converters.
    time = read + 7 * max(read, 8 * convert) + 8 * convert + add
    expected = 4 + np.ceil(time / 2000) + 1
    assert int(simulator.simulate(designs()).cycles[0, 0]) == expected


def test_the_image_comes_from_off_chip() -> None:
    # 1024 bits at 153 bits a cycle: 7 cycles, longer than 4 through the router. The global buffer
    # takes them in and out: 2.
    assert cycles(linear(128, 32, from_offchip=True)) == 7 + 1 + 1


def test_layers_run_one_after_another() -> None:
    one, other = linear(128, 32, 10), linear(128, 64, 3)
    assert cycles(one, other) == cycles(one) + cycles(other)
    assert cycles(replace(one, count=3)) == 3 * cycles(one)
    results = simulated(one, other)
    assert results.interval_ps.tolist() == results.latency_ps.tolist()
    assert float(results.latency_ps[0, 0]) == 2000 * cycles(one, other)


def test_weights_are_loaded_where_they_do_not_fit() -> None:
    # 4 arrays of 128 x 128 two-bit cells on a chip of 2: 2 passes, each an array pair. A pass
    # loads 256 x 64 x 8 / 2 = 65536 bits at 153 a cycle: 429 cycles; 256 on router and tile;
    # 2 x 64 through the global buffer; 128 rows, one at a time, a cycle each.
    layer = linear(256, 64)
    small: dict[str, Any] = {"router_groups": 1, "tiles_per_group": 1, "macros_per_tile": 2}
    row = float(
        Simulator([net(layer)], technology("sram_32nm")).chip(designs()).macro.row_write_ps[0, 0]
    )
    assert np.ceil(row / 2000) == 1
    # Then 2048 bits of inputs: 8 cycles, compute 1, half of the outputs 1.
    assert cycles(layer, memory="sram_32nm", **small) == 2 * (429 + 8 + 1 + 1)
    # With 4 arrays they fit and stay.
    small["macros_per_tile"] = 4
    assert cycles(layer, memory="sram_32nm", **small) == 8 + 1 + 2


def test_half_of_the_arrays_load_meanwhile() -> None:
    # 16-bit weights: 8 arrays on a chip of 4. One after another: 2 passes that load
    # 256 x 64 x 16 / 2 = 131072 bits at 153 a cycle, 857 cycles. A position takes 2048 bits of
    # inputs, 8 cycles; 256 bits of outputs go out on the same router, 9 together.
    layer = linear(256, 64, 10)
    small: dict[str, Any] = {"router_groups": 1, "tiles_per_group": 1, "macros_per_tile": 4}
    small |= {"memory": "sram_32nm", "weight_bits": 16}
    assert cycles(layer, **small) == 2 * (857 + 8 + 8 + 8 * 9 + 1 + 1)
    # With half of the arrays 4 passes of 429 cycles of loading, three of them while the pass
    # before computes, which takes less.
    assert cycles(layer, **small, ping_pong=True) == 4 * 429 + (8 + 8 + 8 * 9 + 1 + 1)
    # Twice the passes send the inputs twice as often: with many positions it does not pay.
    long = linear(256, 64, 100)
    assert cycles(long, **small, ping_pong=True) > cycles(long, **small)


def test_a_sweep_on_the_vector_unit() -> None:
    # 196 positions, 4 at once: 49 rounds. 4 x 2048 bits from the global buffer: 8 cycles; 4 x 256
    # operations on 1024 lanes: 1; 4 x 512 bits back: 2. The port takes 8 + 2 in the steady slots.
    assert cycles(pool(64, 28)) == 8 + 8 + 46 * 10 + 10 + 2 + 2


def test_products_of_activations_run_where_they_are_faster() -> None:
    layer = attention(64, 197, 12, 197)
    rram, sram = simulated(layer), simulated(layer, memory="sram_32nm")
    assert float(rram.energy_by_component_fj["cells"][0, 0]) == 0
    assert float(rram.energy_by_component_fj["vector_unit"][0, 0]) > 0
    assert float(sram.energy_by_component_fj["cell_writes"][0, 0]) > 0
    assert int(sram.cycles[0, 0]) < int(rram.cycles[0, 0])
    # Enough lanes turn the tables.
    lanes = simulated(layer, memory="sram_32nm", vector_lanes=65536, router_bits=1)
    assert float(lanes.energy_by_component_fj["cell_writes"][0, 0]) == 0


def test_a_chip_without_room_is_infeasible_by_how_much() -> None:
    # 20 arrays on 16.
    small: dict[str, Any] = {"router_groups": 1, "tiles_per_group": 1}
    rram = simulated(conv(64, 128, 28), **small)
    assert float(rram.violations["weight_capacity"][0, 0]) == 20 / 16 - 1
    sram = simulated(conv(64, 128, 28), memory="sram_32nm", **small)
    assert float(sram.violations["weight_capacity"][0, 0]) <= 0
    # A pipeline needs all weights at once, whatever the cells.
    piped = simulated(conv(64, 128, 28), memory="sram_32nm", schedule="pipelined", **small)
    assert float(piped.violations["pipelined_reload"][0, 0]) == 20 / 16 - 1


def test_capacity_is_screened_without_a_simulation() -> None:
    layers = (conv(64, 128, 28), conv(96, 96, 14, groups=96))
    simulator = Simulator([net(*layers)], technology("rram_32nm"))
    batch = designs(router_groups=[1, 4], tiles_per_group=1)
    area, lack = simulator.screen(batch)
    results = simulator.simulate(batch)
    assert area.tolist() == results.area_um2.tolist()
    # 20 and 7 arrays on 16 and on 64.
    assert lack.tolist() == [[27 / 16 - 1], [27 / 64 - 1]]
    # What may move to the vector unit may leave room, but never take more.
    assert (results.violations["weight_capacity"] <= lack).all()


def test_memory_that_reloads_lacks_room_but_no_capacity() -> None:
    simulator = Simulator([net(conv(64, 128, 28))], technology("sram_32nm"))
    batch = designs(bits_per_cell=1, router_groups=[1, 64], tiles_per_group=1)
    area, lack = simulator.screen_residency(batch)
    assert simulator.can_reload
    assert (simulator.screen(batch)[0] == area).all()
    assert lack[0, 0] > 0.0 >= lack[1, 0]
    assert (simulator.screen(batch)[1] <= 0.0).all()
    # The small chip brings in every weight, the large one none.
    weights_bits = 9 * 64 * 128 * 8
    offchip = simulator.simulate(batch).energy_by_component_fj["offchip"][:, 0]
    energy_fj = offchip[0] - offchip[1]
    assert energy_fj >= weights_bits * simulator.technology.offchip_fj_per_bit
    assert not Simulator([net(conv(64, 128, 28))], technology("rram_32nm")).can_reload


def test_programming_by_hand() -> None:
    simulator = Simulator([net(linear(128, 32), linear(64, 16))], technology("rram_32nm"))
    results, macro = simulator.simulate(designs()), simulator.chip(designs()).macro
    # Every cell once; rows one after another, arrays at once: 128 rows.
    cells = 128 * 32 * 4 + 64 * 16 * 4
    assert results.programming_fj[0, 0] == pytest.approx(cells * float(macro.cell_write_fj[0, 0]))
    assert results.programming_ps[0, 0] == pytest.approx(128 * float(macro.row_write_ps[0, 0]))


def test_power_by_hand() -> None:
    layers = (linear(128, 32, 10), pool(64, 28))
    results = simulated(*layers)
    energy, latency = float(results.energy_fj[0, 0]), float(results.latency_ps[0, 0])
    assert results.power_avg_mw[0, 0] == pytest.approx(energy / latency)
    idle = sum(float(results.energy_by_component_fj[x][0, 0]) for x in ("leakage", "offchip_idle"))
    alone = [simulated(layer) for layer in layers]
    hottest = max(
        (
            float(one.energy_fj[0, 0])
            - sum(float(one.energy_by_component_fj[x][0, 0]) for x in ("leakage", "offchip_idle"))
        )
        / float(one.latency_ps[0, 0])
        for one in alone
    )
    assert results.power_peak_mw[0, 0] == pytest.approx(hottest + idle / latency)


def test_a_network_of_sweeps_alone_is_simulated() -> None:
    results = simulated(sweep("norm", 768, 197), sweep("add", 768, 197))
    assert float(results.energy_fj[0, 0]) > 0
    assert float(results.programming_fj[0, 0]) == 0
    assert float(results.violations["weight_capacity"][0, 0]) < 0


def test_instant_transfers_take_no_time_but_a_network_at_least_a_cycle() -> None:
    instant = replace(AT_ONCE, transfer_time=False)
    # Each position one cycle.
    assert cycles(linear(128, 32, 10), assumptions=instant) == 10
    results = simulated(sweep("norm", 768, 197), assumptions=instant)
    assert int(results.cycles[0, 0]) == 1
    assert np.isfinite(results.power_peak_mw).all()


def test_every_knob_of_the_plain_design_is_named() -> None:
    assert set(PLAIN) == set(KNOBS)
