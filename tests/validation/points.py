"""Measured sweeps of single chips: the rows of silicon_points.csv."""

from __future__ import annotations

__all__ = ["SweepPoint", "read_points"]

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from imctune.knobs import KnobValue
from tests.validation.macros import chip_of

QUANTITIES = ("pJ_per_MVM_vs_avg_output", "pJ_per_MVM_worst_vs_V", "fJ_per_MAC_vs_bits")
LARGEST_OUTPUT = 15.0
MOST_BITS = 8


@dataclass(frozen=True)
class SweepPoint:
    """One measured energy: of a 7 nm macro over its outputs, or of a bit-serial digital one."""

    macro: str
    quantity: str
    supply_v: float
    x: float
    value: float

    @property
    def chip(self) -> str:
        """Name of the chip, as in silicon_macros.csv."""
        return "CL-Colonnade" if self.is_colonnade else chip_of(f"CL-{self.macro.capitalize()}")

    @property
    def is_colonnade(self) -> bool:
        """Whether the chip is Colonnade (65 nm, digital)."""
        return self.macro.startswith("colonnade")

    @property
    def technology(self) -> str:
        """Both are SRAM."""
        return "sram_32nm"

    @property
    def densities(self) -> tuple[float, float]:
        """Products of the analog macro are ones as often as its output is large."""
        if self.is_colonnade:
            return 0.5, 0.5
        share = math.sqrt(self.x / LARGEST_OUTPUT)
        return share, share

    @property
    def energy_pj(self) -> float:
        """Measured energy: of a product of the whole array, or of one multiplication. [pJ]."""
        return self.value * (1e-3 if self.is_colonnade else 1.0)

    @property
    def share_of_product(self) -> float:
        """Part of the modelled product that `energy_pj` is."""
        return 1.0 / (128.0 * self._outputs) if self.is_colonnade else 1.0

    @property
    def _weight_bits(self) -> int:
        return int(self.x)

    @property
    def _outputs(self) -> int:
        return max(1, 128 // self._weight_bits)

    def knobs(self) -> dict[str, KnobValue]:
        """Return the design of the macro at this point."""
        common: dict[str, KnobValue] = {
            "sample_hold": False,
            "encoding": "offset",
            "columns_per_adc": 1,
            "supply_v": self.supply_v,
            "adc_bits": 4,
        }
        if not self.is_colonnade:
            return common | {
                "rows": 64,
                "cols": 16,
                "rows_active": 64,
                "bits_per_cell": 4,
                "weight_bits": 4,
                "input_bits": 4,
                "dac_bits": 4,
                "compute": "analog",
                "node_nm": 7.0,
            }
        return common | {
            "rows": 128,
            "cols": self._outputs,
            "rows_active": 128,
            "bits_per_cell": min(MOST_BITS, self._weight_bits),
            "weight_bits": min(MOST_BITS, self._weight_bits),
            "input_bits": int(self.x) if "in=w" in self.macro else 1,
            "dac_bits": 1,
            "compute": "digital",
            "node_nm": 65.0,
        }


def read_points(path: Path) -> list[SweepPoint]:
    """Read the measured energies; throughputs at unknown supplies are left out."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    points = []
    for row in rows:
        if row["quantity"] in QUANTITIES:
            values = (float(row[column]) for column in ("vdd", "x", "value"))
            points.append(SweepPoint(row["macro"], row["quantity"], *values))
    return points
