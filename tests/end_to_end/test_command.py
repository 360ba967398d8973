"""The command does a whole run: search, compare, select, record, report."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet
import pytest
import yaml

from tests.end_to_end.commands import Finished, environment, run_command, run_commands

SMALL = ["workloads=[alexnet,mobilenet_v3]", "search.n_trials=120", "search.baseline_trials=60"]
RUN_FILES = {
    "best_design.yaml",
    "config.yaml",
    "designs.parquet",
    "pareto.csv",
    "report.html",
    "summary.json",
}
SENSITIVITY_FILES = {"front_prices.csv", "knob_importance.csv", "knob_tradeoffs.csv"}
"""Of the main run, not of the reference that it is compared with."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("command")


@pytest.fixture(scope="module")
def finished(here: Path) -> dict[str, Finished]:
    quiet = [*SMALL, "tracking=off"]
    commands = {
        "recorded": [*SMALL, "hydra.run.dir=recorded", "study=recorded", "seed=3"],
        "again": [*quiet, "hydra.run.dir=again", "seed=3"],
        "other seed": [*quiet, "hydra.run.dir=other", "seed=4"],
        "evaluate": ["task=evaluate", "design=recorded/best_design.yaml", "tracking=off"],
        "evaluate knobs": ["task=evaluate", "design={rows: 128}", "workloads=[alexnet]"],
        "report": ["task=report", "run_folder=recorded"],
        "quiet report": ["task=report", "run_folder=recorded", "verbosity=quiet"],
        "verbose report": ["task=report", "run_folder=recorded", "verbosity=verbose"],
        "runs": ["task=report", "runs=[recorded,other]", "hydra.run.dir=compared"],
        "sweep": ["task=evaluate", "workloads=[alexnet]", "-m", "seed=1,-1,2"],
        "technologies": [
            *("-m", "task=evaluate", "workloads=[alexnet]"),
            *("technology=rram_32nm,sram_32nm", "hydra.sweep.dir=technologies"),
        ],
        "fixed knobs": [
            *(*quiet, "hydra.run.dir=fixed", "knobs.rows=128", "knobs.cols.choices=[64,128]"),
            *("search=random", "search.population_size=30", "objectives=mean"),
            "objectives.regret_max=99",
        ],
        "against": [
            *("workloads=[alexnet]", "search.n_trials=40", "search.baseline_trials=0"),
            *("tracking=off", "hydra.run.dir=against", "objectives.area_max_mm2=200"),
            "reference={objectives: mean}",
        ],
        "evaluate regret": ["task=evaluate", "design=fixed/best_design.yaml", "tracking=off"],
    }
    return run_commands(commands, here)


@pytest.mark.parametrize(
    "name",
    [
        *("recorded", "again", "evaluate", "evaluate knobs", "report", "technologies"),
        *("fixed knobs", "evaluate regret", "against"),
    ],
)
def test_command_succeeds(finished: dict[str, Finished], name: str) -> None:
    assert finished[name].code == 0, finished[name].err
    assert "Traceback" not in finished[name].err


def test_a_reference_is_searched_first_and_compared_with(
    finished: dict[str, Finished], here: Path
) -> None:
    folders = [here / "against" / "reference", here / "against"]
    assert {path.name for path in folders[0].iterdir()} >= RUN_FILES
    before, after = (json.loads((each / "summary.json").read_text())["best"] for each in folders)
    rows = (here / "against" / "against_reference.csv").read_text().splitlines()
    area = next(row.split(",") for row in rows if row.startswith("area mm²"))
    assert float(area[1]) == pytest.approx(before["area_mm2"], rel=0.01)
    assert float(area[2]) == pytest.approx(after["area_mm2"], rel=0.01)
    assert after["area_mm2"] <= 200.0
    told = finished["against"].out
    assert "Against the reference (objectives=mean)" in told
    if before["area_mm2"] > 200.0:
        assert "the reference's chip exceeds area_mm2 by" in " ".join(told.split())


def test_run_ends_in_a_table_and_a_full_folder(finished: dict[str, Finished], here: Path) -> None:
    table = finished["recorded"].out
    for words in ("alexnet", "mobilenet_v3", "EDAP", "mm²", "separate"):
        assert words in table
    assert {path.name for path in (here / "recorded").iterdir()} >= RUN_FILES | SENSITIVITY_FILES
    designs = pyarrow.parquet.read_table(here / "recorded" / "designs.parquet").to_pydict()
    summary = json.loads((here / "recorded" / "summary.json").read_text())
    assert len(set(zip(*designs.values(), strict=True))) == len(designs["rows"]) > 120
    assert min(designs["edap"]) == pytest.approx(summary["best"]["edap"], rel=1e-12)


def test_every_design_is_in_mlflow(finished: dict[str, Finished], here: Path) -> None:
    assert finished["recorded"].code == 0
    with sqlite3.connect(here / "outputs" / "mlflow.db") as database:
        parents = Counter(
            status
            for (status,) in database.execute(
                "select status from runs where run_uuid not in "
                "(select run_uuid from tags where key = 'mlflow.parentRunId')"
            )
        )
        (n_children,) = database.execute(
            "select count(*) from tags where key = 'mlflow.parentRunId'"
        ).fetchone()
    stored = pyarrow.parquet.read_table(here / "recorded" / "designs.parquet")
    assert parents == {"FINISHED": 1}
    assert n_children == stored.num_rows


@pytest.mark.parametrize("name", ["designs.parquet", "pareto.csv", "best_design.yaml"])
def test_same_seed_gives_the_same_bytes(
    finished: dict[str, Finished], here: Path, name: str
) -> None:
    first, again, other = (
        (here / run / name).read_bytes() for run in ("recorded", "again", "other")
    )
    assert first == again
    assert first != other
    assert finished["again"].code == 0


def test_best_design_runs_again_on_its_own_networks(
    finished: dict[str, Finished], here: Path
) -> None:
    assert {"alexnet", "mobilenet_v3"} <= set(finished["evaluate"].out.split())
    best = yaml.safe_load((here / "recorded" / "best_design.yaml").read_text())
    assert best["rows"] in (32, 64, 128, 256, 512)


def test_evaluation_shows_components_and_layers(finished: dict[str, Finished]) -> None:
    told = finished["evaluate knobs"].out
    for words in ("alexnet", "conv3", "linear9", "energy by component", "converters", "cycles"):
        assert words in told.lower()


def test_report_says_the_same_as_the_run(finished: dict[str, Finished]) -> None:
    assert finished["report"].out.split() == finished["recorded"].out.split()


def test_quiet_says_the_answer_and_verbose_says_everything(finished: dict[str, Finished]) -> None:
    answer, where = finished["quiet report"].out.splitlines()
    assert answer.startswith("One chip of ")
    assert where == "report: recorded/report.html"
    everything, usual = finished["verbose report"].out, finished["report"].out
    for title in ("Every chip on every network", "Constraints"):
        assert title in everything
        assert title not in usual
    assert set(usual.splitlines()) <= set(everything.splitlines())


def test_runs_are_compared_in_a_table_and_on_a_page(
    finished: dict[str, Finished], here: Path
) -> None:
    assert finished["runs"].code == 0, finished["runs"].err
    told = finished["runs"].out
    assert told.startswith("Best: seed ")
    for words in (
        "seed 3",
        "seed 4",
        "The chosen chip of each run",
        "report: compared/report.html",
    ):
        assert words in told
    folders = [here / "recorded", here / "other"]
    best = [json.loads((run / "summary.json").read_text())["best"]["edap"] for run in folders]
    with (here / "compared" / "runs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["edap"]) for row in rows] == best
    assert "2 runs compared" in (here / "compared" / "report.html").read_text(encoding="utf-8")


def test_a_run_from_before_a_setting_existed_is_reported(
    finished: dict[str, Finished], here: Path
) -> None:
    assert finished["other seed"].code == 0
    shutil.copytree(here / "other", here / "older")
    settings = yaml.safe_load((here / "older" / "config.yaml").read_text())
    del settings["verbosity"], settings["processes"], settings["runs"]
    (here / "older" / "config.yaml").write_text(yaml.safe_dump(settings))
    report = ["task=report", "run_folder=older", "verbosity=quiet"]
    told = run_commands({"report": report}, here)["report"]
    assert told.code == 0, told.err
    assert told.out.startswith("One chip of ")
    figures = {path.stem for path in (here / "older" / "figures").glob("*.svg")}
    assert figures == {path.stem for path in (here / "older" / "figures").glob("*.csv")}
    assert {"edap", "front", "areas", "layers_alexnet"} <= figures


def test_a_bad_job_does_not_stop_a_sweep(finished: dict[str, Finished], here: Path) -> None:
    told = finished["sweep"]
    assert told.code == 2
    assert told.err.count("imctune: seed must be a whole number") == 1
    assert "Traceback" not in told.err
    assert len(list(here.glob("outputs/*/*-evaluate-sweep/2"))) == 1


def test_sweeping_the_technology_switches_the_knobs(
    finished: dict[str, Finished], here: Path
) -> None:
    assert finished["technologies"].code == 0
    configs = [
        yaml.safe_load((here / "technologies" / job / ".hydra" / "config.yaml").read_text())
        for job in ("0", "1")
    ]
    assert [config["technology"]["memory"] for config in configs] == ["rram", "sram"]
    assert configs[0]["knobs"] != configs[1]["knobs"]


def test_overridden_knobs_hold(finished: dict[str, Finished], here: Path) -> None:
    assert finished["fixed knobs"].code == 0
    designs = pyarrow.parquet.read_table(here / "fixed" / "designs.parquet").to_pydict()
    assert set(designs["rows"]) == {128}
    assert set(designs["cols"]) == {64, 128}


def test_ctrl_c_keeps_what_was_evaluated(tmp_path: Path) -> None:
    search = subprocess.Popen(
        [sys.executable, "-m", "imctune", *SMALL, "search.n_trials=1000000", "hydra.run.dir=run"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60.0
    while not any((tmp_path / "run").glob("designs-*.arrows")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.0)
    search.send_signal(signal.SIGINT)
    out, err = search.communicate(timeout=60.0)
    assert search.returncode == 130, err
    assert "Traceback" not in out + err
    stored = pyarrow.parquet.read_table(tmp_path / "run" / "designs.parquet")
    assert stored.num_rows >= 50
    with sqlite3.connect(tmp_path / "outputs" / "mlflow.db") as database:
        statuses = Counter(row[0] for row in database.execute("select status from runs"))
    assert statuses == {"KILLED": 1, "FINISHED": stored.num_rows}


def test_two_runs_of_the_same_second_have_their_own_folders(tmp_path: Path) -> None:
    evaluate = ["task=evaluate", "workloads=[alexnet]"]
    told = run_commands({str(number): evaluate for number in range(3)}, tmp_path)
    assert [finished.code for finished in told.values()] == [0, 0, 0]
    assert len(list(tmp_path.glob("outputs/*/*-evaluate"))) == 3


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    told = run_command(["--help"], tmp_path)
    assert told.code == 0
    for words in ("task=evaluate", "search.baseline_trials", "nine_workloads", "sram_32nm"):
        assert words in told.out
    assert os.listdir(tmp_path) == []
    code = (
        "import runpy, sys\n"
        "sys.argv = ['imctune', '--help']\n"
        "try:\n"
        "    runpy.run_module('imctune', run_name='__main__')\n"
        "except SystemExit:\n"
        "    sys.exit(str(sorted({'mlflow', 'optuna', 'plotly', 'pyarrow'} & set(sys.modules))))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("experiment", ["paper_rram", "paper_sram4", "paper_sram9"])
def test_the_papers_spaces_are_searched_as_well(experiment: str, tmp_path: Path) -> None:
    budget = ["search.n_trials=60", "search.baseline_trials=20", "tracking=off"]
    told = run_command([f"+experiment={experiment}", *budget, "hydra.run.dir=run"], tmp_path)
    assert told.code == 0, told.err
    assert (tmp_path / "run" / "report.html").is_file()


def test_hydra_shows_the_composed_config(tmp_path: Path) -> None:
    told = run_command(["+experiment=nine_workloads", "--cfg", "job"], tmp_path)
    assert told.code == 0
    assert "gpt2_medium" in yaml.safe_load(told.out)["workloads"]
