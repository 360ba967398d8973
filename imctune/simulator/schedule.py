"""The schedule: cycles of a Mapping, slot by slot, in whole numbers.

A pass of a layer runs in slots with a barrier. With ``R`` rounds, slot ``s = 0 .. R + 1`` loads
round ``s``, computes round ``s - 1`` and stores round ``s - 2``; it lasts as long as its most loaded
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

__all__ = ["Ports", "layer_cycles", "reload_cycles"]

from dataclasses import dataclass

import numpy as np

from imctune.simulator.arrays import FloatArray, ceil_div
from imctune.simulator.mapping import Mapping


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
    reload = np.where(mapping.reloads, reload_cycles(mapping, ports), 0.0)
    apart = mapping.passes * (reload + one_pass)
    together = reload + (mapping.passes - 1.0) * np.maximum(reload, one_pass) + one_pass
    return np.where(mapping.overlaps, together, apart)


def reload_cycles(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles of the slot that brings in the second operand of one pass.

    The bits go off-chip to global buffer to routers to tiles to cells (or to the vector unit's
    local buffer); the slowest of these decides. Weights enter and leave the global buffer, dynamic
    operands only leave it.
    """
    glb_bits = np.where(mapping.operand_offchip, 2.0, 1.0) * mapping.operand_bits
    offchip = np.where(mapping.operand_offchip, ceil_div(mapping.operand_bits, ports.offchip), 0.0)
    routed = ceil_div(mapping.operand_router_bits, mapping.groups * ports.router)
    tiled = ceil_div(mapping.operand_tile_bits, mapping.tiles * ports.router)
    written = mapping.rows_written * ports.row_write
    slowest = np.maximum(ceil_div(glb_bits, ports.glb), offchip)
    return np.maximum(slowest, np.maximum(np.maximum(routed, tiled), written))


def pass_cycles(mapping: Mapping, ports: Ports) -> FloatArray:
    """Cycles of the slots of one pass (table in the module's docstring)."""
    full = mapping.copies
    rounds = mapping.rounds
    last = mapping.positions - (rounds - 1.0) * full
    slots = _Slots(mapping, ports)
    first = slots.cycles(loads=np.where(rounds > 1.0, full, last))
    second = slots.cycles(
        loads=np.where(rounds > 2.0, full, np.where(rounds > 1.0, last, 0.0)),
        computes=np.where(rounds > 1.0, full, last),
    )
    steady = np.maximum(rounds - 3.0, 0.0) * slots.cycles(full, full, full)
    last_load = np.where(rounds > 2.0, slots.cycles(last, full, full), 0.0)
    last_compute = np.where(rounds > 1.0, slots.cycles(computes=last, stores=full), 0.0)
    last_store = slots.cycles(stores=last)
    return first + second + steady + last_load + last_compute + last_store


class _Slots:
    """Durations of slots of one Mapping; what a position moves is worked out once."""

    def __init__(self, mapping: Mapping, ports: Ports) -> None:
        self.mapping = mapping
        self.ports = ports
        self.tile_width = mapping.tiles * ports.router
        self.router_width = mapping.groups * ports.router
        self.routed_load = np.where(mapping.on_arrays, mapping.send_bits, 0.0)
        self.routed_store = np.where(
            mapping.on_arrays, mapping.store_bits + mapping.cross_bits, 0.0
        )
        self.glb_load = mapping.fill_bits + mapping.send_bits
        self.glb_store = mapping.store_bits + 2.0 * mapping.spill_bits + mapping.drain_bits

    def cycles(
        self,
        loads: FloatArray | None = None,
        computes: FloatArray | None = None,
        stores: FloatArray | None = None,
    ) -> FloatArray:
        """Cycles of a slot that loads, computes and stores so many positions."""
        mapping, ports = self.mapping, self.ports
        tile_out = routed = glb = offchip = operations = np.zeros(1)
        busiest = np.zeros(1)
        if loads is not None:
            busiest = ceil_div(loads * mapping.tile_load_bits, self.tile_width)
            routed = loads * self.routed_load
            glb = loads * self.glb_load
            offchip = loads * mapping.fill_bits
        if computes is not None:
            busiest = np.maximum(busiest, mapping.mvm_cycles)
            operations = computes * mapping.operations
        if stores is not None:
            tile_out = stores * self.routed_store
            routed = routed + tile_out
            glb = glb + stores * self.glb_store
            offchip = offchip + stores * mapping.drain_bits
            operations = operations + stores * mapping.activations
        for load, width in (
            (tile_out, self.tile_width),
            (routed, self.router_width),
            (glb, ports.glb),
            (offchip, ports.offchip),
            (operations, ports.lanes),
        ):
            busiest = np.maximum(busiest, ceil_div(load, width))
        return busiest
