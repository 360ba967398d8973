"""The pipelined schedule: all layers at work at once, handing on one output row at a time.

Layers follow one another in order of execution, each on arrays of its own. A layer turns out its
rows (of an image; tokens of a sequence) one after another, and starts a row once the layer before
has turned out the last row that its window needs. Ports that all layers share bound the whole.
"""

from __future__ import annotations

__all__ = ["Chain", "chain_cycles", "pipelined_cycles", "rows_needed", "shared_work"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, ceil_div, sum_arrays
from imctune.simulator.mapping import Mapping
from imctune.simulator.results import LayerResults, SweepResults
from imctune.simulator.schedule import Ports
from imctune.workload import Layer, Workload


@dataclass(frozen=True)
class Chain:
    """The layers of one workload in order of execution.

    Attributes
    ----------
    places : tuple of (bool, int)
        Whether a layer is a product, and its column in the table of products or of sweeps.
    needs : tuple of ndarray of int
        Per layer, the rows of the layer before (of the input, for the first) that each of its own
        rows needs, (out_h,).
    """

    places: tuple[tuple[bool, int], ...]
    needs: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def of_workloads(cls, workloads: Sequence[Workload]) -> tuple[Chain, ...]:
        """Chain the layers of every workload; columns count on from one workload to the next."""
        chains = []
        next_column = {True: 0, False: 0}
        for workload in workloads:
            unique, order = workload.unique_layers()
            places = []
            for layer in unique:
                is_product = layer.operand != "none"
                places.append((is_product, next_column[is_product]))
                next_column[is_product] += 1
            before = [1, *(unique[index].out_h for index in order)]
            needs = [rows_needed(unique[x], rows) for x, rows in zip(order, before, strict=False)]
            chains.append(cls(tuple(places[index] for index in order), tuple(needs)))
        return tuple(chains)


def pipelined_cycles(
    parts: Sequence[LayerResults | SweepResults], chains: Sequence[Chain], ports: Ports
) -> tuple[FloatArray, FloatArray]:
    """Cycles from first input to last output, and between results, layers at once, (n, W).

    A row takes its share of the layer's cycles, rounded up. The ports that layers share, the
    global buffer's, off-chip memory and the vector unit, bound both figures.
    """
    by_kind = {isinstance(part, LayerResults): part for part in parts}
    widths = {"glb": ports.glb, "offchip": ports.offchip, "lanes": ports.lanes}
    works = [(part.table, shared_work(part.mapping)) for part in parts]
    shared = np.max(
        [
            ceil_div(sum_arrays([t.per_workload(w[port]) for t, w in works]), width)
            for port, width in widths.items()
        ],
        axis=0,
    )
    slowest = np.max([x.table.max_per_workload(x.cycles) for x in parts], axis=0)
    rows = {kind: ceil_div(x.cycles, x.table.out_h) for kind, x in by_kind.items()}
    ends = np.stack(
        [chain_cycles([rows[k][:, at] for k, at in x.places], x) for x in chains], axis=1
    )
    return np.maximum(ends, shared), np.maximum(slowest, shared)


def rows_needed(layer: Layer, rows_before: int) -> npt.NDArray[np.int64]:
    """Rows of the layer before that each output row of a layer needs.

    A window needs the input rows down to its last; a dynamic product needs its whole second
    operand, so all rows. Where the layer before has another number of rows than this one's input
    (side branches, flattened images), the share of rows counts.

    >>> pooled = Layer("pool", "pool", "none", k=4, m=1, out_h=2, in_h=4, kernel_h=2, stride=2)
    >>> rows_needed(pooled, 4).tolist()
    [2, 4]
    """
    outputs = np.arange(layer.out_h, dtype=np.int64)
    if layer.operand == "dynamic":
        return np.full_like(outputs, rows_before)
    padded = max(0, (layer.out_h - 1) * layer.stride + layer.kernel_h - layer.in_h)
    last = np.clip(outputs * layer.stride + layer.kernel_h - (padded + 1) // 2, 1, layer.in_h)
    return -(-last * rows_before // layer.in_h)


def chain_cycles(row_cycles: Sequence[FloatArray], needs: Chain) -> FloatArray:
    """Cycles from the first input to the last row of the last layer.

    Row ``i`` of a layer ends at ``f_i = max(f_(i-1), g_i) + t``, with ``t`` the cycles of a row and
    ``g_i`` the end of the last row that it needs; so ``f_i = max_(j<=i) (g_j - j t) + (i + 1) t``.

    Parameters
    ----------
    row_cycles : sequence of ndarray
        Cycles of one row of each layer, in order, (n,) each.
    needs : Chain

    Returns
    -------
    ndarray
        Whole cycles, (n,).
    """
    ends = np.zeros((len(row_cycles[0]), 1))
    for cycles, rows in zip(row_cycles, needs.needs, strict=True):
        ramp = np.arange(len(rows)) * cycles[:, None]
        waits = np.maximum.accumulate(ends[:, rows - 1] - ramp, axis=1)
        ends = waits + ramp + cycles[:, None]
    return ends[:, -1]


def shared_work(mapping: Mapping) -> dict[str, FloatArray]:
    """Work that one run of every layer puts on the ports that layers share, (n, n_layers) each.

    In bits for the global buffer and off-chip memory, in lane operations for the vector unit.
    """
    positions = mapping.positions * mapping.passes
    brought = np.where(mapping.reloads, mapping.passes * mapping.operand_bits, 0.0)
    offchip = np.where(mapping.operand_offchip, brought, 0.0)
    kept = mapping.send_bits + mapping.store_bits + 2.0 * mapping.spill_bits
    moved = mapping.fill_bits + mapping.drain_bits
    return {
        "glb": positions * (kept + moved) + brought + offchip,
        "offchip": positions * moved + offchip,
        "lanes": positions * (mapping.operations + mapping.activations),
    }
