"""Published macros: the rows of silicon_macros.csv, and the design that each one is.

Convention: a row describes one step of one bank: `dot_len` products of `bank_in_bits` input bits
and `bank_w_bits` weight bits are summed on a column and converted once, on `n_adc` converters at
the same time. Efficiency is per 1-bit operation, 2 x products x input bits x weight bits, as in the
source: where only the published precision is given, the published TOPS/W times both widths.
"""

from __future__ import annotations

__all__ = ["CLASSES", "SiliconMacro", "chip_of", "read_macros"]

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imctune.knobs import KnobValue

CLASSES = ("analog_sram", "nonvolatile", "digital_sram")
NONVOLATILE = ("eNVM", "RRAM", "ReRAM", "PCM", "MRAM", "FeFET", "eFlash")
DEFAULT_ROWS, DEFAULT_COLUMNS, DEFAULT_NODE_NM = 64.0, 64.0, 28.0
DEFAULT_DENSITY = 0.5
FEW_ROWS = 32.0
MOST_LINES = 8192.0
# Input bits of a step where few rows are driven: 1, 4 and 8 bits take 1, 2.1 and 3.0 times as long
# (Xue et al., ISSCC 2021, 22 nm).
MOST_INPUT_BITS = 3
# Nominal supplies, where a row gives none.
NODES_NM = (7.0, 14.0, 22.0, 28.0, 45.0, 65.0, 130.0, 180.0)
NOMINAL_V = (0.7, 0.8, 0.85, 0.9, 1.0, 1.1, 1.3, 1.8)
# Operating points that mix sparsity gains, approximate arithmetic or several supplies into TOPS/W.
EXCLUDED = (
    *("UIUC24", "UIUC46", "UIUC73", "UIUC89", "UIUC93", "UIUC124"),
    *("ZZ-AIMC2", "ZZ-DIMC2", "ZZ-DIMC4"),
)
EXCLUDED_WORDS = re.compile(
    r"spars\w* (?:optimi|counted|boost)|exploits spars|zero.skipping|approximate|exclude|mixed vdd",
    re.IGNORECASE,
)
OUTPUT_WORDS = re.compile(r"average output value (\d+)/(\d+)")
# The same chip under another name, so that no chip counts twice.
ALIASES = {"ZZ-AIMC1": "UIUC33", "CL-Jia": "UIUC5", "CL-Sinangil": "UIUC2"}


@dataclass(frozen=True)
class SiliconMacro:
    """One operating point of one published macro; numbers are NaN where the row has none.

    Attributes
    ----------
    id, chip, name, memory, cell, kind, compute_model, caveat : str
        `chip` is common to all operating points of a chip; `compute_model` is QS or IS where
        currents are summed, QR where charge is shared.
    node_nm, vdd_v, rows, cols, active_rows, dot_length : float
    input_bits, weight_bits : float
        Of one step and one column group; 1.5 and 1.6 stand for ternary.
    adc_bits, n_adc : float
    time_ns : float
        Of one step.
    tops_w, tops_mm2 : float
        Per 1-bit operation.
    """

    id: str
    chip: str
    name: str
    memory: str
    cell: str
    kind: str
    compute_model: str
    caveat: str
    node_nm: float
    vdd_v: float
    rows: float
    cols: float
    active_rows: float
    dot_length: float
    input_bits: float
    weight_bits: float
    adc_bits: float
    n_adc: float
    time_ns: float
    tops_w: float
    tops_mm2: float

    @classmethod
    def from_row(cls, row: dict[str, str]) -> SiliconMacro:
        """Read one row of the file."""
        published = _number(row, "pub_bits_in") * _number(row, "pub_bits_w")
        return cls(
            id=row["id"],
            chip=chip_of(row["id"]),
            name=(row.get("name") or "").strip(),
            memory=row.get("memory") or "",
            cell=row.get("cell") or "",
            kind=row.get("type") or "",
            compute_model=row.get("compute_model") or "",
            caveat=row.get("caveat") or "",
            node_nm=_first(_number(row, "node_nm"), DEFAULT_NODE_NM),
            vdd_v=_number(row, "vdd_V"),
            rows=_number(row, "rows"),
            cols=_number(row, "cols"),
            active_rows=_number(row, "active_rows"),
            dot_length=_number(row, "dot_len"),
            input_bits=_first(_number(row, "bank_in_bits"), _number(row, "pub_bits_in"), 1.0),
            weight_bits=_first(_number(row, "bank_w_bits"), _number(row, "pub_bits_w"), 1.0),
            adc_bits=_number(row, "adc_bits"),
            n_adc=_number(row, "n_adc"),
            time_ns=_number(row, "t_mvm_ns"),
            tops_w=_first(_number(row, "topsw_1b"), _number(row, "pub_topsw") * published),
            tops_mm2=_first(_number(row, "topsmm2_1b"), _number(row, "pub_topsmm2") * published),
        )

    @property
    def is_digital(self) -> bool:
        """Whether sums are made by adders: the row says so, or has no converter at all."""
        no_converter = math.isnan(self.adc_bits) and math.isnan(self.n_adc)
        return self.kind == "digital" or "+D" in self.cell or no_converter

    @property
    def is_nonvolatile(self) -> bool:
        """Whether the memory keeps its content without supply."""
        return self.memory in NONVOLATILE

    @property
    def group(self) -> str | None:
        """One of `CLASSES`; None for other memories, such as embedded DRAM."""
        if self.is_nonvolatile:
            return "nonvolatile"
        if self.memory != "SRAM":
            return None
        return "digital_sram" if self.is_digital else "analog_sram"

    @property
    def terms(self) -> float:
        """Products that one conversion sums."""
        return min(MOST_LINES, max(1.0, _first(self.dot_length, self.active_rows, DEFAULT_ROWS)))

    @property
    def technology(self) -> str:
        """Name of the technology, or of the class in classes.yaml, that stands for the macro."""
        if not self.is_nonvolatile:
            summed = self.compute_model == "IS" and not self.is_digital
            return "current_sram" if summed else "sram_32nm"
        for word, name in (("MRAM", "mram"), ("eFlash", "eflash")):
            if word in (self.memory, self.cell) or self.cell.startswith(word):
                return name
        return "few_rows" if self.terms <= FEW_ROWS else "many_rows"

    @property
    def is_paired(self) -> bool:
        """Whether a weight is the difference of two cells: crossbars and 2T2R cells."""
        return self.is_nonvolatile and re.search(r"2T2R|cross", self.cell, re.I) is not None

    @property
    def is_binary(self) -> bool:
        """Whether inputs are +1 and -1: one line of a pair is driven whatever the input."""
        return not self.is_nonvolatile and self.input_bits == 1.0 and self.weight_bits < 2.0

    @property
    def densities(self) -> tuple[float, float]:
        """Shares of ones among input and weight bits: as the caveat states, else half.

        Inputs of +1 and -1 drive one line of a pair always.
        """
        output = OUTPUT_WORDS.search(self.caveat)
        if output:
            share = math.sqrt(float(output[1]) / float(output[2]))
            return share, share
        toggle = re.search(r"([\d.]+) ?% input toggle", self.caveat)
        zeros = re.search(r"([\d.]+) ?% weight sparsity", self.caveat)
        plain = 1.0 if self.is_binary and not self.is_digital else DEFAULT_DENSITY
        return (
            float(toggle[1]) / 100.0 if toggle else plain,
            1.0 - float(zeros[1]) / 100.0 if zeros else DEFAULT_DENSITY,
        )

    def knobs(self) -> dict[str, KnobValue]:
        """Return the design: an array of whole row groups, one conversion per weight and step.

        A weight of several bits sits in one nonvolatile cell (or pair), or in SRAM bit cells that
        are joined before the conversion or by the adder tree.
        """
        terms = self.terms
        groups = max(1.0, np.rint(min(MOST_LINES, _first(self.rows, terms)) / terms))
        weight = max(1, min(8, math.ceil(self.weight_bits)))
        inputs = max(1, min(8, math.ceil(self.input_bits)))
        columns = min(MOST_LINES, _first(self.cols, DEFAULT_COLUMNS))
        outputs = max(1, round(columns / (1 if self.is_nonvolatile else weight)))
        converters = _first(self.n_adc, float(outputs))
        lossless = math.ceil(math.log2(terms + 1.0))
        pair = 2 if self.is_paired else 1
        return {
            "rows": int(terms * groups),
            "cols": min(int(MOST_LINES), outputs * pair),
            "rows_active": int(terms),
            "bits_per_cell": max(1, weight - 1) if self.is_paired else weight,
            "weight_bits": max(2, weight) if self.is_paired else weight,
            "input_bits": inputs,
            "dac_bits": min(inputs, MOST_INPUT_BITS) if self.technology == "few_rows" else inputs,
            "adc_bits": min(32, max(1, round(_first(self.adc_bits, float(lossless))))),
            "columns_per_adc": pair * max(1, round(outputs / converters)),
            "compute": "digital" if self.is_digital else "analog",
            "encoding": "differential" if self.is_paired else "offset",
            # Columns that wait for their converter are cut off or sampled: no current flows.
            "sample_hold": self.is_nonvolatile,
            "node_nm": self.node_nm,
            "supply_v": self.supply_v,
        }

    @property
    def supply_v(self) -> float:
        """Supply; the nominal one of the node where the row has none. [V].

        At least 0.4 V: at 0.35 V the law of delay ends.
        """
        nominal = float(np.interp(self.node_nm, NODES_NM, NOMINAL_V))
        return min(2.0, max(0.4, _first(self.vdd_v, nominal)))


def read_macros(path: Path) -> list[SiliconMacro]:
    """Read the macros that can be compared: measured, not excluded, each point once."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kept: dict[tuple[str, float, float], SiliconMacro] = {}
    for row in rows:
        macro = SiliconMacro.from_row(row)
        simulated = "simulated" in macro.name.lower() or row.get("confidence") == "recall"
        if simulated or is_excluded(macro) or not macro.tops_w > 0.0 or macro.group is None:
            continue
        per_product = macro.tops_w / (macro.input_bits * macro.weight_bits)
        point = (macro.chip, macro.vdd_v, float(f"{per_product:.3g}"))
        # Of two rows for one measurement, the one that says what was computed is kept.
        if point not in kept or OUTPUT_WORDS.search(macro.caveat):
            kept[point] = macro
    return list(kept.values())


def is_excluded(macro: SiliconMacro) -> bool:
    """Whether the figure is not the energy of plain operation."""
    return macro.chip in EXCLUDED or EXCLUDED_WORDS.search(macro.caveat) is not None


def chip_of(row_id: str) -> str:
    """Name of the chip: without the operating point, and one name per chip."""
    name = "-".join(row_id.split("-")[:2]) if "-" in row_id else row_id.split(".", maxsplit=1)[0]
    return ALIASES.get(name, name)


def _number(row: dict[str, str], column: str) -> float:
    """Value of a field: its first number, or NaN where it has none."""
    match = re.match(r"\s*[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", row.get(column) or "")
    return float(match[0]) if match else math.nan


def _first(*values: float) -> float:
    """Return the first value that is a positive number."""
    return next((value for value in values if value > 0.0), math.nan)
