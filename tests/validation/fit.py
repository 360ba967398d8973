"""How class constants follow from the shared rows: ``python -m tests.validation.fit``.

Every constant is varied alone over its sourced range. Printed are the mean |ln(model / measured)|
of the macros of its class for each value, the best value, and, leaving out one chip after another,
the range of best values and the median error of the chips left out. The values are then entered in
classes.yaml by hand, rounded; the validation itself never fits.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imctune.technology import SramCell, Technology
from tests.validation.__main__ import SHARED
from tests.validation.classes import class_technology
from tests.validation.macros import SiliconMacro, read_macros
from tests.validation.silicon import predicted
from tests.validation.statistics import FloatArray, median


@dataclass(frozen=True)
class Constant:
    """One constant of one class, and the values that are tried."""

    class_name: str
    name: str
    values: tuple[float, ...]
    change: Callable[[Technology, float], Technology]


def converter_factor(technology: Technology, value: float) -> Technology:
    """Set the factor on the converter's energy."""
    return replace(technology, converter_factor=value)


def unit_capacitor(technology: Technology, value: float) -> Technology:
    """Set the charge that a cell draws."""
    if not isinstance(technology.cell, SramCell):
        raise TypeError(f"{technology.name} must have SRAM cells")
    return replace(technology, cell=replace(technology.cell, unit_cap_ff=value))


CONSTANTS = (
    Constant("few_rows", "converter_factor", (0.1, 0.2, 0.5, 1.0, 2.0), converter_factor),
    Constant("many_rows", "converter_factor", (2.0, 3.0, 4.0, 6.0, 10.0), converter_factor),
    Constant("sram_32nm", "converter_factor", (0.5, 0.7, 1.0, 1.4, 2.0, 3.0), converter_factor),
    Constant("current_sram", "unit_cap_ff", (1.5, 4.0, 6.0, 8.0, 12.0), unit_capacitor),
)


def errors(constant: Constant, macros: list[SiliconMacro]) -> FloatArray:
    """|ln(model / measured)| of every value (first axis) and macro."""
    base = class_technology(constant.class_name)
    return np.array(
        [
            [np.log(predicted(x, constant.change(base, value)).error) for x in macros]
            for value in constant.values
        ]
    )


def show(constant: Constant, macros: list[SiliconMacro]) -> None:
    """Print the fit of one constant."""
    table = errors(constant, macros)
    chips = np.array([macro.chip for macro in macros])
    print(f"{constant.class_name}: {constant.name}, {len(macros)} points, {len(set(chips))} chips")
    for value, row in zip(constant.values, table, strict=True):
        print(
            f"  {value:6g}: mean |ln| {row.mean():.3f}, median factor {np.exp(np.median(row)):.2f}"
        )
    chosen, left = [], []
    for chip in sorted(set(chips)):
        others = table[:, chips != chip]
        place = int(np.argmin(others.mean(axis=1))) if others.size else 0
        chosen.append(constant.values[place])
        left.extend(np.exp(table[place, chips == chip]))
    best = constant.values[int(np.argmin(table.mean(axis=1)))]
    print(
        f"  best {best:g}; leaving out one chip {min(chosen):g} to {max(chosen):g}, "
        f"median factor of the chip left out {median(left):.2f}\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the fit of every constant."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.fit", description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of the measured data")
    options = parser.parse_args(arguments)
    macros = read_macros(options.data / "silicon_macros.csv")
    for constant in CONSTANTS:
        show(
            constant,
            [x for x in macros if x.technology == constant.class_name and not x.is_digital],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
