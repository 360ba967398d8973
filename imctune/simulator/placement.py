"""Which layers stay in the arrays, which are brought in, and how spare arrays are shared."""

from __future__ import annotations

__all__ = ["Placement", "Work", "arrays_held", "balanced_copies", "place", "with_loaded_copies"]

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, ceil_div, floor_div
from imctune.simulator.geometry import ArrayGeometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.technology import Technology

if TYPE_CHECKING:
    from imctune.simulator.schedule import Ports

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
        Copies of layers that fit at once; of layers that are brought in, the most that do.
    """

    needed: FloatArray
    lack: FloatArray
    possible: BoolArray
    reloads: BoolArray
    available: FloatArray
    copies: FloatArray


@dataclass(frozen=True)
class Work:
    r"""What spare arrays are shared out by.

    The sequential time ``sum P t / copies`` under ``sum a copies <= arrays`` is least where
    ``copies ~ sqrt(P t / a)``, with positions P, cycles t of each and arrays a of one copy.

    Attributes
    ----------
    cycles : ndarray
        Cycles of all positions on one copy, ``P t``.
    weight : ndarray
        Whole: ``P t`` where layers run at once, ``isqrt(2**20 P t / a)`` one after another.
    """

    cycles: FloatArray
    weight: FloatArray

    @classmethod
    def of(
        cls,
        table: LayerTable,
        knobs: KnobColumns,
        geometry: ArrayGeometry,
        mvm_cycles: FloatArray,
    ) -> Work:
        """Work of the layers, whose positions take `mvm_cycles` each."""
        cycles = table.positions * mvm_cycles
        weight = np.floor(np.sqrt(floor_div(cycles * 2.0**20, geometry.arrays)))
        if knobs.is_pipelined.any():
            weight = np.where(knobs.is_pipelined, cycles, weight)
        return cls(cycles, weight)


def arrays_held(knobs: KnobColumns, needed: FloatArray) -> FloatArray:
    """Arrays that must hold weights at once: those of each workload, or of all together."""
    return np.where(knobs.holds_all, needed.sum(axis=1, keepdims=True), needed)


def place(
    table: LayerTable,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
    on_arrays: BoolArray,
    work: Work,
    technology: Technology,
) -> Placement:
    """Share out the arrays among the layers that want to run on them.

    Parameters
    ----------
    on_arrays : ndarray of bool
        Layers that want to run on arrays, (n, n_layers).
    work : Work
    technology : Technology
        Says whether cells can be rewritten at each inference (SRAM), or hold what they hold.
    """
    writable = technology.is_writable
    stored = on_arrays & table.is_weights
    is_stored = stored.astype(np.float64)
    needed = table.per_workload(geometry.arrays * is_stored)
    held = arrays_held(knobs, needed)
    lack = held / knobs.n_arrays - 1.0
    sharers = np.where(knobs.holds_all, float(table.n_workloads), 1.0)
    spare = floor_div(np.maximum(0.0, knobs.n_arrays - held), sharers)
    halved = knobs.ping_pong & (knobs.n_arrays >= 2.0)
    loaded = on_arrays & ~stored & ~knobs.holds_all & ~knobs.is_pipelined
    loading = geometry.arrays * loaded * (1.0 + halved) if loaded.any() else None
    balanced = balanced_copies(table, geometry.arrays, is_stored, loading, spare, work)
    kept_copies = np.where(knobs.is_balanced & stored, balanced, 1.0)
    if knobs.takes_chip.any():
        # As if every layer had the chip to itself, and its copies were there when its turn comes.
        alone = np.maximum(1.0, floor_div(knobs.n_arrays, geometry.arrays))
        alone = np.minimum(table.positions, alone)
        kept_copies = np.where(knobs.takes_chip & stored, alone, kept_copies)
    if not writable:
        return Placement(
            needed=needed,
            lack=lack,
            possible=np.broadcast_to(table.is_weights, on_arrays.shape),
            reloads=np.broadcast_to(False, on_arrays.shape),
            available=knobs.n_arrays,
            copies=kept_copies,
        )
    fits = lack <= 0.0
    taken = table.per_workload(geometry.arrays * kept_copies * is_stored)
    left = np.where(knobs.holds_all, 0.0, np.maximum(0.0, knobs.n_arrays - taken))
    free = table.to_layers(np.where(fits, left, knobs.n_arrays))
    if knobs.takes_chip.any():
        free = np.where(knobs.takes_chip, knobs.n_arrays, free)
    if halved.any():
        free = np.where(halved, floor_div(free, 2.0), free)
    reloads = on_arrays & (table.is_dynamic | table.to_layers(~fits))
    if reloads.any():
        most = np.minimum(table.positions, floor_div(free, geometry.arrays))
        most = np.where(knobs.is_balanced | knobs.takes_chip, np.maximum(1.0, most), 1.0)
        kept_copies = np.where(reloads, most, kept_copies)
    return Placement(
        needed=needed,
        lack=lack,
        possible=table.is_weights | (table.is_dynamic & (free >= 1.0) & ~knobs.is_pipelined),
        reloads=reloads,
        available=np.maximum(1.0, np.where(reloads, free, knobs.n_arrays)),
        copies=kept_copies,
    )


def with_loaded_copies(
    placement: Placement,
    table: LayerTable,
    knobs: KnobColumns,
    geometry: ArrayGeometry,
    mvm_cycles: FloatArray,
    ports: Ports,
) -> Placement:
    """Give layers that are brought in as many copies as pay for being filled.

    More copies compute faster, but each router has to carry the whole operand once its tiles hold
    a copy of their own. The most copies, a quarter of them and so on, and one are compared by the
    cycles of bringing the operand in and computing; the first that is fastest is taken.
    """
    # Only layers with several copies have a choice, and they are few: these are looked at.
    shape = placement.copies.shape
    chosen = np.nonzero(placement.reloads & (placement.copies > 1.0))
    if not len(chosen[0]):
        return placement

    def each(values: npt.NDArray[Any]) -> FloatArray:
        return np.asarray(np.broadcast_to(values, shape)[chosen], dtype=np.float64)

    arrays, positions, time = each(geometry.arrays), each(table.positions), each(mvm_cycles)
    per_tile, per_group = each(knobs.macros_per_tile), each(knobs.tiles_per_group)
    routers, port = each(knobs.router_groups), each(ports.router)
    operand = each(table.second * geometry.weight_bits)
    from_offchip = each(table.is_weights)
    others = np.maximum(
        ceil_div((1.0 + from_offchip) * operand, each(ports.glb)),
        np.maximum(
            ceil_div(from_offchip * operand, each(ports.offchip)),
            each(geometry.rows_full * ports.row_write),
        ),
    )
    most = each(placement.copies)
    best_copies, best_cycles = most, np.full_like(most, np.inf)
    for fraction in (1.0, 4.0, 16.0, 64.0, np.inf):
        copies = np.maximum(1.0, floor_div(most, fraction))
        tiles = ceil_div(arrays * copies, per_tile)
        groups = np.minimum(routers, ceil_div(tiles, per_group))
        routed = ceil_div(operand * np.minimum(copies, groups), groups * port)
        filled = np.maximum(routed, ceil_div(operand * copies, tiles * port))
        cycles = np.maximum(others, filled) + ceil_div(positions, copies) * time
        best_copies = np.where(cycles < best_cycles, copies, best_copies)
        best_cycles = np.minimum(cycles, best_cycles)
    settled = placement.copies.copy()
    settled[chosen] = best_copies
    return replace(placement, copies=settled)


def balanced_copies(
    table: LayerTable,
    arrays: FloatArray,
    stored: FloatArray,
    loading: FloatArray | None,
    spare: FloatArray,
    work: Work,
) -> FloatArray:
    r"""Copies of each stored layer that share out the spare arrays of the chip.

    ``copies = min(P, 1 + floor(spare w / sum_j a_j w_j))`` with the weights `Work.weight`. Layers
    that are loaded at each inference take turns in the same arrays, which count as one more layer:
    without arrays left to them they would be far slower.

    Parameters
    ----------
    table : LayerTable
    arrays : ndarray
        Arrays of one copy, (n, n_layers).
    stored : ndarray
        1 for layers that stay in arrays, else 0; others get one copy.
    loading : ndarray or None
        Arrays of layers that are loaded into what is left, twice these where half of them load
        meanwhile; 0 for others.
    spare : ndarray
        Arrays left after one copy of everything, (n, n_workloads), at least 0.
    work : Work

    Returns
    -------
    ndarray
        Copies, at least 1.
    """
    weight = work.weight * stored
    total = table.per_workload(arrays * weight)
    if loading is not None:
        turns = table.max_per_workload(loading)
        turns_work = table.per_workload(work.cycles * (loading > 0.0))
        total = total + turns * np.floor(
            np.sqrt(floor_div(turns_work * 2.0**20, np.maximum(turns, 1.0)))
        )
        spare = np.maximum(0.0, spare - turns)
    weight *= table.to_layers(spare)
    extra = floor_div(weight, table.to_layers(np.maximum(total, 1.0)))
    return np.minimum(table.positions, 1.0 + extra)
