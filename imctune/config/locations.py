"""Where the shipped configs are."""

from __future__ import annotations

__all__ = ["CONF"]

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CONF = PACKAGE / "conf" if (PACKAGE / "conf").is_dir() else PACKAGE.parent / "conf"
"""Inside an installed package, else at the top of the checkout."""
