"""What one run of a layer does under the paper's mapping, counted."""

from __future__ import annotations

__all__ = ["PaperActions", "count_actions"]

from dataclasses import dataclass

import numpy as np

from imctune.simulator.arrays import FloatArray
from imctune.simulator.layers import LayerTable
from imctune.simulator.paper.filling import ARRAY, GROUP, TILE, WHOLE, Filling

READ_AND_WRITE = 2.0


@dataclass(frozen=True)
class PaperActions:
    """Counts of one run of every layer, (n, n_layers) each.

    Attributes
    ----------
    cell_reads : ndarray
        Weight slices times multiply-accumulates; cells beside a ragged end are not counted.
    row_drives, column_reads : ndarray
        Rows driven and columns read out; ragged ends inside the array count in full.
    tile_bytes, tile_results : ndarray
        Input bytes read from tile buffers, and results of a slice written to them.
    glb_inputs, glb_sums : ndarray
        Bytes read from the global buffer for the router groups, each fetching its own halo; bytes
        of partial sums that reach it, read and written.
    images : ndarray
        Bytes of the input and output image.
    weight_bits, cells_written, rows_written : ndarray
        Bits of the weights; cells and rows written with every copy of them.
    """

    cell_reads: FloatArray
    row_drives: FloatArray
    column_reads: FloatArray
    tile_bytes: FloatArray
    tile_results: FloatArray
    glb_inputs: FloatArray
    glb_sums: FloatArray
    images: FloatArray
    weight_bits: FloatArray
    cells_written: FloatArray
    rows_written: FloatArray


def count_actions(table: LayerTable, filling: Filling, weight_bits: FloatArray) -> PaperActions:
    """Count the actions of one run of every layer."""
    whole, parts, padded = filling.whole, filling.parts, filling.padded
    positions = whole["out_h"] * whole["out_w"]
    runs = positions * whole["group"]
    inputs = whole["channel"] * whole["group"]
    reduction = whole["channel"] * whole["kernel_h"] * whole["kernel_w"]
    results = whole["output"] * runs
    weights = reduction * whole["group"] * whole["output"] * weight_bits
    copies = positions / (filling.rounds["out_h"] * filling.rounds["out_w"])

    def sums(level: int) -> FloatArray:
        """Parts of a result that are added up outside of a level."""
        return parts("channel", level) * parts("kernel_h", level) * parts("kernel_w", level)

    def sides(level: int) -> FloatArray:
        """Times that a level needs the same inputs for other outputs and slices."""
        return parts("output", level) * parts("slice", level)

    reduced = padded("channel") * padded("kernel_h") * padded("kernel_w")
    row_drives = reduced * runs * sides(ARRAY)
    return PaperActions(
        cell_reads=reduction * whole["output"] * whole["slice"] * runs,
        row_drives=row_drives,
        column_reads=padded("output") * padded("slice") * runs * sums(ARRAY),
        tile_bytes=inputs * sides(TILE) * _window(table, filling, TILE),
        tile_results=results * whole["slice"] * sums(TILE),
        glb_inputs=inputs * sides(WHOLE) * _window(table, filling, GROUP),
        glb_sums=READ_AND_WRITE * results * sums(WHOLE) * parts("slice", WHOLE),
        images=inputs * _image(table) + results,
        weight_bits=weights,
        cells_written=weights * copies,
        rows_written=row_drives / positions * copies,
    )


def _window(table: LayerTable, filling: Filling, level: int) -> FloatArray:
    """Input pixels of one channel that all places of a level read, each its own halo."""
    pixels: FloatArray = np.ones(1)
    for out, kernel in (("out_h", "kernel_h"), ("out_w", "kernel_w")):
        steps = np.minimum(filling.within[out][level], filling.whole[out])
        taps = np.minimum(filling.within[kernel][level], filling.whole[kernel])
        # Windows that overlap share pixels; those that do not read each tap once.
        side = np.minimum((steps - 1.0) * table.stride + taps, steps * taps)
        pixels = pixels * filling.parts(out, level) * filling.parts(kernel, level) * side
    return pixels


def _image(table: LayerTable) -> FloatArray:
    """Input pixels of one channel that the layer reads at all, padding included, (n_layers,)."""
    high = _side(table.out_h, table.kernel_h, table.stride)
    return high * _side(table.out_w, table.kernel_w, table.stride)


def _side(out: FloatArray, kernel: FloatArray, stride: FloatArray) -> FloatArray:
    return np.where(kernel >= stride, (out - 1.0) * stride + kernel, out * kernel)
