"""Numbers with units, in which formulas are written out to check both value and dimension."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

BASE = ("V", "A", "s", "m", "bit")
Exponents = tuple[Fraction | int, ...]


@dataclass(frozen=True)
class Quantity:
    """A value in SI units and its exponents of `BASE`; sums of unlike quantities are refused."""

    value: float
    exponents: Exponents = (0, 0, 0, 0, 0)

    def __mul__(self, other: Quantity | float) -> Quantity:
        other = as_quantity(other)
        joined = tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True))
        return Quantity(self.value * other.value, joined)

    __rmul__ = __mul__

    def __truediv__(self, other: Quantity | float) -> Quantity:
        return self * as_quantity(other) ** -1

    def __rtruediv__(self, other: float) -> Quantity:
        return as_quantity(other) / self

    def __pow__(self, power: int) -> Quantity:
        return Quantity(self.value**power, tuple(x * power for x in self.exponents))

    def __add__(self, other: Quantity | float) -> Quantity:
        other = as_quantity(other)
        if self.exponents != other.exponents:
            raise TypeError(f"cannot add {other.exponents} to {self.exponents}")
        return Quantity(self.value + other.value, self.exponents)

    __radd__ = __add__

    def to(self, unit: Quantity) -> float:
        """Return the number of `unit`; refuse a unit of another dimension."""
        if self.exponents != unit.exponents:
            raise TypeError(f"{self.exponents} is not of dimension {unit.exponents}")
        return self.value / unit.value


def as_quantity(number: Quantity | float) -> Quantity:
    return number if isinstance(number, Quantity) else Quantity(float(np.ravel(number)[0]))


def unit(scale: float, **powers: int) -> Quantity:
    return Quantity(scale, tuple(powers.get(name, 0) for name in BASE))


V, BIT, UM = unit(1.0, V=1), unit(1.0, bit=1), unit(1e-6, m=1)
PS, NS = unit(1e-12, s=1), unit(1e-9, s=1)
KOHM, MS, FF = unit(1e3, V=1, A=-1), unit(1e-3, A=1, V=-1), unit(1e-15, A=1, s=1, V=-1)
FJ, MW = unit(1e-15, V=1, A=1, s=1), unit(1e-3, V=1, A=1)
MM, UM2, MM2 = unit(1e-3, m=1), unit(1e-12, m=2), unit(1e-6, m=2)
GB_PER_S = unit(8e9, bit=1, s=-1)
