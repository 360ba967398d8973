"""``replication: paper`` on physical chips: every layer takes the whole chip in its turn."""

from __future__ import annotations

import numpy as np
import pytest

from imctune.simulator.simulate import Simulator
from imctune.workload import Workload
from tests.unit.simulator.cases import TECHNOLOGIES, conv, designs, technology

# 128 inputs and 32 outputs in 4 slices of 2 bits: one array of 128 x 128 cells each.
NETWORK = Workload("net", (conv(128, 32, 4, kernel=1), conv(128, 32, 32, kernel=1)))


def copies(replication: str, schedule: str = "sequential") -> list[float]:
    simulator = Simulator([NETWORK], technology("rram_32nm"))
    chip = designs(replication=replication, schedule=schedule)
    mapping = simulator.product_results(simulator.chip(chip)).mapping
    return [float(each) for each in np.broadcast_to(mapping.copies, (1, 2))[0]]


def test_each_layer_has_all_arrays() -> None:
    # 16 and 1,024 positions on the 512 arrays of the plain chip.
    assert copies("paper") == [16.0, 512.0]
    assert sum(copies("balanced")) <= 512.0


def test_layers_that_run_at_once_share_the_chip() -> None:
    together = copies("paper", "pipelined")
    assert together == copies("balanced", "pipelined")


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_copies_never_cost_cycles(name: str) -> None:
    simulator = Simulator([NETWORK], technology(name))
    one, many = (simulator.simulate(designs(replication=kind)) for kind in ("none", "paper"))
    assert (many.cycles < one.cycles).all()
