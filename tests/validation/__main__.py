"""Validate the model: ``python -m tests.validation [--data FOLDER] [--json FILE] [--markdown]``.

Compares with the paper's designs, NeuroSim runs, published macros and a published tile, prints the
tables of the README, and writes the figures as JSON. Nothing is fitted to the folder's files.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.validation import neurosim, reference, silicon
from tests.validation.report import tables
from tests.validation.tables import rendered

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def main(arguments: list[str] | None = None) -> int:
    """Run the whole validation."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation", description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of the measured data")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        parser.error(f"--data: there is no folder {options.data}")
    macros, runs = silicon.compare(options.data), neurosim.compare(options.data)
    stored = reference.compare(options.data)
    for table in [*tables(macros, runs), *reference.tables(stored)]:
        print(rendered(table, markdown=options.markdown))
    if options.json is not None:
        figures = {**stored, "neurosim": runs.figures(), "silicon": silicon.as_json(macros)}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
