"""The paper's profile: how it fills a chip, what that costs, and what it refuses."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import imctune
from imctune.assumptions import Assumptions
from imctune.config import by_name
from imctune.config.locations import CONF
from imctune.errors import InputError
from imctune.knobs import KNOBS, DesignBatch, KnobSpace
from imctune.simulator.detail import layer_rows
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.paper.chips import FIXED
from imctune.simulator.paper.energy import mean_cell_level
from imctune.simulator.paper.filling import Filling, WholeChip, best_factors
from imctune.simulator.simulate import Simulator
from imctune.technology import PaperTechnology, read_technology
from imctune.workload import Layer, Workload
from tests.unit.simulator.cases import conv, linear

FOUR = ("alexnet", "vgg16", "resnet18", "mobilenet_v3")
BOTH = ("paper_rram_32nm", "paper_sram_32nm")


@cache
def technology(name: str) -> PaperTechnology:
    found = imctune.load_technology(name)
    assert isinstance(found, PaperTechnology)
    return found


@cache
def space(name: str, workloads: tuple[str, ...] = FOUR) -> KnobSpace:
    return by_name.load_knobs(name, workloads)


@cache
def paper() -> Assumptions:
    return by_name.load_assumptions("paper")


@cache
def on(name: str, workloads: tuple[str, ...] = FOUR) -> Simulator:
    networks = [imctune.load_workload(each) for each in workloads]
    return Simulator(networks, technology(name), paper())


def drawn(name: str, n_designs: int, seed: int) -> DesignBatch:
    return space(name).decode(space(name).draw(np.random.default_rng(seed), n_designs))


def chip(name: str, workloads: tuple[str, ...], **knobs: Any) -> DesignBatch:
    return DesignBatch.from_knobs(knobs, space(name).defaults(), workloads)


def filled(layer: Layer, knobs: dict[str, Any], *, spreads_columns: bool = True) -> Filling:
    table = LayerTable.from_workloads([Workload("net", (layer,))], ("weights",))
    designs = chip("paper_rram_32nm", ("net",), **knobs)
    mapper = WholeChip(table, spreads_columns=spreads_columns)
    return mapper.fill(KnobColumns.from_designs(designs, table))


# Filling.


@pytest.mark.parametrize(
    ("lengths", "room", "factors"),
    [
        ((64,), 64, (64,)),  # fits whole
        ((48,), 32, (32,)),  # four twos, then 2 + 1 of the 3 left: 24 busy, as with 3 x 8
        ((3, 3, 512), 512, (1, 1, 512)),  # all places busy by the longest loop alone
        ((7,), 4, (4,)),  # prime: shares of 4 and 3, 3.5 busy on average
        ((97,), 32, (25,)),  # prime: three shares of 25 and one of 22
        ((5, 6), 1, (1, 1)),  # no room
    ],
)
def test_best_factors_of_hand_made_cases(
    lengths: tuple[int, ...], room: int, factors: tuple[int, ...]
) -> None:
    assert best_factors(lengths, room)[1] == factors


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=3).map(tuple),
    st.integers(1, 512),
)
def test_factors_fit_and_no_loop_is_overrun(lengths: tuple[int, ...], room: int) -> None:
    busy, factors = best_factors(lengths, room)
    assert np.prod(factors) <= room
    assert all(1 <= factor <= length for factor, length in zip(factors, lengths, strict=True))
    assert 1.0 <= busy <= np.prod(factors)


def test_a_dense_layer_takes_one_round_where_it_fits() -> None:
    # 512 x 32 cells, 8 bits each: a 512 x 32 linear layer fills one array.
    filling = filled(linear(512, 32), {"rows": 512, "cols": 32, "bits_per_cell": 8})
    assert filling.cycles[0, 0] == 1.0
    assert filling.within["channel"][0][0, 0] == 512.0
    assert filling.within["output"][0][0, 0] == 32.0


def test_a_layer_that_does_not_fit_takes_time() -> None:
    # One array of 512 x 32: 1,024 inputs and 96 outputs take two and three rounds.
    one = {"macros_per_tile": 1, "tiles_per_group": 1, "router_groups": 1}
    filling = filled(linear(1024, 96), {"rows": 512, "cols": 32, "bits_per_cell": 8, **one})
    assert filling.cycles[0, 0] == 6.0


def test_copies_spread_the_image_and_sram_keeps_its_columns_in_time() -> None:
    # 64 channels x 32 outputs on 64 x 32 cells; 8 x 8 positions on 8 x 2 x 4 = 64 arrays.
    layer = conv(64, 32, 8, kernel=1)
    places = {"macros_per_tile": 8, "tiles_per_group": 2, "router_groups": 4}
    knobs = {"rows": 64, "cols": 32, "bits_per_cell": 8, **places}
    assert filled(layer, knobs).cycles[0, 0] == 1.0
    assert filled(layer, knobs, spreads_columns=False).cycles[0, 0] == 8.0


def test_slices_of_a_weight_lie_side_by_side() -> None:
    # 8 bits in cells of 3: three columns a weight, so 10 outputs of 32 columns at once.
    filling = filled(linear(64, 40), {"rows": 64, "cols": 32, "bits_per_cell": 3})
    assert filling.whole["slice"][0, 0] == 3.0
    assert filling.within["slice"][0][0, 0] * filling.within["output"][0][0, 0] <= 32.0


def test_a_depthwise_layer_is_one_group_of_one_channel() -> None:
    # 3 x 3 taps in rows; 16 channels over 16 of 64 arrays, positions over the rest.
    layer = conv(16, 16, 8, groups=16)
    places = {"macros_per_tile": 16, "tiles_per_group": 4, "router_groups": 1}
    filling = filled(layer, {"rows": 64, "cols": 32, "bits_per_cell": 8, **places})
    assert filling.whole["channel"].item() == filling.whole["output"].item() == 1.0
    assert filling.within["group"][3][0, 0] == 16.0
    assert filling.cycles[0, 0] == 64 / 4


# Costs.


def test_the_published_best_design() -> None:
    # The default: 512 x 32 cells of 8 bits, 8 x 64 x 32 macros, 1 MiB, 0.6 V. The paper stored
    # 481.60 mm² and 0.17582 mJ ms mm².
    metrics = imctune.evaluate({}, FOUR, "paper_rram_32nm", "paper")
    assert metrics.area_mm2[0] == pytest.approx(481.60, rel=0.01)
    score = metrics.energy_mj.mean() * metrics.latency_ms.mean() * metrics.area_mm2[0]
    assert score == pytest.approx(0.17582, rel=0.02)
    assert metrics.cycles[0, 0] == 9
    assert metrics.feasible.all()


def test_cells_hold_half_of_their_range_on_average() -> None:
    # 8 = 3 + 3 + 2 bits: (7/2 + 7/2 + 3/2) / 7 / 3 levels.
    np.testing.assert_allclose(mean_cell_level(8, [1, 8, 3]), [0.5, 0.5, 8.5 / 21], rtol=1e-15)


def test_weights_of_sram_come_from_off_chip_once() -> None:
    network = imctune.load_workload("alexnet")
    metrics = imctune.evaluate({}, [network], "paper_sram_32nm", "paper")
    per_bit = technology("paper_sram_32nm").costs.offchip_fj_per_bit  # type: ignore[union-attr]
    expected = network.weights * 8 * per_bit * 1e-12
    assert metrics.breakdown["offchip"].energy_mj[0, 0] == pytest.approx(expected, rel=1e-12)


def test_capacity_counts_cells_of_one_network_at_a_time() -> None:
    # 1,024 weights of a dense layer and 9 of one of 16 groups, 4 slices of 2 bits.
    network = Workload("net", (linear(32, 32), conv(16, 16, 4, groups=16)))
    space_ = {"rows": 32, "cols": 32, "tiles_per_group": 1, "router_groups": 1, "bits_per_cell": 2}
    for macros, amount in ((4, 4132 / 4096 - 1.0), (5, 4132 / 5120 - 1.0)):
        knobs = {**space_, "macros_per_tile": macros}
        metrics = imctune.evaluate(knobs, [network], "paper_rram_32nm", "paper")
        assert metrics.violations["weight_capacity"][0, 0] == pytest.approx(amount, rel=1e-12)
        assert metrics.feasible[0] == (amount <= 0.0)


def test_sram_never_lacks_capacity_and_large_chips_are_infeasible() -> None:
    one = {"macros_per_tile": 1, "tiles_per_group": 1, "router_groups": 1}
    assert imctune.evaluate(one, ["vgg16"], "paper_sram_32nm", "paper").feasible.all()
    large = {"cols": 512, "macros_per_tile": 128, "tiles_per_group": 64}
    metrics = imctune.evaluate(large, ["vgg16"], "paper_sram_32nm", "paper")
    assert metrics.violations["area_mm2"][0] > 0.0
    assert not metrics.feasible.any()


def test_dynamic_products_and_sweeps_are_free() -> None:
    dense = linear(64, 64, tokens=16)
    product = Layer("qk", "matmul", "dynamic", k=64, m=16, out_h=16, in_h=16, in_channels=64)
    softmax = Layer("softmax", "softmax", "none", k=1, m=16, out_h=16, in_h=16, in_channels=16)
    networks = [Workload("dense", (dense,)), Workload("attention", (dense, product, softmax))]
    metrics = imctune.evaluate({}, networks, "paper_sram_32nm", "paper")
    assert metrics.edap[0, 0] == metrics.edap[0, 1]


# Laws.


@pytest.mark.parametrize("name", BOTH)
def test_no_design_of_the_space_gives_anything_but_positive_numbers(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulation = on(name).simulate(drawn(name, 300, seed=1))
    for values in (simulation.energy_fj, simulation.latency_ps, simulation.area_um2):
        assert np.isfinite(values).all()
        assert (values > 0.0).all()
    parts = [*simulation.energy_by_component_fj.values()]
    assert all((part >= 0.0).all() for part in parts)
    np.testing.assert_allclose(sum(parts), simulation.energy_fj, rtol=1e-12)
    areas = [*simulation.area_by_component_um2.values()]
    assert all((area >= 0.0).all() for area in areas)
    np.testing.assert_allclose(sum(areas), simulation.area_um2, rtol=1e-12)
    assert (simulation.latency_ps % 1000.0 == 0.0).all()


@pytest.mark.parametrize("name", BOTH)
def test_a_batch_equals_its_designs_one_by_one(name: str) -> None:
    designs = drawn(name, 24, seed=2)
    batch = on(name).simulate(designs)
    fresh = Simulator([imctune.load_workload(each) for each in FOUR], technology(name), paper())
    for row in reversed(range(len(designs))):
        alone = fresh.simulate(designs.take([row]))
        assert (alone.energy_fj[0] == batch.energy_fj[row]).all()
        assert (alone.latency_ps[0] == batch.latency_ps[row]).all()
        assert (alone.cycles[0] == batch.cycles[row]).all()
        assert alone.area_um2[0] == batch.area_um2[row]


@pytest.mark.parametrize("name", BOTH)
def test_a_screen_says_what_a_simulation_says(name: str) -> None:
    designs = drawn(name, 50, seed=3)
    area, lack = on(name).screen(designs)
    simulation = on(name).simulate(designs)
    assert (area == simulation.area_um2).all()
    assert (lack == simulation.violations["weight_capacity"]).all()


@pytest.mark.parametrize("name", BOTH)
def test_layers_sum_to_the_network(name: str) -> None:
    simulator = on(name)
    networks = [imctune.load_workload(each) for each in FOUR]
    designs = drawn(name, 1, seed=4)
    rows = layer_rows(simulator, networks, designs)
    simulation = simulator.simulate(designs)
    for index, network in enumerate(networks):
        energy = sum(float(str(row["energy_fj"])) for row in rows[network.name])
        cycles = sum(int(str(row["cycles"])) for row in rows[network.name])
        assert energy == pytest.approx(simulation.energy_fj[0, index], rel=1e-12)
        assert cycles == simulation.cycles[0, index]


def test_the_slowest_clock_changes_latency_alone() -> None:
    fast, slow = (
        on("paper_rram_32nm").simulate(chip("paper_rram_32nm", FOUR, cycle_time_ns=ns))
        for ns in (1, 10)
    )
    assert (slow.latency_ps == 10.0 * fast.latency_ps).all()
    assert (slow.energy_fj == fast.energy_fj).all()


# Files and refusals.


@pytest.mark.parametrize(("name", "size"), [(BOTH[0], 12_096_000), (BOTH[1], 4_064_256)])
def test_the_spaces_are_the_papers(name: str, size: int) -> None:
    assert space(name).size == size
    assert set(yaml.safe_load((CONF / "knobs" / f"{name}.yaml").read_text())) == set(KNOBS)
    defaults = space(name).defaults()
    assert {knob: defaults[knob] for knob in FIXED} == FIXED


@pytest.mark.parametrize(
    ("technology_", "assumptions", "message"),
    [
        ("paper_rram_32nm", "physical", "technology paper_rram_32nm must come with assumptions=p"),
        ("rram_32nm", "paper", "assumptions paper must come with technology=paper_rram_32nm or"),
    ],
)
def test_pairs_that_do_not_belong_together_are_refused(
    technology_: str, assumptions: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        imctune.evaluate({}, ["alexnet"], technology_, assumptions)


@pytest.mark.parametrize(
    ("name", "knobs", "message"),
    [
        (BOTH[0], {"node_nm": 22}, "assumptions paper: node_nm must be 32, got 22.0"),
        (BOTH[0], {"weight_bits": 4}, "weight_bits must be 8, got 4"),
        (BOTH[0], {"adc_bits": [5, 6]}, "adc_bits must be 5, got 6"),
        (BOTH[0], {"replication": "none"}, "replication must be paper, got 'none'"),
        (BOTH[0], {"rows": 128, "rows_active": 64}, "rows_active must be rows, got 64"),
        (BOTH[0], {"glb_kib": 256}, "glb_kib must be from 512 to 131072, got 256.0"),
        (BOTH[1], {"bits_per_cell": 2}, "bits_per_cell must be 1, got 2"),
        (BOTH[1], {"supply_v": 0.45}, "supply_v must be from 0.5 to 1, got 0.45"),
    ],
)
def test_knobs_for_which_the_fit_does_not_hold_are_refused(
    name: str, knobs: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        imctune.evaluate(knobs, ["alexnet"], name, "paper")


@pytest.mark.parametrize("name", BOTH)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_a_grid_gives_what_its_designs_give_one_after_the_other(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = [int(rng.integers(0, len(gene.values))) for gene in space(name).genes]
    ranges = [slice(start, start + int(rng.integers(1, 4))) for start in starts]
    kept = [range(len(g.values))[r] for g, r in zip(space(name).genes, ranges, strict=True)]
    grid = space(name).grid(ranges)
    designs = space(name).decode(list(itertools.product(*kept)))
    assert grid.shape == tuple(map(len, kept))
    chips = on(name).paper
    assert chips is not None
    at_once, apart = chips.simulate(grid), chips.simulate(designs)
    assert at_once.accuracy is apart.accuracy is None
    left_out = ("accuracy", "sample_chips")
    for item in [item for item in fields(at_once) if item.name not in left_out]:
        found, expected = getattr(at_once, item.name), getattr(apart, item.name)
        for key in expected if isinstance(expected, dict) else [...]:
            np.testing.assert_array_equal(found[key], expected[key], f"{item.name} {key}")


def test_a_network_without_stored_weights_is_refused() -> None:
    softmax = Layer("softmax", "softmax", "none", k=1, m=16, out_h=16, in_h=16, in_channels=16)
    with pytest.raises(InputError, match="workload free must have a layer with stored weights"):
        Simulator([Workload("free", (softmax,))], technology(BOTH[0]), paper())


def test_the_profile_has_no_effect_switched_on() -> None:
    with pytest.raises(InputError, match="assumptions paper: leakage must be false with model pap"):
        replace(paper(), leakage=True)
    with pytest.raises(InputError, match="model must be one of physical, paper, got 'other'"):
        replace(paper(), model="other")


def test_one_macro_alone_has_no_paper_model() -> None:
    with pytest.raises(InputError, match="evaluate_macro: technology must be one of the physical"):
        imctune.evaluate_macro({}, "paper_rram_32nm")


@pytest.mark.parametrize("name", BOTH)
def test_every_constant_needs_its_unit_and_source(name: str) -> None:
    def values() -> dict[str, Any]:
        return dict(yaml.safe_load((CONF / "technology" / f"{name}.yaml").read_text()))

    assert read_technology(values(), name) == technology(name)
    n_constants = 0
    for section in ("", "costs"):
        entries = values()[section] if section else values()
        for constant, entry in entries.items():
            for missing in entry if isinstance(entry, dict) and "value" in entry else ():
                broken = values()
                inner = broken[section] if section else broken
                inner[constant] = {k: v for k, v in entry.items() if k != missing}
                with pytest.raises(InputError, match=f"{constant} has no {missing}"):
                    read_technology(broken, name)
                n_constants += 1
    assert n_constants > 60


@pytest.mark.parametrize(
    ("constant", "value", "message"),
    [
        ("glb_um2", [1.0], "glb_um2 must have as many values as glb_kib, 9, got 1"),
        ("glb_kib", [2.0, 1.0] * 4 + [3.0], "glb_kib must ascend"),
        ("glb_kib", 5, "glb_kib must be a list of numbers, got 5"),
        ("supply_min_v", 0.4, "supply_min_v must be > driver_threshold_v = 0.45"),
        ("row_um2", 0.0, "row_um2 must be > 0 and finite, got 0.0"),
        ("column_offset_um2", float("nan"), "column_offset_um2 must be finite, got nan"),
    ],
)
def test_impossible_constants_are_refused(constant: str, value: object, message: str) -> None:
    values = yaml.safe_load((CONF / "technology" / "paper_sram_32nm.yaml").read_text())
    values[constant]["value"] = value
    with pytest.raises(InputError, match=message):
        read_technology(values, "paper_sram_32nm")
    with pytest.raises(InputError, match="model must be paper, or left out, got 'other'"):
        read_technology({**values, "model": "other"}, "paper_sram_32nm")
