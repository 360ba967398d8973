"""Checked access to the plain values of a network file; refusals are one line."""

from __future__ import annotations

__all__ = [
    "Fields",
    "InputStatistics",
    "items",
    "read_inputs",
    "read_parameters",
    "read_weights",
]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imctune.errors import InputError, closest

MOST = 10_000_000  # beyond it a size is a slip
FIELD_BITS = (
    8.0  # CiMLoop's histograms: 8-bit field of a sign, counted as zero, and 7 magnitude bits
)


@dataclass(frozen=True)
class InputStatistics:
    """Statistics of one kind of data; as in `Layer`."""

    zero_share: float = 0.0
    bit_density: float = 0.5
    twos_complement_density: float = 0.5
    signed: bool = False


class Fields:
    """The fields of one layer or section.

    Parameters
    ----------
    values : mapping
        Name to plain value.
    where : str
        What a refusal says the values belong to.
    parameters : mapping of str to int
        Names that stand for whole numbers.
    """

    def __init__(self, values: object, where: str, parameters: Mapping[str, int]) -> None:
        values = {} if values is None else values
        if not isinstance(values, Mapping):
            raise InputError(f"{where} must map names to values, got {values!r}")
        self.values: dict[str, object] = {str(name): value for name, value in values.items()}
        self.where = where
        self.parameters = parameters

    def only(self, allowed: Sequence[str], what: str = "field") -> None:
        """Refuse names that are not allowed."""
        for name in self.values:
            if name not in allowed:
                raise InputError(
                    f"{self.where}: unknown {what} {name!r}{closest(name, allowed)}; "
                    f"allowed: {', '.join(allowed)}"
                )

    def need(self, name: str) -> object:
        """Return a value that must be there."""
        if name not in self.values:
            raise InputError(f"{self.where}: {name} is missing")
        return self.values[name]

    def inner(self, name: str) -> Fields:
        """Return a section, empty if it is not there."""
        return Fields(self.values.get(name), f"{self.where}: {name}", self.parameters)

    def size(self, name: str, default: int | None = None, least: int = 1) -> int:
        """Return a whole number, or the parameter of that name."""
        if name not in self.values and default is not None:
            return default
        return self._size(self.need(name), name, least)

    def sizes(self, name: str, length: int) -> tuple[int, ...]:
        """Return a list of that many whole numbers."""
        value = self.need(name)
        if not isinstance(value, list | tuple) or len(value) != length:
            raise InputError(
                f"{self.where}: {name} must be a list of {length} whole numbers, got {value!r}"
            )
        return tuple(self._size(item, name, 1) for item in value)

    def pair(self, name: str, default: int | None = None, least: int = 1) -> tuple[int, int]:
        """Return height and width: one whole number for both, or a list of two."""
        value = self.values.get(name)
        if isinstance(value, list | tuple) and len(value) == 2:
            return self._size(value[0], name, least), self._size(value[1], name, least)
        size = self.size(name, default, least)
        return size, size

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise InputError(f"{self.where}: {name} must be true or false, got {value!r}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Return text that is not empty."""
        value = self.need(name) if default is None else self.values.get(name, default)
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{self.where}: {name} must be text, got {value!r}")
        return value

    def word(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return one of the allowed words."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or value not in allowed:
            raise InputError(
                f"{self.where}: {name} must be one of {', '.join(allowed)}, got {value!r}"
                f"{closest(str(value), allowed)}"
            )
        return value

    def share(self, name: str, most: float = 1.0) -> float:
        """Return a number from 0 to `most`."""
        value = self.need(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0.0 <= value <= most or not math.isfinite(value):  # type: ignore[operator, arg-type]
            raise InputError(
                f"{self.where}: {name} must be a number from 0 to {most:g}, got {value!r}"
            )
        return float(value)  # type: ignore[arg-type]

    def _size(self, value: object, name: str, least: int) -> int:
        if isinstance(value, str):
            if value not in self.parameters:
                raise InputError(
                    f"{self.where}: {name} must be a whole number or a parameter, "
                    f"got {value!r}{closest(value, self.parameters)}; "
                    f"parameters: {', '.join(self.parameters) or 'none'}"
                )
            value = self.parameters[value]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
            raise InputError(
                f"{self.where}: {name} must be a whole number from {least} to {MOST}, got {value!r}"
            )
        return value


def items(value: object, where: str) -> Sequence[object]:
    """Return a list that is not empty."""
    if not isinstance(value, list | tuple) or not value:
        raise InputError(f"{where} must be a list of at least one layer, got {value!r}")
    return value


def read_parameters(sections: Fields) -> dict[str, int]:
    """Read the named whole numbers; one may be given by the name of an earlier one."""
    known: dict[str, int] = {}
    given = sections.inner("parameters")
    given.parameters = known
    for name in given.values:
        known[name] = given.size(name)
    return known


def read_inputs(sections: Fields) -> dict[str, InputStatistics]:
    """Read the kinds of data."""
    kinds = {"usual": InputStatistics()}
    given = sections.inner("inputs")
    for name, values in given.values.items():
        kind = Fields(values, f"{given.where}.{name}", {})
        kind.only(("zero_share", "magnitude_density", "twos_complement_density", "signed"))
        kind.need("signed")
        kinds[name] = InputStatistics(
            zero_share=kind.share("zero_share"),
            bit_density=_among_magnitude_bits(kind),
            twos_complement_density=kind.share("twos_complement_density"),
            signed=kind.flag("signed", default=False),
        )
    return kinds


def read_weights(sections: Fields) -> tuple[float, float]:
    """Read the densities of weights: in offset code, and among magnitude bits."""
    given = sections.inner("weights")
    if not given.values:
        return 0.5, 0.5
    given.only(("offset_density", "magnitude_density"))
    return given.share("offset_density"), _among_magnitude_bits(given)


def _among_magnitude_bits(given: Fields) -> float:
    magnitude_bits = FIELD_BITS - 1.0
    density = given.share("magnitude_density", most=magnitude_bits / FIELD_BITS)
    return density * FIELD_BITS / magnitude_bits
