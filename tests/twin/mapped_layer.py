"""All that the twin says of a (design, layer) that the mapper made, beside what is simulated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.simulator.actions import Actions, ArraySteps, array_steps
from imctune.simulator.arrays import FloatArray
from imctune.simulator.chip import Chip
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.results import LayerResults
from imctune.simulator.simulate import Simulator
from imctune.workload import Layer
from tests.twin.chip import run_layer, whole_numbers
from tests.twin.macro import (
    Array,
    Design,
    Shape,
    cells_to_write,
    conversions_of_busiest_converter,
    count_position,
    input_steps,
    lay_out,
    position_time,
)


@dataclass(frozen=True)
class Products:
    """Layers with a second operand, as simulated on a population of designs."""

    chip: Chip
    knobs: KnobColumns
    steps: ArraySteps
    results: LayerResults

    @classmethod
    def simulate(cls, simulator: Simulator, designs: DesignBatch) -> Products:
        chip = simulator.chip(designs)
        results = simulator.product_results(chip)
        knobs = KnobColumns.from_designs(designs, results.table)
        steps = array_steps(results.table, knobs, results.geometry)
        return cls(chip.at(results.table), knobs, steps, results)

    @property
    def shape(self) -> tuple[int, int]:
        """Designs, and layers."""
        n_designs, n_layers = self.results.cycles.shape
        return n_designs, n_layers

    def layer(self, column: int) -> Layer:
        return self.results.table.layers[column]

    def twin_of(self, row: int, column: int) -> tuple[Design, Shape]:
        """The design, and the layer, as the twin wants them."""
        return self._design(row, column), _shape(self.layer(column))

    def simulated(self, row: int, column: int) -> dict[str, int]:
        """What the simulator says of one (design, layer), by name."""
        geometry, steps = self.results.geometry, self.steps
        said: dict[str, FloatArray] = {
            "arrays": geometry.arrays,
            "rows_full": geometry.rows_full,
            "columns_full": geometry.columns_full,
            "inputs": steps.inputs,
            "row_groups": steps.row_groups,
            "columns_per_converter": steps.columns_per_converter,
            "cycles": self.results.cycles,
            **vars(self.results.actions),
        }
        if self.results.mapping.on_arrays[row, column]:
            said["mvm_cycles"] = self.results.mapping.mvm_cycles
        return {name: _whole(_at(values, row, column), name) for name, values in said.items()}

    def stepped_through(self, row: int, column: int) -> dict[str, int]:
        """What the twin says of it, by the same names."""
        design, shape = self.twin_of(row, column)
        mapping = whole_numbers(self.results.mapping, row, column)
        chip = run_layer(mapping, whole_numbers(self.chip.ports, row, column))
        arrays = lay_out(design, shape)
        said = {entry.name: chip.counts[entry.name] for entry in fields(Actions)}
        said |= _layout(design, shape, arrays) | {"cycles": chip.clock}
        if mapping.on_arrays:
            # Every position does the same work, whichever copy computes it.
            for name, count in count_position(design, shape).items():
                said[name] = count * shape.positions
            said["mvm_cycles"] = self._position_cycles(design, said, row, column)
            if mapping.reloads:
                said["cells_written"] = cells_to_write(arrays) * mapping.copies
        return said

    def _position_cycles(
        self, design: Design, layout: dict[str, int], row: int, column: int
    ) -> int:
        """Cycles of one position on the fullest array."""
        macro = self.chip.macro
        sample_hold = bool(_at(self.knobs.sample_hold, row, column))
        time = position_time(
            n_steps=layout["inputs"] * layout["row_groups"],
            conversions=1 if design.is_digital else layout["columns_per_converter"],
            read_ps=_whole(_at(macro.read_ps, row, column), "read_ps"),
            conversion_ps=_whole(_at(macro.convert_ps, row, column), "convert_ps"),
            add_ps=_whole(_at(macro.add_ps, row, column), "add_ps"),
            sample_hold=sample_hold and not design.is_digital,
        )
        return -(-time // _whole(_at(self.chip.cycle_ps, row, column), "cycle_ps"))

    def _design(self, row: int, column: int) -> Design:
        knobs = {
            entry.name: _at(getattr(self.knobs, entry.name), row, column).astype(int).item()
            for entry in fields(Design)
        }
        return Design(**knobs)


def _layout(design: Design, shape: Shape, arrays: list[Array]) -> dict[str, int]:
    return {
        "arrays": len(arrays),
        "rows_full": max(len(array.rows) for array in arrays),
        "columns_full": max(len(array.columns) for array in arrays),
        "inputs": len(input_steps(design, shape)),
        "row_groups": max(len(array.row_groups(design.rows_active)) for array in arrays),
        "columns_per_converter": max(
            conversions_of_busiest_converter(design, array) for array in arrays
        ),
    }


def _shape(layer: Layer) -> Shape:
    return Shape(
        k=layer.k,
        m=layer.m,
        groups=layer.groups,
        positions=layer.positions,
        is_dynamic=layer.operand == "dynamic",
        is_signed=layer.signed,
    )


def _at(values: npt.NDArray[Any], row: int, column: int) -> Any:
    """Entry of an array that broadcasts to (n_designs, n_layers)."""
    table = np.atleast_2d(values)
    return table[row if table.shape[0] > 1 else 0, column if table.shape[1] > 1 else 0]


def _whole(value: Any, name: str) -> int:
    if value != int(value):
        raise ValueError(f"{name} must be whole, got {value!r}")
    return int(value)
