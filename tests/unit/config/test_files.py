"""Config files are found by name or path, and hold values only."""

from pathlib import Path

import pytest

from imctune.config.files import find_file, read_mapping
from imctune.config.locations import CONF
from imctune.errors import InputError


def written(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_configs_are_found_by_name() -> None:
    assert find_file("search", "nsga2", [CONF], "search") == CONF / "search" / "nsga2.yaml"


def test_the_first_directory_wins(tmp_path: Path) -> None:
    mine = written(tmp_path, "sampler: random", "search/nsga2.yaml")
    assert find_file("search", "nsga2", [tmp_path, CONF], "search") == mine


def test_an_unknown_name_is_refused_with_the_nearest_and_all_names() -> None:
    with pytest.raises(InputError, match=r"unknown search 'nsg2' \(did you mean nsga2\?\)") as told:
        find_file("search", "nsg2", [CONF], "search")
    assert "allowed: four_phase, ga, nsga2, nsga3" in str(told.value)


def test_a_path_to_nowhere_is_refused() -> None:
    with pytest.raises(InputError, match=r"workloads: there is no file ./none.yaml"):
        find_file("workload", "./none.yaml", [CONF], "workloads")


def test_references_between_settings_are_resolved(tmp_path: Path) -> None:
    path = written(tmp_path, "a: 1e-3\nb: ${a}\n")
    assert read_mapping(path) == {"a": 0.001, "b": 0.001}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "is not YAML"),
        ("a: 1\na: 2\n", "found duplicate key a"),
        ("- 1\n", "must map names to values, got a list"),
        ("a: ${b}\n", "Interpolation key 'b' not found"),
        ("a: ???\n", "Missing mandatory value: a"),
        ("1: a\n", "a name must be text, got 1"),
        ("a: {_target_: os.system}\n", "_target_ is not allowed: settings are values, not code"),
        ("a: [{_target_: os.system}]\n", "_target_ is not allowed"),
        ("a: '${oc.env:HOME}'\n", r"only references to other settings"),
        ("a: 'x ${${b}:HOME}'\nb: oc.env\n", r"only references to other settings"),
        ("a: '${oc.decode:${b}}'\nb: 1\n", r"only references to other settings"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=told) as refusal:
        read_mapping(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_other_bytes_than_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_mapping(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_mapping(tmp_path)
