"""NeuroSim V1.4 runs against the simulator: area, energy, latency, and what one change does.

Every run becomes a chip of as many arrays as NeuroSim built, and its network a workload. Results
are compared after one calibration per quantity: the median of NeuroSim over model, all runs. A
change of less than 5 % in NeuroSim counts as none; the model agrees where its own is below 10 %.
"""

from __future__ import annotations

__all__ = ["QUANTITIES", "Change", "NeurosimReport", "compare"]

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from imctune.assumptions import Assumptions
from imctune.knobs import DesignBatch, KnobValue
from imctune.simulator.components.converter import CONVERTERS
from imctune.simulator.components.scaling import nominal_supply_v
from imctune.simulator.simulate import Simulator
from imctune.technology import RramCell, Technology
from imctune.workload import Layer, Workload
from tests.validation.classes import class_technology
from tests.validation.statistics import FloatArray, factor_of, median, spearman

QUANTITIES = ("area", "energy", "latency")
Row = Mapping[str, str]

NO_CHANGE, MODEL_NO_CHANGE, CLOSE = 0.05, 0.10, 1.5
# "8-bit nonneg uniform activations, 50 % zeros": half of the bits of half of the inputs.
INPUT_BIT_DENSITY = 0.25
WEIGHT_BIT_DENSITY, WEIGHT_MAGNITUDE_DENSITY = 0.5, 0.36
# Single parameters of a run; the array counts as one, with all of its rows driven at once.
PARAMETERS = (
    *("network", "memcelltype", "technode", "array", "rows driven", "levelOutput", "cellBit"),
    *("numColMuxed", "SARADC", "pipeline", "novelMapping", "synapseBit", "numBitInput"),
    *("speedUpDegree", "resistanceOn", "resistanceOff"),
)
SRAM, RRAM = "1", "2"


@dataclass(frozen=True)
class Change:
    """Two runs that differ in one parameter: ratios of the second to the first."""

    parameter: str
    before: str
    after: str
    quantity: str
    neurosim: float
    model: float

    @property
    def is_right_way(self) -> bool:
        """Whether the model moves as NeuroSim does, or stays where it stays."""
        reference, model = math.log(self.neurosim), math.log(self.model)
        if abs(reference) < math.log1p(NO_CHANGE):
            return abs(model) < math.log1p(MODEL_NO_CHANGE) or reference * model > 0.0
        return reference * model > 0.0

    @property
    def is_close(self) -> bool:
        """Whether both ratios agree within a factor of 1.5."""
        return float(factor_of(self.model, self.neurosim)) <= CLOSE


@dataclass(frozen=True)
class NeurosimReport:
    """Rows (runs, 3) of area [um2], energy [pJ] and latency [ns], and all single changes."""

    runs: tuple[Row, ...]
    neurosim: FloatArray
    model: FloatArray
    changes: tuple[Change, ...]

    @property
    def calibration(self) -> list[float | None]:
        """Median of NeuroSim over model, one per quantity."""
        return [median(self.neurosim[:, i] / self.model[:, i]) for i in range(len(QUANTITIES))]

    def figures(self) -> dict[str, float | None]:
        """Figures for the JSON file."""
        figures: dict[str, float | None] = {}
        for index, quantity in enumerate(QUANTITIES):
            reference, model = self.neurosim[:, index], self.model[:, index]
            scale = self.calibration[index]
            errors = factor_of(model * (scale or 1.0), reference)
            figures[f"median_factor_{quantity}"] = median(errors)
            figures[f"spearman_{quantity}"] = spearman(model, reference)
        right = [change.is_right_way for change in self.changes]
        close = [change.is_close for change in self.changes]
        figures["direction"] = float(np.mean(right)) if right else None
        figures["within_1_5"] = float(np.mean(close)) if close else None
        return figures


def compare(folder: Path) -> NeurosimReport:
    """Compare with the runs of a folder; a missing file, or network, counts as no run."""
    path = folder / "neurosim_runs.csv"
    rows: list[Row] = []
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row["tile_cm"] and network_file(folder, row).is_file()
            ]
    neurosim = np.array([measured(row) for row in rows]).reshape(-1, len(QUANTITIES))
    model = np.array([predicted(row, folder) for row in rows]).reshape(-1, len(QUANTITIES))
    return NeurosimReport(tuple(rows), neurosim, model, tuple(changes(rows, neurosim, model)))


def measured(row: Row) -> tuple[float, float, float]:
    """Area [um2], energy with leakage [pJ] and latency [ns] of a run."""
    energy = float(row["dyn_energy_pJ"]) + float(row["leak_energy_pJ"])
    return float(row["area_um2"]), energy, float(row["latency_ns"])


def predicted(row: Row, folder: Path) -> tuple[float, float, float]:
    """Return the same of the model, without off-chip memory, which NeuroSim leaves out.

    NeuroSim moves data before and after it computes, the model meanwhile: the time of the transfers
    alone is added.
    """
    layers = read_layers(network_file(folder, row))
    network = workload(row, layers)
    knobs = design(row, layers)
    designs = DesignBatch.from_knobs(knobs, knobs, (network.name,), "run")
    process = technology(row)
    result = Simulator([network], process).simulate(designs)
    transfers = Simulator([network], process, Assumptions(array_time=False)).simulate(designs)
    offchip = [
        part[0, 0]
        for name, part in result.energy_by_component_fj.items()
        if name.startswith("offchip")
    ]
    return (
        float(result.area_um2[0] - result.area_by_component_um2["offchip"][0]),
        1e-3 * float(result.energy_fj[0, 0] - sum(offchip)),
        1e-3 * float(result.latency_ps[0, 0] + transfers.latency_ps[0, 0]),
    )


def network_file(folder: Path, row: Row) -> Path:
    """Return the layer table of a run: ``NetWork_VGG8.csv`` is ``neurosim_net_vgg8.csv``."""
    return folder / f"neurosim_{row['network'].lower().replace('network_', 'net_')}"


def read_layers(path: Path) -> list[list[int]]:
    """Rows of height, width, channels, kernel height, width, outputs, pooling, stride."""
    with path.open(newline="", encoding="utf-8") as file:
        return [[int(field) for field in row] for row in csv.reader(file) if row]


def is_spread(row: Row, kernel: int) -> bool:
    """Whether NeuroSim gives every kernel position arrays of its own."""
    return row["novelMapping"] == "1" and kernel > 1


def workload(row: Row, layers: list[list[int]]) -> Workload:
    """Return the network of a run, every convolution at stride one.

    Kernel positions with arrays of their own leave rows empty: the reduction is padded to whole
    arrays per position, and the share of ones is that of the filled rows.
    """
    rows = int(row["numRowSubArray"])
    chain = []
    for index, (height, width, channels, kernel_h, kernel_w, outputs, *_) in enumerate(layers):
        k = kernel_h * kernel_w * channels
        padded = k
        if is_spread(row, kernel_h):
            padded = kernel_h * kernel_w * math.ceil(channels / rows) * rows
        density = INPUT_BIT_DENSITY * k / padded
        chain.append(
            Layer(
                name=f"layer{index}",
                kind="conv" if kernel_h > 1 else "linear",
                operand="weights",
                k=padded,
                m=outputs,
                out_h=height,
                out_w=width,
                in_h=height,
                in_w=width,
                in_channels=channels,
                kernel_h=kernel_h,
                kernel_w=kernel_w,
                activation="relu",
                input_bit_density=density,
                input_twos_complement_density=density,
            )
        )
    return Workload(
        name=row["network"],
        layers=tuple(chain),
        source="NeuroSim V1.4 network table",
        weight_bit_density=WEIGHT_BIT_DENSITY,
        weight_magnitude_density=WEIGHT_MAGNITUDE_DENSITY,
    )


def arrays_per_tile(row: Row, kernel: int) -> int:
    """Arrays of the tiles that hold a layer."""
    rows, cols = int(row["numRowSubArray"]), int(row["numColSubArray"])
    if is_spread(row, kernel) and row["tile_nm"]:
        engines, height, width = (int(size) for size in row["tile_nm"].split("x"))
    else:
        engines, (height, width) = 1, (int(size) for size in row["tile_cm"].split("x"))
    return engines * (height // rows) * (width // cols)


def design(row: Row, layers: list[list[int]]) -> dict[str, KnobValue]:
    """Return the chip of a run: its tiles, each on a router of its own, of the mean size.

    All of NeuroSim's logic runs at the pace of one conversion.
    """
    tiles = [int(count) for count in row["tiles_per_layer"].split("|")]
    arrays = sum(n * arrays_per_tile(row, layer[3]) for n, layer in zip(tiles, layers, strict=True))
    bits = max(1, round(math.log2(float(row["levelOutput"]))))
    node = float(row["technode"])
    supply = float(nominal_supply_v(node))
    rows = int(row["numRowSubArray"])
    decide_ps = CONVERTERS[converter(row)].delay_ps(bits, supply, node, rows)
    return {
        "rows": rows,
        "cols": int(row["numColSubArray"]),
        "rows_active": int(row["numRowParallel"]),
        "bits_per_cell": int(row["cellBit"]),
        "encoding": "offset",
        "compute": "analog",
        "adc_bits": bits,
        "adc_range": "lsb",
        "columns_per_adc": int(row["numColMuxed"]),
        "dac_bits": 1,
        # Columns that wait for their converter are cut off.
        "sample_hold": True,
        "weight_bits": int(row["synapseBit"]),
        "input_bits": int(row["numBitInput"]),
        "macros_per_tile": max(1, round(arrays / sum(tiles))),
        "tiles_per_group": 1,
        "router_groups": sum(tiles),
        "tile_buffer_kib": 16.0,
        "glb_kib": 512.0,
        "glb_port_bits": 256,
        "router_bits": 128,
        "vector_lanes": 64,
        "offchip_gb_per_s": 12.8,
        "supply_v": supply,
        "cycle_time_ns": float(decide_ps) * 1e-3,
        # Weights are copied within a tile only where kernel positions have their own arrays.
        "replication": "balanced" if row["novelMapping"] == "1" else "none",
        "schedule": "sequential",
        "ping_pong": False,
        "zero_skipping": False,
        "residency": "one",
        "node_nm": node,
    }


def converter(row: Row) -> str:
    """Name of the converter model of a run."""
    return "neurosim" if row["SARADC"] == "1" else "neurosim_flash"


def technology(row: Row) -> Technology:
    """Return the class of the memory, with the converter and the resistances of the run."""
    if row["memcelltype"] == SRAM:
        return replace(class_technology("neurosim_sram"), converter_model=converter(row))
    base = class_technology("neurosim_rram")
    if not isinstance(base.cell, RramCell):
        raise TypeError("neurosim_rram must have RRAM cells")
    cell = replace(
        base.cell,
        r_low_kohm=1e-3 * float(row["resistanceOn"]),
        r_high_kohm=1e-3 * float(row["resistanceOff"]),
    )
    return replace(base, cell=cell, converter_model=converter(row), converter_factor=1.0)


def parameters(row: Row) -> dict[str, str]:
    """Every parameter of a run; resistances count for RRAM only."""
    values = {name: row.get(name, "") for name in PARAMETERS}
    values["array"] = f"{row['numRowSubArray']} x {row['numColSubArray']}"
    all_rows = row["numRowParallel"] == row["numRowSubArray"]
    values["rows driven"] = "all" if all_rows else row["numRowParallel"]
    if row["memcelltype"] != RRAM:
        values["resistanceOn"] = values["resistanceOff"] = ""
    return values


def changes(rows: Sequence[Row], neurosim: FloatArray, model: FloatArray) -> list[Change]:
    """Every pair of runs that differ in exactly one parameter, once per quantity."""
    found = []
    for one, two in combinations(range(len(rows)), 2):
        first, second = parameters(rows[one]), parameters(rows[two])
        if first["memcelltype"] != second["memcelltype"]:
            for values in (first, second):
                values["resistanceOn"] = values["resistanceOff"] = ""
        different = [name for name in PARAMETERS if first[name] != second[name]]
        if len(different) != 1:
            continue
        name = different[0]
        for index, quantity in enumerate(QUANTITIES):
            found.append(
                Change(
                    parameter=name,
                    before=first[name],
                    after=second[name],
                    quantity=quantity,
                    neurosim=float(neurosim[two, index] / neurosim[one, index]),
                    model=float(model[two, index] / model[one, index]),
                )
            )
    return found
