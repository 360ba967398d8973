"""Designs per CPU second: nine networks, populations of 64, as the search asks for them.

Figures are printed (``pytest -n 0 -s``) and never fail: they depend on the machine and on what else
runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from imctune import evaluate
from imctune.simulator.simulate import Simulator
from tests.unit.simulator import cases
from tests.unit.simulator.cases import NINE, TECHNOLOGIES, changed, drawn, nine_on

POPULATION, BATCHES, REPEATS = 64, 8, 3
SEARCH = 2048  # designs, about as many as a search meets


def designs_per_second(work: Callable[[], None]) -> float:
    """Return the best of several runs, in designs per CPU second."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return POPULATION * BATCHES / max(min(times), 1e-9)


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_nine_workload_designs_per_cpu_second(technology: str) -> None:
    batches = [drawn(technology, POPULATION, seed) for seed in range(BATCHES)]
    simulator = nine_on(technology)

    def simulate() -> None:
        for designs in batches:
            simulator.simulate(designs)

    def evaluate_all() -> None:
        for designs in batches:
            evaluate(designs.values, NINE, technology)

    metrics = evaluate(batches[0].values, NINE, technology)
    np.testing.assert_array_equal(metrics.cycles, simulator.simulate(batches[0]).cycles)
    for name, work in (("Simulator.simulate", simulate), ("imctune.evaluate", evaluate_all)):
        speed = designs_per_second(work)
        print(f"{technology}, {name}: {speed:,.0f} nine-workload designs per CPU second")


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_designs_per_cpu_second_with_converters_that_lose(technology: str) -> None:
    bits = np.random.default_rng(0).integers(3, 11, (SEARCH // POPULATION, POPULATION))
    batches = [
        changed(drawn(technology, POPULATION, seed), adc_bits=some)
        for seed, some in enumerate(bits)
    ]
    workloads = [cases.workload(name) for name in NINE]
    simulator = Simulator(workloads, cases.technology(technology))
    for which in ("all new", "all met before"):
        seconds = 0.0
        for number, designs in enumerate(batches, start=1):
            start = time.process_time()
            accuracy = simulator.simulate(designs).accuracy
            seconds += time.process_time() - start
            assert accuracy is not None
            assert accuracy.snr_db.shape == (POPULATION, len(NINE))
            if number in (BATCHES, len(batches)):
                n_designs = POPULATION * number
                speed = n_designs / max(seconds, 1e-9)
                print(
                    f"{technology}, 3 to 10 converter bits, {which}, first {n_designs:,}: "
                    f"{speed:,.0f} designs per CPU second"
                )
