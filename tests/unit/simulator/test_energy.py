"""Energy of a layer by component: counts of test_actions.py times energy per action."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from imctune.assumptions import Assumptions
from imctune.simulator.components import digital
from imctune.simulator.energy import COMPONENTS
from imctune.simulator.simulate import Simulator
from imctune.technology import RramCell
from tests.unit.simulator.cases import (
    TECHNOLOGIES,
    attention,
    conv,
    designs,
    net,
    pool,
    sweep,
    technology,
    workload,
)

CONV = conv(64, 128, 28, input_bit_density=0.25, activation="relu")
NET = net(CONV, weight_bit_density=0.5, weight_magnitude_density=0.3)
P, STEPS = 784, 8


def energies(name: str = "rram_32nm", **knobs: Any) -> tuple[dict[str, float], Simulator]:
    simulator = Simulator([NET], technology(name))
    results = simulator.simulate(designs(**knobs))
    return {x: float(e[0, 0]) for x, e in results.energy_by_component_fj.items()}, simulator


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_component_is_actions_times_energy(name: str) -> None:
    said, simulator = energies(name)
    process, chip = simulator.technology, simulator.chip(designs())
    macro = chip.macro
    # Density 1/4: a row line is charged in every fourth step.
    drive = 0.25 * float(macro.row_line_ff[0, 0]) * 0.9**2
    assert said["row_drivers"] == pytest.approx(P * STEPS * 576 * 4 * drive)
    conversions = P * STEPS * 512 * 5
    assert said["converters"] == pytest.approx(conversions * float(macro.conversion_fj[0, 0]))
    assert said["adder_trees"] == 0
    sums = P * (4 * 128 + 576)
    assert said["shift_add"] == pytest.approx(
        conversions * float(macro.shift_add_fj[0, 0]) + sums * float(macro.sum_fj[0, 0])
    )
    assert said["tile_buffers"] == pytest.approx(
        P * (2 * 988 + 1024) * float(chip.tile_write_fj[0, 0])
        + P * (2 * 4608 + 1024) * float(chip.tile_read_fj[0, 0])
    )
    assert said["routers"] == pytest.approx(P * (988 + 1024) * float(chip.router_fj[0, 0]))
    assert said["global_buffer"] == pytest.approx(
        P * 988 * float(chip.glb_read_fj[0, 0]) + P * 1024 * float(chip.glb_write_fj[0, 0])
    )
    functions = process.function_fj["requantise"] + process.function_fj["relu"]
    assert said["vector_unit"] == pytest.approx(P * 128 * functions)
    assert said["cell_writes"] == said["offchip"] == 0
    columns = conversions * float(macro.column_fj[0, 0])
    reads = P * STEPS * 576 * 512
    if isinstance(process.cell, RramCell):
        low, high = 1 / process.cell.r_high_kohm, 1 / process.cell.r_low_kohm
        conductance = low + 0.5 * (high - low)
        charge = conductance * process.cell.read_v * 0.25 * float(macro.read_ps[0, 0])
        one = charge * 0.9
    else:
        # Two bit cells joined, charged where input and weight bit are one.
        one = 2 * 0.25 * 0.5 * process.cell.unit_cap_ff * 0.9**2
    assert said["cells"] == pytest.approx(columns + reads * one)


def test_adder_trees_cost_by_their_activity() -> None:
    said, simulator = energies("sram_32nm", compute="digital", bits_per_cell=1)
    macro = simulator.chip(designs(compute="digital", bits_per_cell=1)).macro
    # Inputs change in 2 p (1 - p) of the steps, and count where the weight bit is one.
    activity = 2 * 0.25 * 0.75 * 0.5
    conversions = P * STEPS * 1024 * 5
    expected = conversions * activity * float(macro.conversion_fj[0, 0])
    assert said["adder_trees"] == pytest.approx(expected)
    assert said["converters"] == 0


def test_cells_conduct_through_conversions_without_sample_and_hold() -> None:
    held, simulator = energies()
    macro = simulator.chip(designs(sample_hold=False)).macro
    open_lines, _ = energies(sample_hold=False)
    column = P * STEPS * 512 * 5 * float(macro.column_fj[0, 0])
    read, convert = float(macro.read_ps[0, 0]), 8 * float(macro.convert_ps[0, 0])
    ratio = (open_lines["cells"] - column) / (held["cells"] - column)
    assert ratio == pytest.approx((read + convert) / read)


def test_idle_power_flows_for_the_whole_inference() -> None:
    said, simulator = energies()
    results, chip = simulator.simulate(designs()), simulator.chip(designs())
    latency = float(results.latency_ps[0, 0])
    assert said["leakage"] == pytest.approx(float(chip.leakage_mw[0, 0]) * latency)
    assert said["offchip_idle"] == pytest.approx(float(chip.offchip_idle_mw[0, 0]) * latency)
    without = Simulator([NET], simulator.technology, replace(Assumptions(), leakage=False))
    left = without.simulate(designs()).energy_by_component_fj
    assert float(left["leakage"][0, 0]) == float(left["offchip_idle"][0, 0]) == 0


def test_the_vector_unit_costs_by_what_it_does() -> None:
    process = technology("rram_32nm")
    functions, supply = process.function_fj, designs()
    for layer, per_position in (
        (pool(64, 28), 256 * functions["max"]),
        (pool(64, 28, pooling="average"), 256 * functions["add"]),
        (sweep("add", 768, 196), 768 * functions["add"]),
        # Three sweeps make one softmax or one normalisation.
        (sweep("softmax", 768, 196), 768 * functions["softmax"]),
        (sweep("norm", 768, 196), 768 * functions["norm"]),
    ):
        simulator = Simulator([net(layer)], process)
        chip = simulator.chip(supply)
        mapping = simulator.sweep_results(chip).mapping
        local = float(mapping.send_bits[0, 0] + mapping.window_bits[0, 0])
        said = simulator.simulate(supply).energy_by_component_fj["vector_unit"]
        expected = 196 * (per_position + local * float(chip.local_fj[0, 0]))
        assert float(said[0, 0]) == pytest.approx(expected), layer.kind


def test_products_of_activations_cost_a_multiplication_each() -> None:
    layer = attention(64, 197, 12, 197)
    simulator = Simulator([net(layer)], technology("rram_32nm"))
    chip = simulator.chip(designs())
    results = simulator.product_results(chip)
    said = float(results.energy_fj["vector_unit"][0, 0])
    mac = float(digital.mac_energy_fj(8, 8, 0.9, 32.0))
    local = float(results.actions.local_bits[0, 0]) * float(chip.local_fj[0, 0])
    scaled = (
        float(results.actions.activations[0, 0]) * technology("rram_32nm").function_fj["requantise"]
    )
    operations = float(results.actions.lane_operations[0, 0])
    # 24 passes of 6304 operations a position are as many as there are products.
    assert operations == layer.macs == 24 * 6304 * 197
    assert said == pytest.approx(operations * mac + local + scaled)


def test_components_are_all_that_the_readme_names() -> None:
    simulator = Simulator([workload("vit_b16")], technology("sram_32nm"))
    energy = simulator.simulate(designs(("vit_b16",))).energy_by_component_fj
    assert tuple(energy)[:11] == COMPONENTS[:11]
    assert set(energy) == set(COMPONENTS)
