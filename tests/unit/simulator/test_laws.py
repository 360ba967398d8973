"""Laws that hold for every design: sums, batches, finite values, and what more of a thing does.

Designs are drawn at random from the shipped spaces; RuntimeWarnings are errors (pyproject.toml).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from imctune.knobs import DesignBatch
from imctune.simulator.actions import array_steps
from imctune.simulator.arrays import sum_arrays
from imctune.simulator.chip import Chip
from imctune.simulator.detail import layer_rows
from imctune.simulator.geometry import array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.mapping import Mapping, map_arrays, map_vector_unit
from imctune.simulator.placement import Work, place
from imctune.simulator.schedule import Ports, layer_cycles
from imctune.simulator.simulate import Simulation, Simulator
from imctune.workload import Layer, Workload
from tests.unit.simulator import cases
from tests.unit.simulator.cases import NINE, TECHNOLOGIES, changed, drawn, nine_on, workload

each_technology = pytest.mark.parametrize("technology", TECHNOLOGIES)
IDLE = ("leakage", "offchip_idle")


def arrays_of(record: object) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Every array of a result by name, those in dictionaries too."""
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if isinstance(value, dict):
            for key, array in value.items():
                yield f"{field.name}[{key}]", array
        elif isinstance(value, np.ndarray):
            yield field.name, value


def assert_same_rows(whole: Simulation, part: Simulation, rows: npt.ArrayLike) -> None:
    parts = dict(arrays_of(part))
    for name, array in arrays_of(whole):
        np.testing.assert_array_equal(parts.pop(name), array[np.asarray(rows)], err_msg=name)
    assert not parts


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """Draw a small layer of any kind."""
    size, count = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    kind = draw(st.sampled_from(["conv", "grouped", "linear", "attention", "pool", "sweep"]))
    if kind in ("conv", "grouped"):
        groups = draw(st.integers(2, 40)) if kind == "grouped" else 1
        inputs, outputs = (groups * draw(st.integers(1, 40 // groups + 1)) for _ in range(2))
        return cases.conv(
            inputs,
            outputs,
            size,
            kernel=draw(st.sampled_from([1, 3, 5])),
            stride=draw(st.integers(1, 2)),
            groups=groups,
            count=count,
            signed=draw(st.booleans()),
            activation=draw(st.sampled_from(["none", "relu"])),
            from_offchip=draw(st.booleans()),
        )
    inner, outer = draw(st.integers(1, 700)), draw(st.integers(1, 700))
    if kind == "linear":
        return cases.linear(inner, outer, size, count=count, signed=draw(st.booleans()))
    if kind == "attention":
        return cases.attention(inner, outer, draw(st.integers(1, 5)), size, count=count)
    if kind == "pool":
        kernel = draw(st.integers(1, 3))
        return cases.pool(outer, size * kernel, kernel, pooling=draw(st.sampled_from(POOLINGS)))
    return cases.sweep(draw(st.sampled_from(SWEEPS)), outer, size)


POOLINGS, SWEEPS = ("max", "average"), ("softmax", "norm", "add")


@st.composite
def networks(draw: st.DrawFn) -> tuple[Workload, ...]:
    """Draw one to three small networks."""
    return tuple(
        Workload(
            name=f"net{index}",
            layers=tuple(draw(st.lists(layers(), min_size=1, max_size=4))),
            weight_bit_density=draw(st.floats(0.0, 1.0)),
            weight_magnitude_density=draw(st.floats(0.0, 1.0)),
        )
        for index in range(draw(st.integers(1, 3)))
    )


# --- the parts make the whole ---------------------------------------------------------------------


@each_technology
def test_components_sum_to_the_whole(technology: str) -> None:
    results = nine_on(technology).simulate(drawn(technology, 64, seed=1))
    for parts, whole in (
        (results.energy_by_component_fj, results.energy_fj),
        (results.area_by_component_um2, results.area_um2),
    ):
        np.testing.assert_allclose(sum_arrays(list(parts.values())), whole, rtol=1e-12)


@each_technology
@pytest.mark.parametrize("seed", range(6))
def test_layers_sum_to_their_network(technology: str, seed: int) -> None:
    design = drawn(technology, 1, seed)
    simulator = nine_on(technology)
    results = simulator.simulate(design)
    rows = layer_rows(simulator, [workload(name) for name in NINE], design)
    assert list(rows) == list(NINE)
    for index, name in enumerate(NINE):
        assert sum(row["cycles"] for row in rows[name]) == results.cycles[0, index]  # type: ignore[misc]
        macs = sum(row["operations"] for row in rows[name]) // 2  # type: ignore[misc]
        assert macs == workload(name).macs
        idle = sum(results.energy_by_component_fj[part][0, index] for part in IDLE)
        dynamic = sum(row["energy_fj"] for row in rows[name])  # type: ignore[misc]
        assert dynamic + idle == pytest.approx(results.energy_fj[0, index], rel=1e-12)
        for component, energy in results.energy_by_component_fj.items():
            if component not in IDLE:
                part = sum(row["energy_by_component_fj"].get(component, 0.0) for row in rows[name])  # type: ignore[attr-defined]
                assert part == pytest.approx(energy[0, index], rel=1e-12)


@each_technology
def test_networks_do_not_see_each_other(technology: str) -> None:
    # With residency "one" each network has the chip for itself: alone it gives the same numbers.
    together = nine_on(technology).simulate(drawn(technology, 16, seed=3))
    for index, name in enumerate(NINE):
        designs = DesignBatch(drawn(technology, 16, seed=3).values, (name,))
        alone = Simulator([workload(name)], cases.technology(technology)).simulate(designs)
        np.testing.assert_array_equal(alone.cycles[:, 0], together.cycles[:, index])
        np.testing.assert_allclose(alone.energy_fj[:, 0], together.energy_fj[:, index], rtol=1e-12)
        np.testing.assert_array_equal(alone.area_um2, together.area_um2)


# --- a batch is its designs, one by one -----------------------------------------------------------


@each_technology
@pytest.mark.parametrize("size", [2, 3, 7, 64, 65])
def test_a_batch_equals_its_designs_one_by_one(technology: str, size: int) -> None:
    designs = drawn(technology, size, seed=size)
    simulator = nine_on(technology)
    whole = simulator.simulate(designs)
    for row in range(size):
        assert_same_rows(whole, simulator.simulate(designs.take([row])), [row])
    area, lack = simulator.screen(designs)
    for row in range(size):
        one_area, one_lack = simulator.screen(designs.take([row]))
        np.testing.assert_array_equal(one_area[0], area[row])
        np.testing.assert_array_equal(one_lack[0], lack[row])


@each_technology
def test_a_batch_may_be_in_any_order_and_any_mixture(technology: str) -> None:
    designs = drawn(technology, 65, seed=11)
    kinds = {
        "schedule": np.resize(["sequential", "pipelined"], 65),
        "residency": np.resize(["one", "one", "all"], 65),
        "ping_pong": np.resize([True, False, False], 65),
        "bits_per_cell": np.resize([1, 2, 3, 4, 8], 65),
        "weight_bits": np.resize([1, 2, 4, 7, 8, 16], 65),
        "input_bits": np.resize([1, 3, 8, 12], 65),
        "dac_bits": np.resize([1, 2, 3, 8], 65),
    }
    designs = changed(designs, **kinds)
    simulator = nine_on(technology)
    whole = simulator.simulate(designs)
    rows = np.random.default_rng(0).permutation(65)[:40]
    assert_same_rows(whole, simulator.simulate(designs.take(rows)), rows)
    for row in (0, 1, 2, 3, 4, 64):
        assert_same_rows(whole, simulator.simulate(designs.take([row])), [row])


@with_settings(max_examples=40, deadline=None)
@given(networks(), st.sampled_from(TECHNOLOGIES), st.integers(0, 2**31))
def test_random_networks_give_sums_batches_and_finite_values(
    workloads: tuple[Workload, ...], technology: str, seed: int
) -> None:
    names = tuple(each.name for each in workloads)
    designs = drawn(technology, 5, seed, names)
    simulator = Simulator(workloads, cases.technology(technology))
    whole = simulator.simulate(designs)
    assert_finite(whole)
    for row in range(5):
        assert_same_rows(whole, simulator.simulate(designs.take([row])), [row])
    parts = sum_arrays(list(whole.energy_by_component_fj.values()))
    np.testing.assert_allclose(parts, whole.energy_fj, rtol=1e-12)
    rows = layer_rows(simulator, workloads, designs.take([0]))
    for index, each in enumerate(workloads):
        assert sum(row["cycles"] for row in rows[each.name]) == whole.cycles[0, index]  # type: ignore[misc]


# --- no value that is no value --------------------------------------------------------------------


def assert_finite(results: Simulation) -> None:
    for name, array in arrays_of(results):
        if name.startswith("violations"):
            assert not np.isnan(array).any(), name
            continue
        assert np.isfinite(array).all(), name
        assert (array >= 0.0).all(), name
    for name in ("energy_fj", "latency_ps", "interval_ps", "area_um2", "power_avg_mw"):
        assert (getattr(results, name) > 0.0).all(), name
    assert (results.cycles >= 1).all()
    # The hottest layer is at least as hot as the mean over all of them.
    sequential = results.interval_ps == results.latency_ps
    hotter = results.power_peak_mw >= results.power_avg_mw * (1.0 - 1e-12)
    assert (hotter | ~sequential).all()


@each_technology
@pytest.mark.parametrize("seed", range(8))
def test_every_value_is_finite_and_not_negative(technology: str, seed: int) -> None:
    assert_finite(nine_on(technology).simulate(drawn(technology, 64, seed)))


@each_technology
def test_every_single_value_of_the_space_is_finite_and_not_negative(technology: str) -> None:
    # Each knob at each of its values, the others at their defaults.
    knobs = cases.space(technology)
    genes = knobs.genes
    defaults = [gene.values.index(knobs.defaults()[gene.column]) for gene in genes]
    rows = []
    for at, gene in enumerate(genes):
        for value in range(len(gene.values)):
            rows.append([*defaults[:at], value, *defaults[at + 1 :]])
    assert_finite(nine_on(technology).simulate(knobs.decode(rows)))


@each_technology
def test_other_schedules_residencies_and_nodes_are_finite_too(technology: str) -> None:
    designs = drawn(technology, 60, seed=5)
    designs = changed(
        designs,
        schedule=np.resize(["sequential", "pipelined"], 60),
        residency=np.resize(["one", "all", "all"], 60),
        node_nm=np.resize([7.0, 14.0, 22.0, 32.0, 65.0], 60),
        weight_bits=np.resize([1, 2, 4, 8, 16], 60),
    )
    assert_finite(nine_on(technology).simulate(designs))


# --- more of a resource ---------------------------------------------------------------------------


def mapped(technology: str, designs: DesignBatch) -> tuple[Chip, dict[str, Mapping]]:
    """Chips, and Mappings of the layers of nine networks."""
    simulator = nine_on(technology)
    chip = simulator.chip(designs)
    return chip, {
        "products": simulator.product_results(chip).mapping,
        "sweeps": simulator.sweep_results(chip).mapping,
    }


@each_technology
@pytest.mark.parametrize("port", ["router", "glb", "offchip", "lanes"])
@pytest.mark.parametrize("times", [2.0, 1.25])
def test_more_bandwidth_never_takes_more_cycles(technology: str, port: str, times: float) -> None:
    chip, mappings = mapped(technology, drawn(technology, 32, seed=6))
    wider = replace(chip.ports, **{port: np.floor(getattr(chip.ports, port) * times)})
    for mapping in mappings.values():
        assert (layer_cycles(mapping, wider) <= layer_cycles(mapping, chip.ports)).all()


@each_technology
def test_faster_row_writes_never_take_more_cycles(technology: str) -> None:
    chip, mappings = mapped(technology, drawn(technology, 32, seed=6))
    faster = replace(chip.ports, row_write=np.ceil(chip.ports.row_write / 2.0))
    mapping = mappings["products"]
    assert (layer_cycles(mapping, faster) <= layer_cycles(mapping, chip.ports)).all()


@each_technology
def test_endless_ports_leave_the_arrays_alone(technology: str) -> None:
    endless = np.full((1, 1), np.inf)
    ports = Ports(endless, endless, endless, endless, np.zeros((1, 1)))
    _, mappings = mapped(technology, drawn(technology, 16, seed=7))
    mapping = mappings["products"]
    rounds = np.ceil(mapping.positions / mapping.copies)
    expected = mapping.passes * rounds * mapping.mvm_cycles
    alone = mapping.on_arrays & ~mapping.overlaps
    np.testing.assert_array_equal(layer_cycles(mapping, ports)[alone], expected[alone])


def sequential(technology: str, **knobs: object) -> DesignBatch:
    """Random designs without copies, all else alike but for the knobs that are given."""
    return changed(drawn(technology, 32, seed=8), replication="none", ping_pong=False, **knobs)


@each_technology
def test_more_converters_never_take_more_cycles(technology: str) -> None:
    # For one Mapping: a grouped layer that leaves slow arrays for the vector unit makes room, and
    # then others run faster with fewer converters.
    simulator, table = nine_on(technology), nine_on(technology).products
    designs = sequential(technology, supply_v=0.9)
    mapping = simulator.product_results(simulator.chip(designs)).mapping
    before = np.zeros_like(mapping.mvm_cycles)
    for shared in (1, 2, 4, 8, 16, 32, 64, 128):
        designs = sequential(technology, columns_per_adc=shared, supply_v=0.9)
        chip = simulator.chip(designs)
        knobs = KnobColumns.from_designs(designs, table)
        mvm = chip.mvm_cycles(knobs, array_steps(table, knobs, array_geometry(table, knobs)))
        now = replace(mapping, mvm_cycles=np.where(mapping.on_arrays, mvm, 0.0))
        cycles = layer_cycles(now, chip.ports)
        assert (before <= cycles).all()
        before = cycles


@each_technology
@pytest.mark.parametrize(
    ("knob", "amounts"),
    [
        ("tile_buffer_kib", (4.0, 8.0, 16.0, 32.0, 64.0, 128.0)),
        ("glb_kib", (512.0, 1024.0, 2048.0, 8192.0, 65536.0)),
    ],
)
def test_larger_buffers_never_fetch_more(
    technology: str, knob: str, amounts: tuple[float, ...]
) -> None:
    # Where a layer runs may depend on the buffers, so every layer is kept on its unit.
    table = nine_on(technology).products
    sweeps = nine_on(technology).sweeps
    before = None
    for amount in amounts:
        designs = sequential(technology, **{knob: amount})
        chip = nine_on(technology).chip(designs)
        knobs = KnobColumns.from_designs(designs, table)
        geometry = array_geometry(table, knobs)
        placement = nine_on(technology).product_results(chip).placement
        placement = replace(placement, reloads=np.zeros_like(placement.reloads))
        on_arrays = map_arrays(table, knobs, geometry, placement, np.ones_like(geometry.arrays))
        at_vectors = map_vector_unit(table, knobs)
        swept = map_vector_unit(sweeps, KnobColumns.from_designs(designs, sweeps))
        # Bits of one position and pass are rounded up to whole ones: the true bits are in between.
        most = [
            mapping.passes * bits
            for mapping in (on_arrays, at_vectors, swept)
            for bits in (mapping.send_bits, mapping.fill_bits, mapping.drain_bits)
        ]
        most.append(at_vectors.passes * at_vectors.operand_bits)
        passes = [*np.repeat([on_arrays, at_vectors, swept], 3), at_vectors]
        if before is not None:
            for now, then, mapping in zip(most, before, passes, strict=True):
                assert (now - mapping.passes < then + (then == 0.0)).all()
        before = most


@each_technology
def test_twice_the_layers_cost_twice(technology: str) -> None:
    designs = sequential(technology)
    once, twice = (
        [replace(net, layers=tuple(replace(x, count=x.count * n) for x in net.layers))]
        for net in [workload("mobilebert")]
        for n in (1, 2)
    )
    designs = DesignBatch(designs.values, ("mobilebert",))
    process = cases.technology(technology)
    # Weights that no longer fit would be brought in again and again: dynamic and sweeps only.
    for kinds in (("dynamic", "none"), ("dynamic", "none", "weights")):
        results = []
        for nets in (once, twice):
            kept = [
                replace(n, layers=tuple(x for x in n.layers if x.operand in kinds)) for n in nets
            ]
            results.append(Simulator(kept, process).simulate(designs))
        same = np.sign(results[0].violations["weight_capacity"]) == np.sign(
            results[1].violations["weight_capacity"]
        )
        loaded = results[0].programming_fj * 2.0 == results[1].programming_fj
        rows = (same & loaded)[:, 0]
        assert rows.sum() >= 3
        np.testing.assert_array_equal(2 * results[0].cycles[rows], results[1].cycles[rows])
        for name, energy in results[0].energy_by_component_fj.items():
            other = results[1].energy_by_component_fj[name]
            np.testing.assert_allclose(2.0 * energy[rows], other[rows], rtol=1e-12, err_msg=name)


# --- operating point and size ---------------------------------------------------------------------


def full_load(
    technology: str, designs: DesignBatch
) -> tuple[dict[str, npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Dynamic energy by component, and the time of one position on an array in ps."""
    simulator, table = nine_on(technology), nine_on(technology).products
    chip = simulator.chip(designs)
    knobs = KnobColumns.from_designs(designs, table)
    steps = array_steps(table, knobs, array_geometry(table, knobs))
    energy = simulator.simulate(designs).energy_by_component_fj
    return energy, chip.mvm_time(knobs, steps)


@each_technology
def test_more_supply_is_faster_and_takes_more_energy(technology: str) -> None:
    # On one clock and on the arrays alone, so that no layer changes its unit.
    before_time, before_energy = None, None
    for supply in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        designs = changed(drawn(technology, 32, seed=9), supply_v=supply)
        chip = nine_on(technology).chip(designs)
        _, time = full_load(technology, designs)
        energy = [
            chip.macro.conversion_fj,
            chip.macro.shift_add_fj,
            chip.macro.sum_fj,
            chip.tile_read_fj,
            chip.tile_write_fj,
            chip.local_fj,
            chip.glb_read_fj,
            chip.glb_write_fj,
            chip.router_fj,
            chip.leakage_mw,
        ]
        if before_time is not None and before_energy is not None:
            assert (time <= before_time).all()
            for more, less in zip(energy, before_energy, strict=True):
                assert (more > less).all()
        before_time, before_energy = time, energy


def least_supply_v(technology: str) -> float:
    """Supply below which the law of delay is not taken to hold. [V]."""
    process = cases.technology(technology)
    return process.threshold_v + process.overdrive_min_v


@each_technology
def test_a_supply_below_the_law_is_infeasible_not_an_error(technology: str) -> None:
    for supply in (0.2, 0.3, 0.35, 0.36, 0.49):
        designs = changed(drawn(technology, 8, seed=9), supply_v=supply)
        assert supply < least_supply_v(technology)
        assert (nine_on(technology).simulate(designs).violations["clock"] == np.inf).all()


SIZES = {
    "rows": (32, 64, 128, 256, 512),
    "cols": (32, 64, 128, 256, 512),
    "macros_per_tile": (4, 8, 12, 64),
    "tiles_per_group": (4, 8, 12, 64),
    "router_groups": (1, 2, 3, 32),
    "tile_buffer_kib": (4.0, 8.0, 64.0, 128.0, 1024.0),
    "glb_kib": (512.0, 600.0, 1024.0, 4096.0, 131072.0),
    "glb_port_bits": (128, 256, 512, 1024, 2048, 4096),
    "router_bits": (32, 64, 256, 1024),
    "vector_lanes": (64, 128, 1024, 8192),
    "offchip_gb_per_s": (12.8, 25.6, 100.0),
    "weight_bits": (2, 4, 8, 16),
    "input_bits": (2, 4, 8, 16),
    "adc_bits": (2, 4, 6, 8, 10, 12),
}


@each_technology
@pytest.mark.parametrize("knob", sorted(SIZES))
def test_area_grows_with_every_size(technology: str, knob: str) -> None:
    base = changed(drawn(technology, 32, seed=10), rows_active=4, columns_per_adc=8)
    areas = [
        nine_on(technology).chip(changed(base, **{knob: size})).area_um2 for size in SIZES[knob]
    ]
    grown = np.diff(areas, axis=0)
    is_analog = base["compute"] == "analog"
    if knob == "adc_bits":
        assert (grown[:, ~is_analog] == 0.0).all()
        grown = grown[:, is_analog]
    if knob == "glb_port_bits":
        # A buffer of many banks has ports enough: a wider port reads more of them at once.
        assert (grown[sizes_above(SIZES[knob], 1024)] >= 0.0).all()
        grown = grown[~sizes_above(SIZES[knob], 1024)]
    assert (grown > 0.0).all()


def sizes_above(sizes: Sequence[float], most: float) -> npt.NDArray[np.bool_]:
    return np.asarray(sizes[1:]) > most


@each_technology
def test_area_falls_with_shared_converters(technology: str) -> None:
    base = drawn(technology, 32, seed=10)
    areas = [
        nine_on(technology).chip(changed(base, columns_per_adc=shared)).area_um2
        for shared in (1, 2, 4, 8, 16, 32)
    ]
    assert (np.diff(areas, axis=0) <= 0.0).all()


@each_technology
@pytest.mark.parametrize("residency", ["one", "all"])
def test_more_arrays_never_lack_more(technology: str, residency: str) -> None:
    simulator = nine_on(technology)
    base = changed(drawn(technology, 32, seed=12), residency=residency)
    for knob in ("macros_per_tile", "tiles_per_group", "router_groups"):
        before = np.full((32, len(NINE)), np.inf)
        for size in (1, 2, 3, 8, 32, 256):
            chip = simulator.chip(designs := changed(base, **{knob: size}))
            assert chip.n_converters.min() >= 0.0
            knobs = KnobColumns.from_designs(designs, simulator.products)
            geometry = array_geometry(simulator.products, knobs)
            stored = np.broadcast_to(simulator.products.is_weights, geometry.arrays.shape)
            table = simulator.products
            work = Work.of(table, knobs, geometry, np.ones_like(geometry.arrays))
            lack = place(table, knobs, geometry, stored, work, simulator.technology).lack
            assert (lack <= before).all()
            before = lack


@each_technology
def test_no_layer_has_more_copies_than_positions_or_arrays(technology: str) -> None:
    simulator, table = nine_on(technology), nine_on(technology).products
    for ping_pong in (False, True):
        designs = changed(drawn(technology, 64, seed=13), ping_pong=ping_pong)
        results = simulator.product_results(simulator.chip(designs))
        mapping, n_arrays = results.mapping, KnobColumns.from_designs(designs, table).n_arrays
        assert (mapping.copies >= 1.0).all()
        assert (mapping.copies <= table.positions).all()
        stored = mapping.on_arrays & table.is_weights & ~mapping.reloads
        taken = np.where(stored, results.geometry.arrays * mapping.copies, 0.0)
        fits = (results.placement.lack <= 0.0) & (n_arrays >= 1.0)
        assert (
            table.per_workload(taken)[fits] <= np.broadcast_to(n_arrays, fits.shape)[fits]
        ).all()


@each_technology
def test_reads_cost_the_same_however_many_copies_share_them(technology: str) -> None:
    base = changed(drawn(technology, 32, seed=14), ping_pong=False)
    one, many = (changed(base, replication=kind) for kind in ("none", "balanced"))
    simulator = nine_on(technology)
    single, shared = (simulator.product_results(simulator.chip(x)) for x in (one, many))
    same = single.mapping.on_arrays & shared.mapping.on_arrays
    assert (shared.mapping.copies[same] > 1.0).any()
    for name in ("row_drives", "cell_reads", "zero_cell_reads", "column_reads", "conversions"):
        for action in (name, "sums", "offset_sums"):
            np.testing.assert_array_equal(
                getattr(single.actions, action)[same], getattr(shared.actions, action)[same]
            )
    for component in ("row_drivers", "cells", "converters", "adder_trees", "shift_add"):
        alone, together = (
            np.broadcast_to(x.energy_fj[component], same.shape) for x in (single, shared)
        )
        np.testing.assert_array_equal(alone[same], together[same])


@each_technology
def test_copies_never_take_longer_where_ports_are_endless(technology: str) -> None:
    # Through finite ports they may: stripes read more halos, and inputs go to more tiles.
    endless = replace(nine_on(technology).assumptions, transfer_time=False)
    simulator = Simulator([workload(x) for x in NINE], cases.technology(technology), endless)
    base = drawn(technology, 32, seed=15)
    one, many = (changed(base, replication=kind) for kind in ("none", "balanced"))
    assert (simulator.simulate(many).cycles <= simulator.simulate(one).cycles).all()
