"""What workloads set for themselves: solved exactly for every chip, and as cheap as it may be."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import imctune
from imctune.config.files import read_mapping
from imctune.config.locations import CONF
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, aggregate
from imctune.search.choices import Choices, can_choose, chip_space
from imctune.simulator.simulate import Simulator
from tests.unit.simulator.cases import TECHNOLOGIES, attention, conv, linear, net, technology

NETS = (
    net(
        conv(3, 24, 12, signed=True, input_bit_density=0.4),
        conv(24, 40, 12, count=2, input_bit_density=0.04),
        linear(400, 30, input_bit_density=0.02),
        name="image",
    ),
    net(linear(96, 200, 20, signed=True), attention(24, 20, 4, 20, signed=True), name="text"),
)
NAMES = tuple(network.name for network in NETS)
GEOMEAN = ObjectiveSettings()
SCOPED: dict[str, Any] = {
    "rows_active": [8, 64],
    "adc_bits": [3, 5],
    "weight_bits": [4, 8],
    "input_bits": [4, 6],
    "supply_v": [0.6, 0.9],
    "cycle_time_ns": [1.0, 3.0],
    "encoding": ["offset", "differential"],
    "replication": ["none", "balanced"],
    "ping_pong": [False, True],
    "zero_skipping": [False, True],
    "schedule": ["sequential", "pipelined"],
}


def a_space(name: str, scoped: list[str], **chip: Any) -> KnobSpace:
    """A small space: some knobs for each workload, the others fixed."""
    shipped = read_mapping(CONF / "knobs" / f"{name}.yaml")
    fixed = KnobSpace.from_mapping(shipped, NAMES).defaults()
    small = {
        "router_groups": 1,
        "tiles_per_group": 4,
        "macros_per_tile": 24,
        "rows": 64,
        "cols": 64,
    }
    own = {
        knob: {"choices": SCOPED[knob], "default": SCOPED[knob][0], "scope": "workload"}
        for knob in scoped
    }
    return KnobSpace.from_mapping({**fixed, **small, **chip, **own}, NAMES)


def choices(name: str, space: KnobSpace, limits: ObjectiveSettings = GEOMEAN) -> Choices:
    return Choices.of(space, Simulator(NETS, technology(name)), limits)


def every_design(space: KnobSpace) -> DesignBatch:
    counts = [len(gene.values) for gene in space.genes]
    return space.decode(np.indices(counts).reshape(len(counts), space.size).T)


def evaluated(name: str, designs: DesignBatch, limits: ObjectiveSettings = GEOMEAN) -> Metrics:
    simulation = Simulator(NETS, technology(name)).simulate(designs)
    return Metrics.from_simulation(simulation, limits, NAMES)


CASES = (
    ["weight_bits", "adc_bits", "zero_skipping"],
    ["weight_bits", "input_bits", "encoding"],
    ["supply_v", "cycle_time_ns", "rows_active"],
    ["rows_active", "zero_skipping", "replication"],
    ["ping_pong", "schedule", "supply_v"],
)


@pytest.mark.parametrize("name", TECHNOLOGIES)
@pytest.mark.parametrize("scoped", CASES, ids="-".join)
def test_the_best_of_all_designs_is_the_best_of_the_solved_chips(
    name: str, scoped: list[str]
) -> None:
    space = a_space(name, scoped)
    everything = every_design(space)  # every combination of both networks
    chips = every_design(chip_space(space))
    assert len(chips) < len(everything)
    best = aggregate(evaluated(name, everything), GEOMEAN).score.min()
    assert np.isfinite(best)
    solved = choices(name, space)(chips)
    assert aggregate(evaluated(name, solved), GEOMEAN).score.min() == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_each_network_gets_the_best_combination_of_its_chip(name: str) -> None:
    space = a_space(name, ["weight_bits", "input_bits", "adc_bits", "zero_skipping", "supply_v"])
    chips = every_design(chip_space(space))
    solved = choices(name, space)(chips)
    simulator = Simulator(NETS, technology(name))
    best = np.full((len(chips), 2), np.inf)
    own = ["weight_bits", "input_bits", "adc_bits", "zero_skipping", "supply_v"]
    for values in product(*(SCOPED[knob] for knob in own)):
        combination = {
            knob: np.full((len(chips), 2), value) for knob, value in zip(own, values, strict=True)
        }
        built = [chips[knob] >= value for knob, value in zip(own[:4], values[:4], strict=True)]
        tried = simulator.simulate(DesignBatch({**chips.values, **combination}, NAMES), chips)
        cost = tried.energy_fj * tried.latency_ps
        best = np.where(np.all(built, axis=0)[:, None], np.minimum(best, cost), best)
    chosen = simulator.simulate(solved, chips)
    np.testing.assert_allclose(chosen.energy_fj * chosen.latency_ps, best, rtol=1e-12)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_chips_are_solved_alike_in_any_batch_and_built_for_what_is_used(name: str) -> None:
    space = a_space(
        name,
        ["weight_bits", "adc_bits", "rows_active", "supply_v"],
        columns_per_adc={"choices": [4, 8], "default": 8},
    )
    chips, solve = every_design(chip_space(space)), choices(name, space)
    solved = solve(chips)
    for row in range(0, len(chips), 3):
        again = choices(name, space)(chips.take([row]))
        assert again.keys() == solved.take([row]).keys()
    for knob in ("weight_bits", "adc_bits", "rows_active"):
        assert (solved[knob].max(axis=1) <= chips[knob]).all()
    # What is stored says it all: evaluated from its own knobs, it gives the same numbers.
    stored = DesignBatch.from_knobs(solved.knobs_of(5), space.defaults(), NAMES)
    first, second = (evaluated(name, x) for x in (solved.take([5]), stored))
    np.testing.assert_array_equal(first.edap, second.edap)


def test_a_network_that_must_save_takes_what_meets_its_cap() -> None:
    # At 4 ns, 1.2 V has the lowest energy x latency here, and 1.0 V the lowest energy.
    supply = {"choices": [0.8, 1.0, 1.2], "default": 1.0, "scope": "workload"}
    space = a_space("rram_32nm", [], cycle_time_ns=4.0, supply_v=supply)
    chips = every_design(chip_space(space))
    free = evaluated("rram_32nm", choices("rram_32nm", space)(chips))
    cap = 0.99 * free.energy_mj[0, 0]
    limits = ObjectiveSettings(energy_max_mj={"image": float(cap)})
    bound = evaluated("rram_32nm", choices("rram_32nm", space, limits)(chips), limits)
    assert bound.feasible.all()
    assert bound.energy_mj[0, 0] <= cap
    assert bound.edap[0, 0] > free.edap[0, 0]
    assert bound.edap[0, 1] == free.edap[0, 1]  # the other one keeps its choice
    # Where no choice meets the cap, it is exceeded by as little as can be.
    hopeless = ObjectiveSettings(energy_max_mj=1e-5)
    least = evaluated("rram_32nm", choices("rram_32nm", space, hopeless)(chips), hopeless)
    every = evaluated("rram_32nm", every_design(space), hopeless)
    np.testing.assert_array_equal(least.energy_mj[0], every.energy_mj.min(axis=0))


def test_lossless_converters_follow_the_rows_of_each_network() -> None:
    space = a_space("rram_32nm", ["rows_active", "encoding"], bits_per_cell=2)
    solved = choices("rram_32nm", space)(every_design(chip_space(space)))
    rows, pairs = solved["rows_active"], solved["encoding"] == "differential"
    # 8 x 3 = 24 counts take 5 bits, 64 x 3 = 192 take 8; differences one more.
    np.testing.assert_array_equal(solved["adc_bits"], np.where(rows == 8, 5, 8) + pairs)


def test_objectives_that_mix_networks_keep_one_gene_for_each() -> None:
    space = a_space("rram_32nm", ["supply_v"])
    assert can_choose(space, GEOMEAN)
    assert can_choose(space, ObjectiveSettings(aggregation="product"))
    assert can_choose(space, ObjectiveSettings(aggregation="regret"))
    assert not can_choose(space, ObjectiveSettings(aggregation="mean"))
    assert not can_choose(space, ObjectiveSettings(aggregation="max"))
    assert not can_choose(a_space("rram_32nm", ["supply_v"], residency="all"), GEOMEAN)
    assert not can_choose(a_space("rram_32nm", []), GEOMEAN)


@pytest.mark.parametrize(("scoped", "n_genes"), [("solve", 2), ("genes", 3)])
def test_a_search_over_networks_own_knobs_finds_the_best(scoped: str, n_genes: int) -> None:
    space = a_space(
        "sram_32nm",
        ["supply_v"],
        columns_per_adc={"choices": [4, 8, 16], "default": 8},
        tile_buffer_kib={"choices": [4, 8, 16], "default": 8},
    )
    result = imctune.tune(
        NETS, "sram_32nm", space, n_trials=36, baseline_trials=0, scoped=scoped, seed=3
    )
    best = aggregate(evaluated("sram_32nm", every_design(space)), GEOMEAN).score.min()
    assert np.isfinite(best)
    assert result.best is not None
    assert result.scores.score[result.best] == pytest.approx(best, rel=1e-12)
    assert result.designs["supply_v"].shape == (len(result.designs), 2)
    assert len(result.designs) == 3**2 * 2 ** (2 * (n_genes - 2))


def test_two_chips_that_come_out_alike_are_one_design() -> None:
    # Larger converters than any network wants: all chips are built for the smallest.
    space = a_space("rram_32nm", ["adc_bits", "weight_bits"])
    result = imctune.tune(NETS, "rram_32nm", space, n_trials=4, baseline_trials=0)
    assert len(result.designs) == 1
    assert result.designs["adc_bits"].tolist() == [[3, 3]]


def test_a_reconfigured_chip_is_never_worse_than_the_static_one_at_the_same_budget() -> None:
    counts = {
        knob: {"choices": [4, 8, 16, 32], "default": 8}
        for knob in ("columns_per_adc", "tile_buffer_kib", "macros_per_tile")
    }
    own = {
        knob: {"choices": values, "default": values[0]}
        for knob, values in (("supply_v", [0.6, 0.8, 1.0]), ("rows_active", [8, 16, 64]))
    }
    scoped = {knob: {**values, "scope": "workload"} for knob, values in own.items()}
    for seed in (1, 2):
        budget: dict[str, Any] = {"n_trials": 12, "baseline_trials": 0, "seed": seed}
        static = imctune.tune(
            NETS, "sram_32nm", a_space("sram_32nm", [], **counts, **own), **budget
        )
        assert static.best is not None
        chip = static.designs.take([static.best])
        free = imctune.tune(
            NETS, "sram_32nm", a_space("sram_32nm", [], **counts, **scoped), starts=chip, **budget
        )
        assert free.best is not None
        assert len(free.designs) <= 12
        assert free.scores.score[free.best] <= static.scores.score[static.best]
