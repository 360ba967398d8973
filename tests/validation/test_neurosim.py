"""From NeuroSim runs to chips and networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.validation.neurosim import Change, changes, compare, design, measured, workload

RUN = {
    "network": "net_small.csv",
    "memcelltype": "2",
    "technode": "22",
    "numRowSubArray": "128",
    "numColSubArray": "128",
    "numRowParallel": "128",
    "levelOutput": "32",
    "cellBit": "1",
    "numColMuxed": "8",
    "SARADC": "0",
    "pipeline": "0",
    "novelMapping": "1",
    "synapseBit": "8",
    "numBitInput": "8",
    "speedUpDegree": "1",
    "resistanceOn": "100000",
    "resistanceOff": "1700000",
    "area_um2": "2e6",
    "latency_ns": "1000",
    "dyn_energy_pJ": "90",
    "leak_energy_pJ": "10",
    "tile_cm": "1024x1024",
    "tile_nm": "9x512x512",
    "tiles_per_layer": "1|2",
}
LAYERS = [[16, 16, 32, 3, 3, 64, 1, 1], [1, 1, 2048, 1, 1, 128, 0, 1]]


def test_a_chip_has_the_arrays_of_its_tiles() -> None:
    knobs = design(RUN, LAYERS)
    # One tile of 9 x 4 x 4 arrays and two of 8 x 8: 272 on three tiles.
    assert (knobs["macros_per_tile"], knobs["router_groups"]) == (91, 3)
    assert (knobs["adc_bits"], knobs["columns_per_adc"]) == (5, 8)


def test_kernel_positions_of_their_own_fill_arrays_in_part() -> None:
    conv, linear = workload(RUN, LAYERS).layers
    # Nine positions of 32 channels, each padded to 128 rows.
    assert conv.k == 9 * 128
    assert conv.input_bit_density == pytest.approx(0.25 * 32 / 128)
    assert (linear.k, linear.input_bit_density) == (2048, 0.25)
    plain = workload({**RUN, "novelMapping": "0"}, LAYERS).layers[0]
    assert (plain.k, plain.input_bit_density) == (9 * 32, 0.25)


def test_energy_includes_leakage() -> None:
    assert measured(RUN) == (2e6, 100.0, 1000.0)


def test_only_runs_that_differ_in_one_parameter_are_compared() -> None:
    smaller = {**RUN, "numRowSubArray": "64", "numColSubArray": "64", "numRowParallel": "64"}
    rows = [RUN, smaller, {**smaller, "levelOutput": "64"}, {**RUN, "memcelltype": "1"}]
    results = np.arange(1.0, 13.0).reshape(4, 3)
    found = changes(rows, results, results)
    assert {(x.parameter, x.before, x.after) for x in found} == {
        ("array", "128 x 128", "64 x 64"),
        ("levelOutput", "32", "64"),
        ("memcelltype", "2", "1"),
    }
    assert all(x.is_right_way and x.is_close for x in found)


def test_a_change_of_less_than_five_per_cent_is_none() -> None:
    def change(neurosim: float, model: float) -> Change:
        return Change("p", "1", "2", "area", neurosim, model)

    assert change(0.97, 1.05).is_right_way
    assert not change(0.97, 1.2).is_right_way
    assert not change(0.9, 1.05).is_right_way
    assert change(0.9, 0.99).is_right_way
    assert change(1.0, 1.49).is_close
    assert not change(1.0, 1.51).is_close


def test_a_folder_without_runs_has_no_figures(tmp_path: Path) -> None:
    assert set(compare(tmp_path).figures().values()) == {None}
