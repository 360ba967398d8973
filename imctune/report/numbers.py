"""Numbers as people read them: three significant digits, thousands apart, SI prefixes."""

from __future__ import annotations

__all__ = ["change", "knob_text", "number", "percent", "with_prefix"]

import math

PREFIXES = {
    "T": 1e12,
    "G": 1e9,
    "M": 1e6,
    "k": 1e3,
    "": 1.0,
    "m": 1e-3,
    "µ": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
}


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits.

    >>> [number(value) for value in (0.0012345, 1.5, 76.25, 12345.6, 3.2e7, 0)]
    ['0.00123', '1.50', '76.2', '12,300', '3.20e7', '0']
    >>> number(float("inf")), number(float("nan"))
    ('∞', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if not -4 < power < 6:
        return f"{mantissa}e{power}"
    rounded = float(f"{mantissa}e{power}")
    return f"{rounded:,.{max(0, digits - 1 - power)}f}"


def percent(value: float) -> str:
    """Return a share or reduction, already in percent.

    >>> percent(76.24), percent(-35.0), percent(0.01), percent(-1234.0)
    ('76.2 %', '-35.0 %', '0.0 %', '-1,234 %')
    """
    if not math.isfinite(value):
        return number(value)
    if abs(value) >= 1000.0:
        return f"{value:,.0f} %"
    return f"{0.0 if abs(value) < 0.05 else value:.1f} %"


def change(value: float) -> str:
    """Return a change in percent, with its sign; the factor where it is large.

    >>> change(12.34), change(-3.0), change(0.0), change(86_066.0)
    ('+12.3 %', '-3.0 %', '0.0 %', '× 862')
    """
    if 1000.0 <= value < math.inf:
        return f"× {number(1.0 + value / 100.0)}"
    return f"+{percent(value)}" if value >= 0.05 else percent(value)


def with_prefix(value: float, unit: str) -> str:
    """Return a quantity in a unit, with the SI prefix that keeps it short.

    >>> with_prefix(3.2e-7, "J"), with_prefix(25.6e6, ""), with_prefix(0.0, "s")
    ('320 nJ', '25.6 M', '0 s')
    """
    if value == 0 or not math.isfinite(value):
        return f"{number(value)} {unit}".strip()
    # 999.9 in three digits is a thousand: the prefix is that of the rounded value.
    rounded = float(f"{value:.2e}")
    for prefix, factor in PREFIXES.items():
        if abs(rounded) >= factor:
            return f"{number(rounded / factor)} {prefix}{unit}".strip()
    return f"{number(value)} {unit}".strip()


def knob_text(value: object) -> str:
    """Return the value of a knob.

    >>> [knob_text(value) for value in (True, 0.8, 128, "offset", {"resnet18": 8})]
    ['yes', '0.8', '128', 'offset', 'resnet18 8']
    """
    if isinstance(value, dict):
        return ", ".join(f"{name} {knob_text(part)}" for name, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
