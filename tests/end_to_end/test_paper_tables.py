"""task=paper_tables as a command: its tables, and a run that is killed between two cases."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.commands import environment, run_command, run_commands

CASES = {"first": "sram_32nm", "second": "rram_32nm"}
TABLES = ("overview.csv", "chips.csv", "networks.csv", "set_sizes.csv", "left_out.csv")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper_tables")
    for name, technology in CASES.items():
        case = {
            "technology": technology,
            "knobs": technology,
            "assumptions": "physical",
            "workloads": ["alexnet", "mobilenet_v3"],
        }
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(case))
    return folder


def arguments(run: str) -> list[str]:
    return [
        *("task=paper_tables", "cases=[first.yaml,second.yaml]", "tracking=off"),
        *("search.n_trials=60", "search.baseline_trials=20", "search.population_size=20"),
        f"hydra.run.dir={run}",
    ]


def test_a_killed_run_goes_on_with_the_cases_that_it_lacks(here: Path) -> None:
    whole = run_command(arguments("whole"), here)
    assert whole.code == 0, whole.err
    assert "The joint chip against the others" in whole.out
    killed = subprocess.Popen(
        [sys.executable, "-m", "imctune", *arguments("killed"), "processes=1"],
        cwd=here,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    first = here / "killed" / "case-first.json"
    while killed.poll() is None and not first.is_file():
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    kept = first.stat().st_mtime_ns
    assert not (here / "killed" / "overview.csv").exists()
    resumed = run_command(["resume=killed"], here)
    assert resumed.code == 0, resumed.err
    assert first.stat().st_mtime_ns == kept
    for name in TABLES:
        assert (here / "killed" / name).read_text() == (here / "whole" / name).read_text(), name
    assert {"paper_tables.md", "report.html", "summary.json"} <= {
        path.name for path in (here / "whole").iterdir()
    }


REFUSED = {
    "cases=null": "cases must name at least one case for task=paper_tables, got null",
    "cases=[sram_four]": "cases: unknown case 'sram_four' (did you mean sram_four_p",
    "cases=sram_four_paper": "cases must be a list of texts or null, got 'sram_four_paper'",
    "processes=0": "processes must be a whole number from 1 to 64, got 0",
}


def test_bad_input_is_refused_in_one_line(here: Path) -> None:
    start = ["task=paper_tables", "tracking=off"]
    for override, told in run_commands({x: [*start, x] for x in REFUSED}, here).items():
        assert told.code == 2
        assert REFUSED[override] in told.err
        assert len(told.err.splitlines()) == 1
