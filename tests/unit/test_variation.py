"""Variation files are checked constant by constant, and describe the published devices."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import yaml

import imctune
from imctune.config import by_name
from imctune.config.locations import CONF
from imctune.errors import InputError
from imctune.variation import Variation

SHIPPED = sorted(path.stem for path in (CONF / "variation").glob("*.yaml"))


def values(name: str = "cmo_hfox_1day") -> dict[str, Any]:
    mapping = yaml.safe_load((CONF / "variation" / f"{name}.yaml").read_text())
    assert isinstance(mapping, dict)
    return mapping


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_load_and_only_none_is_none(name: str) -> None:
    variation = by_name.load_variation(name)
    assert variation.name == name
    assert variation.is_none is (name == "none")
    assert isinstance(hash(variation), int)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_estimate_states_its_range(name: str) -> None:
    for key, entry in values(name).items():
        if isinstance(entry, dict) and "[estimate]" in entry["source"]:
            assert "(" in entry["source"], key


def test_wan_2022_spreads_most_at_middle_conductance() -> None:
    # 1 day, in uS of 40: 0.701 unset, and at 0.38
    # 0.701 + 22.086 g - 50.773 g2 + 47.095 g3 - 16.458 g4 = 0.701 + 8.393 - 7.332 + 2.584 - 0.343.
    variation = by_name.load_variation("wan2022_1day")
    share = np.linspace(0.0, 1.0, 101)
    sigma_us = 40.0 * variation.conductance_sigma(share)
    assert sigma_us[0] == pytest.approx(0.701, abs=5e-4)
    assert sigma_us[38] == pytest.approx(4.003, abs=2e-3)
    assert sigma_us.argmax() in range(35, 42)


def test_wan_2022_grows_from_a_second_to_a_day() -> None:
    share = np.linspace(0.0, 1.0, 21)
    early, late = (
        by_name.load_variation(name).conductance_sigma(share)
        for name in ("wan2022_1s", "wan2022_1day")
    )
    assert (late > early).all()


def test_programming_error_and_drift_add_as_variances() -> None:
    # CMO/HfOx, fully set, 1 day (ln t = 11.367): 1.0068 uS programmed; 0.4118 + 0.0420 ln t =
    # 0.8894 uS drifted; together 1.3433 uS of 88.19 uS. The mean moves by -0.0890 ln t uS.
    variation = by_name.load_variation("cmo_hfox_1day")
    assert 88.19 * float(variation.conductance_sigma(1.0)) == pytest.approx(1.3433, abs=5e-4)
    assert 88.19 * variation.mean_shift == pytest.approx(-0.0890 * math.log(86400.0), rel=1e-3)


def test_lognormal_file_spreads_the_logarithm_as_it_says() -> None:
    # 0.08 of ln R when fully set, 0.35 at 1/17.
    sigma = by_name.load_variation("lognormal").conductance_sigma([1.0, 1.0 / 17.0])
    np.testing.assert_allclose(sigma / [1.0, 1.0 / 17.0], [0.08, 0.35], rtol=0.01)


def test_capacitor_mismatch_follows_the_area() -> None:
    # 0.66 % at 1 fF, 1 / sqrt(C): 0.539 % at 1.5 fF. A cell that holds a zero has no charge.
    sigma = by_name.load_variation("sram_mismatch").conductance_sigma([0.0, 1.0])
    np.testing.assert_allclose(sigma, [0.0, 0.0066 / math.sqrt(1.5)], rtol=5e-3)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("memory", "flash", "memory must be one of any, rram, sram, got 'flash'"),
        ("law", "uniform", "law must be one of gaussian, lognormal, got 'uniform'"),
        ("sigma", 1.0, r"unknown constant 'sigma' \(did you mean sigma_share\?\)"),
        ("time_s", None, "time_s must be {value: ..., unit: s, source: ...}, got None"),
        ("time_s", (0.5, "s"), "time_s must be >= 1, got 0.5"),
        ("time_s", (1.0, "h"), "time_s must have unit s, got 'h'"),
        ("stuck_on_share", (1.5, "1"), "stuck_on_share must be >= 0 and <= 1 and finite, got 1.5"),
        ("read_noise_share", (-0.1, "1"), "read_noise_share must be >= 0 and finite, got -0.1"),
        ("sigma_share", (0.1, "1"), "sigma_share must be a list of numbers, got 0.1"),
        ("sigma_share", ([0.1, -0.3], "1"), "sigma_share must be >= 0 for conductances .* -0.2 a"),
    ],
)
def test_bad_files_are_refused_in_one_line(key: str, value: object, message: str) -> None:
    mapping = copy.deepcopy(values())
    if isinstance(value, tuple):
        value = {"value": value[0], "unit": value[1], "source": "me"}
    mapping[key] = value
    with pytest.raises(InputError, match=message) as refusal:
        Variation.from_mapping(mapping, "mine")
    assert "variation mine: " in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_more_stuck_cells_than_cells_are_refused() -> None:
    mapping = values("stuck")
    mapping["stuck_on_share"]["value"] = 0.95
    with pytest.raises(InputError, match=r"stuck_off_share \+ stuck_on_share must be <= 1, got 1"):
        Variation.from_mapping(mapping, "mine")


@pytest.mark.parametrize(
    ("technology", "variation", "message"),
    [
        ("sram_32nm", "wan2022_1s", "variation wan2022_1s must come with a technology of rram"),
        ("rram_32nm", "sram_mismatch", "must come with a technology of sram cells, got rram_32nm"),
        ("rram_32nm", "wan", "unknown variation 'wan'"),
    ],
)
def test_a_variation_of_other_cells_is_refused(
    technology: str, variation: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        imctune.evaluate({}, ["alexnet"], technology, variation=variation)


def test_the_profile_of_the_paper_has_ideal_cells() -> None:
    paper = (["alexnet"], "paper_rram_32nm", "paper")
    with pytest.raises(InputError, match="variation gaussian must come with assumptions=physical"):
        imctune.evaluate({}, *paper, variation="gaussian")
    assert imctune.evaluate({}, *paper, variation="none").feasible.shape == (1,)


def test_a_path_and_a_record_do_as_well_as_a_name() -> None:
    path = CONF / "variation" / "gaussian.yaml"
    record = by_name.load_variation("gaussian")
    areas = [
        imctune.evaluate({}, ["alexnet"], variation=given).area_mm2[0]
        for given in ("gaussian", path, record)
    ]
    assert len(set(areas)) == 1
