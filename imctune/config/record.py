"""Plain values to a checked settings record, by the types of its fields."""

from __future__ import annotations

__all__ = ["record"]

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from imctune.errors import InputError, closest

Settings = TypeVar("Settings")

WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "text",
    NoneType: "null",
}


def record(settings: type[Settings], mapping: object, where: str) -> Settings:
    """Build a settings dataclass; unknown, missing and mistyped values are refused.

    Parameters
    ----------
    settings : type
        Dataclass whose fields name the settings and their types.
    mapping : mapping
        Name to plain value.
    where : str
        What to call the mapping in a refusal.
    """
    if not isinstance(mapping, Mapping):
        raise InputError(f"{where} must map names to values, got {mapping!r}")
    declared = {field.name: field for field in fields(settings)}  # type: ignore[arg-type]
    for name in mapping:
        if name not in declared:
            raise InputError(
                f"{where}: unknown setting {name!r}{closest(str(name), declared)}; "
                f"allowed: {', '.join(declared)}"
            )
    for name, field in declared.items():
        if name not in mapping and field.default is MISSING and field.default_factory is MISSING:
            raise InputError(f"{where}: {name} is missing")
    hints = get_type_hints(settings)
    values = {
        name: converted(value, hints[name], f"{where}.{name}") for name, value in mapping.items()
    }
    try:
        return settings(**values)
    except InputError as error:
        message = str(error)
        raise InputError(message if where in message else f"{where}: {message}") from None


def converted(value: object, hint: Any, where: str) -> Any:
    """Return `value` as the type `hint` asks for, or refuse it."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    option = next((option for option in options if fits(value, option)), None)
    if option is None:
        allowed = " or ".join(in_words(option) for option in options)
        raise InputError(f"{where} must be {allowed}, got {value!r}")
    if isinstance(value, Mapping):
        inner = get_args(option)[1]
        return {key: converted(item, inner, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        inner = get_args(option)[0]
        return tuple(converted(item, inner, f"{where}[{i}]") for i, item in enumerate(value))
    return float(value) if option is float else value  # type: ignore[arg-type]


def fits(value: object, option: Any) -> bool:
    """Whether a plain value is of one type, looking no deeper than its outside."""
    if get_origin(option) is Literal:
        return isinstance(value, str) and value in get_args(option)
    if get_origin(option) is tuple:
        return isinstance(value, list)
    if get_origin(option) is not None:
        return isinstance(value, Mapping)
    if option in (int, float) and not isinstance(value, bool):
        kinds = (int, float) if option is float else int
        return isinstance(value, kinds) and math.isfinite(value)
    return isinstance(value, option) and option not in (int, float)


def in_words(option: Any) -> str:
    """Describe the values that a type allows."""
    if get_origin(option) is Literal:
        return "one of " + ", ".join(get_args(option))
    if get_origin(option) is tuple:
        return "a list"
    if get_origin(option) is not None:
        return "a mapping of names to values"
    return WORDS.get(option, str(option))
