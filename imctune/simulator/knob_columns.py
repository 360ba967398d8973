"""The knobs of a population, shaped so that they broadcast over layers."""

from __future__ import annotations

__all__ = ["KnobColumns"]

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch, DesignGrid
from imctune.simulator.arrays import FloatArray
from imctune.simulator.layers import LayerTable

BITS_PER_KIB = 8192.0


@dataclass(frozen=True)
class KnobColumns:
    """Knob values of shape (n, 1), or (n, n_layers) for knobs that a workload sets.

    Choices, flags and numbers that are seldom searched have one row where all designs have the
    same: what depends on them alone is computed once.
    Those of a grid have its axes in place of the first, of length 1 but for those that a knob
    depends on: what is computed from them is computed once for each combination of its own knobs.
    Without layers, as the chip model needs them, knobs that a workload sets are (n, n_workloads).
    Numbers are float64; choices are turned into booleans.
    """

    n_designs: int
    rows: FloatArray
    cols: FloatArray
    rows_active: FloatArray
    bits_per_cell: FloatArray
    adc_bits: FloatArray
    columns_per_adc: FloatArray
    dac_bits: FloatArray
    macros_per_tile: FloatArray
    tiles_per_group: FloatArray
    router_groups: FloatArray
    tile_buffer_bits: FloatArray
    glb_bits: FloatArray
    glb_port_bits: FloatArray
    router_bits: FloatArray
    offchip_gb_per_s: FloatArray
    vector_lanes: FloatArray
    supply_v: FloatArray
    cycle_time_ns: FloatArray
    weight_bits: FloatArray
    input_bits: FloatArray
    node_nm: FloatArray
    sample_hold: npt.NDArray[np.bool_]
    is_full_range: npt.NDArray[np.bool_]
    is_digital: npt.NDArray[np.bool_]
    is_differential: npt.NDArray[np.bool_]
    is_balanced: npt.NDArray[np.bool_]
    takes_chip: npt.NDArray[np.bool_]
    is_pipelined: npt.NDArray[np.bool_]
    ping_pong: npt.NDArray[np.bool_]
    zero_skipping: npt.NDArray[np.bool_]
    holds_all: npt.NDArray[np.bool_]

    @property
    def n_arrays(self) -> FloatArray:
        """Arrays on the chip."""
        return self.router_groups * self.tiles_per_group * self.macros_per_tile

    @property
    def polarities(self) -> FloatArray:
        """Cells of one weight slice: 2 where a pair of columns is subtracted, else 1."""
        return np.where(self.is_differential, 2.0, 1.0)

    @classmethod
    def from_designs(
        cls, designs: DesignBatch | DesignGrid, table: LayerTable | None = None
    ) -> KnobColumns:
        """Shape the knobs of a population, or of a grid, for the layers of `table` if given."""

        def spread(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
            if isinstance(designs, DesignGrid):
                return values[..., None]
            column = values[:, None] if values.ndim == 1 else values
            return column if table is None else table.widened(column)

        def shared(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
            """Keep one row where all designs have the same."""
            if isinstance(designs, DesignGrid) or not (values == values[:1]).all():
                return spread(values)
            return values[:1, None] if values.ndim == 1 else spread(values[:1])

        def number(knob: str) -> FloatArray:
            return np.asarray(spread(designs[knob]), dtype=np.float64)

        def setting(knob: str) -> FloatArray:
            return np.asarray(shared(designs[knob]), dtype=np.float64)

        def choice(knob: str, value: str) -> npt.NDArray[np.bool_]:
            return np.asarray(shared(np.asarray(designs[knob] == value)), dtype=np.bool_)

        def flag(knob: str) -> npt.NDArray[np.bool_]:
            return np.asarray(shared(designs[knob]), dtype=np.bool_)

        digital = choice("compute", "digital")
        pipelined = choice("schedule", "pipelined")
        # Layers that run at once cannot have the whole chip each: they share it.
        whole = choice("replication", "paper")
        return cls(
            n_designs=len(designs),
            rows=number("rows"),
            cols=number("cols"),
            rows_active=number("rows_active"),
            bits_per_cell=number("bits_per_cell"),
            adc_bits=number("adc_bits"),
            columns_per_adc=number("columns_per_adc"),
            dac_bits=number("dac_bits"),
            macros_per_tile=number("macros_per_tile"),
            tiles_per_group=number("tiles_per_group"),
            router_groups=number("router_groups"),
            tile_buffer_bits=number("tile_buffer_kib") * BITS_PER_KIB,
            glb_bits=number("glb_kib") * BITS_PER_KIB,
            glb_port_bits=number("glb_port_bits"),
            router_bits=number("router_bits"),
            offchip_gb_per_s=setting("offchip_gb_per_s"),
            vector_lanes=number("vector_lanes"),
            supply_v=number("supply_v"),
            cycle_time_ns=number("cycle_time_ns"),
            weight_bits=setting("weight_bits"),
            input_bits=setting("input_bits"),
            node_nm=setting("node_nm"),
            sample_hold=flag("sample_hold"),
            is_full_range=choice("adc_range", "full"),
            is_digital=digital,
            is_differential=choice("encoding", "differential") & ~digital,
            is_balanced=choice("replication", "balanced") | (whole & pipelined),
            takes_chip=whole & ~pipelined,
            is_pipelined=pipelined,
            ping_pong=flag("ping_pong"),
            zero_skipping=flag("zero_skipping"),
            holds_all=choice("residency", "all"),
        )
