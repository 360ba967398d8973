"""From rows of silicon files to designs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validation.classes import class_technology
from tests.validation.macros import SiliconMacro, chip_of, read_macros
from tests.validation.silicon import array_share, compare, predicted

COLUMNS = (
    *("id", "name", "type", "compute_model", "memory", "cell", "node_nm", "vdd_V", "rows", "cols"),
    *("active_rows", "bank_in_bits", "bank_w_bits", "adc_bits", "n_adc", "t_mvm_ns", "dot_len"),
    *("topsw_1b", "topsmm2_1b", "pub_bits_in", "pub_bits_w", "pub_topsw", "pub_topsmm2"),
    *("confidence", "caveat"),
)
PLAIN = {
    **dict.fromkeys(COLUMNS, ""),
    "id": "UIUC1000.0",
    "type": "analog",
    "memory": "SRAM",
    "cell": "8T1C",
    "node_nm": "28",
    "vdd_V": "0.9",
    "rows": "256",
    "cols": "128",
    "active_rows": "64",
    "bank_in_bits": "4",
    "bank_w_bits": "4",
    "adc_bits": "5",
    "n_adc": "16",
    "dot_len": "64",
    "topsw_1b": "1000",
}


def macro(**fields: str) -> SiliconMacro:
    return SiliconMacro.from_row({**PLAIN, **fields})


def written(folder: Path, *rows: dict[str, str]) -> Path:
    lines = [",".join(COLUMNS)]
    lines += [",".join({**PLAIN, **row}[column] for column in COLUMNS) for row in rows]
    path = folder / "silicon_macros.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_row_becomes_whole_row_groups_and_one_conversion_per_weight() -> None:
    knobs = macro().knobs()
    assert (knobs["rows"], knobs["rows_active"]) == (256, 64)
    # 128 bit cells are 32 weights of four; 16 converters take two each.
    assert (knobs["cols"], knobs["bits_per_cell"], knobs["columns_per_adc"]) == (32, 4, 2)
    assert (knobs["dac_bits"], knobs["input_bits"], knobs["adc_bits"]) == (4, 4, 5)


def test_missing_fields_take_the_stated_defaults() -> None:
    knobs = macro(rows="", cols="", active_rows="", dot_len="", adc_bits="", vdd_V="").knobs()
    assert (knobs["rows"], knobs["rows_active"]) == (64, 64)
    # Counts of 64 rows take seven bits; 0.9 V is the nominal supply of 28 nm.
    assert (knobs["adc_bits"], knobs["supply_v"]) == (7, 0.9)
    assert knobs["compute"] == "analog"


def test_published_precision_stands_in_for_the_one_bit_figure() -> None:
    row = macro(topsw_1b="", pub_topsw="20", pub_bits_in="8", pub_bits_w="4")
    assert row.tops_w == 20 * 8 * 4


@pytest.mark.parametrize(
    ("fields", "group", "technology"),
    [
        ({}, "analog_sram", "sram_32nm"),
        ({"compute_model": "IS"}, "analog_sram", "current_sram"),
        ({"type": "digital"}, "digital_sram", "sram_32nm"),
        ({"adc_bits": "", "n_adc": ""}, "digital_sram", "sram_32nm"),
        ({"memory": "eNVM", "cell": "ReRAM+Par", "dot_len": "9"}, "nonvolatile", "few_rows"),
        ({"memory": "eNVM", "cell": "ReRAM+Cross"}, "nonvolatile", "many_rows"),
        ({"memory": "eNVM", "cell": "MRAM+Par"}, "nonvolatile", "mram"),
        ({"memory": "eFlash", "cell": "4T"}, "nonvolatile", "eflash"),
        ({"memory": "eDRAM"}, None, "sram_32nm"),
    ],
)
def test_the_class_follows_from_memory_converter_and_rows(
    fields: dict[str, str], group: str | None, technology: str
) -> None:
    assert macro(**fields).group == group
    assert macro(**fields).technology == technology


def test_a_crossbar_stores_differences() -> None:
    knobs = macro(memory="RRAM", cell="2T2R", bank_w_bits="2").knobs()
    assert (knobs["encoding"], knobs["cols"], knobs["bits_per_cell"]) == ("differential", 256, 1)


def test_input_bits_come_in_groups_where_few_rows_are_driven() -> None:
    few = {"memory": "eNVM", "cell": "ReRAM+Par", "dot_len": "9", "bank_in_bits": "8"}
    # 8 bits in three steps of up to three bits; arrays of many rows take them at once.
    assert macro(**few).knobs()["dac_bits"] == 3
    assert macro(**{**few, "cell": "ReRAM+Cross", "dot_len": "64"}).knobs()["dac_bits"] == 8


def test_a_row_group_has_an_energy_of_its_own_and_the_whole_array_the_area() -> None:
    # Groups that wait take room, and no part in the energy of a step.
    one, four = predicted(macro(rows="64")), predicted(macro(rows="256"))
    assert one.tops_w == four.tops_w
    assert one.tops_mm2 > four.tops_mm2


def test_densities_are_half_unless_the_row_says_so() -> None:
    assert macro().densities == (0.5, 0.5)
    stated = macro(caveat="37.5% input toggle; 60% weight sparsity assumed").densities
    assert stated == pytest.approx((0.375, 0.4))
    assert macro(caveat="average output value 15/15 (data dependent)").densities == (1.0, 1.0)
    assert macro(bank_in_bits="1", bank_w_bits="1").densities == (1.0, 0.5)


def test_chips_have_one_name() -> None:
    assert chip_of("UIUC33.1") == chip_of("ZZ-AIMC1") == "UIUC33"
    assert chip_of("CL-Jia-0.85") == chip_of("UIUC5.0")
    assert chip_of("LIT-Yao24") == "LIT-Yao24"


def test_points_that_do_not_compare_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {},
        {"id": "UIUC1000.1"},
        {"id": "UIUC24.0"},
        {"id": "UIUC1001.0", "caveat": "exploits sparsity"},
        {"id": "UIUC1002.0", "topsw_1b": ""},
        {"id": "SIM-1", "name": "a simulated architecture"},
        {"id": "UIUC1003.0", "memory": "eDRAM"},
    )
    assert [row.id for row in read_macros(path)] == ["UIUC1000.0"]


def test_a_folder_without_files_has_no_figures(tmp_path: Path) -> None:
    assert compare(tmp_path).figures("analog_sram") == {
        "n": 0,
        "median_factor": None,
        "within_2x": None,
        "spearman": None,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"vdd_V": "0.3"},
        {"rows": "100000", "dot_len": "20000"},
        {"bank_in_bits": "1.5", "bank_w_bits": "1.6"},
        {"node_nm": "3"},
        {"memory": "RRAM", "cell": "1T1R", "vdd_V": "4.2", "node_nm": "180"},
    ],
)
def test_any_row_has_a_finite_prediction(fields: dict[str, str]) -> None:
    assert 0.0 < predicted(macro(**fields)).tops_w < 1e9


def test_a_prediction_does_not_depend_on_what_was_measured() -> None:
    assert predicted(macro()).tops_w == predicted(macro(topsw_1b="5")).tops_w


def test_array_share_is_the_slope() -> None:
    # 10 + 0.1 per row: at 400 rows 40 of 50.
    assert array_share([100.0, 200.0, 400.0], [20.0, 30.0, 50.0]) == pytest.approx(0.8)


def test_a_class_changes_only_what_it_names() -> None:
    base, few = class_technology("rram_32nm"), class_technology("few_rows")
    assert few.converter_model == "current_sense"
    assert few.nominal_supply_v == base.nominal_supply_v
    assert few.name == "few_rows"
