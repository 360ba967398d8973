"""Knobs: limits, spaces, batches, and the values that depend on other knobs."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imctune.errors import InputError
from imctune.knobs import KNOBS, Change, DesignBatch, KnobSpace, changed, lossless_bits

CONF = Path(__file__).parents[2] / "conf" / "knobs"
SHIPPED = ("rram_32nm", "sram_32nm")
WORKLOADS = ("resnet18", "vgg16")


def shipped(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CONF / f"{name}.yaml").read_text()))


def space_with(**changes: object) -> KnobSpace:
    return KnobSpace.from_mapping({**shipped("rram_32nm"), **changes}, WORKLOADS)


def fixed_space(**changes: object) -> KnobSpace:
    """Every knob at its default but for `changes`."""
    defaults = KnobSpace.from_mapping(shipped("rram_32nm"), WORKLOADS).defaults()
    return KnobSpace.from_mapping({**defaults, **changes}, WORKLOADS)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_space_is_readable_and_as_rich_as_the_papers(name: str) -> None:
    space = KnobSpace.from_mapping(shipped(name), WORKLOADS)
    values = {knob.name: set(knob.values) for knob in space.knobs}
    assert {"adc_bits", "weight_bits", "input_bits"} <= {k.name for k in space.knobs if k.is_fixed}
    # Reference spaces of the paper; its 8 bits per cell are left out: four are the most today.
    assert {32, 64, 128, 256, 512} <= values["rows"] & values["cols"]
    assert {1, 2, 4, 8, 16, 32} <= values["router_groups"]
    assert {4, 8, 16, 32, 64} <= values["tiles_per_group"]
    assert {4, 8, 16, 32, 64, 128} <= values["macros_per_tile"]
    assert {512, 1024, 2048, 4096, 8192, 16384, 32768} <= values["glb_kib"]
    assert {0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85} <= values["supply_v"]
    assert {1, 2, 4, 6, 8, 10} <= values["cycle_time_ns"]
    # 3 * 2**k counts make the chip sizes fine enough for the area limit.
    assert {6, 12, 24, 48, 96} <= values["macros_per_tile"]
    assert space.size > 12_096_000


@pytest.mark.parametrize("name", SHIPPED)
def test_default_is_the_design_of_an_empty_mapping(name: str) -> None:
    space = KnobSpace.from_mapping(shipped(name), WORKLOADS)
    designs = DesignBatch.from_knobs({}, space.defaults(), WORKLOADS)
    assert len(designs) == 1
    assert designs["rows"][0] == 256
    assert 1 <= designs["adc_bits"][0] <= 16


def test_range_keeps_both_ends_and_exact_decimals() -> None:
    space = space_with(supply_v={"low": 0.5, "high": 0.85, "step": 0.05, "default": 0.7})
    values = next(knob.values for knob in space.knobs if knob.name == "supply_v")
    assert values == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85)


def test_choices_come_out_ascending() -> None:
    space = fixed_space(rows={"choices": [512, 32, 128], "default": 32})
    assert space.genes[0].values == (32, 128, 512)
    assert space.genes[0].is_ordered


def test_workload_scope_makes_one_gene_per_workload() -> None:
    choice = {"choices": ["none", "balanced"], "default": "none", "scope": "workload"}
    space = fixed_space(rows={"choices": [32, 64], "default": 32}, replication=choice)
    columns = [gene.column for gene in space.genes]
    assert columns == ["rows", "replication@resnet18", "replication@vgg16"]
    assert space.size == 8
    designs = space.decode([[1, 0, 1]])
    assert designs["rows"].tolist() == [64]
    assert designs["replication"].tolist() == [["none", "balanced"]]
    assert designs.columns()["replication@vgg16"].tolist() == ["balanced"]
    assert designs.knobs_of(0)["replication"] == {"resnet18": "none", "vgg16": "balanced"}


def test_a_space_without_choices_is_one_design() -> None:
    space = fixed_space()
    assert space.genes == ()
    assert space.size == 1
    assert len(space.decode(space.draw(np.random.default_rng(0), 1))) == 1


def test_decode_gives_every_knob_for_every_design() -> None:
    space = space_with()
    designs = space.decode(space.draw(np.random.default_rng(1), 7))
    assert set(designs.values) == set(KNOBS)
    assert all(len(column) == 7 for column in designs.columns().values())
    assert designs["rows"].dtype == np.int64
    assert designs["supply_v"].dtype == np.float64
    assert designs["sample_hold"].dtype == np.bool_


def test_draw_is_the_same_for_the_same_seed_and_uses_every_value() -> None:
    space = space_with()
    first, again = (space.draw(np.random.default_rng(3), 400) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    for column, gene in zip(first.T, space.genes, strict=True):
        assert set(column) == set(range(len(gene.values)))


@given(st.integers(1, 512), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_lossless_bits_tell_every_count_apart_and_no_bit_is_spare(
    rows: int, cell: int, step: int, differential: bool
) -> None:
    largest = rows * (2**cell - 1) * (2**step - 1)
    levels = 2 * largest + 1 if differential else largest + 1
    bits = int(lossless_bits(rows, cell, step, differential))
    assert 2 ** (bits - 1) < levels <= 2**bits


def test_lossless_is_stored_as_the_number_of_bits() -> None:
    # 128 rows of 1 bit: 129 counts need 8 bits; 256 rows of 4 bits: 3841 counts need 12.
    designs = fixed_design(rows_active=[128, 256], bits_per_cell=[1, 4])
    assert designs["adc_bits"].tolist() == [8, 12]
    assert fixed_design(adc_bits=5)["adc_bits"].tolist() == [5]


def fixed_design(**knobs: object) -> DesignBatch:
    return DesignBatch.from_knobs(knobs, space_with().defaults(), WORKLOADS)


def test_more_active_rows_than_rows_are_the_same_design() -> None:
    designs = fixed_design(rows=128, rows_active=[64, 128, 512])
    assert designs["rows_active"].tolist() == [64, 128, 128]
    keys = designs.keys()
    assert keys[1] == keys[2] != keys[0]


def test_columns_that_share_a_converter_are_at_most_all() -> None:
    assert fixed_design(cols=16, columns_per_adc=32)["columns_per_adc"].tolist() == [16]


def test_a_digital_macro_has_no_converter_to_tell_designs_apart() -> None:
    digital = fixed_design(compute="digital", columns_per_adc=[4, 8], adc_bits=[3, 9])
    analog = fixed_design(compute="analog", columns_per_adc=[4, 8])
    assert len(set(digital.keys())) == 1
    assert len(set(analog.keys())) == 2


def test_keys_do_not_depend_on_the_batch() -> None:
    space = space_with()
    designs = space.decode(space.draw(np.random.default_rng(5), 40))
    one_by_one = [designs.take([row]).keys()[0] for row in range(40)]
    assert designs.keys() == one_by_one


def test_take_and_concatenate_undo_each_other() -> None:
    space = space_with()
    designs = space.decode(space.draw(np.random.default_rng(7), 10))
    joined = DesignBatch.concatenate([designs.take(np.arange(4)), designs.take(np.arange(4, 10))])
    assert joined.keys() == designs.keys()
    assert len(designs.take(designs["rows"] < 0)) == 0


def test_places_undo_decode_and_leave_out_other_designs() -> None:
    space = space_with(weight_bits={"choices": [4, 8], "default": 8, "scope": "workload"})
    drawn = space.draw(np.random.default_rng(11), 20)
    drawn[:, 2] = 0  # few active rows: all of them fit any array, so no two choices are one design
    np.testing.assert_array_equal(space.places(space.decode(drawn)), drawn)
    other = space_with(rows={"choices": [64, 96], "default": 64})
    designs = other.decode(other.draw(np.random.default_rng(2), 20))
    kept = space_with().places(designs)
    assert len(kept) == (designs["rows"] == 64).sum()


def test_a_stored_design_is_read_back_as_itself() -> None:
    space = space_with(weight_bits={"choices": [4, 8], "default": 8, "scope": "workload"})
    designs = space.decode(space.draw(np.random.default_rng(9), 5))
    again = DesignBatch.from_knobs(designs.knobs_of(3), space.defaults(), WORKLOADS)
    assert again.keys() == designs.take([3]).keys()


def test_knobs_per_workload_take_three_forms() -> None:
    by_name = fixed_design(weight_bits={"vgg16": 4})
    assert by_name["weight_bits"].tolist() == [[8, 4]]
    table = fixed_design(weight_bits=[[8, 4], [6, 6]], rows=[64, 128])
    assert table["weight_bits"].shape == (2, 2)
    assert fixed_design(weight_bits=np.array([4, 6]))["weight_bits"].tolist() == [4, 6]


REFUSED_SPACES: dict[str, tuple[dict[str, object], str]] = {
    "unknown knob": ({"rowz": 128}, r"unknown knob 'rowz' \(did you mean rows"),
    "wrong type": ({"rows": "many"}, "rows must be a whole number from 1 to 8192, got 'many'"),
    "fraction": ({"rows": 12.5}, "rows must be a whole number"),
    "true for a number": ({"rows": True}, "rows must be a whole number"),
    "number for a flag": ({"sample_hold": 1}, "sample_hold must be true or false, got 1"),
    "not a number": ({"supply_v": float("nan")}, "supply_v must be a number from 0.2 to 2 V"),
    "nothing": ({"rows": None}, "rows must be a whole number"),
    "negative": ({"rows": -4}, "rows must be a whole number from 1"),
    "too large": ({"rows": {"choices": [64, 9000], "default": 64}}, "from 1 to 8192, got 9000"),
    "no choices": ({"rows": {"choices": [], "default": 64}}, "at least one value"),
    "choices not a list": ({"rows": {"choices": 64, "default": 64}}, "choices must be a list"),
    "twice the same": ({"rows": {"choices": [64, 64], "default": 64}}, "must differ"),
    "no default": ({"rows": {"choices": [64, 32]}}, "default is missing"),
    "foreign default": ({"rows": {"choices": [64, 32], "default": 48}}, "among 32, 64, got 48"),
    "forbidden scope": (
        {"rows": {"choices": [64, 32], "default": 32, "scope": "workload"}},
        "rows: scope must be chip, got 'workload'",
    ),
    "unknown scope": (
        {"weight_bits": {"choices": [4, 8], "default": 8, "scope": "layer"}},
        "scope must be chip or workload",
    ),
    "unknown key": ({"rows": {"choises": [64, 32], "default": 32}}, "unknown key 'choises'"),
    "no step": ({"supply_v": {"low": 0.5, "high": 0.8, "default": 0.5}}, "no step"),
    "step of zero": (
        {"supply_v": {"low": 0.5, "high": 0.8, "step": 0, "default": 0.5}},
        "step must be a number above 0",
    ),
    "broken step": ({"rows": {"low": 1, "high": 8, "step": 0.5, "default": 1}}, "a whole number"),
    "low above high": ({"rows": {"low": 8, "high": 4, "step": 1, "default": 8}}, "low must not"),
    "endless range": (
        {"cycle_time_ns": {"low": 1, "high": 900, "step": 1e-6, "default": 1}},
        "at most 100000 values",
    ),
    "range of words": (
        {"compute": {"low": 1, "high": 4, "step": 1, "default": 1}},
        "compute must be one of analog, digital, got a range",
    ),
    "unknown word": ({"compute": "optical"}, "one of analog, digital, got 'optical'"),
}


@pytest.mark.parametrize("case", REFUSED_SPACES)
def test_bad_space_is_refused_in_one_line(case: str) -> None:
    changes, message = REFUSED_SPACES[case]
    with pytest.raises(InputError, match=message) as refusal:
        KnobSpace.from_mapping({**shipped("rram_32nm"), **changes}, WORKLOADS, "knobs mine")
    assert str(refusal.value).startswith("knobs mine: ")
    assert "\n" not in str(refusal.value)


def test_missing_knob_is_refused() -> None:
    mapping = copy.copy(shipped("rram_32nm"))
    del mapping["glb_kib"]
    with pytest.raises(InputError, match="glb_kib is missing"):
        KnobSpace.from_mapping(mapping, WORKLOADS)


def test_a_grid_holds_every_combination_with_settled_values() -> None:
    space = fixed_space(
        rows={"choices": [64, 128, 256], "default": 64},
        rows_active={"choices": [16, 128], "default": 16},
        adc_bits="lossless",
        encoding={"choices": ["offset", "differential"], "default": "offset"},
    )
    grid = space.grid([slice(0, 3), slice(0, 2), slice(0, 2)])
    every = space.decode(np.indices((3, 2, 2)).reshape(3, -1).T)
    assert len(grid) == len(every) == 12
    assert grid["rows"].shape == (3, 1, 1)
    assert grid["rows_active"].shape == (3, 2, 1)
    for knob in KNOBS:
        flat = np.broadcast_to(grid[knob], grid.shape).ravel()
        np.testing.assert_array_equal(flat, every[knob], knob)


def test_a_grid_without_choices_is_one_design() -> None:
    assert len(fixed_space().grid([])) == 1


REFUSED_DESIGNS: dict[str, tuple[dict[str, object], str]] = {
    "unknown knob": ({"adc_bit": 4}, r"design: unknown knob 'adc_bit' \(did you mean adc_bits"),
    "wrong type": ({"rows": [64, "x"]}, "rows must be a whole number"),
    "lengths": ({"rows": [64, 32], "cols": [8, 16, 32]}, "got rows 2, cols 3"),
    "no values": ({"rows": []}, "rows must have at least one value"),
    "silicon per workload": ({"rows": {"resnet18": 64}}, "one value for the whole chip"),
    "table of silicon": ({"rows": [[64, 32]]}, "one value for the whole chip"),
    "unknown workload": ({"weight_bits": {"resnet": 4}}, "unknown workload 'resnet'"),
    "wrong width": ({"weight_bits": [[4, 4, 4]]}, "one per design and workload"),
    "not a number": ({"supply_v": [0.8, float("nan")]}, "supply_v must be a number"),
}


@pytest.mark.parametrize("case", REFUSED_DESIGNS)
def test_bad_design_is_refused_in_one_line(case: str) -> None:
    knobs, message = REFUSED_DESIGNS[case]
    with pytest.raises(InputError, match=message) as refusal:
        fixed_design(**knobs)
    assert "\n" not in str(refusal.value)


def test_a_changed_array_is_as_large_as_the_limits_of_its_space_allow() -> None:
    rows = {"choices": [64, 128, 256], "default": 128}
    space = fixed_space(rows=rows, rows_active=8192, columns_per_adc=4)
    design = DesignBatch.from_knobs({"rows": 128}, space.defaults(), WORKLOADS)
    assert design["rows_active"].tolist() == [128]
    larger, smaller = (
        changed(space, design, [Change("rows", 128, after, 1)]) for after in (256, 64)
    )
    assert larger["rows_active"].tolist() == [256]
    assert smaller["rows_active"].tolist() == [64]
    assert larger["columns_per_adc"].tolist() == [4]
    own = DesignBatch.from_knobs({"rows": 128, "rows_active": 32}, space.defaults(), WORKLOADS)
    of_the_design = changed(space, own, [Change("rows", 128, 256, 1)])
    assert of_the_design["rows_active"].tolist() == [32]
