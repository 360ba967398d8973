"""Laws of the schedule: what more hardware or more work may and may not do, for a fixed Mapping."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imctune.simulator.arrays import ceil_div, floor_div
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import Mapping, _refetch
from imctune.simulator.schedule import (
    RESOURCES,
    Ports,
    cycles_by_resource,
    layer_cycles,
    reload_cycles,
)
from imctune.simulator.timing import mvm_time_ps
from imctune.workload import Layer, Workload
from tests.twin.random_cases import random_mappings, random_ports

SHAPE = (50, 4)
EXACT = 2**53
seeds = st.integers(min_value=0, max_value=2**32 - 1)


def cases(seed: int) -> tuple[Mapping, Ports]:
    rng = np.random.default_rng(seed)
    return random_mappings(rng, SHAPE), random_ports(rng, SHAPE[0])


@pytest.mark.parametrize("port", ["router", "glb", "offchip", "lanes"])
@given(seed=seeds, more=st.integers(min_value=1, max_value=1000))
def test_a_wider_port_never_takes_more_cycles(port: str, seed: int, more: int) -> None:
    mapping, ports = cases(seed)
    wider = replace(ports, **{port: getattr(ports, port) + more})
    assert np.all(layer_cycles(mapping, wider) <= layer_cycles(mapping, ports))


@given(seed=seeds)
def test_faster_writes_never_take_more_cycles(seed: int) -> None:
    mapping, ports = cases(seed)
    faster = replace(ports, row_write=np.maximum(0.0, ports.row_write - 1.0))
    assert np.all(layer_cycles(mapping, faster) <= layer_cycles(mapping, ports))


@given(seed=seeds)
def test_endless_ports_leave_only_the_arrays(seed: int) -> None:
    mapping, ports = cases(seed)
    endless = np.full_like(ports.glb, np.inf)
    ideal = Ports(endless, endless, endless, endless, np.zeros_like(ports.glb))
    cycles = layer_cycles(mapping, ideal)
    np.testing.assert_array_equal(cycles, mapping.passes * mapping.rounds * mapping.mvm_cycles)


@given(seed=seeds)
def test_ping_pong_never_takes_more_cycles_and_never_hides_a_reload_it_has_no_time_for(
    seed: int,
) -> None:
    mapping, ports = cases(seed)
    apart = layer_cycles(replace(mapping, overlaps=np.zeros(SHAPE, dtype=bool)), ports)
    both = layer_cycles(replace(mapping, overlaps=mapping.reloads), ports)
    reloads = np.where(mapping.reloads, mapping.passes * reload_cycles(mapping, ports), 0.0)
    computing = apart - reloads
    assert np.all(both <= apart)
    assert np.all(both >= np.maximum(reloads, computing))


@given(seed=seeds, stream=st.sampled_from(["send_bits", "store_bits", "spill_bits", "fill_bits"]))
def test_more_bits_never_take_fewer_cycles(seed: int, stream: str) -> None:
    mapping, ports = cases(seed)
    more = replace(mapping, **{stream: getattr(mapping, stream) + 7.0})
    assert np.all(layer_cycles(more, ports) >= layer_cycles(mapping, ports))


@given(seed=seeds)
def test_a_design_alone_equals_the_design_in_a_batch(seed: int) -> None:
    mapping, ports = cases(seed)
    batch = layer_cycles(mapping, ports)
    alone = [
        layer_cycles(
            Mapping(**{name: values[row : row + 1] for name, values in vars(mapping).items()}),
            Ports(**{name: values[row : row + 1] for name, values in vars(ports).items()}),
        )
        for row in range(3)
    ]
    np.testing.assert_array_equal(np.concatenate(alone), batch[:3])


@given(
    steps=st.integers(1, 200),
    columns=st.integers(2, 512),
    times=st.tuples(*[st.integers(1, 10_000)] * 3),
    sample_hold=st.booleans(),
)
def test_more_converters_never_take_longer(
    steps: int, columns: int, times: tuple[int, int, int], sample_hold: bool
) -> None:
    read, conversion, add = times
    converters = np.arange(1, columns + 1)
    busiest = ceil_div(columns, converters)
    time = mvm_time_ps(steps, read, busiest * conversion, add, sample_hold)
    assert np.all(np.diff(time) <= 0)
    held = mvm_time_ps(steps, read, busiest * conversion, add, True)
    assert np.all(held <= mvm_time_ps(steps, read, busiest * conversion, add, False))


def test_time_of_a_position_matches_hand_calculation() -> None:
    # Reads 10, converts 30 for 4 steps: 10 + 3 * 30 + 30 + 5 held, 4 * (10 + 30) + 5 not.
    assert float(mvm_time_ps(4, 10, 30, 5, True)) == 135.0
    assert float(mvm_time_ps(4, 10, 30, 5, False)) == 165.0
    # Reads are slower than conversions: 30 + 3 * 30 + 10 + 5.
    assert float(mvm_time_ps(4, 30, 10, 5, True)) == 135.0


@st.composite
def convolutions(draw: st.DrawFn) -> Layer:
    kernel, stride = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    out_h, out_w, channels = (draw(st.integers(1, 40)) for _ in range(3))
    return Layer(
        name="conv",
        kind="conv",
        operand="weights",
        k=kernel * kernel * channels,
        m=8,
        out_h=out_h,
        out_w=out_w,
        in_h=(out_h - 1) * stride + kernel,
        in_w=(out_w - 1) * stride + kernel,
        in_channels=channels,
        kernel_h=kernel,
        kernel_w=kernel,
        stride=stride,
        count=draw(st.integers(1, 5)),
    )


@given(layer=convolutions(), stripes=st.integers(1, 50))
def test_a_larger_buffer_never_causes_more_refetch(layer: Layer, stripes: int) -> None:
    table = LayerTable.from_workloads([Workload(name="one", layers=(layer,))])
    capacities = np.unique(np.floor(np.geomspace(1, 2 * layer.input_elements, 200)))[:, None]
    refetch = _refetch(table, capacities, np.full(1, float(stripes)))
    assert np.all(np.diff(refetch, axis=0) <= 0)
    assert np.all(refetch >= 0)
    if stripes == 1:
        assert refetch[-1] == 0


@given(seed=seeds, layer=convolutions())
def test_twice_the_count_takes_twice_the_cycles(seed: int, layer: Layer) -> None:
    twice = replace(layer, count=2 * layer.count)
    once, double = (
        LayerTable.from_workloads([Workload(name="one", layers=(x,))]) for x in (layer, twice)
    )
    cycles = layer_cycles(*cases(seed))[:, :1]
    np.testing.assert_array_equal(2 * once.per_workload(cycles), double.per_workload(cycles))


@settings(max_examples=500)
@given(numerator=st.integers(0, EXACT - 1), denominator=st.integers(1, EXACT - 1))
def test_whole_number_division_is_exact_below_two_to_the_53(
    numerator: int, denominator: int
) -> None:
    assert int(ceil_div(float(numerator), float(denominator))) == -(-numerator // denominator)
    assert int(floor_div(float(numerator), float(denominator))) == numerator // denominator


@settings(max_examples=500)
@given(denominator=st.integers(1, 2**26), quotient=st.integers(1, 2**26), off=st.integers(-1, 1))
def test_whole_number_division_is_exact_beside_whole_quotients(
    denominator: int, quotient: int, off: int
) -> None:
    numerator = denominator * quotient + off
    assert int(ceil_div(numerator, denominator)) == -(-numerator // denominator)
    assert int(floor_div(numerator, denominator)) == numerator // denominator


@given(seed=seeds)
def test_cycles_by_resource_sum_to_the_cycles_of_a_layer(seed: int) -> None:
    mapping, ports = cases(seed)
    shares = cycles_by_resource(mapping, ports)
    assert tuple(shares) == RESOURCES
    np.testing.assert_array_equal(
        np.sum(list(shares.values()), axis=0), layer_cycles(mapping, ports)
    )
    assert all((values >= 0.0).all() for values in shares.values())
