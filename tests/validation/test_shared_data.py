"""The figures on the shared data, and the command that writes them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tests.validation import neurosim, silicon
from tests.validation.__main__ import SHARED, main
from tests.validation.rollups import ISAAC_AREA_MM2, ISAAC_POWER_MW, isaac_tile
from tests.validation.statistics import median

needs_data = pytest.mark.skipif(
    not (SHARED / "silicon_macros.csv").is_file(), reason=f"the measured data is not at {SHARED}"
)


@cache
def macros() -> silicon.SiliconReport:
    return silicon.compare(SHARED)


@cache
def runs() -> neurosim.NeurosimReport:
    return neurosim.compare(SHARED)


# Bounds are those that were set for the model, tightened to just beyond what it reaches.
@needs_data
def test_analog_sram_is_predicted_without_tuning() -> None:
    figures = macros().figures("analog_sram")
    assert figures["median_factor"] is not None
    assert figures["within_2x"] is not None
    assert figures["spearman"] is not None
    assert figures["median_factor"] <= 1.5
    assert figures["within_2x"] >= 0.7
    assert figures["spearman"] >= 0.74


@needs_data
def test_nonvolatile_memory_is_predicted_without_tuning() -> None:
    figures = macros().figures("nonvolatile")
    assert figures["median_factor"] is not None
    assert figures["spearman"] is not None
    assert figures["median_factor"] <= 2.05
    assert figures["spearman"] >= 0.7


@needs_data
def test_one_factor_per_chip_leaves_ten_per_cent_on_analog_sram() -> None:
    report = macros()
    left = median([report.calibrated[chip][1] for chip in report.chips("analog_sram")])
    assert left is not None
    assert left <= 0.1


@needs_data
def test_single_changes_follow_neurosim() -> None:
    figures = runs().figures()
    assert figures["direction"] is not None
    assert figures["within_1_5"] is not None
    assert figures["direction"] >= 0.92
    assert figures["within_1_5"] >= 0.84


@needs_data
@pytest.mark.parametrize(
    ("quantity", "least"), [("area", 0.96), ("energy", 0.95), ("latency", 0.9)]
)
def test_chips_rank_as_in_neurosim(quantity: str, least: float) -> None:
    rank = runs().figures()[f"spearman_{quantity}"]
    assert rank is not None
    assert rank >= least


@needs_data
def test_the_command_prints_tables_and_writes_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    assert main(["--json", str(file), "--markdown"]) == 0
    assert "| analog SRAM |" in capsys.readouterr().out
    figures = json.loads(file.read_text())
    assert set(figures) == {"reference_rram", "reference_sram", "neurosim", "silicon"}
    assert set(figures["silicon"]) == {"analog_sram", "nonvolatile", "digital_sram"}
    assert set(figures["silicon"]["analog_sram"]) == {
        "n",
        "median_factor",
        "within_2x",
        "spearman",
    }
    assert "direction" in figures["neurosim"]


def test_an_empty_folder_has_null_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    assert main(["--data", str(tmp_path), "--json", str(file)]) == 0
    figures = json.loads(file.read_text())
    assert figures["silicon"]["analog_sram"]["median_factor"] is None
    assert figures["neurosim"]["direction"] is None


def test_the_isaac_tile_rolls_up_to_its_order_of_size() -> None:
    # A simulated design with drivers and columns that silicon has never reached: within 2.5.
    tile = isaac_tile()
    assert ISAAC_POWER_MW / 2.5 < tile.power_mw < ISAAC_POWER_MW * 2.5
    assert ISAAC_AREA_MM2 / 2.5 < tile.area_mm2 < ISAAC_AREA_MM2 * 2.5
    # Converters are what the tile is built around: 16 mW a unit, 12 units.
    assert tile.parts["converters"][0] == pytest.approx(192.0, rel=0.4)
