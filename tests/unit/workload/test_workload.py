"""Workloads: totals, the merging of equal layers, and blocks."""

import textwrap
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import imctune.workload
from imctune.errors import InputError
from imctune.workload import Layer, Workload
from tests.unit.workload.networks import NAMES, load, network

FC = Layer("fc", "linear", "weights", k=3, m=5, in_channels=3, constants=1)


def test_totals_count_repeats() -> None:
    workload = Workload("net", (replace(FC, count=4),), embedding_elements=7)
    assert workload.macs == workload.weights == 4 * 15
    assert workload.parameters == 4 * (15 + 5) + 7


def test_a_network_without_layers_is_refused() -> None:
    with pytest.raises(InputError, match="workload net: layers must name at least one layer"):
        Workload("net", ())


def _totals(layers: tuple[Layer, ...]) -> tuple[int, ...]:
    return (
        sum(layer.count for layer in layers),
        sum(layer.count * layer.macs for layer in layers),
        sum(layer.count * layer.weight_elements for layer in layers),
        sum(layer.count * layer.vector_ops_per_position * layer.positions for layer in layers),
    )


def _check_merge(workload: Workload) -> None:
    unique, sequence = workload.unique_layers()
    runs = [layer for layer in workload.layers for _ in range(layer.count)]
    assert _totals(unique) == _totals(workload.layers)
    assert len({replace(layer, name="", count=1) for layer in unique}) == len(unique)
    assert len(sequence) == len(runs)
    for place, run in zip(sequence, runs, strict=True):
        assert replace(unique[place], name="", count=1) == replace(run, name="", count=1)


@pytest.mark.parametrize("name", NAMES)
def test_merging_equal_layers_conserves_totals_and_order(name: str) -> None:
    _check_merge(load(name))


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.integers(1, 4)), min_size=1))
def test_merging_random_layers_conserves_totals_and_order(
    drawn: list[tuple[int, bool, int]],
) -> None:
    layers = tuple(
        replace(FC, name=f"fc{number}", k=k, in_channels=k, signed=signed, count=count)
        for number, (k, signed, count) in enumerate(drawn)
    )
    _check_merge(Workload("net", layers))


def test_layers_that_differ_in_their_data_are_not_merged() -> None:
    unique, sequence = Workload("net", (FC, replace(FC, input_zero_share=0.5), FC)).unique_layers()
    assert [layer.count for layer in unique] == [2, 1]
    assert sequence == (0, 1, 0)


def test_a_repeated_block_is_its_layers_written_out() -> None:
    block = [{"linear": {"out": 8, "activation": "relu"}}, {"add": {}}]
    first = {"linear": {"tokens": 4, "in": 6, "out": 8}}
    repeated = network(first, {"repeat": 3, "layers": block})
    written = network(first, *(block * 3))
    assert [replace(layer, name="") for layer in repeated.layers] == [
        replace(layer, name="") for layer in written.layers
    ]
    assert [layer.name for layer in repeated.layers[:3]] == [
        "linear1",
        "block2.1.linear1",
        "block2.1.add2",
    ]


def test_the_example_of_the_format_loads() -> None:
    example = str(imctune.workload.__doc__).split("::\n", 1)[1].split("\nA user sets", 1)[0]
    workload = Workload.from_mapping(yaml.safe_load(textwrap.dedent(example)), "example")
    assert [layer.kind for layer in workload.layers] == ["conv", "conv", "add", "conv", "add"]
    assert workload.embedding_elements == 30_000 * 128


def test_concat_lets_channels_grow() -> None:
    grown = network(
        {
            "repeat": 3,
            "concat": True,
            "layers": [{"conv": {"out": 32, "kernel": 3, "padding": 1}}],
        },
        {"pool": {"kernel": "all", "function": "average"}},
        input=[8, 8, 16],
    )
    assert [layer.in_channels for layer in grown.layers] == [16, 48, 80, 112]


def test_parameters_stand_for_whole_numbers() -> None:
    sections = {"parameters": {"tokens": 12, "rows": "tokens"}}
    workload = network({"linear": {"tokens": "rows", "in": 3, "out": 4}}, **sections)
    assert workload.layers[0].positions == 12


def test_data_without_statistics_are_random_bits() -> None:
    workload = network({"linear": {"tokens": 1, "in": 3, "out": 4}})
    layer = workload.layers[0]
    assert (layer.input_zero_share, layer.input_bit_density, layer.signed) == (0.0, 0.5, False)
    assert workload.weight_bit_density == workload.weight_magnitude_density == 0.5


def test_magnitude_densities_are_scaled_from_eight_to_seven_bits() -> None:
    usual = {"zero_share": 0.1, "magnitude_density": 0.35, "twos_complement_density": 0.4}
    workload = network(
        {"linear": {"tokens": 1, "in": 3, "out": 4}},
        {"linear": {"out": 4, "data": "other"}},
        inputs={
            "usual": {**usual, "signed": True},
            "other": {**usual, "zero_share": 0.2, "signed": False},
        },
        weights={"offset_density": 0.5, "magnitude_density": 0.35},
    )
    first, second = workload.layers
    # 0.35 of 8 bits are 2.8 ones: 0.4 of 7.
    assert first.input_bit_density == pytest.approx(0.4)
    assert workload.weight_magnitude_density == pytest.approx(0.4)
    assert (first.input_twos_complement_density, first.signed) == (0.4, True)
    assert (second.input_zero_share, second.signed) == (0.2, False)
