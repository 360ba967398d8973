"""One design layer by layer."""

from __future__ import annotations

from typing import Any

import pytest

from imctune.errors import InputError
from imctune.simulator.detail import layer_rows
from imctune.simulator.simulate import Simulator
from tests.unit.simulator.cases import (
    attention,
    conv,
    designs,
    linear,
    net,
    pool,
    technology,
)

CONV = conv(64, 128, 28, count=2)
NET = net(CONV, pool(128, 28), linear(128, 10))


def rows(*networks: Any, **knobs: Any) -> dict[str, list[dict[str, Any]]]:
    simulator = Simulator(networks, technology("rram_32nm"))
    names = tuple(network.name for network in networks)
    return layer_rows(simulator, networks, designs(names, **knobs))


def test_layers_come_in_order_of_execution() -> None:
    listed = rows(NET)["net"]
    assert [row["layer"] for row in listed] == ["conv", "pool", "linear"]
    assert [row["unit"] for row in listed] == ["arrays", "vector", "arrays"]
    assert [row["count"] for row in listed] == [2, 1, 1]


def test_a_row_says_what_a_layer_takes() -> None:
    row = rows(NET)["net"][0]
    # 20 arrays of 16384 cells, 576 x 128 x 4 of them in use.
    assert row["arrays"] == 20
    assert row["utilisation"] == pytest.approx(576 * 512 / (20 * 16384))
    assert (row["copies"], row["passes"]) == (1, 1)
    # Two runs of 784 positions.
    assert row["operations"] == 2 * 2 * 784 * 576 * 128
    # 988 bits in and 1024 out (test_mapping.py).
    assert row["bits_moved"] == 2 * 784 * (988 + 1024)
    assert row["offchip_bits_moved"] == 0
    assert row["latency_ps"] == 2000 * row["cycles"]
    assert sum(row["cycles_by_bound"].values()) == row["cycles"]
    assert sum(row["energy_by_component_fj"].values()) == pytest.approx(row["energy_fj"], rel=1e-12)


def test_products_have_a_ratio_of_signal_to_noise_and_the_worst_is_the_networks() -> None:
    listed = rows(NET, adc_bits=6)["net"]
    accuracy = Simulator([NET], technology("rram_32nm")).simulate(designs(adc_bits=6)).accuracy
    assert accuracy is not None
    assert min(row["snr_db"] for row in listed if "snr_db" in row) == accuracy.snr_db[0, 0]
    assert ["snr_db" in row for row in listed] == [True, False, True]


def test_equal_layers_are_one_row_of_their_network() -> None:
    listed = rows(net(linear(8, 4), linear(4, 8), linear(8, 4)))["net"]
    assert [row["count"] for row in listed] == [2, 1]


def test_networks_are_listed_apart() -> None:
    other = net(linear(128, 10), attention(8, 8, 2, 4), name="other")
    listed = rows(NET, other)
    assert list(listed) == ["net", "other"]
    assert [row["unit"] for row in listed["other"]] == ["arrays", "vector"]
    assert listed["other"][0]["cycles"] == listed["net"][2]["cycles"]
    assert listed["other"][1]["utilisation"] == 0


def test_more_than_one_design_is_refused() -> None:
    with pytest.raises(InputError, match="one design is shown at a time, got 2"):
        rows(NET, rows=[64, 128])
