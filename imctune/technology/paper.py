"""The constants of the paper's profile, fitted to the designs that arXiv 2603.03880 stored.

They are costs per action of the tools behind the paper (CiMLoop, NeuroSim, CACTI), not of a
physical part each, and hold at 32 nm only.
"""

from __future__ import annotations

__all__ = ["PaperRramCosts", "PaperSramCosts", "PaperTechnology"]

from collections.abc import Mapping
from dataclasses import dataclass

from imctune.errors import InputError
from imctune.technology.constants import constant, read_constants, read_section


@dataclass(frozen=True)
class PaperRramCosts:
    """Energies of RRAM arrays and their tiles; voltage factors are in fF = fJ/V2.

    Attributes
    ----------
    cell_fj, cell_level_fj, cell_product_fj : float
        Of reading a cell: always; times the mean stored level; times stored and input level. [fJ]
    row_fj, row_ff, row_column_ff : float
        Of driving a row: always [fJ]; by supply squared; by that for each column [fF].
    tile_read_fj, tile_read_fj_per_macro : float
        Of a byte read from a tile's input buffer: always; by its width, one byte a macro. [fJ]
    """

    cell_fj: float = constant("fJ", zero=True)
    cell_level_fj: float = constant("fJ", zero=True)
    cell_product_fj: float = constant("fJ", zero=True)
    row_fj: float = constant("fJ", zero=True)
    row_ff: float = constant("fF", zero=True)
    row_column_ff: float = constant("fF", zero=True)
    tile_read_fj: float = constant("fJ", zero=True)
    tile_read_fj_per_macro: float = constant("fJ", zero=True)


@dataclass(frozen=True)
class PaperSramCosts:
    """Energies of SRAM arrays, their tiles and the off-chip weights; fF = fJ/V2.

    Attributes
    ----------
    offchip_fj_per_bit : float
        Of a weight bit from off-chip memory. [fJ/bit]
    write_ff, write_threshold_v : float
        Of writing a cell, ``C V max(V - V0, 0)``. [fF], [V]
    row_write_fj, row_write_driver_ff : float
        Of writing a row: always [fJ]; by supply squared, driver width and 1 / columns [fF].
    row_column_ff, row_column_input_ff, row_driver_ff : float
        Of driving a row, by supply squared: for each column; for each column and input level; by
        driver width, input level and 1 / columns. [fF]
    column_fj, column_row_fj : float
        Of reading out a column: always; for each of its rows. [fJ]
    tile_read_fj, tile_write_fj : float
        Of a byte read from a tile's input buffer, and a result written to its output buffer. [fJ]
    """

    offchip_fj_per_bit: float = constant("fJ/bit", zero=True)
    write_ff: float = constant("fF", zero=True)
    write_threshold_v: float = constant("V")
    row_write_fj: float = constant("fJ", zero=True)
    row_write_driver_ff: float = constant("fF", zero=True)
    row_column_ff: float = constant("fF", zero=True)
    row_column_input_ff: float = constant("fF", zero=True)
    row_driver_ff: float = constant("fF", zero=True)
    column_fj: float = constant("fJ", zero=True)
    column_row_fj: float = constant("fJ", zero=True)
    tile_read_fj: float = constant("fJ", zero=True)
    tile_write_fj: float = constant("fJ", zero=True)


@dataclass(frozen=True)
class PaperTechnology:
    """Constants of the paper's RRAM or SRAM chips.

    Attributes
    ----------
    name : str
        Name of the technology.
    costs : PaperRramCosts or PaperSramCosts
        Energies that depend on the memory.
    node_nm, supply_min_v, supply_max_v : float
        Process node [nm], and the supplies between which the fit holds [V].
    column_um2, column_offset_um2 : float
        Periphery of one column (converter, drivers), and what is added to that of all columns of
        an array (may be negative: the rest of the fit). [um2]
    cell_um2, row_um2 : float
        One cell; driver of one row. [um2]
    row_driver_um2, write_driver_um2 : float
        Row drivers of an array, times rows / columns times driver width; weight drivers, times
        rows / sqrt(columns). [um2]
    driver_threshold_v, driver_power : float
        Driver width ``(V - V0) ** -p``, V in volts. [V], [1]
    router_um2 : float
        One router. [um2]
    tile_buffer_um2 : float
        One tile buffer, times the square of its width in bytes (macros per tile). [um2]
    glb_kib, glb_um2, glb_fj_per_byte : tuple of float
        Sizes of the global buffer [KiB], its area [um2], and energy of a byte read or written
        [fJ]; between them, logarithms are interpolated.
    """

    name: str
    costs: PaperRramCosts | PaperSramCosts
    node_nm: float = constant("nm")
    supply_min_v: float = constant("V")
    supply_max_v: float = constant("V")
    column_um2: float = constant("um2")
    column_offset_um2: float = constant("um2", signed=True)
    cell_um2: float = constant("um2")
    row_um2: float = constant("um2")
    row_driver_um2: float = constant("um2", zero=True)
    write_driver_um2: float = constant("um2", zero=True)
    driver_threshold_v: float = constant("V")
    driver_power: float = constant("1", zero=True)
    router_um2: float = constant("um2")
    tile_buffer_um2: float = constant("um2")
    glb_kib: tuple[float, ...] = constant("KiB")
    glb_um2: tuple[float, ...] = constant("um2")
    glb_fj_per_byte: tuple[float, ...] = constant("fJ")

    @property
    def memory(self) -> str:
        """Name of the memory: ``"rram"`` or ``"sram"``."""
        return "rram" if isinstance(self.costs, PaperRramCosts) else "sram"

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], name: str, where: str | None = None
    ) -> PaperTechnology:
        """Build from the plain values of a technology file with ``model: paper``.

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
        record = PaperRramCosts if memory == "rram" else PaperSramCosts
        section = read_section(mapping, "costs", where)
        costs = record(**read_constants(record, section, f"{where}: costs"))
        rest = {k: v for k, v in mapping.items() if k not in ("model", "memory", "costs")}
        technology = cls(name=name, costs=costs, **read_constants(cls, rest, where))
        _check_together(technology, where)
        return technology


def _check_together(technology: PaperTechnology, where: str) -> None:
    """Refuse values that are allowed one by one but not together."""
    sizes = technology.glb_kib
    for name in ("glb_um2", "glb_fj_per_byte"):
        n_values = len(getattr(technology, name))
        if n_values != len(sizes):
            raise InputError(
                f"{where}: {name} must have as many values as glb_kib, {len(sizes)}, got {n_values}"
            )
    if list(sizes) != sorted(set(sizes)):
        raise InputError(f"{where}: glb_kib must ascend, got {list(sizes)}")
    low, lowest = technology.supply_min_v, technology.driver_threshold_v
    if not lowest < low <= technology.supply_max_v:
        raise InputError(
            f"{where}: supply_min_v must be > driver_threshold_v = {lowest:g} and <= supply_max_v "
            f"= {technology.supply_max_v:g}, got {low:g}"
        )
