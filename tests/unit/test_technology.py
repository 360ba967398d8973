"""Technology files are checked constant by constant."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from imctune.errors import InputError
from imctune.technology import VECTOR_FUNCTIONS, RramCell, SramCell, Technology

FOLDER = Path(__file__).parents[2] / "conf" / "technology"
SHIPPED = ["rram_32nm", "sram_32nm"]


def _values(name: str = "rram_32nm") -> dict[str, Any]:
    values = OmegaConf.to_container(OmegaConf.load(FOLDER / f"{name}.yaml"))
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_load(name: str) -> None:
    technology = Technology.from_mapping(_values(name), name)
    assert technology.name == name
    assert technology.memory == name[:4]
    assert technology.is_writable is (name == "sram_32nm")
    assert isinstance(technology.cell, SramCell if technology.is_writable else RramCell)
    assert technology.node_nm == 32.0
    assert set(technology.function_fj) == {"none", *VECTOR_FUNCTIONS}
    assert technology.function_fj["none"] == 0.0
    assert isinstance(hash(technology), int)


def test_both_memories_share_the_process() -> None:
    rram, sram = (Technology.from_mapping(_values(name), name) for name in SHIPPED)
    differ = {
        entry.name
        for entry in fields(Technology)
        if getattr(rram, entry.name) != getattr(sram, entry.name)
    }
    assert differ == {"name", "cell", "converter_factor"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_estimate_states_its_range(name: str) -> None:
    values = _values(name)
    for section in (values, values["cell"], values["function_fj"]):
        for key, entry in section.items():
            source = str(entry.get("source", "")) if isinstance(entry, dict) else ""
            if "[estimate]" in source:
                assert "(" in source or "about" in source, key


def _set(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        for parent in parents:
            values = values[parent]
        values[last] = value

    return change


def _drop(path: str) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        for parent in parents:
            values = values[parent]
        del values[last]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("memory", "flash"), "memory must be rram or sram, got 'flash'"),
        (_drop("memory"), "memory must be rram or sram, got None"),
        (_drop("cell"), "cell must be a mapping of constants, got None"),
        (_drop("delay_alpha"), "missing constant delay_alpha"),
        (_drop("cell/read_v"), "cell: missing constant read_v"),
        (_drop("function_fj/gelu"), "function_fj: missing constant gelu"),
        (_set("treshold_v", 0.3), r"unknown constant 'treshold_v' \(did you mean threshold_v\?\)"),
        (_set("threshold_v", 0.3), "threshold_v must be {value: ..., unit: V, source: ...}"),
        (_drop("threshold_v/unit"), "threshold_v has no unit"),
        (_drop("threshold_v/source"), "threshold_v has no source"),
        (_drop("threshold_v/value"), "threshold_v has no value"),
        (_set("threshold_v/note", "x"), "threshold_v has unknown entry 'note'"),
        (_set("threshold_v/source", " "), "threshold_v must name its source in words, got ' '"),
        (_set("threshold_v/unit", "mV"), "threshold_v must have unit V, got 'mV'"),
        (_set("threshold_v/value", float("nan")), "threshold_v must be > 0 and finite, got nan"),
        (_set("threshold_v/value", float("inf")), "threshold_v must be > 0 and finite, got inf"),
        (_set("threshold_v/value", -0.1), "threshold_v must be > 0 and finite, got -0.1"),
        (_set("node_nm/value", 0), "node_nm must be > 0 and finite, got 0"),
        (_set("node_nm/value", "32"), "node_nm must be a number, got '32'"),
        (_set("node_nm/value", True), "node_nm must be a number, got True"),
        (
            _set("cell/leakage_mw_per_cell/value", -1.0),
            "cell: leakage_mw_per_cell must be >= 0 and finite, got -1.0",
        ),
        (
            _set("offchip_usable_share/value", 1.2),
            "offchip_usable_share must be > 0 and <= 1 and finite, got 1.2",
        ),
        (_set("converter_model/value", 3), "converter_model must be a name, got 3"),
        (_set("converter_model/value", "flash"), "converter_model must be one of imctune, .*flash"),
        (_set("nominal_supply_v/value", 0.4), "nominal_supply_v must be > threshold_v"),
        (_set("cell/r_high_kohm/value", 100.0), "r_high_kohm must be > r_low_kohm = 100, got 100"),
    ],
)
def test_bad_files_are_refused_in_one_line(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    values = copy.deepcopy(_values())
    change(values)
    with pytest.raises(InputError, match=message) as refusal:
        Technology.from_mapping(values, "mine")
    assert "technology mine: " in str(refusal.value)
    assert "\n" not in str(refusal.value)
