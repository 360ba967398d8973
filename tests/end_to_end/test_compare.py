"""task=compare as a command: what it leaves, how it goes on, what it refuses."""

import csv
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.commands import Finished, environment, run_command, run_commands

FREE = {
    "macros_per_tile": [4, 8, 16, 32],
    "tiles_per_group": [8, 16, 32],
    "router_groups": [4, 8],
    "glb_kib": [1024, 4096],
    "cycle_time_ns": [2, 4, 6],
}
"""144 designs."""

SPACE = [
    *("technology=paper_rram_32nm", "assumptions=paper", "workloads=[alexnet]"),
    *(f"knobs.{knob}.choices={values}".replace(" ", "") for knob, values in FREE.items()),
    *("knobs.rows=256", "knobs.cols=64", "knobs.bits_per_cell=8", "knobs.supply_v=0.8"),
]
COMPARE = [
    *(*SPACE, "task=compare", "compare.samplers=[nsga2,random]", "compare.n_seeds=3"),
    *("compare.budgets=[20,60]", "search.population_size=10", "search.first_designs=10"),
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def finished(here: Path) -> dict[str, Finished]:
    truth = "compare.reference=truth"
    commands = {
        "truth": [*SPACE, "task=exhaustive", "tracking=off", "hydra.run.dir=truth", "processes=1"],
        "against truth": [*COMPARE, truth, "hydra.run.dir=measured", "processes=1"],
        "among themselves": [*COMPARE, "tracking=off", "hydra.run.dir=own", "processes=1"],
        "again": ["resume=measured"],
        "other space": [*COMPARE, truth, "knobs.rows=128", "tracking=off"],
        "no run": [*COMPARE, "compare.reference=nowhere", "tracking=off"],
        "too high": [*COMPARE, "compare.reference=1e9", "tracking=off", "processes=1"],
        "sampler": [*COMPARE, "compare.samplers=[nsga]"],
    }
    return run_commands(commands, here)


def searches(folder: Path) -> list[dict[str, str]]:
    with (folder / "searches.csv").open() as file:
        return list(csv.DictReader(file))


def test_samplers_are_measured_against_the_true_optimum(
    finished: dict[str, Finished], here: Path
) -> None:
    assert finished["truth"].code == 0, finished["truth"].err
    told = finished["against truth"]
    assert told.code == 0, told.err
    assert "the true optimum of all designs" in " ".join(told.out.split())
    rows = searches(here / "measured")
    assert len(rows) == 2 * 3 * 2
    optimum = json.loads((here / "truth" / "summary.json").read_text())["best"]["edap"]
    for row in rows:
        assert float(row["score"]) >= optimum * (1.0 - 1e-12)
        expected = 100.0 * (float(row["score"]) / optimum - 1.0)
        assert float(row["regret_percent"]) == pytest.approx(expected, abs=1e-6)
        assert 0.0 <= float(row["hypervolume"]) <= 1.0 + 1e-9
        assert int(row["n_designs"]) == int(row["budget"])
    files = {path.name for path in (here / "measured").iterdir()}
    assert files >= {"samplers.csv", "pairs.csv", "convergence.csv", "report.html", "summary.json"}


def test_each_sampler_and_seed_is_a_run_in_mlflow(
    finished: dict[str, Finished], here: Path
) -> None:
    assert finished["against truth"].code == 0
    with sqlite3.connect(here / "outputs" / "mlflow.db") as database:
        names = database.execute(
            "select name from runs where run_uuid in "
            "(select run_uuid from tags where key = 'mlflow.parentRunId')"
        ).fetchall()
        metrics = database.execute("select distinct key from latest_metrics").fetchall()
    seeds = {f"{sampler} seed {seed}" for sampler in ("nsga2", "random") for seed in (1, 2, 3)}
    assert {name for (name,) in names} == seeds
    assert len(names) == len(seeds)
    assert {key for (key,) in metrics} >= {"regret_percent.20", "hypervolume.60"}


def test_without_a_reference_the_best_of_all_runs_is_one(
    finished: dict[str, Finished], here: Path
) -> None:
    assert finished["among themselves"].code == 0
    assert "the best of all runs of this comparison" in " ".join(
        finished["among themselves"].out.split()
    )
    own, true = searches(here / "own"), searches(here / "measured")
    assert [row["score"] for row in own] == [row["score"] for row in true]
    assert min(float(row["regret_percent"]) for row in own) == 0.0


def test_a_finished_comparison_has_nothing_to_go_on_with(finished: dict[str, Finished]) -> None:
    assert finished["again"].code == 0
    assert "nothing is left to do" in finished["again"].out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other space", "an exhaustive run with the same knobs"),
        ("no run", "compare.reference must be a score, or the folder of a finished run"),
        ("too high", "must be the lowest score that is possible, got 1e+09, but a search found"),
        ("sampler", "compare.samplers must be of nsga2"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    finished: dict[str, Finished], name: str, words: str
) -> None:
    told = finished[name]
    assert told.code == 2
    assert words in told.err
    assert len([line for line in told.err.splitlines() if line.startswith("imctune:")]) == 1
    assert "Traceback" not in told.err


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_comparison_goes_on_without_repeating_a_search(
    finished: dict[str, Finished], here: Path, how: signal.Signals, code: int
) -> None:
    name = f"stopped-{int(how)}"
    folder = here / name
    run = subprocess.Popen(
        [sys.executable, "-m", "imctune", *COMPARE, "tracking=off", f"hydra.run.dir={name}"],
        cwd=here,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while run.poll() is None and not list(folder.glob("courses/*.npz")):
        time.sleep(0.01)
    run.send_signal(how)
    _, err = run.communicate(timeout=60.0)
    assert run.returncode == code, err
    assert "Traceback" not in err
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("courses/*.npz")}
    assert 0 < len(kept) < 9
    told = run_command([f"resume={name}", "processes=1"], here)
    assert told.code == 0, told.err
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(list(folder.glob("courses/*.npz"))) == 9
    whole = searches(here / "own")
    assert [row["score"] for row in searches(folder)] == [row["score"] for row in whole]
    assert yaml.safe_load((folder / "run.json").read_text())["status"] == "finished"
