"""Every knob by name: its kind, unit, limits, scope and meaning."""

from __future__ import annotations

__all__ = ["KNOBS", "LOSSLESS", "KnobSpec", "KnobValue"]

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imctune.errors import InputError

KnobValue = int | float | bool | str

LOSSLESS = "lossless"
"""Value of `adc_bits`: as many bits as keep every count of a column apart."""


@dataclass(frozen=True)
class KnobSpec:
    """What a knob is, whatever the run.

    Attributes
    ----------
    name, unit, meaning : str
        `unit` is empty for choices and for factors.
    kind : {"int", "float", "bool", "choice"}
        Type of its values.
    low, high : float
        Smallest and largest value of a number.
    words : tuple of str
        Values of a choice; for a number, words that stand for one that depends on other knobs.
    scopes : tuple of str
        ``chip`` (one value for all workloads) and, where physics allows, ``workload``. The first
        is taken where a space does not say.
    is_built : bool
        Whether silicon is built for the largest value that any workload sets.
    """

    name: str
    kind: Literal["int", "float", "bool", "choice"]
    unit: str
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("chip",)
    is_built: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.kind == "bool":
            return "true or false"
        words = ", ".join(self.words)
        if self.kind == "choice":
            return f"one of {words}"
        number = "a whole number" if self.kind == "int" else "a number"
        limits = f"{number} from {self.low:g} to {self.high:g}{self.unit and ' ' + self.unit}"
        return f"{limits}, or {words}" if words else limits

    def checked(self, value: object, where: str) -> KnobValue:
        """Return the value as a plain Python one; refuse what the knob cannot be."""
        result = self._plain(value)
        if result is None:
            raise InputError(f"{where}: {self.name} must be {self.allowed}, got {value!r}")
        return result

    def _plain(self, value: object) -> KnobValue | None:
        """Return the value in the knob's type, or None."""
        if isinstance(value, (bool, np.bool_)):
            return bool(value) if self.kind == "bool" else None
        if isinstance(value, str):
            return str(value) if value in self.words else None
        is_number = isinstance(value, (int, float, np.integer, np.floating))
        if self.kind not in ("int", "float") or not is_number:
            return None
        if not self.low <= value <= self.high:  # type: ignore[operator]
            return None
        if self.kind == "float":
            return float(value)  # type: ignore[arg-type]
        return int(value) if value == int(value) else None  # type: ignore[call-overload]


CHIP = ("chip",)
EITHER = ("chip", "workload")

_SPECS = (
    KnobSpec("rows", "int", "", "word lines of one array", 1, 8192),
    KnobSpec("cols", "int", "", "bit lines of one array", 1, 8192),
    KnobSpec(
        "rows_active",
        "int",
        "",
        "word lines driven at once, at most: an array with fewer rows drives all of them",
        1,
        8192,
        scopes=EITHER,
        is_built=True,
    ),
    KnobSpec("bits_per_cell", "int", "bit", "bits of one cell; SRAM joins as many bit cells", 1, 8),
    KnobSpec(
        "adc_bits",
        "int",
        "bit",
        "converter resolution; lossless: every count of a column is told apart",
        1,
        32,
        words=(LOSSLESS,),
        scopes=EITHER,
        is_built=True,
    ),
    KnobSpec(
        "adc_range",
        "choice",
        "",
        "what a converter below lossless spans: lsb tells single counts apart and saturates, full "
        "spans all counts in wider steps",
        words=("lsb", "full"),
    ),
    KnobSpec(
        "columns_per_adc",
        "int",
        "",
        "columns that share one converter, at most: an array with fewer columns has one converter",
        1,
        8192,
    ),
    KnobSpec("dac_bits", "int", "bit", "input bits applied per step", 1, 8),
    KnobSpec("macros_per_tile", "int", "", "arrays, each with its periphery, of one tile", 1, 4096),
    KnobSpec("tiles_per_group", "int", "", "tiles that one router serves", 1, 4096),
    KnobSpec("router_groups", "int", "", "routers of the chip, each with its tiles", 1, 4096),
    KnobSpec("sample_hold", "bool", "", "columns are sampled before they are converted"),
    KnobSpec(
        "compute",
        "choice",
        "",
        "analog columns with converters, or digital adder trees",
        words=("analog", "digital"),
    ),
    KnobSpec("tile_buffer_kib", "float", "KiB", "input and output buffer of one tile", 0.25, 65536),
    KnobSpec("glb_kib", "float", "KiB", "global buffer", 1, 1048576),
    KnobSpec("glb_port_bits", "int", "bit", "global-buffer bits moved per cycle", 1, 65536),
    KnobSpec("router_bits", "int", "bit", "bits that a router moves per cycle", 1, 65536),
    KnobSpec("offchip_gb_per_s", "float", "GB/s", "off-chip bandwidth", 0.1, 10000),
    KnobSpec("vector_lanes", "int", "", "8-bit lanes of the digital vector unit", 1, 65536),
    KnobSpec("supply_v", "float", "V", "supply voltage", 0.2, 2.0, scopes=EITHER),
    KnobSpec("cycle_time_ns", "float", "ns", "clock period", 0.05, 1000.0, scopes=EITHER),
    KnobSpec(
        "weight_bits", "int", "bit", "precision of weights", 1, 16, scopes=EITHER, is_built=True
    ),
    KnobSpec(
        "input_bits", "int", "bit", "precision of activations", 1, 16, scopes=EITHER, is_built=True
    ),
    KnobSpec(
        "encoding",
        "choice",
        "",
        "signed weights as offset codes, or as differences of two columns",
        words=("offset", "differential"),
        scopes=EITHER,
    ),
    KnobSpec(
        "replication",
        "choice",
        "",
        "spare arrays stay idle, or hold copies of the layers that need most time; paper: each "
        "layer has the whole chip (assumptions=paper)",
        words=("none", "balanced", "paper"),
        scopes=EITHER,
    ),
    KnobSpec(
        "schedule",
        "choice",
        "",
        "layers one after another, or as a pipeline of output rows",
        words=("sequential", "pipelined"),
        scopes=EITHER,
    ),
    KnobSpec(
        "ping_pong", "bool", "", "half the arrays load while the others compute", scopes=EITHER
    ),
    KnobSpec(
        "zero_skipping",
        "bool",
        "",
        "row groups without an input bit set take no step",
        scopes=EITHER,
        is_built=True,
    ),
    KnobSpec("node_nm", "float", "nm", "process node", 1, 250),
    KnobSpec(
        "residency",
        "choice",
        "",
        "a chip that keeps its weights holds those of one workload, or of all at once",
        words=("one", "all"),
    ),
)

KNOBS: dict[str, KnobSpec] = {spec.name: spec for spec in _SPECS}
