"""The buffers of each design: of a tile, of the vector unit, and the global one."""

from __future__ import annotations

__all__ = ["Buffers"]

from dataclasses import dataclass

import numpy as np

from imctune.simulator.arrays import FloatArray, ceil_div
from imctune.simulator.components import buffer
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.macro import Supply
from imctune.technology import Technology

# Banks of the vector unit's local buffer: as many as feed every lane 8 bits a cycle.
LOCAL_BANK_BITS = 256.0
LOCAL_BANK_BYTES_MIN = 1024.0
LANE_BITS = 8.0


@dataclass(frozen=True)
class Buffers:
    """The buffers of each design by row: of a tile, a bank of the vector unit, the global one.

    Attributes
    ----------
    local_banks : ndarray
        Banks of the vector unit's local buffer, (n,).
    area_um2, leakage_mw : ndarray
        Of one buffer, (3, n); idle power at nominal supply.
    read_fj, write_fj : ndarray
        Energy per bit, (3, n, 1) or (3, n, W). [fJ/bit]
    """

    local_banks: FloatArray
    area_um2: FloatArray
    leakage_mw: FloatArray
    read_fj: FloatArray
    write_fj: FloatArray

    @classmethod
    def build(cls, knobs: KnobColumns, supply: Supply, technology: Technology) -> Buffers:
        """Work out the buffers of every design."""
        tile_bytes = knobs.tile_buffer_bits[:, 0] / 8.0
        banks = ceil_div(knobs.vector_lanes[:, 0] * LANE_BITS, LOCAL_BANK_BITS)
        bank_bytes = np.maximum(LOCAL_BANK_BYTES_MIN, tile_bytes / banks)
        size = np.stack([tile_bytes, bank_bytes, knobs.glb_bits[:, 0] / 8.0])
        bank_bits = np.full_like(banks, LOCAL_BANK_BITS)
        port = np.stack([knobs.router_bits[:, 0], bank_bits, knobs.glb_port_bits[:, 0]])
        node = supply.node_nm[:, 0]
        costs = buffer.costs(size, port, node)
        squared = (supply.volt / technology.nominal_supply_v) ** 2
        return cls(
            local_banks=banks,
            area_um2=costs.area_um2,
            leakage_mw=costs.leakage_mw,
            read_fj=squared * (costs.read_fj / port)[:, :, None],
            write_fj=squared * (costs.write_fj / port)[:, :, None],
        )
