"""How one copy of a layer's second operand lies in arrays, in whole numbers."""

from __future__ import annotations

__all__ = ["ArrayGeometry", "array_geometry"]

from dataclasses import dataclass

import numpy as np

from imctune.simulator.arrays import FloatArray, ceil_div, floor_div
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable


@dataclass(frozen=True)
class ArrayGeometry:
    """How one copy of a layer's weights lies in arrays; fields as named in the README.

    Attributes
    ----------
    weight_bits : ndarray
        Bits of one element of the second operand (dynamic products: input bits). [bit]
    slices : ndarray
        Cells that hold the bits of one weight, of one polarity.
    columns_per_output : ndarray
        Physical columns of one output: slices x polarities.
    packed : ndarray
        Groups that share an array, block-diagonally.
    n_k, n_m, n_blocks : ndarray
        Arrays along the reduction, along the outputs, and along the groups.
    arrays : ndarray
        Arrays of one copy: n_blocks x n_k x n_m.
    rows_full, columns_full : ndarray
        Rows and physical columns in use in the fullest array.
    """

    weight_bits: FloatArray
    slices: FloatArray
    columns_per_output: FloatArray
    packed: FloatArray
    n_k: FloatArray
    n_m: FloatArray
    n_blocks: FloatArray
    arrays: FloatArray
    rows_full: FloatArray
    columns_full: FloatArray


def array_geometry(table: LayerTable, knobs: KnobColumns) -> ArrayGeometry:
    """Lay the second operand of every layer into arrays of the design's size."""
    weight_bits = np.where(table.is_dynamic, knobs.input_bits, knobs.weight_bits)
    # The sign is in the choice of the column; a sign alone still takes a pair of cells.
    magnitude_bits = np.maximum(1.0, weight_bits - knobs.is_differential)
    slices = ceil_div(magnitude_bits, knobs.bits_per_cell)
    per_output = slices * knobs.polarities
    columns = table.m * per_output
    fit_rows = floor_div(knobs.rows, table.k)
    fit_columns = floor_div(knobs.cols, columns)
    packed = np.maximum(1.0, np.minimum(table.groups, np.minimum(fit_rows, fit_columns)))
    n_k = ceil_div(table.k, knobs.rows)
    n_m = ceil_div(columns, knobs.cols)
    n_blocks = ceil_div(table.groups, packed)
    return ArrayGeometry(
        weight_bits=weight_bits,
        slices=slices,
        columns_per_output=per_output,
        packed=packed,
        n_k=n_k,
        n_m=n_m,
        n_blocks=n_blocks,
        arrays=n_blocks * n_k * n_m,
        rows_full=np.minimum(packed * table.k, knobs.rows),
        columns_full=np.minimum(packed * columns, knobs.cols),
    )
