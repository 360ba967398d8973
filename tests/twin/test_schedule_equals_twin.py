"""The closed form and the event-by-event twin agree on every cycle, action and bit moved."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.knobs import DesignBatch
from imctune.simulator.arrays import FloatArray
from imctune.simulator.schedule import WORTH_PARTING, layer_cycles
from imctune.simulator.simulate import Simulator
from imctune.simulator.timing import mvm_time_ps
from tests.twin.chip import Chip, Port, run_layer, whole_numbers
from tests.twin.macro import position_time
from tests.twin.mapped_layer import Products
from tests.twin.random_cases import random_mappings, random_ports
from tests.twin.random_chips import random_designs, random_workload, technology

N_CASES = 2_500
N_CASES_LONG = 100_000
SEEDS = range(28)


def compare_cycles(seed: int, n_cases: int) -> None:
    rng = np.random.default_rng(seed)
    mappings, ports = random_mappings(rng, (n_cases, 1)), random_ports(rng, n_cases)
    cycles = layer_cycles(mappings, ports)
    assert cycles.shape == (n_cases, 1)
    for case in range(n_cases):
        layer, widths = whole_numbers(mappings, case, 0), whole_numbers(ports, case, 0)
        twin = run_layer(layer, widths).clock
        assert int(cycles[case, 0]) == twin, f"seed {seed}, case {case}: {layer}, {widths}"


def test_cycles_equal_the_twin() -> None:
    compare_cycles(seed=1, n_cases=N_CASES)


@pytest.mark.long
def test_cycles_equal_the_twin_in_many_cases() -> None:
    compare_cycles(seed=2, n_cases=N_CASES_LONG)


def test_a_batch_of_layers_equals_its_layers_one_by_one() -> None:
    rng = np.random.default_rng(3)
    mappings, ports = random_mappings(rng, (8, 9)), random_ports(rng, 8)
    cycles = layer_cycles(mappings, ports)
    for row, column in np.ndindex(8, 9):
        layer, widths = whole_numbers(mappings, row, column), whole_numbers(ports, row, column)
        assert int(cycles[row, column]) == run_layer(layer, widths).clock


def test_large_batches_equal_small_ones() -> None:
    rng = np.random.default_rng(4)
    mappings, ports = random_mappings(rng, (WORTH_PARTING, 3)), random_ports(rng, WORTH_PARTING)
    whole, step = layer_cycles(mappings, ports), WORTH_PARTING // 8
    parts = [
        layer_cycles(*(rows_of(record, start, start + step) for record in (mappings, ports)))
        for start in range(0, WORTH_PARTING, step)
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def rows_of(record: Any, start: int, end: int) -> Any:
    return replace(record, **{name: values[start:end] for name, values in vars(record).items()})


def test_random_cases_reach_every_edge() -> None:
    mappings = random_mappings(np.random.default_rng(1), (N_CASES, 1))
    rounds = mappings.rounds
    ragged = mappings.positions % mappings.copies > 0
    overlap = mappings.overlaps & (mappings.passes > 1)
    for edge in (
        *(rounds == 1, rounds == 2, rounds == 3, rounds > 3),
        *(ragged & (rounds == 1), ragged & (rounds == 2), ragged & (rounds > 2)),
        *(overlap, mappings.reloads & ~overlap, mappings.passes > 2, ~mappings.on_arrays),
        *(mappings.send_bits == 0, mappings.operand_bits == 0, mappings.spill_bits > 0),
    ):
        assert edge.sum() > 50


def small_chip() -> Chip:
    return Chip(Port(10), Port(10), Port(10), Port(10), Port(10), Port(10))


def test_port_serves_its_width_in_every_cycle() -> None:
    # 25 bits at 10 a cycle: 10, 10 and 5, so that three cycles pass.
    chip = small_chip()
    chip.transfer(25, chip.glb)
    chip.run_slot()
    assert (chip.clock, chip.glb.served) == (3, 25)


def test_slot_ends_with_its_slowest_port() -> None:
    chip = small_chip()
    chip.transfer(15, chip.glb, chip.offchip)
    chip.transfer(25, chip.offchip)
    chip.transfer(3, chip.arrays)
    chip.run_slot()
    assert chip.clock == 4


def test_work_behind_takes_only_cycles_left_over() -> None:
    # The global buffer is busy for 2 of 5 cycles; 30 bits behind take the other three.
    chip = small_chip()
    chip.transfer(12, chip.glb)
    chip.transfer(30, chip.glb, behind=True)
    chip.transfer(5, chip.arrays)
    chip.run_slot()
    chip.finish_behind()
    assert chip.clock == 5
    chip.transfer(12, chip.glb)
    chip.transfer(31, chip.glb, behind=True)
    chip.transfer(5, chip.arrays)
    chip.run_slot()
    chip.finish_behind()
    assert chip.clock == 5 + 6


def test_time_of_one_position_equals_the_twin() -> None:
    rng = np.random.default_rng(4)
    n_cases = 2_000
    steps = rng.integers(1, 20, n_cases)
    conversions = rng.integers(1, 12, n_cases)
    read, conversion, add = (rng.integers(1, 900, n_cases) for _ in range(3))
    hold = rng.random(n_cases) < 0.5
    fast = mvm_time_ps(steps, read, conversions * conversion, add, hold)
    for case in range(n_cases):
        twin = position_time(
            n_steps=int(steps[case]),
            conversions=int(conversions[case]),
            read_ps=int(read[case]),
            conversion_ps=int(conversion[case]),
            add_ps=int(add[case]),
            sample_hold=bool(hold[case]),
        )
        assert int(fast[case]) == twin


@pytest.mark.parametrize("memory", ["rram_32nm", "sram_32nm"])
def test_every_action_of_mapped_products_equals_the_twin(memory: str) -> None:
    assert sum(compare_products(memory, seed) for seed in SEEDS) >= 1_200


@pytest.mark.long
@pytest.mark.parametrize("memory", ["rram_32nm", "sram_32nm"])
def test_every_action_equals_the_twin_in_many_cases(memory: str) -> None:
    assert sum(compare_products(memory, seed) for seed in range(100, 900)) >= 50_000


def compare_products(memory: str, seed: int) -> int:
    """Compare every number of mapped layers with the twin's; return how many layers there are."""
    simulator, designs = random_population(memory, seed)
    products = Products.simulate(simulator, designs)
    for row, column in np.ndindex(products.shape):
        fast = products.simulated(row, column)
        slow = products.stepped_through(row, column)
        different = {name: (fast[name], slow[name]) for name in slow if fast[name] != slow[name]}
        where = f"{memory}, seed {seed}, design {row}: {products.layer(column)}"
        assert not different, f"(closed form, twin) {different} in {where}"
    return int(np.prod(products.shape))


def test_sweeps_equal_the_twin() -> None:
    n_cases = 0
    for seed in SEEDS:
        simulator, designs = random_population("sram_32nm", seed)
        if not simulator.sweeps.n_layers:
            continue
        chip, table = simulator.chip(designs), simulator.sweeps
        per_action = actions_of_sweeps(simulator, designs)
        sweeps = simulator.sweep_results(chip)
        for row, column in np.ndindex(sweeps.cycles.shape):
            layer = whole_numbers(sweeps.mapping, row, column)
            twin = run_layer(layer, whole_numbers(chip.at(table).ports, row, column))
            assert int(sweeps.cycles[row, column]) == twin.clock
            # Their counts show in the energy alone, which is in floating point.
            for component, actions in per_action.items():
                energy = sum(twin.counts[name] * fj[row, column] for name, fj in actions.items())
                said = sweeps.energy_fj[component][row, column]
                assert said == pytest.approx(energy, rel=1e-12), component
            n_cases += 1
    assert n_cases > 200


def actions_of_sweeps(
    simulator: Simulator, designs: DesignBatch
) -> dict[str, dict[str, FloatArray]]:
    """Energy of every action that a sweep takes, by component. [fJ]."""
    table = simulator.sweeps
    chip = simulator.chip(designs).at(table)
    shape = (len(designs), table.n_layers)

    def each(energy_fj: FloatArray) -> FloatArray:
        return np.broadcast_to(energy_fj, shape)

    offchip = np.full(shape, chip.technology.offchip_fj_per_bit)
    return {
        "global_buffer": {
            "glb_read_bits": each(chip.glb_read_fj),
            "glb_write_bits": each(chip.glb_write_fj),
        },
        "vector_unit": {
            "lane_operations": each(chip.function_fj(table)),
            "activations": each(chip.activation_fj(table)),
            "local_bits": each(chip.local_fj),
        },
        "offchip": {"offchip_bits": offchip},
    }


def test_mapped_products_reach_every_edge() -> None:
    met: Counter[str] = Counter()
    for seed in SEEDS:
        results = Products.simulate(*random_population("sram_32nm", seed)).results
        mapping, geometry = results.mapping, results.geometry
        on = mapping.on_arrays
        edges = {
            "arrays": on,
            "vector unit": ~on,
            "copies": on & (mapping.copies > 1),
            "ragged": on & (mapping.positions % mapping.copies > 0),
            "passes": on & (mapping.passes > 1),
            "ping-pong": mapping.overlaps & (mapping.passes > 1),
            "dynamic": on & ~mapping.operand_offchip,
            "split reduction": on & (geometry.n_k > 1),
            "packed groups": on & (geometry.packed > 1),
            "sums across tiles": mapping.cross_bits > 0,
            "parked sums": mapping.spill_bits > 0,
            "inputs from off-chip": mapping.fill_bits > 0,
            "outputs to off-chip": mapping.drain_bits > 0,
        }
        met.update({edge: int(cases.sum()) for edge, cases in edges.items()})
    assert min(met.values()) >= 5, met


def random_population(memory: str, seed: int) -> tuple[Simulator, DesignBatch]:
    """Two random networks, and random chips for them."""
    rng = np.random.default_rng(seed)
    workloads = [random_workload(rng, name, n_layers=4) for name in ("first", "second")]
    return Simulator(workloads, technology(memory)), random_designs(rng, 12, workloads)
