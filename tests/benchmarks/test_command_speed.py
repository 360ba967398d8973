"""What the command takes before it does anything."""

from __future__ import annotations

import resource
from pathlib import Path

from tests.end_to_end.commands import run_command


def test_help_takes_little_time(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = run_command(["--help"], tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert told.code == 0
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"python -m imctune --help: {seconds:.2f} CPU seconds")
