"""Random Mappings and ports, small enough to be stepped through event by event."""

from __future__ import annotations

import numpy as np

from imctune.simulator.arrays import FloatArray
from imctune.simulator.mapping import Mapping
from imctune.simulator.schedule import Ports

MAX_ROUNDS = 7


def random_mappings(rng: np.random.Generator, shape: tuple[int, int]) -> Mapping:
    """Draw Mappings; the few rounds, ragged ones, and streams of no bits come up often."""

    def whole(low: int, high: int) -> FloatArray:
        return rng.integers(low, high, size=shape, endpoint=True).astype(np.float64)

    def often_zero(high: int) -> FloatArray:
        return np.where(rng.random(shape) < 0.3, 0.0, whole(0, high))

    on_arrays = rng.random(shape) < 0.7
    copies = whole(1, 9)
    rounds = whole(1, MAX_ROUNDS)
    last = np.minimum(copies, whole(1, 9))
    passes = np.where(rng.random(shape) < 0.5, 1.0, whole(1, 4))
    reloads = rng.random(shape) < 0.5
    return Mapping(
        on_arrays=on_arrays,
        positions=(rounds - 1.0) * copies + last,
        copies=copies,
        passes=passes,
        reloads=reloads,
        overlaps=reloads & on_arrays & (rng.random(shape) < 0.5),
        mvm_cycles=np.where(on_arrays, whole(1, 60), 0.0),
        operations=np.where(on_arrays, 0.0, often_zero(200)),
        activations=often_zero(60),
        tiles=np.where(on_arrays, whole(1, 5), 1.0),
        groups=np.where(on_arrays, whole(1, 3), 1.0),
        send_bits=often_zero(300),
        tile_load_bits=np.where(on_arrays, often_zero(300), 0.0),
        window_bits=often_zero(300),
        fill_bits=often_zero(200),
        drain_bits=often_zero(200),
        store_bits=often_zero(300),
        spill_bits=np.where(on_arrays, often_zero(100), 0.0),
        cross_bits=np.where(on_arrays, often_zero(300), 0.0),
        operand_bits=often_zero(900),
        operand_router_bits=np.where(on_arrays, often_zero(900), 0.0),
        operand_tile_bits=np.where(on_arrays, often_zero(900), 0.0),
        operand_offchip=rng.random(shape) < 0.5,
        rows_written=np.where(on_arrays, whole(0, 6), 0.0),
    )


def random_ports(rng: np.random.Generator, n_designs: int) -> Ports:
    """Draw ports from a bit a cycle to wide ones."""

    def width(high: int) -> FloatArray:
        drawn = np.exp(rng.uniform(0.0, np.log(high + 1.0), size=(n_designs, 1)))
        return np.floor(drawn)

    return Ports(
        router=width(64),
        glb=width(128),
        offchip=width(64),
        lanes=width(64),
        row_write=width(12),
    )
