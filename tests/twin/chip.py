"""A small chip stepped through time, event by event, in plain Python integers.

It executes a Mapping slot by slot. Every transfer is handed to each port on its way; a port moves
up to its width every cycle; a slot ends when the last port, the arrays and the vector unit are
done. Nothing here is a formula for the whole: cycles are what the clock reads at the end, and
counts are added up as things happen.

The model spreads the traffic of a round evenly over the tiles (and routers) in use, so the ports
of ``n`` tiles that move ``w`` bits each are one port that moves ``n w`` bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from types import SimpleNamespace

from imctune.simulator.mapping import Mapping
from imctune.simulator.schedule import Ports


@dataclass
class Port:
    """Something that serves `width` units of work a cycle: bits, operations, or cycles of arrays.

    Work in `queued` goes first. Work in `behind` takes the cycles that are left over.
    """

    width: int
    queued: int = 0
    behind: int = 0
    served: int = 0

    def cycles_to_event(self) -> int:
        """Cycles until the queue is empty, or until only a part of a cycle's work is left."""
        return max(1, self.queued // self.width)

    def advance(self, cycles: int) -> None:
        """Serve for so many cycles; a cycle belongs either to the queue or to what is behind."""
        if self.queued:
            moved = min(self.queued, cycles * self.width)
            self.queued -= moved
        else:
            moved = min(self.behind, cycles * self.width)
            self.behind -= moved
        self.served += moved


@dataclass
class Chip:
    """The resources that one layer uses, the clock, and the counts of what has happened."""

    tile_in: Port
    tile_out: Port
    routers: Port
    glb: Port
    offchip: Port
    lanes: Port
    arrays: Port = field(default_factory=lambda: Port(1))
    writers: Port = field(default_factory=lambda: Port(1))
    clock: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def ports(self) -> list[Port]:
        return [
            *(self.tile_in, self.tile_out, self.routers, self.glb),
            *(self.offchip, self.lanes, self.arrays, self.writers),
        ]

    def transfer(self, bits: int, *way: Port, behind: bool = False) -> None:
        """Hand a transfer to every port on its way; all move it within the slot."""
        for port in way:
            if behind:
                port.behind += bits
            else:
                port.queued += bits

    def run_slot(self) -> None:
        """Let time pass until all queues are empty: the barrier at the end of a slot."""
        while busy := [port for port in self.ports if port.queued]:
            step = min(port.cycles_to_event() for port in busy)
            for port in self.ports:
                port.advance(step)
            self.clock += step

    def finish_behind(self) -> None:
        """Let time pass until what ran behind the slots is done as well."""
        for port in self.ports:
            port.queued, port.behind = port.behind, 0
        self.run_slot()


def run_layer(layer: SimpleNamespace, ports: SimpleNamespace) -> Chip:
    """Execute one layer's Mapping, all passes; return the chip with its clock and counts."""
    chip = Chip(
        tile_in=Port(layer.tiles * ports.router),
        tile_out=Port(layer.tiles * ports.router),
        routers=Port(layer.groups * ports.router),
        glb=Port(ports.glb),
        offchip=Port(ports.offchip),
        lanes=Port(ports.lanes),
    )
    for index in range(layer.passes):
        if layer.reloads and (index == 0 or not layer.overlaps):
            reload(chip, layer, ports, behind=False)
            chip.run_slot()
        if layer.reloads and layer.overlaps and index + 1 < layer.passes:
            # Ping-pong: the other half of the arrays is loaded for the next pass meanwhile.
            reload(chip, layer, ports, behind=True)
        run_pass(chip, layer)
        chip.finish_behind()
    return chip


def run_pass(chip: Chip, layer: SimpleNamespace) -> None:
    """Slot `s` loads round `s`, computes round `s - 1` and stores round `s - 2`."""
    rounds = list(split_into_rounds(layer.positions, layer.copies))
    for slot in range(len(rounds) + 2):
        if slot < len(rounds):
            load_round(chip, layer, rounds[slot])
        if 0 <= slot - 1 < len(rounds):
            compute_round(chip, layer, rounds[slot - 1])
        if 0 <= slot - 2 < len(rounds):
            store_round(chip, layer, rounds[slot - 2])
        chip.run_slot()


def split_into_rounds(positions: int, copies: int) -> Iterator[int]:
    """Positions of each round: one for each copy, while there are any."""
    while positions > 0:
        yield min(positions, copies)
        positions -= copies


def load_round(chip: Chip, layer: SimpleNamespace, n_positions: int) -> None:
    """Bring in the inputs of a round, position by position."""
    for _ in range(n_positions):
        chip.transfer(layer.fill_bits, chip.offchip, chip.glb)
        chip.counts["offchip_bits"] += layer.fill_bits
        chip.counts["glb_write_bits"] += layer.fill_bits
        chip.counts["glb_read_bits"] += layer.send_bits
        if layer.on_arrays:
            chip.transfer(layer.send_bits, chip.glb, chip.routers)
            chip.transfer(layer.tile_load_bits, chip.tile_in)
            chip.counts["router_bits"] += layer.send_bits
            chip.counts["tile_write_bits"] += layer.tile_load_bits
        else:
            chip.transfer(layer.send_bits, chip.glb)
            chip.counts["local_bits"] += layer.send_bits


def compute_round(chip: Chip, layer: SimpleNamespace, n_positions: int) -> None:
    """Compute a round: all copies at once, or the positions one after another on the lanes."""
    if layer.on_arrays:
        chip.transfer(layer.mvm_cycles, chip.arrays)
    elif layer.reloads:
        # Every weight is read once a round, for all positions of the round.
        chip.counts["local_bits"] += layer.operand_bits
    for _ in range(n_positions):
        chip.transfer(layer.operations, chip.lanes)
        chip.counts["lane_operations"] += layer.operations
        chip.counts["tile_read_bits" if layer.on_arrays else "local_bits"] += layer.window_bits


def store_round(chip: Chip, layer: SimpleNamespace, n_positions: int) -> None:
    """Send off the outputs and partial sums of a round, and apply the activation function."""
    for _ in range(n_positions):
        chip.transfer(layer.activations, chip.lanes)
        chip.counts["activations"] += layer.activations
        if layer.on_arrays:
            leave_tile(chip, layer.store_bits, chip.glb)
            leave_tile(chip, layer.cross_bits, chip.tile_in)
            leave_tile(chip, layer.spill_bits, chip.glb)
            # Back from the global buffer, to be added to the sums of a later pass.
            chip.transfer(layer.spill_bits, chip.glb, chip.routers, chip.tile_in)
            chip.counts["router_bits"] += layer.spill_bits
        else:
            chip.transfer(layer.store_bits, chip.glb)
            chip.transfer(layer.spill_bits, chip.glb)
            chip.transfer(layer.spill_bits, chip.glb)
        chip.counts["glb_write_bits"] += layer.store_bits + layer.spill_bits
        chip.counts["glb_read_bits"] += layer.spill_bits + layer.drain_bits
        chip.transfer(layer.drain_bits, chip.glb, chip.offchip)
        chip.counts["offchip_bits"] += layer.drain_bits


def leave_tile(chip: Chip, bits: int, destination: Port) -> None:
    """Results go through the output buffer of a tile and a router to where they are wanted."""
    chip.transfer(bits, chip.tile_out, chip.routers, destination)
    chip.counts["tile_write_bits"] += bits
    chip.counts["tile_read_bits"] += bits
    chip.counts["router_bits"] += bits


def reload(chip: Chip, layer: SimpleNamespace, ports: SimpleNamespace, behind: bool) -> None:
    """Bring in the second operand of a pass: from off-chip, or from the global buffer."""
    if layer.operand_offchip:
        chip.transfer(layer.operand_bits, chip.offchip, chip.glb, behind=behind)
        chip.counts["offchip_bits"] += layer.operand_bits
        chip.counts["glb_write_bits"] += layer.operand_bits
    chip.transfer(layer.operand_bits, chip.glb, behind=behind)
    chip.transfer(layer.operand_router_bits, chip.routers, behind=behind)
    chip.transfer(layer.operand_tile_bits, chip.tile_in, behind=behind)
    chip.counts["glb_read_bits"] += layer.operand_bits
    chip.counts["router_bits"] += layer.operand_router_bits
    if layer.on_arrays:
        chip.counts["tile_write_bits"] += layer.operand_tile_bits
        chip.counts["tile_read_bits"] += layer.operand_tile_bits
    else:
        chip.counts["local_bits"] += layer.operand_bits
    for _ in range(layer.rows_written):
        chip.transfer(ports.row_write, chip.writers, behind=behind)


def whole_numbers(record: Mapping | Ports, row: int, column: int) -> SimpleNamespace:
    """One (design, layer) of a record of arrays, as Python integers and booleans."""
    values = {}
    for name in (entry.name for entry in fields(record)):
        array = getattr(record, name)
        at_row = row if array.ndim > 1 and array.shape[0] > 1 else 0
        at_column = column if array.shape[-1] > 1 else 0
        value = array[at_row, at_column] if array.ndim > 1 else array[at_column]
        if value != int(value):
            raise ValueError(f"{name} must be whole, got {value!r}")
        values[name] = bool(value) if array.dtype == bool else int(value)
    return SimpleNamespace(**values)
