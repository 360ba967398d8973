"""Fewest cycles of a small network on one chip, by trying every legal mapping.

Tried are: every layer that may run on the vector unit there or on the arrays; every split of the
arrays into copies of the layers that stay, with any rest for those that are loaded; and for these,
every number of arrays a pass and of copies.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from imctune.knobs import DesignBatch
from imctune.simulator.actions import array_steps
from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.geometry import array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.mapping import map_arrays, map_vector_unit
from imctune.simulator.placement import Work, place
from imctune.simulator.schedule import layer_cycles
from imctune.simulator.simulate import Simulator
from imctune.workload import Layer


@dataclass(frozen=True)
class Choices:
    """Cycles of every layer, counts included, in every way to run it.

    Attributes
    ----------
    arrays : list of int
        Arrays of one copy, of all runs of the layer together.
    kept : ndarray
        With weights that stay, by layer and copies less one.
    loaded : ndarray
        With operands that are loaded, by layer and arrays at hand.
    vector : ndarray
        On the vector unit.
    """

    arrays: list[int]
    kept: FloatArray
    loaded: FloatArray
    vector: FloatArray


def fewest_cycles(simulator: Simulator, designs: DesignBatch, row: int) -> float:
    """Fewest cycles of all products of one design; infinite where no mapping is legal."""
    design = designs.take([row])
    table, writable = simulator.products, simulator.technology.is_writable
    knobs = KnobColumns.from_designs(design, table)
    n_arrays = int(knobs.n_arrays[0, 0])
    halves = 2 if knobs.ping_pong[0, 0] and n_arrays >= 2 else 1
    choices = try_all(simulator, design, n_arrays)
    fewest = np.inf
    for on_arrays in itertools.product(*(places(layer, writable) for layer in table.layers)):
        vector = sum(choices.vector[j] for j, on in enumerate(on_arrays) if not on)
        kept = [j for j, on in enumerate(on_arrays) if on and table.is_weights[j]]
        loaded = [j for j, on in enumerate(on_arrays) if on and not table.is_weights[j]]
        if sum(choices.arrays[j] for j in kept) <= n_arrays:
            for used, cycles in enumerate(share_out(choices, kept, n_arrays)):
                rest = sum(choices.loaded[j, (n_arrays - used) // halves] for j in loaded)
                fewest = min(fewest, vector + cycles + rest)
        elif writable:
            rest = sum(choices.loaded[j, n_arrays // halves] for j in (*kept, *loaded))
            fewest = min(fewest, vector + rest)
    return float(fewest)


def places(layer: Layer, writable: bool) -> tuple[bool, ...]:
    """Where a layer may run: on arrays (true), on the vector unit (false)."""
    if layer.operand == "dynamic":
        return (True, False) if writable else (False,)
    return (True, False) if layer.groups > 1 else (True,)


def share_out(choices: Choices, layers: list[int], n_arrays: int) -> FloatArray:
    """Fewest cycles of layers that stay, by the number of arrays that they take together."""
    best = np.full(n_arrays + 1, np.inf)
    best[0] = 0.0
    for layer in layers:
        taken, size = np.full(n_arrays + 1, np.inf), choices.arrays[layer]
        for copies in range(1, n_arrays // size + 1):
            cycles = choices.kept[layer, copies - 1]
            shifted = best[: n_arrays + 1 - copies * size] + cycles
            taken[copies * size :] = np.minimum(taken[copies * size :], shifted)
        best = taken
    return best


def try_all(simulator: Simulator, design: DesignBatch, n_arrays: int) -> Choices:
    """Schedule every layer in every way."""
    table = simulator.products
    pairs = [
        (at_hand, copies)
        for at_hand in range(1, n_arrays + 1)
        for copies in range(1, n_arrays // at_hand + 1)
    ]
    every = as_floats(range(1, n_arrays + 1))
    kept = cycles_on_arrays(simulator, design, every, every, reloads=False)
    at_hand, copies = (as_floats(column) for column in zip(*pairs, strict=True))
    cycles = cycles_on_arrays(simulator, design, at_hand, copies, reloads=True)
    loaded = np.full((n_arrays + 1, table.n_layers), np.inf)
    for (size, count), of_layers in zip(pairs, cycles, strict=True):
        loaded[size * count] = np.minimum(loaded[size * count], of_layers)
    loaded = np.minimum.accumulate(loaded, axis=0)
    knobs = KnobColumns.from_designs(design, table)
    chip = simulator.chip(design)
    vector = layer_cycles(map_vector_unit(table, knobs), chip.ports)
    arrays = array_geometry(table, knobs).arrays[0] * table.count
    return Choices(
        arrays=[int(count) for count in arrays],
        kept=kept.T,
        loaded=loaded.T,
        vector=(vector * table.count)[0],
    )


def cycles_on_arrays(
    simulator: Simulator,
    design: DesignBatch,
    arrays_at_hand: FloatArray,
    copies: FloatArray,
    *,
    reloads: bool,
) -> FloatArray:
    """Cycles of every layer with so many arrays at hand for each copy, and so many copies."""
    table = simulator.products
    many = design.take(np.zeros(len(copies), dtype=int))
    knobs = KnobColumns.from_designs(many, table)
    geometry = array_geometry(table, knobs)
    chip = simulator.chip(many)
    mvm_cycles = chip.mvm_cycles(knobs, array_steps(table, knobs, geometry))
    on_arrays = np.full(geometry.arrays.shape, True)
    work = Work.of(table, knobs, geometry, mvm_cycles)
    placed = place(table, knobs, geometry, on_arrays, work, simulator.technology)
    placed = replace(
        placed,
        reloads=np.full(geometry.arrays.shape, reloads),
        available=np.broadcast_to(arrays_at_hand[:, None], geometry.arrays.shape),
        copies=np.minimum(table.positions, copies[:, None]),
    )
    mapping = map_arrays(table, knobs, geometry, placed, mvm_cycles)
    return layer_cycles(mapping, chip.ports) * table.count
