"""The README's results table: both workload sets on both technologies, with the shipped settings.

Run as ``python -m tests.results [SETTING ...]``; settings go to the command as they are, such as
``search.n_trials=500``.
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EXPERIMENTS = ("nine_workloads", "four_workloads")
TECHNOLOGIES = ("rram_32nm", "sram_32nm")
HEADER = (
    "networks, technology",
    "joint EDAP",
    "area mm²",
    "converters",
    "against largest network's chip",
    "against median single chip",
    "against median of those that hold all",
    "against separate chips",
    "most beaten search",
    "seconds",
)


def summary_of_run(experiment: str, technology: str, settings: Sequence[str]) -> dict[str, Any]:
    """Run the main job; return its summary."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "imctune", f"+experiment={experiment}"),
            *(f"technology={technology}", "tracking=off", f"hydra.run.dir={folder}", *settings),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        summary: dict[str, Any] = json.loads((Path(folder) / "summary.json").read_text("utf-8"))
        return summary


def reduction(summary: dict[str, Any], kind: str) -> str:
    """What the joint chip saves against a baseline: EDAP in per cent."""
    for line in summary["baselines"]:
        if line.get(kind) or line["chip"] == kind:
            percent = line.get("edap_reduction_percent")
            name = f" ({line['chip']})" if line["chip"] != kind else ""
            if percent is None:
                return f"does not fit{name}"
            return f"{'equal' if line.get('is_joint_chip') else f'{percent:.1f} %'}{name}"
    return ""


def median_that_fits(summary: dict[str, Any]) -> str:
    """What the joint chip saves against the median of the single-network chips that hold all."""
    best = summary["best"]["edap"]
    chips = [
        line["edap"]
        for line in summary["baselines"]
        if line["chip"] in summary["workloads"] and line.get("edap") is not None
    ]
    if not chips:
        return "none fits"
    percent = 100.0 * (1.0 - best / statistics.median(chips))
    return f"{percent:.1f} % ({len(chips)} fit)"


def row(experiment: str, technology: str, settings: Sequence[str]) -> tuple[str, ...]:
    """One line of the table."""
    summary = summary_of_run(experiment, technology, settings)
    best = summary["best"]
    beaten = max(summary["beaten_searches"], key=lambda x: x["by_percent"], default=None)
    return (
        f"{len(summary['workloads'])}, {technology}",
        f"{best['edap']:.3g}",
        f"{best['area_mm2']:.0f}",
        f"{best['n_converters']:,.0f}",
        reduction(summary, "largest"),
        reduction(summary, "median"),
        median_that_fits(summary),
        reduction(summary, "separate"),
        f"{beaten['by_percent']:.1f} % ({beaten['workload']})" if beaten else "none",
        f"{summary['seconds']['total']:.0f}",
    )


def main(settings: Sequence[str]) -> None:
    """Print the table as Markdown."""
    print("| " + " | ".join(HEADER) + " |")
    print("|---" * len(HEADER) + "|")
    for experiment, technology in itertools.product(EXPERIMENTS, TECHNOLOGIES):
        print("| " + " | ".join(row(experiment, technology, settings)) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
