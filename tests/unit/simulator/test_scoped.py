"""Knobs that every workload sets for itself, on a chip that is built for the most of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import imctune
from imctune.errors import InputError
from imctune.knobs import KNOBS, DesignBatch
from imctune.simulator.components.converter import CONVERTERS
from imctune.simulator.simulate import Simulator
from tests.unit.simulator.cases import (
    NINE,
    TECHNOLOGIES,
    designs,
    drawn,
    linear,
    net,
    nine_on,
    space,
    technology,
)
from tests.unit.simulator.test_laws import arrays_of, assert_same_rows

each_technology = pytest.mark.parametrize("name", TECHNOLOGIES)
SCOPED = tuple(knob for knob, spec in KNOBS.items() if "workload" in spec.scopes)
BUILT = ("adc_bits", "rows_active", "weight_bits", "input_bits", "zero_skipping")
"""Scoped knobs that silicon is built for; others cost no area."""
TWO = (net(linear(200, 40, 30), name="one"), net(linear(90, 70, 8), name="two"))
VALUES: dict[str, tuple[object, ...]] = {
    "rows_active": (8, 64, 256),
    "adc_bits": (4, 6, 9),
    "supply_v": (0.6, 0.8, 1.0),
    "cycle_time_ns": (1.0, 3.0, 7.0),
    "weight_bits": (4, 6, 8),
    "input_bits": (3, 8),
    "encoding": ("offset", "differential"),
    "replication": ("none", "balanced"),
    "schedule": ("sequential", "pipelined"),
    "ping_pong": (False, True),
    "zero_skipping": (False, True),
}


def reconfigured(name: str, n_designs: int, seed: int) -> DesignBatch:
    """Random chips on which every workload sets every scoped knob for itself."""
    rng = np.random.default_rng(seed)
    chips = drawn(name, n_designs, seed)
    own = {
        knob: np.array(choices)[rng.integers(0, len(choices), (n_designs, len(NINE)))]
        for knob, choices in VALUES.items()
    }
    knobs = {knob: values.tolist() for knob, values in {**chips.values, **own}.items()}
    return DesignBatch.from_knobs(knobs, space(name).defaults(), NINE)


def test_all_scoped_knobs_are_tried_here() -> None:
    assert set(VALUES) == set(SCOPED)


@each_technology
def test_equal_values_for_all_workloads_are_those_of_the_chip(name: str) -> None:
    chips = drawn(name, 24, seed=3)
    spread = {knob: np.repeat(chips[knob][:, None], len(NINE), axis=1) for knob in SCOPED}
    same = DesignBatch({**chips.values, **spread}, NINE)
    plain, scoped = (dict(arrays_of(nine_on(name).simulate(x))) for x in (chips, same))
    clock = "violations[clock]"
    np.testing.assert_array_equal(scoped.pop(clock).T, np.tile(plain.pop(clock), (len(NINE), 1)))
    for key, values in plain.items():
        np.testing.assert_array_equal(scoped[key], values, err_msg=key)


@each_technology
def test_a_batch_of_reconfigured_chips_equals_its_chips_one_by_one(name: str) -> None:
    batch, simulator = reconfigured(name, 12, seed=5), nine_on(name)
    whole = simulator.simulate(batch)
    for row in range(len(batch)):
        assert_same_rows(whole, simulator.simulate(batch.take([row])), [row])


@each_technology
def test_a_workload_does_not_see_what_others_choose_below_the_maxima(name: str) -> None:
    batch, other, simulator = reconfigured(name, 12, 7), reconfigured(name, 12, 8), nine_on(name)
    own = 4
    values = dict(batch.values)
    for knob in SCOPED:
        values[knob] = other[knob].copy()
        values[knob][:, own] = batch[knob][:, own]
    # Only what is built is the same in both: it takes the most of both.
    most = {
        knob: np.maximum(batch[knob], other[knob]).max(axis=1, keepdims=True).repeat(9, axis=1)
        for knob in BUILT
    }
    built = DesignBatch({**batch.values, **most}, NINE)
    first = simulator.simulate(batch, built)
    second = simulator.simulate(DesignBatch(values, NINE), built)
    np.testing.assert_array_equal(first.area_um2, second.area_um2)
    for field in ("energy_fj", "cycles", "latency_ps", "interval_ps", "power_peak_mw"):
        np.testing.assert_array_equal(
            getattr(first, field)[:, own], getattr(second, field)[:, own], err_msg=field
        )
    for key, amounts in first.violations.items():
        np.testing.assert_array_equal(amounts.T[own], second.violations[key].T[own], err_msg=key)


@pytest.mark.parametrize("knob", BUILT)
def test_area_pays_for_the_workload_that_asks_for_most(knob: str) -> None:
    simulator = Simulator(TWO, technology("sram_32nm"))

    def area(first: object, second: object) -> float:
        given: dict[str, Any] = {"rows_active": 16, "compute": "digital", "bits_per_cell": 1}
        if knob == "adc_bits":
            given["compute"] = "analog"
        chips = designs(("one", "two"), **{**given, knob: {"one": first, "two": second}})
        return float(simulator.simulate(chips).area_um2[0])

    low, high = VALUES[knob][0], VALUES[knob][1]
    assert area(high, low) == area(low, high) > area(low, low)
    if knob != "rows_active":  # fewer rows at once add up more sums, in wider registers
        assert area(high, low) == area(high, high)


@pytest.mark.parametrize("knob", sorted(set(SCOPED) - set(BUILT)))
def test_what_is_not_built_costs_no_area(knob: str) -> None:
    simulator = Simulator(TWO, technology("rram_32nm"))
    given: dict[str, Any] = {knob: list(VALUES[knob])}
    chips = designs(**given)
    areas = simulator.chip(chips).area_um2
    assert (areas == areas[0]).all()


def test_a_workload_stops_a_larger_converter_early() -> None:
    process = technology("rram_32nm")
    chips = designs(("one", "two"), adc_bits={"one": 4, "two": 8}, sample_hold=False)
    macro = Simulator(TWO, process).chip(chips).macro
    # 4 of 8 bits: 100 fF for each bit that is decided, capacitors for all 8.
    square = 0.9**2 * (32.0 / 28.0) ** 0.8
    stopped = (100.0 * 4 + 0.001 * 4.0**8) * square
    whole = (100.0 * 8 + 0.001 * 4.0**8) * square
    expected = process.converter_factor * np.array([stopped, whole])
    np.testing.assert_allclose(macro.conversion_fj[0], expected, rtol=1e-12)
    # One cycle to sample and one a bit.
    delay = float(CONVERTERS[process.converter_model].delay_ps(0, 0.9, 32.0, 128))
    np.testing.assert_array_equal(macro.convert_ps[0], np.ceil([5 * delay, 9 * delay]))


@pytest.mark.parametrize("name", sorted(CONVERTERS))
def test_stopping_early_saves_energy_but_never_that_of_a_smaller_converter(name: str) -> None:
    bits = np.arange(3.0, 11.0)
    stopped = CONVERTERS[name].early_energy_fj(bits, 10.0, 0.9, 32.0, 128)
    smaller = CONVERTERS[name].energy_fj(bits, 0.9, 32.0, 128)
    assert (np.diff(stopped) > 0.0).all()
    assert (stopped >= smaller * (1.0 - 1e-12)).all()
    assert stopped[-1] == smaller[-1]


def test_every_workload_has_its_own_clock_and_supply() -> None:
    networks = ["resnet18", "vgg16"]
    own = {"supply_v": {"resnet18": 0.6, "vgg16": 0.9}, "cycle_time_ns": [[5.0, 1.0]]}
    both = imctune.evaluate(own, networks)
    for index, (supply, clock) in enumerate([(0.6, 5.0), (0.9, 1.0)]):
        alone = imctune.evaluate({"supply_v": supply, "cycle_time_ns": clock}, networks)
        assert both.energy_mj[0, index] == alone.energy_mj[0, index]
        assert both.latency_ms[0, index] == alone.latency_ms[0, index]
    # 1 ns at 0.5 V is too fast for one of them: the other may still run.
    broken = imctune.evaluate({**own, "supply_v": {"resnet18": 0.6, "vgg16": 0.5}}, networks)
    assert broken.feasible_for(0)
    assert not broken.feasible_for(1)
    assert (broken.violations["clock"] > 0.0).tolist() == [[False, True]]


@pytest.mark.parametrize("knob", sorted(set(KNOBS) - set(SCOPED)))
def test_silicon_is_refused_per_workload_on_one_line(knob: str) -> None:
    value = space("rram_32nm").defaults()[knob]
    with pytest.raises(InputError, match=f"{knob} is one value for the whole chip") as refusal:
        imctune.evaluate({knob: {"resnet18": value}}, ["resnet18", "vgg16"])
    assert "\n" not in str(refusal.value)
