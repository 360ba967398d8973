"""Runs and sweeps as MLflow shows them, and what comes back from there."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from imctune.tracking import TrackingSettings
from tests.end_to_end.commands import environment, run_command, run_commands
from tests.unit.tracking.runs import (
    assert_each_design_is_there_once,
    parents_of,
    runs_of,
)
from tests.unit.tracking.servers import file_system

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # of MLflow

SMALL = ["workloads=[alexnet]", "search.n_trials=60", "search.baseline_trials=0"]
SWEEP = ["-m", "technology=rram_32nm,sram_32nm", "seed=1,2"]


def database_in(folder: Path) -> TrackingSettings:
    return TrackingSettings("local", f"sqlite:///{folder}/outputs/mlflow.db")


def test_the_best_chip_comes_back_from_mlflow(tmp_path: Path) -> None:
    told = run_commands(
        {
            "run": [*SMALL, "hydra.run.dir=run", "technology=sram_32nm", "study=chip"],
            "again": ["task=sync", "run=run"],
        },
        tmp_path,
    )
    assert [finished.code for finished in told.values()] == [0, 0], told
    (parent,) = parents_of(database_in(tmp_path), "chip")
    design = f"design=runs:/{parent.info.run_id}/best_design.yaml"
    told = run_commands(
        {
            "by path": ["task=evaluate", "design=run/best_design.yaml"],
            "by run": ["task=evaluate", design],
            "short": ["task=evaluate", f"design=runs:/{parent.info.run_id}"],
            "no such file": ["task=evaluate", f"{design}l"],
            "no such run": ["task=evaluate", "design=runs:/0123/best_design.yaml"],
            "no MLflow": ["task=evaluate", design, "tracking=off"],
        },
        tmp_path,
    )
    (by_path, by_run, short) = (told[name].out for name in ("by path", "by run", "short"))
    assert [line for line in by_run.splitlines() if "report:" not in line] == [
        line for line in by_path.splitlines() if "report:" not in line
    ]
    assert "alexnet" in short
    for name, words in {
        "no such file": "the run has no such file; it has best_design.yaml, config.yaml",
        "no such run": "cannot be read from sqlite:///outputs/mlflow.db",
        "no MLflow": "tracking must not be off",
    }.items():
        assert told[name].code == 2
        assert words in told[name].err
        assert len(told[name].err.splitlines()) == 1


def assert_a_sweep(folder: Path, sweep: str) -> None:
    """Check a finished sweep: its runs in MLflow, and its front."""
    runs = runs_of(database_in(folder), "tune")
    own = [run for run in runs if run.data.tags.get("sweep") == sweep]
    assert sorted(str(run.info.run_name) for run in own) == [
        f"technology={technology}, seed={seed}"
        for technology in ("rram_32nm", "sram_32nm")
        for seed in (1, 2)
    ]
    assert {run.info.status for run in own} == {"FINISHED"}
    n_children = Counter(run.data.tags.get("mlflow.parentRunId") for run in runs)
    assert [n_children[run.info.run_id] for run in own] == [60] * 4
    front = list(csv.DictReader((folder / sweep / "pareto.csv").read_text().splitlines()))
    assert {row["technology"] for row in front} <= {"rram_32nm", "sram_32nm"}
    scores = [float(row["edap"]) for row in front]
    assert scores == sorted(scores)
    best = [
        json.loads((folder / sweep / f"{job}" / "summary.json").read_text())["best"]["edap"]
        for job in range(4)
    ]
    assert scores[0] == pytest.approx(min(best), rel=1e-12)
    for row in front:
        stored = pyarrow.parquet.read_table(folder / sweep / row["run"] / "designs.parquet")
        assert float(row["area_mm2"]) in stored["area_mm2"].to_pylist()


def test_a_sweep_of_two_processes_is_one_study_with_one_front(tmp_path: Path) -> None:
    jobs = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=sweep"]
    told = run_command([*SMALL, *SWEEP, *jobs, "study=tune"], tmp_path)
    assert told.code == 0, told.err
    assert "locked" not in told.out + told.err
    assert "failed" not in told.err
    assert_a_sweep(tmp_path, "sweep")


@pytest.mark.long
def test_ten_sweeps_of_two_processes_never_meet_a_locked_database(tmp_path: Path) -> None:
    for number in range(10):
        jobs = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", f"hydra.sweep.dir={number}"]
        told = run_command([*SMALL, *SWEEP, *jobs, "study=tune"], tmp_path)
        assert told.code == 0, told.err
        assert "failed" not in told.err
        assert_a_sweep(tmp_path, str(number))


def test_a_run_that_was_killed_is_one_run_in_mlflow_once_resumed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imctune", *SMALL, "search.n_trials=400"]
    run = subprocess.Popen(
        [*command, "hydra.run.dir=run", "study=killed"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = tmp_path / "run" / "generations.log"
    while not log.is_file() or log.stat().st_size < 20_000:
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    told = run_command(["resume=run"], tmp_path)
    assert told.code == 0, told.err
    assert_each_design_is_there_once(database_in(tmp_path), "killed", tmp_path / "run")


def test_a_run_whose_folder_is_deleted_stops_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imctune", *SMALL, "search.n_trials=3000"]
    run = subprocess.Popen(
        [*command, "hydra.run.dir=run", "study=gone", "verbosity=quiet"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "run" / "generations.log").is_file():
        assert run.poll() is None
        time.sleep(0.01)
    while (tmp_path / "run").exists():
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
    _, err = run.communicate()
    assert run.returncode == 2
    (line,) = [line for line in err.splitlines() if line.strip()]
    assert "run folder" in line
    assert "must be a folder that can be written" in line


def test_a_full_disk_stops_a_run_in_one_line_and_it_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    quiet = [*SMALL, "search.n_trials=400", "tracking=off", "verbosity=quiet"]
    assert run_command([*quiet, "hydra.run.dir=whole"], tmp_path).code == 0
    with file_system(tmp_path / "disk", 120) as disk:
        told = run_command([*quiet, "hydra.run.dir=disk/run"], tmp_path)
        assert told.code == 2
        (line,) = told.err.splitlines()
        assert line.startswith("imctune: run folder ")
        assert "No space left on device" in line
        remount: Any = ["mount", "-o", "remount,size=100m", os.fspath(disk)]
        subprocess.run(remount, check=True)
        told = run_command(["resume=disk/run"], tmp_path)
        assert told.code == 0, told.err
        for name in ("designs.parquet", "pareto.csv"):
            assert (disk / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_sync_refuses_what_it_cannot_bring_in(tmp_path: Path) -> None:
    told = run_commands(
        {
            "no run": ["task=sync"],
            "no folder": ["task=sync", "run=nowhere"],
            "off": ["task=sync", "run=nowhere", "tracking=off"],
            "no uri": ["task=sync", "run=nowhere", "tracking=database"],
        },
        tmp_path,
    )
    for name, words in {
        "no run": "run must be the folder of a run for task=sync, with tracking.json in it, got",
        "no folder": "with tracking.json in it, got 'nowhere'",
        "off": "tracking.mode must be one of local, server, database for task=sync, got 'off'",
        "no uri": "tracking.uri must be postgresql://",
    }.items():
        assert told[name].code == 2, name
        assert words in told[name].err
        assert len(told[name].err.splitlines()) == 1
