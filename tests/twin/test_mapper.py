"""The mapper, judged apart: every Mapping is legal, and hardly slower than the best legal one."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import pytest

from imctune.knobs import DesignBatch
from imctune.simulator.arrays import ceil_div
from imctune.simulator.mapping import Mapping
from imctune.simulator.simulate import Simulator
from imctune.workload import Workload
from tests.twin.brute_force import fewest_cycles
from tests.twin.macro import Design, Shape, columns_of, lay_out
from tests.twin.mapped_layer import Products
from tests.twin.random_chips import random_designs, random_layer, technology

BoolArray = npt.NDArray[np.bool_]

SEEDS = range(40)
MEMORIES = ["rram_32nm", "sram_32nm"]
MOST_ARRAYS = 150


def small_network(
    memory: str, seed: int, n_designs: int = 10, **fixed: object
) -> tuple[Simulator, DesignBatch]:
    """A random network of two to four products, and random chips for it."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["conv", "conv", "linear", "matmul"], size=rng.integers(2, 5))
    layers = tuple(random_layer(rng, f"layer{i}", str(kind)) for i, kind in enumerate(kinds))
    workloads = [Workload(name="small", layers=layers)]
    return Simulator(workloads, technology(memory)), random_designs(
        rng, n_designs, workloads, **fixed
    )


@pytest.mark.parametrize("memory", MEMORIES)
def test_every_mapping_is_legal(memory: str) -> None:
    for seed in SEEDS:
        simulator, designs = small_network(memory, seed)
        products = Products.simulate(simulator, designs)
        mapping, shape = products.results.mapping, products.shape
        for entry in fields(Mapping):
            values = getattr(mapping, entry.name)
            assert np.all(values == np.floor(values)), entry.name
            assert np.all(values >= 0), entry.name
        check_positions(mapping)
        check_arrays(products, np.broadcast_to(mapping.on_arrays, shape))
        is_stored = simulator.products.is_weights & (simulator.products.groups == 1)
        assert np.all(mapping.on_arrays | ~is_stored)
        if not simulator.technology.is_writable:
            assert not np.any(mapping.on_arrays & simulator.products.is_dynamic)
            assert not np.any(mapping.on_arrays & mapping.reloads)


def check_positions(mapping: Mapping) -> None:
    """Every position is computed, in rounds that are all but the last full."""
    assert np.all(mapping.copies >= 1)
    assert np.all(mapping.rounds * mapping.copies >= mapping.positions)
    assert np.all((mapping.rounds - 1) * mapping.copies < mapping.positions)


def check_arrays(products: Products, on: BoolArray) -> None:
    """All arrays of a layer have their turn, and no more are used at once than there are."""
    knobs, mapping, table = products.knobs, products.results.mapping, products.results.table
    arrays = products.results.geometry.arrays
    at_once = ceil_div(arrays, mapping.passes)
    used = np.where(on, at_once * mapping.copies, 0.0)
    n_arrays = knobs.n_arrays[:, 0]
    fits = np.all(products.results.placement.lack <= 0, axis=1) | weights_are_loaded(products)
    kept = table.per_workload(np.where(mapping.reloads, 0.0, used))[:, 0]
    loaded = table.max_per_workload(np.where(on & mapping.reloads, used, 0.0))[:, 0]
    halves = np.where(knobs.ping_pong[:, 0] & (n_arrays >= 2), 2.0, 1.0)
    assert np.all((kept + halves * loaded <= n_arrays) | ~fits)
    assert np.all((mapping.passes == 1) | mapping.reloads)
    tiles = ceil_div(used, knobs.macros_per_tile)
    assert np.all((mapping.tiles >= tiles) | ~on)
    n_tiles = knobs.tiles_per_group * knobs.router_groups
    assert np.all((mapping.tiles <= n_tiles) | ~on | ~fits[:, None])
    assert np.all((mapping.groups <= knobs.router_groups) | ~on)


def weights_are_loaded(products: Products) -> BoolArray:
    """Designs whose weights do not stay, so that lack of room is no violation."""
    stored = products.results.mapping.on_arrays & products.results.table.is_weights
    reloads = products.results.mapping.reloads
    return np.asarray(np.any(stored & reloads, axis=1))


def test_every_weight_lies_in_one_place() -> None:
    for seed in SEEDS:
        products = Products.simulate(*small_network("sram_32nm", seed, n_designs=3))
        for row, column in np.ndindex(products.shape):
            design, shape = products.twin_of(row, column)
            places = places_of_weights(design, shape)
            columns = [c for group in range(shape.groups) for c in columns_of(design, shape, group)]
            assert len(places) == len(columns) * shape.k
            assert set(places.values()) == {1}


def places_of_weights(design: Design, shape: Shape) -> Counter[tuple[int, ...]]:
    """In how many cells each bit slice of each weight is held by one copy."""
    return Counter(
        (row[1], *column)
        for array in lay_out(design, shape)
        for row in array.rows
        for column in array.columns
        if row[0] == column[0]
    )


@pytest.mark.parametrize("memory", MEMORIES)
def test_mapper_is_near_brute_force(memory: str) -> None:
    slower, worst = [], (0.0, "")
    for seed in SEEDS:
        simulator, designs = small_network(memory, seed, replication="balanced", residency="one")
        products = Products.simulate(simulator, designs)
        cycles = simulator.products.per_workload(products.results.cycles)[:, 0]
        lack = products.results.placement.lack[:, 0]
        for row in range(len(designs)):
            is_legal = simulator.technology.is_writable or lack[row] <= 0
            if not is_legal or products.knobs.n_arrays[row, 0] > MOST_ARRAYS:
                continue
            best = fewest_cycles(simulator, designs, row)
            assert cycles[row] >= best, f"brute force is slower: seed {seed}, design {row}"
            slower.append(cycles[row] / best - 1.0)
            worst = max(worst, (slower[-1], f"seed {seed}, design {row}"))
    median = float(np.median(slower))
    found = (
        f"{memory}, {len(slower)} cases: {median:.2%} slower than brute force (median), "
        f"{np.quantile(slower, 0.9):.1%} (90th percentile), {worst[0]:.1%} ({worst[1]})"
    )
    print(found)
    assert len(slower) >= 100
    assert median <= 0.05, found
