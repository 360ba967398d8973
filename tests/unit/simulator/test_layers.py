"""The table of layers, by hand."""

from __future__ import annotations

import numpy as np

from imctune.simulator.layers import VECTOR_OPS, LayerTable, operations_per_position
from imctune.workload import Layer
from tests.unit.simulator.cases import attention, conv, linear, net, pool, sweep, values


def column(layer: Layer, *names: str) -> list[float]:
    return values(LayerTable.from_workloads([net(layer)]), *names)


def test_a_convolution_by_hand() -> None:
    # 3x3, 64 -> 128 channels, 28x28: K = 9 x 64 = 576, 28 x 28 = 784 positions.
    layer = conv(64, 128, 28, signed=True, from_offchip=True)
    assert column(layer, "k", "m", "groups", "positions") == [576, 128, 1, 784]
    # Inputs 28 x 28 x 64, outputs 784 x 128, weights 576 x 128.
    assert column(layer, "input_elements", "output_elements", "second") == [50176, 100352, 73728]
    # A row of the image is 28 x 64; a column of the window 3 x 64. Two adjacent tiles of rows both
    # read 3 - 1 rows, two of columns 3 - 1 window columns.
    names = ("row_elements", "window_row_elements", "halo_row", "halo_column")
    assert column(layer, *names) == [1792, 192, 3584, 384]
    # A sum of 576 terms is 10 bits wider than a term: 2**9 < 576 <= 2**10.
    assert column(layer, "log2_k", "operations", "activations") == [10, 73728, 128]
    assert column(layer, "is_weights", "is_dynamic", "is_signed", "from_offchip") == [1, 0, 1, 1]


def test_tiles_share_no_halo_where_the_stride_is_as_long_as_the_window() -> None:
    assert column(conv(64, 64, 28, kernel=2, stride=2), "halo_row", "halo_column") == [0, 0]
    assert column(conv(64, 64, 28, kernel=1, stride=2), "halo_row", "halo_column") == [0, 0]
    assert column(conv(64, 64, 28, kernel=7, stride=2), "halo_row") == [5 * 28 * 64]


def test_a_product_of_activations_by_hand() -> None:
    # 12 heads, 197 tokens: queries (197 x 64) times keys (64 x 197) in each.
    layer = attention(64, 197, 12, 197)
    assert column(layer, "k", "m", "groups", "positions") == [64, 197, 12, 197]
    assert column(layer, "second", "operations") == [12 * 64 * 197, 12 * 64 * 197]
    assert column(layer, "is_weights", "is_dynamic") == [0, 1]


def test_operations_of_sweeps_by_hand() -> None:
    # 2x2 maximum of 64 channels: 4 x 64 comparisons for one position.
    assert operations_per_position(pool(64, 28)) == 256
    assert operations_per_position(sweep("add", 768, 197)) == 768
    # A softmax and a normalisation go over their inputs three times.
    assert operations_per_position(sweep("softmax", 197, 12)) == 3 * 197
    assert operations_per_position(sweep("norm", 768, 197)) == 3 * 768
    assert column(sweep("norm", 768, 197), "second", "activations") == [0, 0]


def test_every_operation_has_its_place() -> None:
    layers = [linear(4, 4), pool(4, 4), pool(4, 4, pooling="average"), sweep("softmax", 4, 4)]
    table = LayerTable.from_workloads([net(*layers)])
    assert [VECTOR_OPS[place] for place in table.vector_op] == ["mac", "max", "add", "softmax"]


def test_equal_layers_are_one_column_with_their_counts() -> None:
    workload = net(linear(8, 4, count=2), conv(3, 4, 6), linear(8, 4, count=3))
    table = LayerTable.from_workloads([workload])
    assert table.n_layers == 2
    assert table.count.tolist() == [5, 1]


def test_workloads_stand_side_by_side_even_without_layers() -> None:
    first = net(linear(8, 4), pool(4, 4), linear(4, 2, count=3), name="first")
    second = net(pool(8, 8), name="second")
    third = net(linear(2, 2, count=2), name="third")
    table = LayerTable.from_workloads([first, second, third], ("weights", "dynamic"))
    assert table.workload.tolist() == [0, 0, 2]
    assert table.present.tolist() == [0, 2]
    costs = np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    # 1 x 1 + 3 x 10, nothing, 2 x 100.
    assert table.per_workload(costs).tolist() == [[31, 0, 200], [62, 0, 400]]
    assert table.max_per_workload(costs).tolist() == [[10, 0, 100], [20, 0, 200]]
    assert table.to_layers(np.array([[5.0, 6.0, 7.0]])).tolist() == [[5, 5, 7]]
    assert table.widened(np.array([[5.0, 6.0, 7.0]])).tolist() == [[5, 5, 7]]
    assert table.widened(np.array([[3.0], [4.0]])).tolist() == [[3], [4]]


def test_a_table_may_be_empty() -> None:
    table = LayerTable.from_workloads([net(pool(4, 4))], ("weights", "dynamic"))
    assert table.n_layers == 0
    assert table.is_weights.dtype == np.bool_


def test_columns_are_picked_by_their_places() -> None:
    table = LayerTable.from_workloads([net(linear(8, 4), conv(3, 4, 6)), net(linear(2, 2))])
    some = table.take(np.array([1, 2]))
    assert some.k.tolist() == [27, 2]
    assert some.starts.tolist() == [0, 1]
    assert [layer.k for layer in some.layers] == [27, 2]
