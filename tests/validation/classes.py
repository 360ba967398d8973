"""Technologies of classes of macros: a shipped technology with the changes of classes.yaml."""

from __future__ import annotations

__all__ = ["class_technology"]

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from imctune.config.files import find_file, read_mapping
from imctune.config.locations import CONF
from imctune.technology import Technology

CLASSES = Path(__file__).with_name("classes.yaml")


@cache
def class_technology(name: str) -> Technology:
    """Return the technology of a class, or the shipped technology of that name."""
    classes: dict[str, Any] = dict(read_mapping(CLASSES))
    changes: Mapping[str, Any] = classes.get(name, {})
    base = str(changes.get("base", name))
    mapping: dict[str, Any] = dict(read_mapping(find_file("technology", base, (CONF,), "base")))
    for key, value in changes.items():
        if key == "cell":
            mapping["cell"] = {**mapping["cell"], **value}
        elif key != "base":
            mapping[key] = value
    return Technology.from_mapping(mapping, name, f"class {name}")
