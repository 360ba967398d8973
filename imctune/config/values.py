"""Plain values of the config that belong to no group: checked one by one."""

from __future__ import annotations

__all__ = [
    "design_source",
    "folder",
    "group",
    "one_of",
    "other_files",
    "process_count",
    "study_name",
    "text_list",
    "whole_number",
]

from collections.abc import Mapping, Sequence
from typing import Any

from imctune.errors import InputError, closest

MOST_PROCESSES = 64


def group(plain: Mapping[str, object], name: str) -> dict[str, object]:
    """Return a group of settings, refused when it is not one."""
    value = plain.get(name)
    if not isinstance(value, dict):
        raise InputError(f"{name} must map names to values, got {value!r}")
    return value


def one_of(value: object, allowed: Sequence[str], where: str) -> str:
    """Return a word that must be among `allowed`."""
    if value in allowed:
        return str(value)
    raise InputError(
        f"{where} must be one of {', '.join(allowed)}, got {value!r}{closest(str(value), allowed)}"
    )


def study_name(value: object) -> str:
    """Return the name of the run, which is also part of a folder's name.

    >>> study_name(5)
    '5'
    """
    name = _as_text(value)
    if isinstance(name, str) and name.strip() and not set(name) & set("/\\\n"):
        return name
    raise InputError(f"study must be text without / and \\, got {value!r}")


def whole_number(value: object, where: str) -> int:
    """Return an integer that must not be negative."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise InputError(f"{where} must be a whole number, 0 or more, got {value!r}")


def process_count(value: object) -> int:
    """Return how many processes may evaluate designs at once."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PROCESSES:
        return value
    raise InputError(f"processes must be a whole number from 1 to {MOST_PROCESSES}, got {value!r}")


def folder(value: object, where: str) -> str | None:
    """Return a folder's path or nothing.

    >>> folder(5, "run")
    '5'
    """
    name = _as_text(value)
    if name is None or (isinstance(name, str) and name):
        return name
    raise InputError(f"{where} must be text or null, got {value!r}")


def other_files(value: object, groups: Sequence[str]) -> dict[str, str] | None:
    """Return what differs in the run that this one is compared with: group to file."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"reference must be {{group: file}} or null, got {value!r}")
    for kind, name in value.items():
        one_of(kind, groups, "reference: a group")
        if not isinstance(name, str):
            raise InputError(f"reference.{kind} must be the name or path of a file, got {name!r}")
    return dict(value)


def text_list(value: object, where: str) -> tuple[str, ...]:
    """Return a list of texts; none where there is nothing."""
    if value is None:
        return ()
    if isinstance(value, list) and value and all(isinstance(x, str) and x for x in value):
        return tuple(value)
    raise InputError(f"{where} must be a list of texts or null, got {value!r}")


def design_source(value: object) -> Any:
    """Return what names a design: a file, or knob values."""
    if value is None or (isinstance(value, (str, dict)) and value):
        return value
    raise InputError(f"design must be a file or a mapping of knobs to values, got {value!r}")


def _as_text(value: object) -> object:
    """Return a name of digits alone, which reaches us as a number, as the text it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
