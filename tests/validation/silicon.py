"""Published macros against `imctune.evaluate_macro`: efficiency, density, sweeps of rows.

No constant is set for a chip: every row is predicted with the technology of its class alone, so
each chip is left out of what its prediction rests on.
"""

from __future__ import annotations

__all__ = ["MacroResult", "SiliconReport", "SweepResult", "compare"]

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imctune.knobs import DesignBatch, KnobValue
from imctune.macro_metrics import MacroMetrics, macro_metrics
from imctune.technology import Technology
from tests.validation.classes import class_technology
from tests.validation.macros import CLASSES, SiliconMacro, read_macros
from tests.validation.points import SweepPoint, read_points
from tests.validation.statistics import factor_of, median, spearman, within


@dataclass(frozen=True)
class MacroResult:
    """One operating point; efficiency and density per 1-bit operation."""

    macro: SiliconMacro
    tops_w: float
    tops_mm2: float

    @property
    def error(self) -> float:
        """Factor between modelled and measured efficiency."""
        return float(factor_of(self.tops_w, self.macro.tops_w))


@dataclass(frozen=True)
class SweepResult:
    """Share of power that grows with the rows, at the largest number of rows."""

    name: str
    rows: tuple[float, ...]
    measured: float
    model: float


@dataclass(frozen=True)
class SiliconReport:
    """Everything that the comparison found.

    Attributes
    ----------
    results : tuple of MacroResult
    calibrated : dict of str to (int, float)
        Chip to its number of points and the median error left after one factor.
    sweeps : tuple of SweepResult
    """

    results: tuple[MacroResult, ...]
    calibrated: dict[str, tuple[int, float]]
    sweeps: tuple[SweepResult, ...]

    def of(self, group: str) -> list[MacroResult]:
        """Results of one class, best first."""
        return sorted((x for x in self.results if x.macro.group == group), key=lambda x: x.error)

    def chips(self, group: str) -> list[str]:
        """Chips of a class that have two or more points."""
        names = {x.macro.chip for x in self.of(group)}
        return sorted(names & self.calibrated.keys())

    def figures(self, group: str) -> dict[str, float | int | None]:
        """Figures of one class for the JSON file."""
        chosen = self.of(group)
        errors = [x.error for x in chosen]
        return {
            "n": len(chosen),
            "median_factor": median(errors),
            "within_2x": within(errors, 2.0),
            "spearman": spearman([x.tops_w for x in chosen], [x.macro.tops_w for x in chosen]),
        }

    def density_figures(self, group: str) -> dict[str, float | int | None]:
        """Figures of TOPS/mm² of one class."""
        chosen = [x for x in self.of(group) if x.macro.tops_mm2 > 0.0]
        model, measured = [x.tops_mm2 for x in chosen], [x.macro.tops_mm2 for x in chosen]
        errors = factor_of(model, measured)
        return {
            "n": len(chosen),
            "median_factor": median(errors),
            "within_2x": within(errors, 2.0),
            "spearman": spearman(model, measured),
        }


def evaluated(
    knobs: dict[str, KnobValue], technology: str | Technology, densities: tuple[float, float]
) -> MacroMetrics:
    """Evaluate one design, all of whose macro knobs are given."""
    designs = DesignBatch.from_knobs(knobs, {**CHIP_KNOBS, **knobs}, ("macro",), "macro")
    process = class_technology(technology) if isinstance(technology, str) else technology
    return macro_metrics(designs, process, *densities)


# Knobs outside the array, or of accuracy; none changes what a macro costs.
CHIP_KNOBS: dict[str, KnobValue] = {
    "macros_per_tile": 1,
    "tiles_per_group": 1,
    "router_groups": 1,
    "tile_buffer_kib": 16.0,
    "glb_kib": 512.0,
    "glb_port_bits": 256,
    "router_bits": 64,
    "vector_lanes": 64,
    "offchip_gb_per_s": 12.8,
    "cycle_time_ns": 2.0,
    "adc_range": "lsb",
    "replication": "none",
    "schedule": "sequential",
    "ping_pong": False,
    "zero_skipping": False,
    "residency": "one",
}


def predicted(macro: SiliconMacro, technology: Technology | None = None) -> MacroResult:
    """Predict one operating point, with the technology of its class unless one is given.

    A row states the energy of one row group, whose sum leaves the macro; the area is all groups'.
    """
    whole = macro.knobs()
    group = {**whole, "rows": whole["rows_active"]}
    process, one_bit = technology or macro.technology, macro.input_bits * macro.weight_bits
    return MacroResult(
        macro=macro,
        tops_w=float(evaluated(group, process, macro.densities).tops_per_w[0]) * one_bit,
        tops_mm2=float(evaluated(whole, process, macro.densities).tops_per_mm2[0]) * one_bit,
    )


def compare(folder: Path) -> SiliconReport:
    """Compare with the silicon files of a folder; files that are missing count as empty."""
    macros_file, points_file = folder / "silicon_macros.csv", folder / "silicon_points.csv"
    macros = read_macros(macros_file) if macros_file.is_file() else []
    results = tuple(predicted(macro) for macro in macros)
    points = read_points(points_file) if points_file.is_file() else []
    return SiliconReport(
        results=results,
        calibrated=calibrated(results, points),
        sweeps=tuple(row_sweeps(macros)),
    )


def calibrated(
    results: tuple[MacroResult, ...], points: list[SweepPoint]
) -> dict[str, tuple[int, float]]:
    """Median error of each chip of two or more points, after one factor on its energy."""
    ratios: dict[str, list[float]] = {}
    for result in results:
        ratios.setdefault(result.macro.chip, []).append(result.macro.tops_w / result.tops_w)
    for point in points:
        metrics = evaluated(point.knobs(), point.technology, point.densities)
        model = float(metrics.energy_per_mvm_pj[0]) * point.share_of_product
        ratios.setdefault(point.chip, []).append(model / point.energy_pj)
    left = {}
    for chip, values in ratios.items():
        if len(values) > 1:
            scaled = np.asarray(values) / np.exp(np.mean(np.log(values)))
            left[chip] = (len(values), float(np.median(np.abs(scaled - 1.0))))
    return left


def row_sweeps(macros: list[SiliconMacro]) -> list[SweepResult]:
    """Compare the measured power over driven rows where a row states it."""
    sweeps = []
    for macro in macros:
        pairs = re.findall(r"(\d+):([\d.]+)", macro.caveat)
        if "power vs rows" not in macro.caveat or len(pairs) < 3:
            continue
        rows = [float(row) for row, _ in pairs]
        energies = []
        for row in rows:
            knobs = {**macro.knobs(), "rows": int(row), "rows_active": int(row)}
            metrics = evaluated(knobs, macro.technology, macro.densities)
            energies.append(float(metrics.energy_per_mvm_pj[0]))
        powers = [float(power) for _, power in pairs]
        shares = array_share(rows, powers), array_share(rows, energies)
        sweeps.append(SweepResult(macro.id, tuple(rows), *shares))
    return sweeps


def array_share(rows: list[float], powers: list[float]) -> float:
    """Share of power, at the most rows, that a straight line makes grow with the rows."""
    slope, fixed = np.polyfit(rows, powers, 1)
    return float(slope * rows[-1] / (slope * rows[-1] + fixed))


def as_json(report: SiliconReport) -> dict[str, dict[str, float | int | None]]:
    """Figures of every class."""
    return {group: report.figures(group) for group in CLASSES}
