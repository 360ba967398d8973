"""What each task runs."""

from __future__ import annotations

__all__ = ["RUN"]

from collections.abc import Callable
from pathlib import Path

from imctune.cli.compare import run_compare
from imctune.cli.evaluate import run_evaluate
from imctune.cli.exhaustive import run_exhaustive
from imctune.cli.paper_tables import run_paper_tables
from imctune.cli.report_runs import run_report_or_runs
from imctune.cli.sync import run_sync
from imctune.cli.tune import run_tune
from imctune.config.gather import Config

RUN: dict[str, Callable[[Config, Path], None]] = {
    "tune": run_tune,
    "evaluate": run_evaluate,
    "exhaustive": run_exhaustive,
    "compare": run_compare,
    "paper_tables": run_paper_tables,
    "report": run_report_or_runs,
    "sync": run_sync,
}
"""Task to what does it, in the run's folder."""
