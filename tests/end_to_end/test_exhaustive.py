"""task=exhaustive as a command: what it leaves in its folder, and what a kill leaves of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from imctune.config import by_name
from imctune.knobs import KnobSpace
from imctune.report.numbers import number
from imctune.search.exhaustive.optimum import BLOCKS_PER_CHUNK
from tests.end_to_end.commands import environment, run_command

FREE: Mapping[str, list[object]] = {
    "rows": [64, 128, 256],
    "macros_per_tile": [2, 4, 8, 16, 32],
    "tiles_per_group": [2, 4, 8, 16],
    "router_groups": [1, 2, 4, 8],
    "columns_per_adc": [4, 8, 16],
    "glb_kib": [512, 1024, 2048, 4096],
    "vector_lanes": [64, 128, 256],
    "supply_v": [0.7, 0.8, 0.9],
    "cycle_time_ns": [2, 3, 4],
}
"""77,760 designs in 45 blocks, which make six chunks."""

N_BLOCKS, BLOCK = 45, 1728

RESULT = (
    "designs.parquet",
    "pareto.csv",
    "best_design.yaml",
    "own_best.csv",
    "optima.csv",
    "report.html",
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exhaustive")
    mapping = by_name.inherited("knobs", "sram_32nm")
    fixed = KnobSpace.from_mapping(mapping, ["alexnet"]).defaults()
    free = {knob: {"choices": values, "default": values[0]} for knob, values in FREE.items()}
    (folder / "own" / "knobs").mkdir(parents=True)
    (folder / "own" / "knobs" / "mine.yaml").write_text(yaml.safe_dump({**fixed, **free}))
    return folder


def arguments(run: str) -> list[str]:
    return [
        *("--config-dir=own", "task=exhaustive", "technology=sram_32nm", "knobs=mine"),
        *("workloads=[alexnet]", "tracking=off", f"hydra.run.dir={run}"),
    ]


def test_a_killed_run_goes_on_and_repeats_at_most_one_chunk(here: Path) -> None:
    whole = run_command(arguments("whole"), here)
    assert whole.code == 0, whole.err
    killed = subprocess.Popen(
        [sys.executable, "-m", "imctune", *arguments("killed")],
        cwd=here,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    checkpoint = here / "killed" / "exhaustive.json"
    while killed.poll() is None and not checkpoint.is_file():
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    n_blocks = json.loads(checkpoint.read_text())["n_blocks"]
    assert 0 < n_blocks < N_BLOCKS
    again = run_command(arguments("killed"), here)
    assert again.code == 2
    assert "holds a run that is not finished: continue it with resume=killed" in again.err
    resumed = run_command(["resume=killed", "processes=1"], here)
    assert resumed.code == 0, resumed.err
    assert not checkpoint.is_file()
    # Chunks are counted when all their blocks are done, so at most the one under way is lost.
    assert n_blocks % BLOCKS_PER_CHUNK == 0
    assert f"going on after {n_blocks * BLOCK:,} of 77,760 designs" in resumed.err
    for name in RESULT:
        assert (here / "killed" / name).read_bytes() == (here / "whole" / name).read_bytes(), name
    finished = run_command(["resume=killed"], here)
    assert finished.code == 0
    assert "nothing is left to do" in finished.out


def test_its_best_design_is_what_evaluate_finds(here: Path) -> None:
    run = here / "whole"
    summary = json.loads((run / "summary.json").read_text())
    assert summary["n_space"] == 77_760
    assert summary["n_feasible"] <= 77_760
    told = run_command(["task=evaluate", f"design={run / 'best_design.yaml'}"], here)
    assert told.code == 0, told.err
    assert number(summary["best"]["per_workload"]["alexnet"]["edap"]) in told.out


def test_a_space_that_is_too_large_is_refused_in_one_line(here: Path) -> None:
    told = run_command(["task=exhaustive", "tracking=off", "hydra.run.dir=large"], here)
    assert told.code == 2
    assert "at most 100,000,000 designs" in told.err
    assert len(told.err.splitlines()) == 1
