"""The schedule: cycles of a Mapping, slot by slot, in whole numbers.

A pass of a layer runs in slots with a barrier. With ``R`` rounds, slot ``s = 0 .. R + 1`` loads
round ``s``, computes round ``s - 1`` and stores round ``s - 2``; it lasts as long as its busiest
resource. All rounds hold ``copies`` positions but the last, which may hold fewer, so that a pass
has at most six different slots:

====================  ======================  =============
slots                 loads, computes, stores  how often
====================  ======================  =============
first                 full,  --,   --          1
second                full,  full, --          1 (R >= 3)
steady                full,  full, full        R - 3 (R >= 3)
last load             last,  full, full        1 (R >= 3)
last compute          --,    last, full        1 (R >= 2)
last store            --,    --,   last        1
====================  ======================  =============

With ``R = 1`` the slots are load, compute and store of the one round; with ``R = 2`` the second
slot loads the last round.
"""

from __future__ import annotations

__all__ = ["RESOURCES", "Ports", "cycles_by_resource", "layer_cycles", "reload_cycles"]

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, ceil_div
from imctune.simulator.mapping import Mapping

RESOURCES = (
    "arrays",
    "row_writes",
    "tile_in",
    "tile_out",
    "routers",
    "glb",
    "offchip",
    "lanes",
)

WORTH_PARTING = 1 << 12  # (design, layer) pairs from which on it pays to look at some alone

Record = TypeVar("Record", "Mapping", "Ports")


@dataclass(frozen=True)
class Ports:
    """Width of every shared resource, and time of a row write; shapes broadcast over layers.

    Attributes
    ----------
    router, glb : ndarray
        Bits that one router, a tile's port in or out, and the global-buffer port move. [bit/cycle]
    offchip : ndarray
        Bits between the chip and off-chip memory, at least 1. [bit/cycle]
    lanes : ndarray
        Operations of the vector unit. [1/cycle]
    row_write : ndarray
        Cycles that writing one row of an array takes.
    """

    router: FloatArray
    glb: FloatArray
    offchip: FloatArray
    lanes: FloatArray
    row_write: FloatArray


def layer_cycles(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles from the first load of a layer to its last store, all passes.

    Parameters
    ----------
    mapping : Mapping
    ports : Ports

    Returns
    -------
    ndarray
        Whole cycles of one run of each layer, (n, n_layers).
    """
    one_pass = pass_cycles(mapping, ports)
    if not mapping.reloads.any():
        return mapping.passes * one_pass
    reload = reload_cycles(mapping, ports) * mapping.reloads.astype(np.float64)
    cycles = mapping.passes * (reload + one_pass)
    overlaps = mapping.reloads & mapping.overlaps & (mapping.passes > 1.0)
    if not overlaps.any():
        return cycles
    # Few layers overlap, and each takes more work: only these are looked at.
    few, their_ports = _picked(mapping, overlaps), _picked(ports, overlaps)
    both = _overlapped_cycles(few, their_ports, one_pass[overlaps])
    cycles[overlaps] = reload[overlaps] + (few.passes - 1.0) * both + one_pass[overlaps]
    return cycles


def cycles_by_resource(mapping: Mapping, ports: Ports) -> dict[str, FloatArray]:
    """Cycles of each layer by the resource that bounds them, all passes.

    Every slot counts for its busiest resource (the first of the list below if several are), and
    what bringing operands in adds to the passes for the busiest resource of that.

    Returns
    -------
    dict of str to ndarray
        ``arrays``, ``row_writes``, ``tile_in``, ``tile_out``, ``routers``, ``glb``, ``offchip`` and
        ``lanes``, (n, n_layers) each; they sum to `layer_cycles`.
    """
    total = layer_cycles(mapping, ports)
    bound = {name: np.zeros_like(total) for name in RESOURCES}
    widths, work = _widths(mapping, ports), _Work(mapping)
    passes = np.zeros_like(total)
    for times, loads, computes, stores in _slots(mapping):
        busy = {port: ceil_div(x, widths[port]) for port, x in work.of(loads, computes, stores)}
        if computes is not None:
            busy["arrays"] = mapping.mvm_cycles
        longest = functools.reduce(np.maximum, busy.values())
        passes = passes + mapping.passes * times * longest
        _add_to_busiest(bound, busy, longest, mapping.passes * times * longest)
    busy = {port: ceil_div(x, widths[port]) for port, x in _reload_work(mapping).items()}
    busy["row_writes"] = mapping.rows_written * ports.row_write
    longest = functools.reduce(np.maximum, busy.values())
    _add_to_busiest(bound, busy, longest, total - passes)
    return bound


def _add_to_busiest(
    bound: dict[str, FloatArray],
    busy: dict[str, FloatArray],
    longest: FloatArray,
    cycles: FloatArray,
) -> None:
    """Add the cycles of a slot to the first resource that is busy as long as it lasts."""
    open_slots = np.ones(np.broadcast_shapes(longest.shape, cycles.shape), dtype=np.bool_)
    for name in RESOURCES:
        if name in busy:
            here = open_slots & (busy[name] == longest)
            bound[name] += np.where(here, cycles, 0.0)
            open_slots &= ~here


def reload_cycles(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles of the slot that brings in the second operand: that of its slowest port."""
    widths = _widths(mapping, ports)
    busy = [ceil_div(bits, widths[port]) for port, bits in _reload_work(mapping).items()]
    return functools.reduce(np.maximum, busy, mapping.rows_written * ports.row_write)


def pass_cycles(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles of the slots of one pass (table in the module's docstring)."""
    shape = np.broadcast_shapes(mapping.copies.shape, mapping.positions.shape)
    if math.prod(shape) < WORTH_PARTING:
        return _all_slots(mapping, ports)
    # Most passes have full rounds only: these need half of the work.
    total = _full_rounds(mapping, ports)
    others = mapping.rounds * mapping.copies != mapping.positions
    if others.any():
        total[others] = _all_slots(_picked(mapping, others), _picked(ports, others))
    return total


def _full_rounds(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles of a pass whose rounds are all full; of others something else."""
    full, widths, work = mapping.copies, _widths(mapping, ports), _Work(mapping)
    # Sums leave a tile by a port of their own, as wide as the one they enter the next tile by.
    stores = ((port, full * x) for port, x in work.store.items() if port != "tile_in")
    both = ((port, full * (x + work.store[port])) for port, x in work.load.items())
    load = _longest(((port, full * x) for port, x in work.load.items()), widths)
    store = _longest(stores, widths)
    compute, last_compute = mapping.mvm_cycles, np.maximum(store, mapping.mvm_cycles)
    if work.compute:
        operations = work.compute["lanes"]
        compute = np.maximum(compute, ceil_div(full * operations, ports.lanes))
        rescaled = full * (operations + work.store["lanes"])
        np.maximum(last_compute, ceil_div(rescaled, ports.lanes), out=last_compute)
    steady = _longest(both, widths)
    np.maximum(steady, last_compute, out=steady)
    steady *= np.maximum(mapping.rounds - 2.0, 0.0)
    steady += load
    steady += store
    # A single round is loaded, computed and stored, each in a slot of its own.
    several = (mapping.rounds > 1.0).astype(np.float64)
    load *= several
    last_compute *= several
    steady += np.maximum(load, compute, out=load)
    steady += last_compute
    return steady


def _all_slots(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles of the slots of one pass, one slot after another."""
    total = np.zeros(np.broadcast_shapes(mapping.copies.shape, mapping.positions.shape))
    widths = _widths(mapping, ports)
    work = _Work(mapping)
    for times, loads, computes, stores in _slots(mapping):
        cycles = _longest(work.of(loads, computes, stores), widths)
        if computes is not None:
            np.maximum(cycles, mapping.mvm_cycles, out=cycles)
        cycles *= times
        total += cycles
    return total


def _overlapped_cycles(mapping: Mapping, ports: Ports, one_pass: FloatArray) -> FloatArray:
    """Cycles of a pass while the other half of the arrays is loaded for the next one.

    The slots go first; the loading takes the cycles in which they leave a port free, and goes on
    after the last slot where these are too few. Rows are written in arrays that do not compute.
    """
    widths = _widths(mapping, ports)
    busy = {port: ceil_div(bits, widths[port]) for port, bits in _reload_work(mapping).items()}
    work = _Work(mapping)
    for times, loads, computes, stores in _slots(mapping):
        for port, bits in work.of(loads, computes, stores):
            if port in busy:
                busy[port] = busy[port] + times * ceil_div(bits, widths[port])
    total = np.maximum(one_pass, mapping.rows_written * ports.row_write)
    for cycles in busy.values():
        total = np.maximum(total, cycles)
    return total


def _slots(
    mapping: Mapping,
) -> list[tuple[FloatArray, FloatArray | None, FloatArray | None, FloatArray | None]]:
    """How often each slot of a pass comes, and the positions it loads, computes and stores.

    Rounds are full where there are several, so that those of the first round stand for all.
    """
    copies, rounds = mapping.copies, mapping.rounds
    last = mapping.positions - (rounds - 1.0) * copies
    several, many = rounds > 1.0, rounds > 2.0
    first = np.minimum(copies, mapping.positions)
    second = np.minimum(copies, mapping.positions - first)
    once = np.ones(1)
    return [
        (once, first, None, None),
        (once, second, first, None),
        (np.maximum(rounds - 3.0, 0.0), first, first, first),
        (many.astype(np.float64), last, first, first),
        (several.astype(np.float64), None, last, first),
        (once, None, None, last),
    ]


def _widths(mapping: Mapping, ports: Ports) -> dict[str, FloatArray]:
    """Work that each resource does in a cycle: bits moved, or lane operations."""
    tiles = mapping.tiles * ports.router
    return {
        "tile_in": tiles,
        "tile_out": tiles,
        "routers": mapping.groups * ports.router,
        "glb": ports.glb,
        "offchip": ports.offchip,
        "lanes": ports.lanes,
    }


def _longest(work: Iterable[tuple[str, FloatArray]], widths: dict[str, FloatArray]) -> FloatArray:
    """Cycles of a slot, those of its most loaded port; uses up the arrays of `work`."""
    loads: dict[int, FloatArray] = {}
    for port, load in work:  # ports of one width are compared before they are divided by it
        other = loads.setdefault(id(widths[port]), load)
        if other is not load:
            np.maximum(other, load, out=other)
    by_id = {id(width): width for width in widths.values()}
    shares = [np.divide(load, by_id[key], out=load) for key, load in loads.items()]
    longest = shares[0]
    for share in shares[1:]:
        np.maximum(longest, share, out=longest)
    # Rounded up once: the largest of numbers rounded up is the largest number, rounded up.
    return np.ceil(longest, out=longest)


def _reload_work(mapping: Mapping) -> dict[str, FloatArray]:
    """Bits of bringing in the second operand of one pass, by the port that moves them.

    They go off-chip to global buffer to routers to tiles to cells (or to the vector unit's local
    buffer). Weights enter and leave the global buffer, dynamic operands only leave it.
    """
    offchip = np.where(mapping.operand_offchip, mapping.operand_bits, 0.0)
    return {
        "tile_in": mapping.operand_tile_bits,
        "routers": mapping.operand_router_bits,
        "glb": mapping.operand_bits + offchip,
        "offchip": offchip,
    }


class _Work:
    """Work of the slots of one Mapping; what a position moves is worked out once.

    Partial sums that cross tiles leave one tile and enter another; those that are parked in the
    global buffer leave their tile and come back to it.
    """

    def __init__(self, mapping: Mapping) -> None:
        on = mapping.on_arrays
        at_arrays = on.astype(np.float64)
        entering = (mapping.cross_bits + mapping.spill_bits) * at_arrays
        leaving = mapping.store_bits * at_arrays + entering
        spilled = mapping.store_bits + 2.0 * mapping.spill_bits
        self.load = {"glb": mapping.fill_bits + mapping.send_bits, "offchip": mapping.fill_bits}
        self.compute: dict[str, FloatArray] = {}
        self.store = {
            "glb": spilled + mapping.drain_bits,
            "offchip": mapping.drain_bits,
            "lanes": mapping.activations,
        }
        if on.any():
            self.load["tile_in"] = mapping.tile_load_bits
            self.load["routers"] = mapping.send_bits * at_arrays
            self.store["tile_in"] = entering
            self.store["tile_out"] = leaving
            self.store["routers"] = leaving + mapping.spill_bits * at_arrays
        if not on.all():
            self.compute["lanes"] = mapping.operations

    def of(
        self,
        loads: FloatArray | None,
        computes: FloatArray | None,
        stores: FloatArray | None,
    ) -> Iterator[tuple[str, FloatArray]]:
        """Work by resource in a slot that loads, computes and stores so many positions."""
        stages = ((loads, self.load), (computes, self.compute), (stores, self.store))
        for port in self.store:
            works = [
                positions * each[port]
                for positions, each in stages
                if positions is not None and port in each
            ]
            if works:
                for work in works[1:]:
                    works[0] += work
                yield port, works[0]


def _picked(record: Record, mask: npt.NDArray[np.bool_]) -> Record:
    """Keep the entries of a record of arrays where `mask` holds, in one row."""
    n_layers = mask.shape[1]
    places = np.flatnonzero(mask)
    designs, layers = np.divmod(places, n_layers)

    def kept(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if values.shape == mask.shape:
            return values.take(places)
        if values.ndim > 1 and len(values) > 1:
            return values[:, 0].take(designs)
        return values.reshape(-1).take(layers) if values.size == n_layers else values.reshape(-1)

    return replace(record, **{x.name: kept(getattr(record, x.name)) for x in fields(record)})
