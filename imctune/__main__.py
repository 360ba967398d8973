"""``python -m imctune``, and the console script ``imctune``."""

from __future__ import annotations

__all__ = ["main"]

import sys

from imctune.cli import main

if __name__ == "__main__":
    sys.exit(main())
