"""Constants of a technology file: each has its value, unit and source, or the file is refused."""

from __future__ import annotations

__all__ = ["check_names", "constant", "read_constants", "read_number", "read_section"]

import math
from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from typing import Any

from imctune.errors import InputError, closest

_ENTRY_KEYS = ("value", "unit", "source")


def constant(unit: str, *, zero: bool = False, signed: bool = False, most: float = math.inf) -> Any:
    """Field of a technology record: its unit, whether 0 and less are allowed, and the most.

    A field of type `tuple` is a list of numbers; one of unit ``name`` is a word.
    """
    return field(metadata={"unit": unit, "zero": zero, "signed": signed, "most": most})


def read_section(mapping: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    """Return a part of a technology file that holds constants itself."""
    section = mapping.get(key)
    if not isinstance(section, Mapping):
        raise InputError(f"{where}: {key} must be a mapping of constants, got {section!r}")
    return section


def read_constants(record: type, section: Mapping[str, object], where: str) -> dict[str, Any]:
    """Return the values of all constants of a record, none missing and none unknown."""
    wanted = {entry.name: entry for entry in fields(record) if entry.metadata}
    check_names(section, wanted, where)
    values: dict[str, Any] = {}
    for name, entry in wanted.items():
        if entry.metadata["unit"] == "name":
            values[name] = _text(section[name], entry.metadata, where, name)
        elif str(entry.type).startswith("tuple"):
            values[name] = _numbers(section[name], entry.metadata, where, name)
        else:
            values[name] = read_number(section[name], entry.metadata, where, name)
    return values


def check_names(section: Mapping[str, object], allowed: Iterable[str], where: str) -> None:
    """Refuse a section that lacks one of the allowed names, or has another."""
    allowed = list(allowed)
    for key in section:
        if key not in allowed:
            raise InputError(
                f"{where}: unknown constant {key!r}{closest(str(key), allowed)}; "
                f"allowed: {', '.join(allowed)}"
            )
    missing = [key for key in allowed if key not in section]
    if missing:
        raise InputError(f"{where}: missing constant {', '.join(missing)}")


def read_number(entry: object, metadata: Mapping[str, Any], where: str, name: str) -> float:
    """Return the number of one entry, once its unit, source and size are in order."""
    return _checked(_value(entry, metadata, where, name), metadata, where, name)


def _numbers(
    entry: object, metadata: Mapping[str, Any], where: str, name: str
) -> tuple[float, ...]:
    value = _value(entry, metadata, where, name)
    if not isinstance(value, list | tuple) or not value:
        raise InputError(f"{where}: {name} must be a list of numbers, got {value!r}")
    return tuple(_checked(number, metadata, where, name) for number in value)


def _text(entry: object, metadata: Mapping[str, Any], where: str, name: str) -> str:
    value = _value(entry, metadata, where, name)
    if not isinstance(value, str):
        raise InputError(f"{where}: {name} must be a name, got {value!r}")
    return value


def _checked(value: object, metadata: Mapping[str, Any], where: str, name: str) -> float:
    """Return a number of the allowed size."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: {name} must be a number, got {value!r}")
    is_allowed = metadata["signed"] or value > 0.0 or (metadata["zero"] and value == 0.0)
    if not (is_allowed and value <= metadata["most"] and math.isfinite(value)):
        allowed = "" if metadata["signed"] else ">= 0 and " if metadata["zero"] else "> 0 and "
        if metadata["most"] < math.inf:
            allowed += f"<= {metadata['most']:g} and "
        raise InputError(f"{where}: {name} must be {allowed}finite, got {value!r}")
    return float(value)


def _value(entry: object, metadata: Mapping[str, Any], where: str, name: str) -> object:
    """Value of one entry, once its unit and source are in order."""
    unit = metadata["unit"]
    if not isinstance(entry, Mapping):
        raise InputError(
            f"{where}: {name} must be {{value: ..., unit: {unit}, source: ...}}, got {entry!r}"
        )
    for key in entry:
        if key not in _ENTRY_KEYS:
            raise InputError(
                f"{where}: {name} has unknown entry {key!r}; allowed: {', '.join(_ENTRY_KEYS)}"
            )
    for key in _ENTRY_KEYS:
        if key not in entry:
            raise InputError(f"{where}: {name} has no {key}")
    if str(entry["unit"]) != unit:
        raise InputError(f"{where}: {name} must have unit {unit}, got {entry['unit']!r}")
    source = entry["source"]
    if not isinstance(source, str) or not source.strip():
        raise InputError(f"{where}: {name} must name its source in words, got {source!r}")
    return entry["value"]
