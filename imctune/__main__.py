"""``python -m imctune``, and the console script ``imctune``."""

from __future__ import annotations

__all__ = ["main"]

import os
import sys

from imctune.cli import main

# The matrices here are small: threads would only wait for each other. Set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if __name__ == "__main__":
    sys.exit(main())
