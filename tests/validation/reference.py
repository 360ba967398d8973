"""The paper's stored designs against the paper profile.

The comparison needs `assumptions=paper` and its technologies; until they exist there is no figure.
"""

from __future__ import annotations

__all__ = ["compare"]

from pathlib import Path


def compare(folder: Path) -> dict[str, dict[str, float | None]]:
    """Figures of both memories; empty while there is no paper profile."""
    return {"reference_rram": {}, "reference_sram": {}}
