"""Energy of the paper's chips: actions times fitted energies per action.

Elementwise; the constants and how each was fitted stand in conf/technology/paper_*.yaml.
"""

from __future__ import annotations

__all__ = ["driver_width", "glb_energy", "input_level", "layer_energy", "mean_cell_level"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.knob_columns import BITS_PER_KIB, KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.paper.actions import PaperActions
from imctune.technology import PaperRramCosts, PaperSramCosts, PaperTechnology

MAGNITUDE_OF_BITS = 0.75


def layer_energy(
    table: LayerTable, knobs: KnobColumns, actions: PaperActions, technology: PaperTechnology
) -> dict[str, FloatArray]:
    """Energy of one run of every layer by component. [fJ], (n, n_layers) each."""
    level = input_level(table.is_signed, table.input_bit_density)
    glb = glb_energy(knobs.glb_bits / BITS_PER_KIB, technology)
    costs = technology.costs
    if isinstance(costs, PaperRramCosts):
        return _rram_energy(knobs, actions, level, glb, costs)
    return _sram_energy(knobs, actions, level, glb, technology, costs)


def input_level(is_signed: npt.ArrayLike, bit_density: npt.ArrayLike) -> FloatArray:
    r"""Mean input as it is applied, in offset code, from 0 to 1.

    A signed input sits at one half on average, others above it: :math:`x = (1 + \bar a) / 2`. Of
    the magnitude bits, the high ones are rarer, so the mean magnitude :math:`\bar a` is less than
    the share of ones among them: 0.73 to 0.87 of it in the five convolutional networks of
    CiMLoop's histograms. Their median 0.76, as 0.75, is taken for all.

    Examples
    --------
    >>> input_level([True, False], 0.2).tolist()
    [0.5, 0.575]
    """
    return np.where(is_signed, 0.5, 0.5 + 0.5 * MAGNITUDE_OF_BITS * as_floats(bit_density))


def mean_cell_level(weight_bits: npt.ArrayLike, bits_per_cell: npt.ArrayLike) -> FloatArray:
    """Mean level of the cells of a weight, 0 to 1, when all weights are equally likely.

    Full cells are half full on average; the last one of a weight may hold fewer bits.

    Examples
    --------
    >>> mean_cell_level(8, [4, 5]).tolist()  # 5 + 3 bits: (1/2 + 1/2 * 7/31) / 2
    [0.5, 0.3064516129032258]
    """
    weight, cell = as_floats(weight_bits), as_floats(bits_per_cell)
    full = np.floor(weight / cell)
    rest = weight - full * cell
    last = (np.exp2(rest) - 1.0) / (np.exp2(cell) - 1.0)
    return np.asarray(0.5 * (full + last) / (full + (rest > 0.0)))


def driver_width(supply_v: npt.ArrayLike, technology: PaperTechnology) -> FloatArray:
    """Relative width of an SRAM row driver: the tool makes it wider near the threshold."""
    overdrive = as_floats(supply_v) - technology.driver_threshold_v
    return np.asarray(overdrive**-technology.driver_power)


def glb_energy(glb_kib: npt.ArrayLike, technology: PaperTechnology) -> FloatArray:
    """Energy of a byte read from or written to the global buffer. [fJ]."""
    sizes, energies = np.log(technology.glb_kib), np.log(technology.glb_fj_per_byte)
    return np.exp(np.interp(np.log(glb_kib), sizes, energies))


def _rram_energy(
    knobs: KnobColumns,
    actions: PaperActions,
    level: FloatArray,
    glb: FloatArray,
    costs: PaperRramCosts,
) -> dict[str, FloatArray]:
    stored = mean_cell_level(knobs.weight_bits, knobs.bits_per_cell)
    cell = costs.cell_fj + stored * (costs.cell_level_fj + costs.cell_product_fj * level)
    row = costs.row_fj + knobs.supply_v**2 * (costs.row_ff + costs.row_column_ff * knobs.cols)
    tile = costs.tile_read_fj + costs.tile_read_fj_per_macro * knobs.macros_per_tile
    # The free store above the chip fills and drains the global buffer.
    moved = actions.glb_inputs + actions.glb_sums + actions.images
    return {
        "row_drivers": actions.row_drives * row,
        "cells": actions.cell_reads * cell,
        "tile_buffers": actions.tile_bytes * tile,
        "global_buffer": moved * glb,
    }


def _sram_energy(
    knobs: KnobColumns,
    actions: PaperActions,
    level: FloatArray,
    glb: FloatArray,
    technology: PaperTechnology,
    costs: PaperSramCosts,
) -> dict[str, FloatArray]:
    volt, cols = knobs.supply_v, knobs.cols
    squared = volt**2
    driver = driver_width(volt, technology) / cols
    lines = (costs.row_column_ff + costs.row_column_input_ff * level) * cols
    row = squared * (lines + costs.row_driver_ff * level * driver)
    write = costs.write_ff * volt * np.maximum(volt - costs.write_threshold_v, 0.0)
    row_write = costs.row_write_fj + costs.row_write_driver_ff * squared * driver
    return {
        "row_drivers": actions.row_drives * row,
        "converters": actions.column_reads * (costs.column_fj + costs.column_row_fj * knobs.rows),
        "tile_buffers": actions.tile_bytes * costs.tile_read_fj
        + actions.tile_results * costs.tile_write_fj,
        "global_buffer": (actions.glb_inputs + actions.glb_sums) * glb,
        "cell_writes": actions.cells_written * write + actions.rows_written * row_write,
        "offchip": actions.weight_bits * costs.offchip_fj_per_bit,
    }
