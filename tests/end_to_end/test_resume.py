"""A run that was stopped, however, goes on and ends as one that was never stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import yaml

from imctune.tracking import TrackingSettings
from tests.end_to_end.commands import environment, run_command, run_commands
from tests.unit.tracking.runs import assert_each_design_is_there_once

NETWORKS = "workloads=[alexnet,mobilenet_v3]"
SMALL = [NETWORKS, "search.n_trials=400", "search.baseline_trials=100"]
LARGE = [NETWORKS, "search.n_trials=3000", "search.baseline_trials=0"]
RESULTS = ("designs.parquet", "pareto.csv", "best_design.yaml", "searches.json")


def stopped(arguments: Sequence[str], folder: Path, how: signal.Signals, n_bytes: int) -> int:
    """Run a command and stop it once its log is so long; return its exit code."""
    run = started(arguments, folder.parent)
    log = folder / "generations.log"
    while run.poll() is None and (not log.is_file() or log.stat().st_size < n_bytes):
        time.sleep(0.01)
    run.send_signal(how)
    return run.wait()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a run that was never stopped."""
    here = tmp_path_factory.mktemp("resume")
    assert run_command([*SMALL, "tracking=off", "hydra.run.dir=whole"], here).code == 0
    return here


def assert_same_results(one: Path, other: Path) -> None:
    for name in RESULTS:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_a_run_that_was_killed_twice_ends_as_if_it_never_was(here: Path) -> None:
    run = here / "kil led"
    command = [*SMALL, "tracking=off", f"hydra.run.dir='{run.name}'"]
    assert stopped(command, run, signal.SIGKILL, 50_000) == -signal.SIGKILL
    kept = (run / "generations.log").stat().st_size
    resume = [f"resume={run.name}"]
    assert stopped(resume, run, signal.SIGKILL, 2 * kept) == -signal.SIGKILL
    with (run / "generations.log").open("r+b") as log:
        log.truncate(log.seek(0, 2) - 1000)  # as a crash of the system may do
    told = run_commands({"resume": resume, "again": resume}, here)
    assert [finished.code for finished in told.values()] == [0, 0], told["resume"].err
    assert_same_results(here / "whole", run)
    assert "nothing is left to do" in told["again"].out
    assert not (run / "generations.log").exists()


def test_a_run_that_was_interrupted_goes_on(here: Path) -> None:
    run = here / "interrupted"
    command = [*SMALL, "tracking=off", "hydra.run.dir=interrupted"]
    assert stopped(command, run, signal.SIGINT, 50_000) == 130
    other = ["tracking=off", "hydra.run.dir=interrupted", "seed=2"]
    config = run / "config.yaml"
    edited = yaml.safe_load(config.read_text()) | {"seed": 2}
    (here / "edited").mkdir()
    (here / "edited" / "config.yaml").write_text(yaml.safe_dump(edited))
    (here / "edited" / "run.json").write_text((run / "run.json").read_text())
    told = run_commands(
        {
            "new run": other,
            "other seed": ["resume=interrupted", "seed=2"],
            "edited": ["resume=edited"],
            "no run": ["resume=nowhere"],
            "resume": ["resume=interrupted"],
        },
        here,
    )
    for name, words in {
        "new run": "is not finished: continue it with resume=interrupted",
        "other seed": "only tracking, verbosity, processes may be overridden, got seed=2",
        "edited": "config.yaml is not what the run began with",
        "no run": "resume must be the folder of a run, with config.yaml in it, got 'nowhere'",
    }.items():
        assert told[name].code == 2
        assert words in told[name].err
        assert len(told[name].err.splitlines()) == 1
    assert told["resume"].code == 0, told["resume"].err
    assert_same_results(here / "whole", run)


def test_a_run_that_is_still_running_is_left_alone(here: Path) -> None:
    command = [NETWORKS, "search.n_trials=100000", "tracking=off", "hydra.run.dir=running"]
    run = started(command, here)
    try:
        while not (here / "running" / "generations.log").is_file():
            assert run.poll() is None
            time.sleep(0.05)
        told = run_command(["resume=running"], here)
    finally:
        run.kill()
        run.wait()
    assert told.code == 2
    assert "another process is working on it" in told.err


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # of MLflow
def test_twenty_runs_killed_at_random_end_alike(tmp_path: Path) -> None:
    start = time.monotonic()
    assert run_command([*LARGE, "study=whole", "hydra.run.dir=whole"], tmp_path).code == 0
    whole_s = time.monotonic() - start
    moments = np.random.default_rng(1).uniform(0.0, 0.8 * whole_s, 20).tolist()
    database = TrackingSettings("local", f"sqlite:///{tmp_path}/outputs/mlflow.db")
    killed = 0
    for number, moment in enumerate(moments):
        study = f"killed_{number}"
        command = [*LARGE, f"study={study}", f"hydra.run.dir={number}"]
        run = tmp_path / str(number)
        killed += killed_after(command, run, moment, with_writer=number % 2 == 1)
        told = run_command([f"resume={number}"], tmp_path)
        assert told.code == 0, told.err
        assert_same_results(tmp_path / "whole", run)
        assert_each_design_is_there_once(database, study, run)
    assert killed > 15  # the others were done before their moment


def killed_after(arguments: Sequence[str], folder: Path, moment: float, with_writer: bool) -> bool:
    """Kill -9 a run so many seconds after it has begun; return whether it was still going on."""
    run = started(arguments, folder.parent)
    while not (folder / "run.json").is_file():
        assert run.poll() is None
        time.sleep(0.01)
    with suppress(subprocess.TimeoutExpired):
        run.wait(moment)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    writers = children.read_text().split() if with_writer and children.is_file() else []
    run.kill()
    for writer in writers:  # as a power loss does: no part of the run lives on
        with suppress(ProcessLookupError):
            os.kill(int(writer), signal.SIGKILL)
    code = run.wait()
    print(f"{folder.name}: {moment:.1f} s, code {code}, writers killed {len(writers)}")
    return code == -signal.SIGKILL


def started(arguments: Sequence[str], directory: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "imctune", *arguments],
        cwd=directory,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
