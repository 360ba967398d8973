"""A published tile rolled up from the model's parts: ISAAC (ISCA 2016), 32 nm.

The tile has 12 units of 8 arrays of 128 x 128 cells of 2 bits, each array with one 8-bit converter;
64 KiB of buffer; and a quarter of a router. Power is the published peak: every array converts, and
buffer and router move 256 bits each nanosecond. The reference is a simulated design, not silicon.
"""

from __future__ import annotations

__all__ = ["ISAAC_AREA_MM2", "ISAAC_POWER_MW", "RollUp", "isaac_tile"]

from dataclasses import dataclass

from imctune.knobs import KnobValue
from imctune.simulator.components import buffer, link
from tests.validation.classes import class_technology
from tests.validation.silicon import evaluated

ISAAC_POWER_MW, ISAAC_AREA_MM2 = 330.0, 0.372
# Published parts: power [mW] and area [mm2] of the tile (12 times those of a unit).
PUBLISHED = {
    "converters": (192.0, 0.1152),
    "row_drivers": (48.0, 0.002),
    "cells": (28.8, 0.0024),
    "shift_add": (2.4, 0.0029),
    "buffers and bus": (27.7, 0.173),
    "router": (10.5, 0.0378),
}
ARRAYS = 96
BUFFER_BYTES, PORT_BITS = 64 * 1024, 256
NODE_NM, SUPPLY_V = 32.0, 1.0
ROUTERS_PER_TILE = 0.25

TILE_ARRAY: dict[str, KnobValue] = {
    "rows": 128,
    "cols": 128,
    "rows_active": 128,
    "bits_per_cell": 2,
    "weight_bits": 16,
    "input_bits": 16,
    "dac_bits": 1,
    "adc_bits": 8,
    "columns_per_adc": 128,
    "sample_hold": True,
    "compute": "analog",
    "encoding": "offset",
    "node_nm": NODE_NM,
    "supply_v": SUPPLY_V,
}


@dataclass(frozen=True)
class RollUp:
    """Part to its modelled power [mW] and area [mm²]."""

    parts: dict[str, tuple[float, float]]

    @property
    def power_mw(self) -> float:
        """Of the tile."""
        return sum(power for power, _ in self.parts.values())

    @property
    def area_mm2(self) -> float:
        """Of the tile."""
        return sum(area for _, area in self.parts.values())


def isaac_tile() -> RollUp:
    """Roll the tile up from arrays, buffer and router."""
    metrics = evaluated(TILE_ARRAY, "isaac", (0.5, 0.5))
    latency_ns = float(metrics.mvm_latency_ns[0])
    parts = {
        # pJ per ns is mW.
        name: (
            ARRAYS * float(part.energy_pj[0]) / latency_ns,
            ARRAYS * float(part.area_mm2[0]),
        )
        for name, part in metrics.breakdown.items()
        if name != "adder_trees"
    }
    process = class_technology("isaac")
    read_pj = 1e-3 * float(buffer.read_energy_fj(BUFFER_BYTES, PORT_BITS, NODE_NM))
    buffer_mm2 = 1e-6 * float(buffer.area_um2(BUFFER_BYTES, PORT_BITS, NODE_NM))
    per_bit_fj = link.router_energy_fj_per_bit(SUPPLY_V, NODE_NM, process.router_ff_per_bit)
    parts["buffers and bus"] = (read_pj, buffer_mm2)
    parts["router"] = (
        ROUTERS_PER_TILE * 1e-3 * float(per_bit_fj) * PORT_BITS,
        1e-6 * float(link.router_area_um2(PORT_BITS, NODE_NM)),
    )
    return RollUp(parts)
