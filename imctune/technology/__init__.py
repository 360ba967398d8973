"""Technology: the constants of one process and one memory, each with its unit and source.

`physical` holds those of the physical model, `paper` those of the paper's profile, `constants`
reads both.
"""

from __future__ import annotations

__all__ = [
    "CONVERTER_MODELS",
    "VECTOR_FUNCTIONS",
    "AnyTechnology",
    "PaperRramCosts",
    "PaperSramCosts",
    "PaperTechnology",
    "RramCell",
    "SramCell",
    "Technology",
    "read_technology",
]

from collections.abc import Mapping

from imctune.errors import InputError
from imctune.technology.paper import PaperRramCosts, PaperSramCosts, PaperTechnology
from imctune.technology.physical import (
    CONVERTER_MODELS,
    VECTOR_FUNCTIONS,
    RramCell,
    SramCell,
    Technology,
)

AnyTechnology = Technology | PaperTechnology


def read_technology(
    mapping: Mapping[str, object], name: str, where: str | None = None
) -> AnyTechnology:
    """Build from the plain values of a technology file; ``model: paper`` marks the paper's."""
    model = mapping.get("model")
    if model == "paper":
        return PaperTechnology.from_mapping(mapping, name, where)
    if model is not None:
        where = where or f"technology {name}"
        raise InputError(f"{where}: model must be paper, or left out, got {model!r}")
    return Technology.from_mapping(mapping, name, where)
