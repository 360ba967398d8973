"""The Python interface: what notebooks and other programs call."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import imctune
from imctune.assumptions import Assumptions
from imctune.columns import result_columns
from imctune.config.locations import CONF
from imctune.errors import InputError
from imctune.objectives import Metrics, ObjectiveSettings, aggregate
from imctune.search import SearchSettings


def test_results_have_one_row_per_design_and_one_column_per_network() -> None:
    metrics = imctune.evaluate(
        {"rows": [128, 256], "cols": 128, "supply_v": 0.8},
        workloads=["resnet18", "vgg16"],
        technology="rram_32nm",
        assumptions="physical",
    )
    for name in ("energy_mj", "latency_ms", "cycles", "edap", "interval_ms", "throughput_per_s"):
        assert getattr(metrics, name).shape == (2, 2)
    assert metrics.area_mm2.shape == metrics.feasible.shape == (2,)
    for amounts in metrics.violations.values():
        assert amounts.shape in ((2,), (2, 2))
    for cost in metrics.breakdown.values():
        assert (cost.energy_mj.shape, cost.area_mm2.shape) == ((2, 2), (2,))
    edap = metrics.energy_mj * metrics.latency_ms * metrics.area_mm2[:, None]
    np.testing.assert_allclose(metrics.edap, edap, rtol=1e-15)


def test_accuracy_falls_with_cells_that_vary_and_a_floor_for_it_is_a_limit() -> None:
    def evaluated(**given: Any) -> Metrics:
        return imctune.evaluate({"encoding": "differential"}, ["alexnet", "resnet18"], **given)

    ideal, varied = evaluated(), evaluated(variation="wan2022_1day")
    assert ideal.snr_db is not None
    assert varied.snr_db is not None
    assert (varied.snr_db < ideal.snr_db - 3.0).all()
    floor = float(varied.snr_db.max()) + 1.0
    limits = ObjectiveSettings(min_snr_db=floor)
    assert (evaluated(objectives=limits).violations["snr_db"] <= 0.0).all()
    broken = evaluated(objectives=limits, variation="wan2022_1day").violations["snr_db"]
    np.testing.assert_allclose(broken, 1.0 - varied.snr_db / floor)


def test_stored_columns_hold_the_accuracy_of_each_network() -> None:
    metrics = imctune.evaluate({"adc_bits": [5, 8]}, ["alexnet", "resnet18"])
    columns = result_columns(metrics, aggregate(metrics, ObjectiveSettings()))
    assert metrics.snr_db is not None
    np.testing.assert_array_equal(columns["snr_db@resnet18"], metrics.snr_db[:, 1])
    paper = imctune.evaluate({}, ["alexnet"], "paper_rram_32nm", "paper")
    assert paper.snr_db is None
    assert "snr_db@alexnet" not in result_columns(paper, aggregate(paper, ObjectiveSettings()))


def test_a_batch_equals_its_designs_one_by_one() -> None:
    rows, supply = [64, 256, 512], [0.6, 0.8, 1.0]
    batch = imctune.evaluate({"rows": rows, "supply_v": supply}, ["alexnet", "mobilenet_v3"])
    for i, (n_rows, volt) in enumerate(zip(rows, supply, strict=True)):
        one = imctune.evaluate({"rows": n_rows, "supply_v": volt}, ["alexnet", "mobilenet_v3"])
        assert one.energy_mj[0].tolist() == batch.energy_mj[i].tolist()
        assert one.cycles[0].tolist() == batch.cycles[i].tolist()
        assert one.area_mm2[0] == batch.area_mm2[i]


def test_names_paths_and_objects_mean_the_same() -> None:
    workload = imctune.load_workload("alexnet")
    technology = imctune.load_technology("sram_32nm")
    by_name = imctune.evaluate({}, ["alexnet"], "sram_32nm")
    for entry in (workload, CONF / "workload" / "alexnet.yaml", {"name": "alexnet"}):
        other = imctune.evaluate({}, [entry], technology, Assumptions())
        assert other.energy_mj.tolist() == by_name.energy_mj.tolist()


def test_workload_knobs_may_differ_between_networks() -> None:
    networks = ["alexnet", "resnet18"]
    both = imctune.evaluate({"weight_bits": [[8, 4]]}, networks)
    named = imctune.evaluate({"weight_bits": {"resnet18": 4}}, networks)
    usual = imctune.evaluate({"weight_bits": 8}, networks)
    assert both.energy_mj.tolist() == named.energy_mj.tolist()
    assert both.energy_mj[0, 0] == usual.energy_mj[0, 0]
    assert both.energy_mj[0, 1] < usual.energy_mj[0, 1]


def test_tune_returns_the_designs_of_all_searches() -> None:
    result = imctune.tune(
        ["alexnet", "mobilenet_v3"],
        knobs={"rows": 256, "cols": {"choices": [128, 256], "default": 256}},
        n_trials=80,
        baseline_trials=30,
        seed=5,
    )
    assert len(result.joint.designs) == 80
    assert set(result.singles) == {"alexnet", "mobilenet_v3"}
    assert set(result.designs["rows"].tolist()) == {256}
    assert set(result.designs["cols"].tolist()) == {128, 256}
    assert result.best is not None
    assert result.scores.score[result.best] == result.scores.score.min()


def test_settings_may_be_objects() -> None:
    settings = SearchSettings(n_trials=40, baseline_trials=0, sampler="random")
    objectives = ObjectiveSettings(area_max_mm2=500.0)
    first = imctune.tune(["alexnet"], search=settings, objectives=objectives)
    again = imctune.tune(
        ["alexnet"], search="random", objectives=objectives, n_trials=40, baseline_trials=0
    )
    assert first.scores.score.tolist() == again.scores.score.tolist()
    assert (first.metrics.area_mm2[first.metrics.feasible] <= 500.0).all()


@pytest.mark.parametrize(
    ("knobs", "workloads", "options", "told"),
    [
        ({"rowz": 64}, ["alexnet"], {}, r"knobs: unknown knob 'rowz' \(did you mean rows\?\)"),
        ({"rows": -64}, ["alexnet"], {}, "knobs.*rows.*-64"),
        ({"rows": [64, float("nan")]}, ["alexnet"], {}, "knobs.*rows.*nan"),
        ({"rows": [64, 128], "cols": [1, 2, 3]}, ["alexnet"], {}, "as many values as"),
        ({"rows": {"alexnet": 64}}, ["alexnet"], {}, "rows is one value for the whole chip"),
        ({}, ["alexnot"], {}, r"unknown workload 'alexnot' \(did you mean alexnet\?\)"),
        ({}, [], {}, "workloads must be a list of at least one network"),
        ({}, "alexnet", {}, "workloads must be a list of networks, got 'alexnet'"),
        ({}, ["alexnet"], {"technology": "rram"}, "unknown technology 'rram'"),
        ({}, ["alexnet"], {"assumptions": "none"}, "unknown assumptions 'none'"),
    ],
)
def test_bad_input_is_refused(
    knobs: dict[str, object], workloads: list[str], options: dict[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        imctune.evaluate(knobs, workloads, **options)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    macs = []
    for size in (64, 4096):
        layer = f"{{name: fc, tokens: 1, in: {size}, out: {size}}}"
        path.write_text(f"source: made up\nlayers: [linear: {layer}]\n")
        macs.append(float(imctune.evaluate({}, [path]).cycles[0, 0]))
    assert macs[0] < macs[1]


def test_importing_imctune_imports_nothing_heavy() -> None:
    heavy = "numpy optuna mlflow hydra omegaconf plotly pyarrow"
    code = f"import sys, imctune; print([n for n in '{heavy}'.split() if n in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CONF.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"
    assert set(dir(imctune)) == {
        "evaluate",
        "evaluate_macro",
        "load_technology",
        "load_workload",
        "tune",
    }


def test_evaluate_loads_neither_mlflow_nor_plotting() -> None:
    code = (
        "import sys, imctune; imctune.evaluate({}, ['alexnet'])\n"
        "print([n for n in ('mlflow', 'plotly', 'pyarrow', 'hydra') if n in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=CONF.parent, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
