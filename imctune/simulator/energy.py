"""Energy of every layer by component: action counts times energy per action."""

from __future__ import annotations

__all__ = ["COMPONENTS", "idle_energy", "layer_energy"]

import numpy as np

from imctune.assumptions import Assumptions
from imctune.simulator.actions import Actions, ArraySteps
from imctune.simulator.arrays import FloatArray
from imctune.simulator.chip import Chip
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import ArrayGeometry

COMPONENTS = (
    "row_drivers",
    "cells",
    "converters",
    "shift_add",
    "tile_buffers",
    "routers",
    "global_buffer",
    "vector_unit",
    "cell_writes",
    "offchip",
    "leakage",
    "offchip_idle",
)


def layer_energy(
    table: LayerTable,
    knobs: KnobColumns,
    chip: Chip,
    geometry: ArrayGeometry,
    steps: ArraySteps,
    actions: Actions,
) -> dict[str, FloatArray]:
    """Energy of one run of every layer by component. [fJ], (n, n_layers) each."""
    drive = chip.row_drive_fj(table.input_bit_density)
    return {
        "row_drivers": actions.row_drives * drive,
        "cells": chip.cell_energy_fj(table, knobs, geometry, steps, actions),
        "converters": actions.conversions * chip.conversion_fj[:, None],
        "shift_add": actions.conversions * chip.shift_add_fj[:, None]
        + (actions.sums + actions.offset_sums) * chip.sum_fj[:, None],
        "tile_buffers": actions.tile_write_bits * chip.tile_write_fj[:, None]
        + actions.tile_read_bits * chip.tile_read_fj[:, None],
        "routers": actions.router_bits * chip.router_fj[:, None],
        "global_buffer": actions.glb_read_bits * chip.glb_read_fj[:, None]
        + actions.glb_write_bits * chip.glb_write_fj[:, None],
        "vector_unit": actions.lane_operations * chip.operation_fj(table)
        + actions.activations * chip.activation_fj(table)
        + actions.local_bits * chip.tile_read_fj[:, None],
        "cell_writes": actions.cells_written * chip.cell_write_fj[:, None],
        "offchip": actions.offchip_bits * chip.offchip_fj,
    }


def idle_energy(
    chip: Chip, latency_ps: FloatArray, assumptions: Assumptions
) -> dict[str, FloatArray]:
    """Energy that flows whether or not anything is computed. [fJ], (n, n_workloads) each."""
    scale = 1.0 if assumptions.leakage else 0.0
    return {
        "leakage": scale * chip.leakage_mw[:, None] * latency_ps,
        "offchip_idle": scale * chip.offchip_idle_mw[:, None] * latency_ps,
    }
