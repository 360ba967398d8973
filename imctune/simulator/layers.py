"""The layers of all workloads side by side, one column each: the last axis of the simulator."""

from __future__ import annotations

__all__ = ["LayerTable"]

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray
from imctune.workload import ACTIVATIONS, Layer, Workload

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")

# Operations of the vector unit, in the order of `LayerTable.vector_op`.
VECTOR_OPS = ("mac", "max", "add", "softmax", "norm", "scale")

# Sweeps over the data that one vector-unit function needs: softmax and normalisation read their
# inputs for a maximum or mean, for a sum, and for the scaled result.
SWEEPS = {"softmax": 3, "norm": 3}


@dataclass(frozen=True)
class LayerTable:
    """Shapes and statistics of every distinct layer; all arrays have shape (n_layers,).

    Whole numbers are held in float64 (exact below 2**53, see `imctune.simulator.arrays`).

    Attributes
    ----------
    workload : ndarray of int
        Index of the workload that a layer belongs to; equal indices are adjacent.
    starts, present : ndarray of int
        First column of each workload that has layers here, and the index of that workload.
    n_workloads : int
        Number of workloads, with or without layers here.
    count : ndarray
        How often the workload runs the layer.
    k, m, groups, positions : ndarray
        Reduction length and outputs per group, groups, output positions.
    operations : ndarray
        Multiply-accumulates, or vector operations, of one position.
    second : ndarray
        Elements of the second operand (weights, or the stationary activations).
    row_elements, window_row_elements : ndarray
        Input elements of one image row, and of one column of a window over all channels.
    vector_op, activation : ndarray of int
        Place of the vector operation in `VECTOR_OPS`, and of the activation in `ACTIVATIONS`.
    halo_row, halo_column : ndarray
        Input elements that two vertically, or horizontally, adjacent tiles both read.
    """

    layers: tuple[Layer, ...]
    workload: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    present: npt.NDArray[np.int64]
    n_workloads: int
    count: FloatArray
    k: FloatArray
    m: FloatArray
    groups: FloatArray
    positions: FloatArray
    out_h: FloatArray
    out_w: FloatArray
    kernel_h: FloatArray
    kernel_w: FloatArray
    stride: FloatArray
    input_elements: FloatArray
    output_elements: FloatArray
    second: FloatArray
    operations: FloatArray
    activations: FloatArray
    row_elements: FloatArray
    window_row_elements: FloatArray
    halo_row: FloatArray
    halo_column: FloatArray
    log2_k: FloatArray
    is_weights: npt.NDArray[np.bool_]
    is_dynamic: npt.NDArray[np.bool_]
    is_signed: npt.NDArray[np.bool_]
    from_offchip: npt.NDArray[np.bool_]
    vector_op: npt.NDArray[np.int64]
    activation: npt.NDArray[np.int64]
    input_bit_density: FloatArray
    input_twos_complement_density: FloatArray
    input_zero_share: FloatArray
    weight_bit_density: FloatArray
    weight_magnitude_density: FloatArray

    @classmethod
    def from_workloads(
        cls,
        workloads: Sequence[Workload],
        operands: Sequence[str] = ("weights", "dynamic", "none"),
    ) -> LayerTable:
        """Stack the distinct layers of the workloads, those with the given operands."""
        layers: list[Layer] = []
        owner: list[int] = []
        for index, workload in enumerate(workloads):
            unique = [x for x in workload.unique_layers()[0] if x.operand in operands]
            owner.extend([index] * len(unique))
            layers.extend(unique)
        present, starts = np.unique(owner, return_index=True)

        def column(values: Sequence[float]) -> FloatArray:
            return np.array(values, dtype=np.float64)

        return cls(
            layers=tuple(layers),
            workload=np.array(owner, dtype=np.int64),
            starts=starts,
            present=present.astype(np.int64),
            n_workloads=len(workloads),
            count=column([x.count for x in layers]),
            k=column([x.k for x in layers]),
            m=column([x.m for x in layers]),
            groups=column([x.groups for x in layers]),
            positions=column([x.positions for x in layers]),
            out_h=column([x.out_h for x in layers]),
            out_w=column([x.out_w for x in layers]),
            kernel_h=column([x.kernel_h for x in layers]),
            kernel_w=column([x.kernel_w for x in layers]),
            stride=column([x.stride for x in layers]),
            input_elements=column([x.input_elements for x in layers]),
            output_elements=column([x.output_elements for x in layers]),
            second=column([x.second_operand_elements for x in layers]),
            operations=column([operations_per_position(x) for x in layers]),
            activations=column([x.groups * x.m if is_finished(x) else 0 for x in layers]),
            row_elements=column([x.in_w * x.in_channels for x in layers]),
            window_row_elements=column([x.kernel_h * x.in_channels for x in layers]),
            halo_row=column(
                [max(0, x.kernel_h - x.stride) * x.in_w * x.in_channels for x in layers]
            ),
            halo_column=column(
                [max(0, x.kernel_w - x.stride) * x.kernel_h * x.in_channels for x in layers]
            ),
            log2_k=column([(x.k - 1).bit_length() for x in layers]),
            is_weights=np.array([x.operand == "weights" for x in layers], dtype=np.bool_),
            is_dynamic=np.array([x.operand == "dynamic" for x in layers], dtype=np.bool_),
            is_signed=np.array([x.signed for x in layers], dtype=np.bool_),
            from_offchip=np.array([x.from_offchip for x in layers], dtype=np.bool_),
            vector_op=np.array([VECTOR_OPS.index(x.vector_op) for x in layers], dtype=np.int64),
            activation=np.array([ACTIVATIONS.index(x.activation) for x in layers], dtype=np.int64),
            input_bit_density=column([x.input_bit_density for x in layers]),
            input_twos_complement_density=column([x.input_twos_complement_density for x in layers]),
            input_zero_share=column([x.input_zero_share for x in layers]),
            weight_bit_density=column([workloads[i].weight_bit_density for i in owner]),
            weight_magnitude_density=column([workloads[i].weight_magnitude_density for i in owner]),
        )

    @property
    def n_layers(self) -> int:
        """Number of distinct layers."""
        return len(self.layers)

    @cached_property
    def with_halo(self) -> npt.NDArray[np.intp]:
        """Layers of which adjacent tiles read some of the same input elements."""
        return np.flatnonzero((self.halo_row > 0.0) | (self.halo_column > 0.0))

    def widened(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give every layer the value of its workload, where workloads have their own.

        (n, n_workloads) becomes (n, n_layers); (n, 1) and (n,) stay as they are.
        """
        if values.ndim == 1 or values.shape[1] == 1:
            return values
        return self.to_layers(values)

    def to_layers(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give every layer the value of its workload: (n, n_workloads) to (n, n_layers)."""
        return np.take(values, self.workload, axis=1)

    def take(self, columns: npt.NDArray[np.intp]) -> LayerTable:
        """Keep the layers in the given columns, in ascending order."""
        picked = self.pick(self, columns)
        present, starts = np.unique(self.workload[columns], return_index=True)
        return replace(
            picked,
            layers=tuple(self.layers[column] for column in columns),
            starts=starts,
            present=present,
        )

    def pick(self, record: Record, columns: npt.NDArray[np.intp]) -> Record:
        """Keep the given columns of every array of a record that has this table's layer axis."""
        kept = {}
        for name in (field.name for field in fields(record)):
            values = getattr(record, name)
            if isinstance(values, np.ndarray) and values.shape[-1] == self.n_layers:
                kept[name] = np.take(values, columns, axis=-1)
        return replace(record, **kept)

    def columns_of(self, values: FloatArray, columns: npt.NDArray[np.intp]) -> FloatArray:
        """Keep the given columns of an array that may have one value for all layers."""
        return np.take(values, columns, axis=1) if values.shape[1] == self.n_layers else values

    def per_workload(self, values: FloatArray) -> FloatArray:
        """Sum layer values times counts: (..., n_layers) to (..., n_workloads)."""
        return self._at_workloads(
            np.add.reduceat(np.multiply(values, self.count), self.starts, axis=-1)
        )

    def max_per_workload(self, values: FloatArray) -> FloatArray:
        """Largest value over the layers of each workload: (..., n_layers) to (..., n_workloads)."""
        return self._at_workloads(np.maximum.reduceat(values, self.starts, axis=-1))

    def _at_workloads(self, values: FloatArray) -> FloatArray:
        """Values of the workloads that have layers here, and 0 for the others."""
        if len(self.present) == self.n_workloads:
            return values
        spread = np.zeros((*values.shape[:-1], self.n_workloads))
        spread[..., self.present] = values
        return spread


def is_finished(layer: Layer) -> bool:
    """Whether the vector unit goes over the outputs: to rescale sums, or to apply a function."""
    return layer.operand != "none" or layer.activation != "none"


def operations_per_position(layer: Layer) -> int:
    """Lane operations of the digital vector unit for one output position of a layer."""
    if layer.operand == "none":
        return layer.vector_ops_per_position * SWEEPS.get(layer.vector_op, 1)
    return layer.groups * layer.k * layer.m
