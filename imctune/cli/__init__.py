"""The command ``python -m imctune``.

`help` is its help text, `command` lets Hydra compose the config and hands it to a task, `refusals`
turns errors into one line; each task is a module of its own.
"""

from __future__ import annotations

__all__ = ["main"]

import sys


def main() -> int:
    """Run the command line in `sys.argv`; return its exit code."""
    if {"--help", "-h"} & set(sys.argv[1:]):
        from imctune.cli.help import help_text  # noqa: PLC0415 -- quick: Hydra takes a second

        sys.stdout.write(help_text())
        return 0
    from imctune.cli.command import run_command  # noqa: PLC0415

    return run_command()
