"""Precision searched together with the chip: as little of it as the floor for accuracy allows."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import imctune
from imctune.config import by_name
from imctune.config.files import read_mapping
from imctune.config.locations import CONF
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import ObjectiveSettings, aggregate
from imctune.search import TuneResult
from imctune.search.choices import chip_space
from imctune.technology import RramCell
from imctune.workload import Workload
from tests.twin.accuracy_cases import Case
from tests.twin.crossbar import Array
from tests.unit.search.test_choices import a_space, choices, evaluated, every_design
from tests.unit.simulator.cases import conv, linear, net, technology

FLOOR = 30.0
INPUTS: dict[str, Any] = {"input_zero_share": 0.5, "input_bit_density": 0.2}
NETS = (
    net(conv(8, 24, 8, **INPUTS), linear(300, 30, **INPUTS), name="image"),
    net(linear(96, 120, 20, signed=True, input_bit_density=0.35), name="text"),
)
NAMES = tuple(network.name for network in NETS)
LEAST = {"adc_bits": 3, "weight_bits": 4, "input_bits": 4}
FREE = {"adc_bits": [3, 5, 7], "weight_bits": [4, 6, 8], "input_bits": [4, 6, 8]}
CHIP = {"rows": 64, "cols": 64, "rows_active": 32, "macros_per_tile": 16, "tiles_per_group": 8}


def precision_space(scope: str) -> KnobSpace:
    shipped = read_mapping(CONF / "knobs" / "rram_32nm.yaml")
    fixed = KnobSpace.from_mapping(shipped, NAMES).defaults()
    free = {
        knob: {"choices": values, "default": values[-1], "scope": scope}
        for knob, values in FREE.items()
    }
    chip = {
        "bits_per_cell": {"choices": [1, 2], "default": 2},
        "columns_per_adc": {"choices": [4, 8, 16], "default": 8},
    }
    return KnobSpace.from_mapping({**fixed, **CHIP, "router_groups": 1, **chip, **free}, NAMES)


@cache
def found(scope: str, floor_db: float | None) -> TuneResult:
    return imctune.tune(
        NETS,
        "rram_32nm",
        precision_space(scope),
        objectives=ObjectiveSettings(min_snr_db=floor_db),
        n_trials=60,
        baseline_trials=0,
    )


def chosen(result: TuneResult) -> DesignBatch:
    assert result.best is not None
    return result.designs.take([result.best])


@pytest.mark.parametrize("scope", ["chip", "workload"])
def test_without_a_floor_the_least_converter_and_precision_are_best(scope: str) -> None:
    design = chosen(found(scope, None))
    assert {knob: np.unique(design[knob]).tolist() for knob in FREE} == {
        knob: [least] for knob, least in LEAST.items()
    }


@pytest.mark.parametrize("scope", ["chip", "workload"])
def test_with_a_floor_they_are_not_and_the_choice_keeps_it(scope: str) -> None:
    result = found(scope, FLOOR)
    design = chosen(result)
    snr = result.metrics.snr_db
    assert snr is not None
    assert (snr[result.best] >= FLOOR).all()
    assert all((design[knob] > least).all() for knob, least in LEAST.items())
    # It costs something to be accurate.
    free = found(scope, None)
    assert result.scores.score[result.best] > free.scores.score[free.best]


@pytest.mark.parametrize("scope", ["chip", "workload"])
def test_the_choice_keeps_the_floor_bit_by_bit(scope: str) -> None:
    design = chosen(found(scope, FLOOR))
    for index, network in enumerate(NETS):
        for layer in range(len(network.layers)):
            measured = bit_by_bit(network, layer, design, index).measured_db(seed=layer)
            assert measured >= FLOOR - 1.0  # what the closed form is held to


def bit_by_bit(network: Workload, layer: int, design: DesignBatch, index: int) -> Case:
    """A layer as the bit-level crossbar multiplies it, with the network's own precision."""
    own = {knob: int(design[knob].reshape(1, -1)[0, -1 if index else 0]) for knob in FREE}
    shape, memory = network.layers[layer], technology("rram_32nm").cell
    assert isinstance(memory, RramCell)
    array = Array(
        **{knob: int(design[knob][0]) for knob in ("rows", "rows_active", "bits_per_cell")},
        dac_bits=int(design["dac_bits"][0]),
        **own,
        is_differential=str(design["encoding"][0]) == "differential",
        is_signed=shape.signed,
        adc_range=str(design["adc_range"][0]),
        unset=memory.r_low_kohm / memory.r_high_kohm,
    )
    return Case(
        k=shape.k,
        array=array,
        zero_share=shape.input_zero_share,
        input_density=shape.input_bit_density,
        weight_density=network.weight_magnitude_density,
        variation=by_name.load_variation("none"),
    )


def test_the_best_of_all_accurate_designs_is_that_of_the_solved_chips() -> None:
    # The image's inputs are small, so that 8 bits are worth little there.
    floor = ObjectiveSettings(min_snr_db={"image": 7.0, "text": 20.0})
    # 8 rows of 2 bits count to 24: five bits lose nothing, three do.
    space = a_space("rram_32nm", ["weight_bits", "adc_bits", "encoding"], rows_active=8)
    everything = evaluated("rram_32nm", every_design(space), floor)
    accurate = aggregate(everything, floor).score.min()
    solved = choices("rram_32nm", space, floor)(every_design(chip_space(space)))
    best = aggregate(evaluated("rram_32nm", solved, floor), floor).score.min()
    assert np.isfinite(accurate)
    assert best == pytest.approx(accurate, rel=1e-12)
