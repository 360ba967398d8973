"""Short cuts of the errors of conversions change nothing that counts."""

from typing import Any

import numpy as np
import pytest

from imctune.simulator.accuracy import conversions
from imctune.simulator.simulate import Simulator
from tests.unit.simulator.cases import changed, drawn, technology, workload

NAMES = ("resnet18", "mobilebert")


def worst_db(memory: str) -> np.ndarray:
    rng = np.random.default_rng(5)
    n = 64
    knobs: dict[str, Any] = {
        "adc_bits": rng.integers(3, 9, n),
        "adc_range": rng.choice(["lsb", "full"], n),
        "encoding": rng.choice(["offset", "differential"], n),
    }
    batch = changed(drawn(memory, n, 2, NAMES), **knobs)
    simulator = Simulator([workload(name) for name in NAMES], technology(memory))
    found = simulator.simulate(batch).accuracy
    assert found is not None
    return found.snr_db


@pytest.mark.parametrize("memory", ["rram_32nm", "sram_32nm"])
@pytest.mark.parametrize(("name", "value"), [("LEAST_NOISE", 0.0), ("LATTICES", (256,))])
def test_short_cuts_cost_less_than_a_hundredth_of_a_decibel(
    monkeypatch: pytest.MonkeyPatch, memory: str, name: str, value: Any
) -> None:
    found = worst_db(memory)
    monkeypatch.setattr(conversions, name, value)
    exact = worst_db(memory)
    assert (found != exact).any()
    np.testing.assert_allclose(found, exact, rtol=0.0, atol=0.01)


def test_conversions_in_blocks_are_those_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = worst_db("rram_32nm")
    monkeypatch.setattr(conversions, "AT_ONCE", 1024)
    np.testing.assert_array_equal(found, worst_db("rram_32nm"))
