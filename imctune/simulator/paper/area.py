"""Area of the paper's chips, a sum of closed forms."""

from __future__ import annotations

__all__ = ["chip_area", "glb_area"]

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray
from imctune.simulator.knob_columns import BITS_PER_KIB, KnobColumns
from imctune.simulator.paper.energy import driver_width
from imctune.technology import PaperTechnology

BUFFERS_PER_TILE = 2.0


def chip_area(knobs: KnobColumns, technology: PaperTechnology) -> dict[str, FloatArray]:
    """Area of every component. [um2], (n,) each.

    A network that runs at a supply of its own needs drivers for the lowest one.
    """
    rows, cols = knobs.rows[..., 0], knobs.cols[..., 0]
    macros, groups = knobs.macros_per_tile[..., 0], knobs.router_groups[..., 0]
    n_tiles = groups * knobs.tiles_per_group[..., 0]
    n_arrays = n_tiles * macros
    width = driver_width(knobs.supply_v.min(axis=-1), technology)
    drivers = (
        technology.row_um2 * rows
        + technology.row_driver_um2 * width * rows / cols
        + technology.write_driver_um2 * rows / np.sqrt(cols)
    )
    return {
        "row_drivers": n_arrays * drivers,
        "cells": n_arrays * technology.cell_um2 * rows * cols,
        "converters": n_arrays * (technology.column_um2 * cols + technology.column_offset_um2),
        "tile_buffers": n_tiles * BUFFERS_PER_TILE * technology.tile_buffer_um2 * macros**2,
        "routers": groups * technology.router_um2,
        "global_buffer": glb_area(knobs.glb_bits[..., 0] / BITS_PER_KIB, technology),
    }


def glb_area(glb_kib: npt.ArrayLike, technology: PaperTechnology) -> FloatArray:
    """Area of the global buffer. [um2]."""
    sizes, areas = np.log(technology.glb_kib), np.log(technology.glb_um2)
    return np.exp(np.interp(np.log(glb_kib), sizes, areas))
