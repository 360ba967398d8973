"""Energy of every layer by component: action counts times energy per action."""

from __future__ import annotations

__all__ = ["COMPONENTS", "idle_energy", "idle_power", "layer_energy", "sweep_energy"]

import numpy as np

from imctune.assumptions import Assumptions
from imctune.simulator.actions import Actions, ArraySteps
from imctune.simulator.arrays import FloatArray
from imctune.simulator.chip import Chip
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import Mapping

COMPONENTS = (
    "row_drivers",
    "cells",
    "converters",
    "adder_trees",
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
    executed = actions.conversions * (1.0 - steps.idle_share)
    converted = executed * (chip.tree_activity(knobs, table, steps) * chip.macro.conversion_fj)
    digital = knobs.is_digital.astype(np.float64)
    return {
        "row_drivers": actions.row_drives * chip.row_drive_fj(knobs, steps),
        "cells": chip.cell_energy_fj(table, knobs, geometry, steps, actions),
        "converters": converted * (1.0 - digital),
        "adder_trees": converted * digital,
        "shift_add": executed * chip.macro.shift_add_fj
        + (actions.sums + actions.offset_sums) * chip.macro.sum_fj,
        "tile_buffers": actions.tile_write_bits * chip.tile_write_fj
        + actions.tile_read_bits * chip.tile_read_fj,
        "routers": actions.router_bits * chip.router_fj,
        "global_buffer": actions.glb_read_bits * chip.glb_read_fj
        + actions.glb_write_bits * chip.glb_write_fj,
        "vector_unit": actions.lane_operations * chip.multiply_fj(knobs, table)
        + actions.activations * chip.activation_fj(table)
        + actions.local_bits * chip.local_fj,
        "cell_writes": actions.cells_written * chip.macro.cell_write_fj,
        "offchip": actions.offchip_bits * chip.technology.offchip_fj_per_bit,
    }


def sweep_energy(
    table: LayerTable, knobs: KnobColumns, chip: Chip, mapping: Mapping
) -> dict[str, FloatArray]:
    """Energy of layers without a second operand, on the vector unit. [fJ], (n, n_layers) each."""
    positions = mapping.positions * mapping.passes
    moved = mapping.fill_bits + mapping.drain_bits
    return {
        "global_buffer": positions * (mapping.send_bits + mapping.drain_bits) * chip.glb_read_fj
        + positions * (mapping.store_bits + mapping.fill_bits) * chip.glb_write_fj,
        "vector_unit": positions * mapping.operations * chip.function_fj(table)
        + positions * mapping.activations * chip.activation_fj(table)
        + positions * (mapping.send_bits + mapping.window_bits) * chip.local_fj,
        "offchip": positions * moved * chip.technology.offchip_fj_per_bit,
    }


def idle_energy(
    chip: Chip, latency_ps: FloatArray, assumptions: Assumptions
) -> dict[str, FloatArray]:
    """Energy that flows whether or not anything is computed. [fJ], (n, n_workloads) each."""
    scale = 1.0 if assumptions.leakage else 0.0
    return {
        "leakage": scale * chip.leakage_mw * latency_ps,
        "offchip_idle": scale * chip.offchip_idle_mw * latency_ps,
    }


def idle_power(chip: Chip, assumptions: Assumptions) -> FloatArray:
    """Power that flows whether or not anything is computed. [mW], (n, 1) or (n, n_workloads)."""
    scale = 1.0 if assumptions.leakage else 0.0
    return scale * (chip.leakage_mw + chip.offchip_idle_mw)
