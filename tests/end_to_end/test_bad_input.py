"""Bad input is refused in one line that says what, where, what is allowed and what came."""

from pathlib import Path

import pytest

from tests.end_to_end.commands import Finished, run_commands

# Each: the command line, then what the refusal must say. Files are those of `files` below.
REFUSED: dict[str, tuple[list[str], list[str]]] = {
    "unknown knob": (["+knobs.rowz=64"], ["knobs rram_32nm", "'rowz'", "did you mean rows?"]),
    "knob of the wrong type": (["knobs.rows=many"], ["knobs rram_32nm", "rows", "'many'"]),
    "knob as a fraction": (["knobs.rows=64.5"], ["rows", "64.5"]),
    "empty choices": (["knobs.rows.choices=[]"], ["rows", "choices", "at least one value", "[]"]),
    "repeated choices": (["knobs.rows.choices=[64,64]"], ["rows", "differ", "[64, 64]"]),
    "negative size": (["knobs.rows=-64"], ["rows", "-64"]),
    "NaN": (["knobs.supply_v=nan"], ["supply_v", "nan"]),
    "infinite": (["knobs.supply_v=inf"], ["supply_v", "inf"]),
    "beyond the limits": (["knobs.bits_per_cell=99"], ["bits_per_cell", "99"]),
    "word not allowed": (["knobs.compute=optical"], ["compute", "analog", "digital", "optical"]),
    "half a range": (["~knobs.rows.choices", "+knobs.rows.low=4"], ["rows", "low, high and step"]),
    "range the wrong way": (["knobs.supply_v.low=1.2"], ["supply_v", "low 1.2", "high 1.0"]),
    "default outside": (["knobs.rows.default=96"], ["rows", "default", "32, 64, 128", "96"]),
    "silicon per network": (["+knobs.rows.scope=workload"], ["rows", "scope", "'workload'"]),
    "knobs as a word": (["knobs=fast"], ["knobs/fast", "rram_32nm"]),
    "unknown network": (["workloads=[resnet19]"], ["workloads", "'resnet19'", "resnet18"]),
    "no network": (["workloads=[]"], ["workloads", "at least one", "[]"]),
    "one network twice": (["workloads=[alexnet,alexnet]"], ["alexnet", "2 times"]),
    "network as a number": (["workloads=[3]"], ["workloads", "a name, a path", "3"]),
    "unknown parameter": (
        ["workloads=[{name: gpt2_medium, token: 8}]"],
        ["gpt2_medium", "'token'", "tokens"],
    ),
    "negative parameter": (["workloads=[{name: gpt2_medium, tokens: -8}]"], ["gpt2_medium", "-8"]),
    "no such file": (["workloads=[./nowhere.yaml]"], ["workloads", "./nowhere.yaml"]),
    "not YAML": (["workloads=[./broken.yaml]"], ["broken.yaml", "is not YAML"]),
    "not text": (["workloads=[./bytes.yaml]"], ["bytes.yaml", "UTF-8"]),
    "a list for a network": (["workloads=[./list.yaml]"], ["list.yaml", "a list"]),
    "code in a network": (["workloads=[./code.yaml]"], ["code.yaml", "_target_"]),
    "layer of size 0": (["workloads=[./empty_layer.yaml]"], ["empty_layer", "fc", "0"]),
    "network that fits no design": (
        ["workloads=[./huge.yaml]", "search.n_trials=60", "tracking=off"],
        ["holds huge", "800 mm²", "widen rows"],
    ),
    "unknown technology": (["technology=rram_23nm"], ["technology/rram_23nm", "rram_32nm"]),
    "constant without a number": (
        ["technology.threshold_v.value=low"],
        ["technology rram_32nm", "threshold_v", "a number", "'low'"],
    ),
    "constant below 0": (["technology.wire_ff_per_um.value=-1"], ["wire_ff_per_um", "> 0", "-1"]),
    "constant in another unit": (["technology.node_nm.unit=um"], ["node_nm", "nm", "'um'"]),
    "constant without its source": (["~technology.node_nm.source"], ["node_nm", "source"]),
    "unknown setting": (["search.n_trial=5"], ["'search.n_trial'", "n_trials", "population_size"]),
    "added setting": (["+search.n_trial=5"], ["search", "'n_trial'", "did you mean n_trials?"]),
    "added group": (["+serach.n_trials=5"], ["'serach'", "did you mean search?"]),
    "trials as a word": (["search.n_trials=many"], ["search.n_trials", "whole number", "'many'"]),
    "no trials": (["search.n_trials=0"], ["n_trials", "0"]),
    "population of one": (["search.population_size=1"], ["population_size", "1"]),
    "unknown sampler": (["search=annealing"], ["search/annealing", "four_phase", "nsga2"]),
    "unknown aggregation": (
        ["objectives.aggregation=median"],
        ["aggregation", "geomean", "median"],
    ),
    "weight of another network": (["objectives.weights.resnet19=2"], ["weights", "resnet19"]),
    "negative weight": (["objectives.weights.alexnet=-2"], ["weights", "-2"]),
    "negative area": (["objectives.area_max_mm2=-800"], ["area_max_mm2", "-800"]),
    "cap of another network": (
        ["objectives.latency_max_ms={resnet19: 2}"],
        ["latency_max_ms", "resnet19"],
    ),
    "floor of another network": (
        ["objectives.min_snr_db={resnet19: 30}"],
        ["min_snr_db", "resnet19"],
    ),
    "negative floor": (["objectives.min_snr_db=-30"], ["min_snr_db", "above 0", "-30"]),
    "accuracy of the paper's chips": (
        [
            *("task=evaluate", "assumptions=paper", "technology=paper_rram_32nm"),
            *("workloads=[alexnet]", "objectives.min_snr_db=30"),
        ],
        ["objectives.min_snr_db", "null", "assumptions=paper"],
    ),
    "regret without its reference": (
        ["task=evaluate", "workloads=[alexnet]", "objectives.regret_max=2"],
        ["objectives.regret_max", "regret_reference must name alexnet"],
    ),
    "regret below 1": (["objectives.regret_max.alexnet=0.5"], ["regret_max", "1", "0.5"]),
    "misspelt objective": (["objectives.regret_mx=2"], ["'regret_mx'", "did you mean regret_max?"]),
    "unknown assumption": (["+assumptions.gravity=true"], ["assumptions", "'gravity'", "leakage"]),
    "assumption as a number": (["assumptions.leakage=1"], ["leakage", "true or false", "1"]),
    "reference of no group": (["reference={search: random}"], ["reference", "search", "variation"]),
    "reference without a file": (["reference={variation: mine}"], ["unknown variation", "'mine'"]),
    "reference as a word": (["reference=none"], ["reference", "{group: file}", "'none'"]),
    "yield without a floor": (
        ["objectives.yield_min=0.9"],
        ["objectives.yield_min", "min_snr_db", "null"],
    ),
    "cells of another memory": (
        ["task=evaluate", "technology=sram_32nm", "variation=wan2022_1s", "workloads=[alexnet]"],
        ["variation wan2022_1s", "rram", "sram_32nm"],
    ),
    "unknown task": (["task=compete"], ["task", "tune, evaluate, exhaustive", "'compete'"]),
    "unknown verbosity": (["verbosity=loud"], ["verbosity", "quiet, normal, verbose", "'loud'"]),
    "fractional seed": (["seed=1.5"], ["seed", "whole number", "1.5"]),
    "negative seed": (["seed=-1"], ["seed", "0 or more", "-1"]),
    "study with a slash": (["study=a/b"], ["study", "'a/b'"]),
    "unknown experiment": (["+experiment=ten_workloads"], ["experiment/ten_workloads", "nine"]),
    "experiment without its plus": (["experiment=nine_workloads"], ["+experiment=nine_workloads"]),
    "no such design": (["task=evaluate", "design=none.yaml"], ["design", "none.yaml"]),
    "design of another kind": (["task=evaluate", "design=3"], ["design", "3"]),
    "unknown knob of a design": (
        ["task=evaluate", "design={rowz: 64}"],
        ["design", "'rowz'", "rows"],
    ),
    "bad knob of a design": (["task=evaluate", "design={rows: -1}"], ["design", "rows", "-1"]),
    "no run folder": (["task=report"], ["run_folder", "task=report"]),
    "run folder that is none": (["task=report", "run_folder=nowhere"], ["run_folder", "nowhere"]),
    "run folder of something else": (["task=report", "run_folder=."], ["run_folder", "'.'"]),
    "run folder of another task": (
        ["task=report", "run_folder=compared"],
        ["run_folder", "task=tune", "task=compare", "compared/report.html"],
    ),
    "run folder of a sweep": (
        ["task=report", "run_folder=sweep"],
        ["run_folder", "'sweep'", "runs below it: sweep/0, sweep/1"],
    ),
    "one run to compare": (["task=report", "runs=[.]"], ["runs", "two or more", "['.']"]),
    "runs that are none": (["task=report", "runs=[a,b]"], ["runs", "config.yaml", "'a'"]),
    "runs as a number": (["task=report", "runs=3"], ["runs", "list of texts", "3"]),
    "one run and several": (
        ["task=report", "run_folder=a", "runs=[a,b]"],
        ["run_folder or runs", "both"],
    ),
    "file in place of the run folder": (["hydra.run.dir=taken/run"], ["taken/run"]),
    "store that is none": (["tracking.uri=nonsense"], ["tracking.uri", "sqlite:///", "'nonsense'"]),
    "code in a config": (["+search._target_=os.system"], ["_target_", "values, not code"]),
    "the environment": (
        ["tracking.uri=${oc.env:HOME}"],
        ["references to other settings", "oc.env"],
    ),
    "reference to nothing": (["search.n_trials=${nothing}"], ["nothing"]),
    "half an override": (["seed"], ["'seed'"]),
    "unbalanced bracket": (["knobs.rows.choices=[64"], ["knobs.rows.choices=[64"]),
    "sweep without its flag": (["seed=1,2"], ["seed=1,2", "--multirun"]),
    "no such config folder": (["seed=1", "--config-dir=nowhere"], ["nowhere"]),
    "unknown flag": (["--foo"], ["--foo", "key=value", "--hydra-help"]),
    "flag without its value": (["--config-dir"], ["--config-dir", "expected one argument"]),
    "two modes at once": (["--multirun", "--cfg=job"], ["--multirun", "--cfg"]),
}


def one_layer(inputs: int, outputs: int) -> str:
    layer = f"linear: {{name: fc, tokens: 1, in: {inputs}, out: {outputs}}}"
    return f"source: made up\nlayers:\n  - {layer}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the files that the command lines name."""
    here = tmp_path_factory.mktemp("bad_input")
    files = {
        "broken.yaml": "layers: [",
        "list.yaml": "- 1",
        "code.yaml": "_target_: os.system",
        "empty_layer.yaml": one_layer(inputs=0, outputs=8),
        "huge.yaml": one_layer(inputs=65_536, outputs=262_144),
        "taken": "",
        "compared/config.yaml": "task: compare",
        "sweep/0/config.yaml": "task: tune",
        "sweep/1/config.yaml": "task: tune",
    }
    for name, text in files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text, encoding="utf-8")
    (here / "bytes.yaml").write_bytes(b"a: \xff\xfe")
    return here


@pytest.fixture(scope="module")
def finished(folder: Path) -> dict[str, Finished]:
    return run_commands({name: case[0] for name, case in REFUSED.items()}, folder)


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_in_one_line(finished: dict[str, Finished], name: str) -> None:
    told = finished[name]
    assert told.code == 2
    assert told.err.startswith("imctune: ")
    assert told.err.count("\n") == 1, told.err
    assert len(told.err) < 900, told.err
    assert "Traceback" not in told.err + told.out
    for words in REFUSED[name][1]:
        assert words in told.err, told.err


def test_a_refused_run_records_nothing(finished: dict[str, Finished], folder: Path) -> None:
    assert finished
    assert not list(folder.rglob("mlflow.db"))
    assert not list(folder.rglob("designs.parquet"))
