"""The closed form and the event-by-event twin agree on every cycle, action and bit moved."""

from __future__ import annotations

import numpy as np
import pytest

from imctune.simulator.schedule import layer_cycles
from imctune.simulator.timing import mvm_time_ps
from tests.twin.chip import Chip, Port, run_layer, whole_numbers
from tests.twin.macro import position_time
from tests.twin.random_cases import random_mappings, random_ports

N_CASES = 2_500
N_CASES_LONG = 100_000


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


def test_port_serves_its_width_in_every_cycle() -> None:
    # 25 bits at 10 a cycle: 10, 10 and 5, so that three cycles pass.
    chip = Chip(*(Port(10) for _ in range(6)))
    chip.transfer(25, chip.glb)
    chip.run_slot()
    assert (chip.clock, chip.glb.served) == (3, 25)


def test_slot_ends_with_its_slowest_port() -> None:
    chip = Chip(*(Port(10) for _ in range(6)))
    chip.transfer(15, chip.glb, chip.offchip)
    chip.transfer(25, chip.offchip)
    chip.transfer(3, chip.arrays)
    chip.run_slot()
    assert chip.clock == 4


def test_work_behind_takes_only_cycles_left_over() -> None:
    # The global buffer is busy for 2 of 5 cycles; 30 bits behind take the other three.
    chip = Chip(*(Port(10) for _ in range(6)))
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
