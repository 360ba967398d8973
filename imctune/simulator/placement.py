"""Which layers stay in the arrays, which are brought in, and how spare arrays are shared."""

from __future__ import annotations

__all__ = ["Placement", "place"]

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, floor_div
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.mapping import ArrayGeometry, balanced_copies

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Placement:
    """How the arrays of a chip are given to the layers of each workload.

    Attributes
    ----------
    needed : ndarray
        Arrays that one copy of all stored layers takes, (n, n_workloads).
    lack : ndarray
        Arrays needed over arrays at hand, less one: above 0 where the weights do not fit.
    possible : ndarray of bool
        Layers that can run on arrays at all, (n, n_layers).
    reloads : ndarray of bool
        Layers whose second operand is brought in at each inference.
    available : ndarray
        Arrays that one layer may use at once, at least 1.
    copies : ndarray
        Copies of layers that fit at once.
    """

    needed: FloatArray
    lack: FloatArray
    possible: BoolArray
    reloads: BoolArray
    available: FloatArray
    copies: FloatArray


def place(
    table: LayerTable,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
    on_arrays: BoolArray,
    mvm_cycles: FloatArray,
    writable: bool,
) -> Placement:
    """Share out the arrays among the layers that want to run on them.

    Parameters
    ----------
    on_arrays : ndarray of bool
        Layers that want to run on arrays, (n, n_layers).
    mvm_cycles : ndarray
        Cycles of one position on one copy.
    writable : bool
        Whether cells can be rewritten at each inference (SRAM), or hold what they hold (RRAM).
    """
    stored = on_arrays & table.is_weights
    needed = table.per_workload(np.where(stored, geometry.arrays, 0.0))
    held = np.where(knobs.holds_all, needed.sum(axis=1, keepdims=True), needed)
    lack = held / knobs.n_arrays - 1.0
    sharers = np.where(knobs.holds_all, float(table.n_workloads), 1.0)
    spare = floor_div(np.maximum(0.0, knobs.n_arrays - held), sharers)
    resident = (lack <= 0.0)[:, table.workload] | (not writable)
    balanced = balanced_copies(
        table, geometry.arrays, stored, spare, mvm_cycles, knobs.is_pipelined
    )
    kept_copies = np.where(knobs.is_balanced & stored, balanced, 1.0)
    taken = table.per_workload(np.where(stored, geometry.arrays * kept_copies, 0.0))
    left = np.where(knobs.holds_all, 0.0, np.maximum(0.0, knobs.n_arrays - taken))
    free = np.where(resident, left[:, table.workload], knobs.n_arrays)
    halved = knobs.ping_pong & (knobs.n_arrays >= 2.0)
    free = np.where(halved, floor_div(free, 2.0), free)
    reloads = on_arrays & (table.is_dynamic | ~resident)
    loaded_copies = np.minimum(table.positions, floor_div(free, geometry.arrays))
    loaded_copies = np.where(knobs.is_balanced, np.maximum(1.0, loaded_copies), 1.0)
    return Placement(
        needed=needed,
        lack=lack,
        possible=table.is_weights | (table.is_dynamic & writable & (free >= 1.0)),
        reloads=reloads,
        available=np.maximum(1.0, np.where(reloads, free, knobs.n_arrays)),
        copies=np.where(reloads, loaded_copies, kept_copies),
    )
