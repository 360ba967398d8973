"""The constants of the physical model: one process and one memory.

A file in conf/technology names its memory, then gives every constant as
``field: {value: ..., unit: ..., source: ...}``. Capacitances, resistances and areas hold at the
file's `node_nm`; energies of functions hold at its `node_nm` and `nominal_supply_v`.
"""

from __future__ import annotations

__all__ = [
    "CONVERTER_MODELS",
    "VECTOR_FUNCTIONS",
    "RramCell",
    "SramCell",
    "Technology",
]

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from imctune.errors import InputError
from imctune.technology.constants import (
    check_names,
    constant,
    read_constants,
    read_number,
    read_section,
)

CONVERTER_MODELS = (
    "imctune",
    "zigzag",
    "accelergy",
    "neurosim",
    "isaac",
    "current_sense",
    "neurosim_flash",
)
VECTOR_FUNCTIONS = (
    "relu",
    "relu6",
    "hardswish",
    "hardsigmoid",
    "sigmoid",
    "tanh",
    "gelu",
    "silu",
    "softmax",
    "norm",
    "max",
    "add",
    "requantise",
)
FUNCTION_FJ = {"unit": "fJ", "zero": True, "signed": False, "most": math.inf}


@dataclass(frozen=True)
class RramCell:
    """A one-transistor one-resistor (1T1R) cell; resistances include the access transistor.

    Attributes
    ----------
    r_low_kohm, r_high_kohm : float
        Resistance of the lowest- and highest-resistance state. [kohm]
    read_v : float
        Voltage across a cell that is read with the largest input. [V]
    read_pulse_min_ps : float
        Shortest time for which a cell is read. [ps]
    clamp_kohm : float
        Input resistance of the clamp that holds a bit line while it is sensed. [kohm]
    area_f2 : float
        Cell area in squared feature sizes. [F2]
    word_line_gate_ff, bit_line_ff : float
        Load of one cell on its word line (gate, no wire) and bit line (drain and wire). [fF]
    write_v, write_pulse_ps, write_conductance_ms : float
        Voltage [V], length [ps] and mean cell conductance [mS] of one write pulse.
    write_pulses_per_level : float
        Pulses per cell for each of the 2**bits_per_cell levels, set and reset together. [1]
    verify_ps : float
        Time of the read that checks each pulse. [ps]
    write_efficiency : float
        Share of supply energy that the charge pump delivers to the array. [1]
    leakage_mw_per_cell : float
        Idle power of one cell. [mW]
    ir_drop_residual, ir_drop_max : float
        Share of the mean loss of current in wires that calibration leaves as an error of the gain,
        and largest loss for which the model holds. [1]
    """

    r_low_kohm: float = constant("kohm")
    r_high_kohm: float = constant("kohm")
    read_v: float = constant("V")
    read_pulse_min_ps: float = constant("ps")
    clamp_kohm: float = constant("kohm")
    area_f2: float = constant("F2")
    word_line_gate_ff: float = constant("fF")
    bit_line_ff: float = constant("fF")
    write_v: float = constant("V")
    write_pulse_ps: float = constant("ps")
    write_conductance_ms: float = constant("mS")
    write_pulses_per_level: float = constant("1")
    verify_ps: float = constant("ps", zero=True)
    write_efficiency: float = constant("1", most=1.0)
    leakage_mw_per_cell: float = constant("mW", zero=True)
    ir_drop_residual: float = constant("1", zero=True, most=1.0)
    ir_drop_max: float = constant("1", most=1.0)


@dataclass(frozen=True)
class SramCell:
    """An SRAM compute cell: charge-domain (8T1C) in analog macros, gated (10T) in digital ones.

    Attributes
    ----------
    analog_area_factor, digital_area_factor : float
        Area of the analog and of the digital cell, over that of the foundry 6T cell. [1]
    unit_cap_ff : float
        Capacitor of one analog cell. [fF]
    read_pulse_min_ps : float
        Shortest time for which an analog step charges and shares the capacitors. [ps]
    drive_kohm : float
        Resistance through which a cell charges its own capacitor. [kohm]
    word_line_gate_ff, bit_line_ff : float
        Load of one cell on its word line (gates, no wire) and bit line (drain and wire). [fF]
    leakage_mw_per_cell : float
        Idle power of one cell. [mW]
    """

    analog_area_factor: float = constant("1")
    digital_area_factor: float = constant("1")
    unit_cap_ff: float = constant("fF")
    read_pulse_min_ps: float = constant("ps")
    drive_kohm: float = constant("kohm")
    word_line_gate_ff: float = constant("fF")
    bit_line_ff: float = constant("fF")
    leakage_mw_per_cell: float = constant("mW", zero=True)


@dataclass(frozen=True)
class Technology:
    """Constants of one process and one memory.

    Attributes
    ----------
    name : str
        Name of the technology.
    cell : RramCell or SramCell
        The memory cell.
    function_fj : mapping of str to float
        Energy of one element of each vector function at `node_nm` and `nominal_supply_v`. [fJ]
    node_nm, temperature_c : float
        Process node [nm] and junction temperature at which the constants hold [degC].
    nominal_supply_v, threshold_v : float
        Nominal supply and transistor threshold. [V]
    delay_alpha : float
        Exponent of the alpha-power law of delay. [1]
    overdrive_min_v : float
        Least distance of the supply from the threshold at which the laws hold. [V]
    converter_model : str
        Name of the converter model, one of `CONVERTER_MODELS`.
    converter_factor : float
        Energy of this technology's converter over that of the model. [1]
    dac_ff_per_bit : float
        Capacitance switched per bit of a multi-bit input converter. [fF/bit]
    sample_hold_ff : float
        Hold capacitor of one column. [fF]
    row_driver_kohm : float
        Output resistance of a word-line driver. [kohm]
    wire_ff_per_um : float
        Capacitance of a local wire. [fF/um]
    router_ff_per_bit : float
        Capacitance switched in a router per bit and hop, at 28 nm. [fF/bit]
    link_ff_per_mm, link_toggle_share : float
        Wire capacitance of a link with its repeaters [fF/mm], and transitions per bit sent [1].
    offchip_fj_per_bit, offchip_background_mw_per_gb_s, offchip_phy_um2_per_gb_s : float
        Off-chip memory: energy of a transfer [fJ/bit], background power of the memory
        [mW/(GB/s)] and area of the interface on chip [um2/(GB/s)].
    offchip_usable_share : float
        Share of the peak bandwidth that transfers reach. [1]
    function_unit_um2 : float
        Area of the activation unit of one vector lane, at `node_nm`. [um2]
    logic_leakage_mw_per_mm2 : float
        Idle power of digital and analog periphery per area at nominal supply. [mW/mm2]
    buffer_leakage_factor : float
        Idle power of buffers over that of low-standby-power transistors. [1]
    """

    name: str
    cell: RramCell | SramCell
    function_fj: Mapping[str, float] = field(hash=False)
    node_nm: float = constant("nm")
    temperature_c: float = constant("degC")
    nominal_supply_v: float = constant("V")
    threshold_v: float = constant("V")
    delay_alpha: float = constant("1")
    overdrive_min_v: float = constant("V", zero=True)
    converter_model: str = constant("name")
    converter_factor: float = constant("1")
    dac_ff_per_bit: float = constant("fF/bit")
    sample_hold_ff: float = constant("fF")
    row_driver_kohm: float = constant("kohm")
    wire_ff_per_um: float = constant("fF/um")
    router_ff_per_bit: float = constant("fF/bit")
    link_ff_per_mm: float = constant("fF/mm")
    link_toggle_share: float = constant("1", most=1.0)
    offchip_fj_per_bit: float = constant("fJ/bit")
    offchip_background_mw_per_gb_s: float = constant("mW/(GB/s)", zero=True)
    offchip_phy_um2_per_gb_s: float = constant("um2/(GB/s)", zero=True)
    offchip_usable_share: float = constant("1", most=1.0)
    function_unit_um2: float = constant("um2", zero=True)
    logic_leakage_mw_per_mm2: float = constant("mW/mm2", zero=True)
    buffer_leakage_factor: float = constant("1", zero=True)

    @property
    def memory(self) -> str:
        """Name of the memory: ``"rram"`` or ``"sram"``."""
        return "rram" if isinstance(self.cell, RramCell) else "sram"

    @property
    def is_writable(self) -> bool:
        """Whether operands may be written into the arrays while a network runs."""
        return isinstance(self.cell, SramCell)

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], name: str, where: str | None = None
    ) -> Technology:
        """Build from the plain values of a technology file.

        Parameters
        ----------
        mapping : mapping
            ``memory``, ``cell``, ``function_fj``, and every constant as value, unit and source.
        name : str
            Name of the technology.
        where : str, optional
            What an error message says the values came from; ``technology <name>`` if not given.

        Returns
        -------
        Technology
            The checked record.

        Raises
        ------
        InputError
            If a constant is missing or unknown, lacks its unit or source, has another unit, or a
            value that is not a number of the allowed size.
        """
        where = where or f"technology {name}"
        memory = mapping.get("memory")
        if memory not in ("rram", "sram"):
            raise InputError(f"{where}: memory must be rram or sram, got {memory!r}")
        record = RramCell if memory == "rram" else SramCell
        cell = record(
            **read_constants(record, read_section(mapping, "cell", where), f"{where}: cell")
        )
        functions = _functions(read_section(mapping, "function_fj", where), f"{where}: function_fj")
        rest = {
            key: value
            for key, value in mapping.items()
            if key not in ("memory", "cell", "function_fj")
        }
        technology = cls(
            name=name, cell=cell, function_fj=functions, **read_constants(cls, rest, where)
        )
        _check_together(technology, where)
        return technology


def _functions(section: Mapping[str, object], where: str) -> dict[str, float]:
    """Energies of the vector functions, with 0 for ``none``."""
    check_names(section, VECTOR_FUNCTIONS, where)
    return {"none": 0.0} | {
        name: read_number(section[name], FUNCTION_FJ, where, name) for name in VECTOR_FUNCTIONS
    }


def _check_together(technology: Technology, where: str) -> None:
    """Refuse values that are allowed one by one but not together."""
    if technology.converter_model not in CONVERTER_MODELS:
        raise InputError(
            f"{where}: converter_model must be one of {', '.join(CONVERTER_MODELS)}, "
            f"got {technology.converter_model!r}"
        )
    lowest = technology.threshold_v + technology.overdrive_min_v
    if technology.nominal_supply_v <= lowest:
        raise InputError(
            f"{where}: nominal_supply_v must be > threshold_v + overdrive_min_v = {lowest:g} V, "
            f"got {technology.nominal_supply_v:g}"
        )
    cell = technology.cell
    if isinstance(cell, RramCell) and cell.r_high_kohm <= cell.r_low_kohm:
        raise InputError(
            f"{where}: r_high_kohm must be > r_low_kohm = {cell.r_low_kohm:g}, "
            f"got {cell.r_high_kohm:g}"
        )
