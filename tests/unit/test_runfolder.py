"""A run folder gives back what was put in, whatever ended the run, and always the same bytes."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from imctune.columns import metrics_arrays
from imctune.errors import InputError
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, Scores
from imctune.pareto import nondominated
from imctune.runfolder import RunFolder, read_best_design, read_designs
from imctune.runfolder.generations import read_generations
from tests.unit.results import KNOB_FILE, NETWORKS, some_designs, some_results

PER_NETWORK = {"choices": [4, 8], "default": 8, "scope": "workload"}


def a_run(n_designs: int = 20) -> tuple[DesignBatch, Metrics, Scores]:
    designs = some_designs(n_designs, weight_bits=PER_NETWORK)
    return designs, *some_results(designs)


def front_of(metrics: Metrics, scores: Scores) -> Any:
    points = np.where(metrics.feasible[:, None], scores.objectives, np.inf)
    return nondominated(points)


def write_all(folder: RunFolder, run: tuple[DesignBatch, Metrics, Scores]) -> None:
    designs, metrics, scores = run
    folder.write_designs(
        *run,
        generation=np.arange(len(designs)) // 5,
        origin=["joint"] * 15 + ["vgg16"] * (len(designs) - 15),
        is_pareto=front_of(metrics, scores),
    )


def append_all(folder: RunFolder, run: tuple[DesignBatch, Metrics, Scores]) -> None:
    designs, metrics, scores = run
    for generation in range(len(designs) // 5):
        rows = np.arange(5 * generation, 5 * generation + 5)
        origin = "joint" if generation < 3 else "vgg16"
        folder.append(designs.take(rows), metrics.take(rows), scores.take(rows), generation, origin)


def test_designs_round_trip(tmp_path: Path) -> None:
    designs, metrics, scores = run = a_run()
    write_all(RunFolder(tmp_path), run)
    stored = read_designs(tmp_path)
    assert len(stored) == 20
    assert stored.designs.workloads == NETWORKS
    assert list(stored.designs.values) == list(designs.values)
    for knob, values in designs.values.items():
        np.testing.assert_array_equal(stored.designs[knob], values)
        assert stored.designs[knob].dtype.kind == values.dtype.kind
    assert stored.designs.keys() == designs.keys()
    for name, values in {
        "weight_bits@vgg16": designs["weight_bits"][:, 1],
        "energy_mj@resnet18": metrics.energy_mj[:, 0],
        "latency_ms@vgg16": metrics.latency_ms[:, 1],
        "edap@vgg16": metrics.edap[:, 1],
        "area_mm2": metrics.area_mm2,
        "energy_mj": scores.energy_mj,
        "latency_ms": scores.latency_ms,
        "edap": scores.score,
        "feasible": metrics.feasible,
        "violation_area_mm2": metrics.violations["area_mm2"],
        "violation_weight_capacity@resnet18": metrics.violations["weight_capacity"][:, 0],
        "generation": np.arange(20) // 5,
        "origin": np.array(["joint"] * 15 + ["vgg16"] * 5),
        "is_pareto": front_of(metrics, scores),
    }.items():
        np.testing.assert_array_equal(stored.columns[name], values)


def test_columns_come_in_one_order_and_hold_no_times(tmp_path: Path) -> None:
    write_all(RunFolder(tmp_path), a_run())
    names = list(read_designs(tmp_path).columns)
    assert names[0] == "rows"
    assert names.index("weight_bits@resnet18") + 1 == names.index("weight_bits@vgg16")
    assert names[-3:] == ["generation", "origin", "is_pareto"]
    assert names[names.index("edap") : names.index("edap") + 5] == [
        *("edap", "energy_mj", "latency_ms", "area_mm2", "feasible")
    ]


def test_same_designs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = RunFolder(tmp_path / name)
        append_all(folder, a_run())
        write_all(folder, a_run())
    for file in ("designs.parquet", "pareto.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert str(tmp_path).encode() not in (tmp_path / "a" / "designs.parquet").read_bytes()


def test_an_early_end_writes_the_same_files_as_the_whole_run(tmp_path: Path) -> None:
    run = a_run()
    early, whole = RunFolder(tmp_path / "early"), RunFolder(tmp_path / "whole")
    append_all(early, run)
    assert len(early.write_appended()) == 20
    write_all(whole, run)
    for file in ("designs.parquet", "pareto.csv"):
        assert (early.path / file).read_bytes() == (whole.path / file).read_bytes()
    assert {path.name for path in early.path.iterdir()} == {
        *("designs.parquet", "generations.log", "pareto.csv")
    }


def test_a_design_that_two_searches_found_is_read_once(tmp_path: Path) -> None:
    designs, metrics, scores = run = a_run(10)
    folder = RunFolder(tmp_path)
    folder.append(*run, 0)
    folder.append(designs.take([3, 4]), metrics.take([3, 4]), scores.take([3, 4]), 1, "vgg16")
    stored = read_designs(tmp_path)
    assert stored.designs.keys() == designs.keys()
    assert set(stored.columns["origin"]) == {"joint"}


def test_a_run_that_goes_on_adds_to_what_is_there(tmp_path: Path) -> None:
    designs, metrics, scores = a_run(10)
    for rows in (np.arange(0, 4), np.arange(4, 8)):
        folder = RunFolder(tmp_path)
        folder.append(designs.take(rows), metrics.take(rows), scores.take(rows), 0)
        folder.close()
    assert read_designs(tmp_path).designs.keys() == designs.keys()[:8]


def test_a_constraint_that_comes_later_was_not_violated_before(tmp_path: Path) -> None:
    designs, metrics, scores = a_run(4)
    folder = RunFolder(tmp_path)
    later = metrics.take([2, 3])
    later.violations["clock"] = np.array([0.5, -0.1])
    folder.append(designs.take([0, 1]), metrics.take([0, 1]), scores.take([0, 1]), 0)
    folder.append(designs.take([2, 3]), later, scores.take([2, 3]), 1)
    assert read_designs(tmp_path).columns["violation_clock"].tolist() == [0.0, 0.0, 0.5, -0.1]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = RunFolder(tmp_path)
    append_all(folder, a_run(10))
    folder.close()
    return tmp_path / "generations.log"


@pytest.mark.parametrize("lost_bytes", [1, 100, 1000])
def test_a_generation_that_was_cut_off_takes_no_other_with_it(log: Path, lost_bytes: int) -> None:
    designs, metrics, scores = a_run(10)
    log.write_bytes(log.read_bytes()[:-lost_bytes])
    assert read_designs(log.parent).designs.keys() == designs.keys()[:5]
    rows = np.arange(5, 10)
    RunFolder(log.parent).append(designs.take(rows), metrics.take(rows), scores.take(rows), 1)
    assert read_designs(log.parent).designs.keys() == designs.keys()


@pytest.mark.parametrize("change", ["zeros", "flipped"])
def test_a_generation_that_never_reached_the_disk_is_left_out(log: Path, change: str) -> None:
    # After a power loss a file may have its length but not its content.
    content = bytearray(log.read_bytes())
    if change == "zeros":
        content[-2000:] = bytes(2000)
    else:
        content[-1000] ^= 1
    log.write_bytes(content)
    assert read_designs(log.parent).designs.keys() == a_run(10)[0].keys()[:5]


def test_a_log_that_was_cut_off_anywhere_is_read(log: Path) -> None:
    whole = log.read_bytes()
    _, end = read_generations(log)
    assert end == len(whole)
    for length in range(0, len(whole), 997):
        log.write_bytes(whole[:length])
        kept, end = read_generations(log)
        assert len(kept) == (0 if length < len(whole) // 3 else len(kept)) < 2
        assert end <= length


def test_reading_goes_on_where_it_ended(log: Path) -> None:
    (first, second), _ = read_generations(log)
    whole = log.read_bytes()
    log.write_bytes(whole[:-1])
    (again,), end = read_generations(log)
    assert again.is_alike(first)
    assert read_generations(log, end) == ([], end)
    log.write_bytes(whole)
    (last,), _ = read_generations(log, end)
    assert last.is_alike(second)


def test_all_results_of_a_generation_come_back_bit_for_bit(log: Path) -> None:
    designs, metrics, scores = a_run(10)
    (first, second), _ = read_generations(log)
    assert (first.generation, second.generation, second.origin) == (0, 1, "joint")
    again = Metrics.concatenate([first.metrics, second.metrics])
    assert again.workloads == metrics.workloads
    wanted, found = metrics_arrays(metrics), metrics_arrays(again)
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype, name
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    np.testing.assert_array_equal(second.scores.score, scores.score[5:])
    assert first.designs.columns().keys() == designs.columns().keys()


def test_an_earlier_session_is_not_kept_twice(log: Path) -> None:
    designs, metrics, _ = run = a_run(10)
    folder = RunFolder(log.parent)
    known = folder.earlier()
    assert known is not None
    assert known[0].keys() == designs.keys()
    np.testing.assert_array_equal(known[1].edap, metrics.edap)
    append_all(folder, run)
    more = some_designs(15, weight_bits=PER_NETWORK).take(np.arange(10, 15))
    folder.append(more, *some_results(more), 2)
    kept, _ = read_generations(log)
    assert [item.generation for item in kept] == [0, 1, 2]
    assert read_designs(log.parent).designs.keys() == designs.keys() + more.keys()
    assert RunFolder(log.parent / "new").earlier() is None


@pytest.mark.parametrize("other", [{"generation": 3}, {"origin": "vgg16"}, {"seed": 2}])
def test_a_run_that_takes_another_way_is_refused(log: Path, other: dict[str, Any]) -> None:
    folder = RunFolder(log.parent)
    folder.earlier()
    designs = some_designs(5, other.pop("seed", 1), weight_bits=PER_NETWORK)
    results = some_results(designs)
    with pytest.raises(InputError, match=r"proposes other designs than it did \(generation"):
        folder.append(designs, *results, **{"generation": 0, **other})


def test_kill_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from imctune.runfolder import RunFolder\n"
        "from tests.unit.test_runfolder import a_run, append_all\n"
        "append_all(RunFolder(Path(sys.argv[1])), a_run()); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    designs, metrics, scores = a_run()
    stored = read_designs(tmp_path)
    assert stored.designs.keys() == designs.keys()
    np.testing.assert_array_equal(stored.columns["is_pareto"], front_of(metrics, scores))


def test_front_as_csv_is_sorted_and_loses_no_digit(tmp_path: Path) -> None:
    designs, metrics, scores = run = a_run()
    write_all(RunFolder(tmp_path), run)
    text = (tmp_path / "pareto.csv").read_bytes().decode()
    assert "\r" not in text
    front = np.flatnonzero(front_of(metrics, scores))
    front = front[np.argsort(scores.score[front])]
    assert len(front) > 2
    lines = list(csv.DictReader(text.splitlines()))
    assert [float(line["edap"]) for line in lines] == scores.score[front].tolist()
    assert [float(line["energy_mj@vgg16"]) for line in lines] == metrics.energy_mj[
        front, 1
    ].tolist()
    assert [int(line["rows"]) for line in lines] == designs["rows"][front].tolist()
    assert {line["feasible"] for line in lines} == {"true"}


def test_a_run_without_a_feasible_design_has_an_empty_front(tmp_path: Path) -> None:
    designs, metrics, scores = a_run(4)
    folder = RunFolder(tmp_path)
    folder.append(designs.take([0]), metrics.take([0]), scores.take([0]), 0)
    assert folder.write_appended().columns["is_pareto"].tolist() == [False]
    assert len((tmp_path / "pareto.csv").read_text().splitlines()) == 1


def test_best_design_builds_the_same_chip_again(tmp_path: Path) -> None:
    designs, _, _ = a_run()
    bits = designs["weight_bits"]
    differing = int(np.flatnonzero(bits[:, 0] != bits[:, 1])[0])
    agreeing = int(np.flatnonzero(bits[:, 0] == bits[:, 1])[0])
    space = KnobSpace.from_mapping(
        yaml.safe_load(KNOB_FILE.read_text()) | {"weight_bits": PER_NETWORK}, NETWORKS
    )
    for row in (differing, agreeing):
        RunFolder(tmp_path).write_best_design(designs, row, "Run it again:\n  imctune ...")
        knobs = read_best_design(tmp_path / "best_design.yaml")
        assert isinstance(knobs["weight_bits"], dict) is (row == differing)
        again = DesignBatch.from_knobs(knobs, space.defaults(), NETWORKS)
        for knob, values in designs.values.items():
            assert np.all(again[knob][0] == values[row]), knob
    text = (tmp_path / "best_design.yaml").read_text()
    assert text.startswith("# Run it again:\n#   imctune ...\nrows: ")


def test_summary_and_settings_are_plain_files(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_summary({"b": np.float64(2.5), "a": {"x": np.inf, 3: (np.int64(1), None, True)}})
    folder.write_config({"seed": 1, "workloads": ["réseau", {"name": "gpt2", "tokens": 512}]})
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert text.index('"a"') < text.index('"b"')
    assert json.loads(text) == {"b": 2.5, "a": {"x": None, "3": [1, None, True]}}
    assert yaml.safe_load((tmp_path / "config.yaml").read_text(encoding="utf-8")) == {
        "seed": 1,
        "workloads": ["réseau", {"name": "gpt2", "tokens": 512}],
    }


def a_file(path: Path) -> None:
    path.write_text("in the way")


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("in the way")


@pytest.mark.parametrize("hinder", [a_file, below_a_file])
def test_a_folder_that_cannot_be_is_refused_before_the_search(
    tmp_path: Path, hinder: Callable[[Path], None]
) -> None:
    path = tmp_path / "outputs" / "run"
    path.parent.mkdir()
    hinder(path)
    with pytest.raises(InputError, match=r"^run folder .*run: must be a folder .*: .+$") as refusal:
        RunFolder(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        RunFolder(tmp_path)


def test_a_full_disk_is_told_in_one_line_and_loses_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    append_all(folder, a_run())
    folder.write_summary({"a": 1})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    writes: list[Callable[[], None]] = [
        lambda: folder.write_summary({"a": 2}),
        lambda: write_all(folder, a_run()),
        lambda: append_all(folder, a_run()),
    ]
    for write in writes:
        with pytest.raises(InputError, match=r"^run folder .*: No space left on device$"):
            write()
    monkeypatch.undo()
    assert json.loads((tmp_path / "summary.json").read_text()) == {"a": 1}
    assert len(read_designs(tmp_path)) == 20


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "must hold designs.parquet or generations.log"),
        (b"not parquet", "designs.parquet: cannot be read: .*[Pp]arquet"),
    ],
)
def test_designs_that_cannot_be_read_are_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "designs.parquet").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_designs(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("rows: [1", "is not YAML"),
        ("- rows", "must map knobs to values, got "),
        ("", "must map knobs to values, got None"),
    ],
)
def test_a_design_file_that_is_none_is_refused(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "best.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=message) as refusal:
        read_best_design(path)
    assert "\n" not in str(refusal.value)


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    import pyarrow  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    pyarrow.parquet.write_table(pyarrow.table({"x": [1]}), tmp_path / "designs.parquet")
    with pytest.raises(InputError, match="holds no designs of imctune"):
        read_designs(tmp_path)
