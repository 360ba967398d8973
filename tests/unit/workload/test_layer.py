"""Layers: counts by hand, and what a layer cannot be."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.errors import InputError
from imctune.technology import VECTOR_FUNCTIONS
from imctune.workload import ACTIVATIONS, Layer
from tests.unit.workload.networks import only_layer

CONV1 = Layer("conv1", "conv", "weights", k=147, m=64, out_h=112, out_w=112)


def test_convolution_matches_hand_calculation() -> None:
    # ResNet's first: 7 x 7 x 3 = 147 inputs to each of 64 outputs at 112 x 112 positions.
    layer = only_layer("conv", **{"in": [224, 224, 3]}, out=64, kernel=7, stride=2, padding=3)
    assert (layer.k, layer.m, layer.groups) == (147, 64, 1)
    assert (layer.out_h, layer.out_w) == (112, 112)
    assert layer.input_elements == 224 * 224 * 3
    assert layer.output_elements == 112 * 112 * 64
    assert layer.weight_elements == 147 * 64 == 9_408
    assert layer.macs == 112 * 112 * 147 * 64 == 118_013_952
    assert layer.vector_op == "mac"


def test_depthwise_convolution_has_one_group_per_channel() -> None:
    layer = only_layer("conv", **{"in": [14, 14, 480]}, out=480, kernel=3, padding=1, groups=480)
    assert (layer.k, layer.m, layer.groups) == (9, 1, 480)
    assert layer.weight_elements == 9 * 480
    assert layer.macs == 14 * 14 * 9 * 480


def test_kernel_and_padding_may_differ_in_height_and_width() -> None:
    layer = only_layer("conv", **{"in": [8, 10, 4]}, out=6, kernel=[1, 7], padding=[0, 3])
    assert (layer.k, layer.out_h, layer.out_w) == (28, 8, 10)


def test_attention_product_stores_no_weights() -> None:
    # 16 heads: [256 x 64] times [64 x 256].
    layer = only_layer("matmul", tokens=256, groups=16, inner=64, out=256)
    assert layer.operand == "dynamic"
    assert layer.weight_elements == 0
    assert layer.second_operand_elements == 16 * 64 * 256
    assert layer.macs == 256 * 16 * 64 * 256
    assert layer.input_elements == 256 * 1024


def test_scale_is_one_product_per_element() -> None:
    layer = only_layer("scale", **{"in": [7, 7, 960]})
    assert layer.macs == layer.input_elements == layer.output_elements == 7 * 7 * 960
    assert layer.second_operand_elements == 960


@pytest.mark.parametrize(
    ("kind", "fields", "operation", "per_position"),
    [
        ("pool", {"kernel": 3, "stride": 2, "padding": 1}, "max", 9 * 64),
        ("pool", {"kernel": "all", "function": "average"}, "add", 56 * 56 * 64),
        ("add", {}, "add", 64),
        ("norm", {}, "norm", 64),
        ("softmax", {}, "softmax", 64),
    ],
)
def test_sweeps_count_elements_not_products(
    kind: str, fields: dict[str, Any], operation: str, per_position: int
) -> None:
    layer = only_layer(kind, **{"in": [56, 56, 64]}, **fields)
    assert layer.operand == "none"
    assert (layer.vector_op, layer.vector_ops_per_position) == (operation, per_position)
    assert layer.macs == layer.weight_elements == layer.second_operand_elements == 0


def test_residual_add_reads_two_tensors() -> None:
    assert only_layer("add", **{"in": [7, 7, 8]}).input_elements == 2 * 7 * 7 * 8
    assert only_layer("add", **{"in": [7, 7, 8]}, inputs=1).input_elements == 7 * 7 * 8


@given(
    st.integers(1, 40),
    st.integers(1, 7),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 4),
)
def test_groups_divide_the_weights_of_a_convolution(
    size: int, kernel: int, stride: int, padding: int, channels: int, outputs: int, groups: int
) -> None:
    if kernel > size + 2 * padding:
        return
    shape = {"in": [size, size, channels * groups], "out": outputs * groups, "kernel": kernel}
    whole = only_layer("conv", **shape, stride=stride, padding=padding)
    parts = only_layer("conv", **shape, stride=stride, padding=padding, groups=groups)
    assert parts.weight_elements * groups == whole.weight_elements
    assert parts.macs * groups == whole.macs
    assert parts.output_elements == whole.output_elements
    # The last window starts inside the padded input, and the next would not fit.
    last = (whole.out_h - 1) * stride + kernel
    assert last <= size + 2 * padding < last + stride


def test_every_activation_has_an_energy() -> None:
    assert set(ACTIVATIONS) <= {"none", *VECTOR_FUNCTIONS}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": 0}, ["layer conv1", "k", ">= 1", "got 0"]),
        ({"m": -4}, ["m", "got -4"]),
        ({"groups": 1.5}, ["groups", "got 1.5"]),
        ({"stride": float("nan")}, ["stride", "nan"]),
        ({"count": True}, ["count", "True"]),
        ({"constants": -1}, ["constants", ">= 0", "-1"]),
        ({"input_zero_share": 1.2}, ["input_zero_share", "from 0 to 1", "1.2"]),
        ({"input_bit_density": float("nan")}, ["input_bit_density", "nan"]),
        ({"kind": "deconv"}, ["kind", "conv, linear", "'deconv'"]),
        ({"operand": "none"}, ["operand of conv", "weights", "'none'"]),
        ({"activation": "relo"}, ["activation", "'relo'", "did you mean relu?"]),
        ({"pooling": "median"}, ["pooling", "max, average", "'median'"]),
    ],
)
def test_impossible_layers_are_refused(change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        replace(CONV1, **change)
    assert all(word in str(refused.value) for word in words), refused.value
    assert "\n" not in str(refused.value)
