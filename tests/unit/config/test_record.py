"""Plain values become settings records by the types of the fields."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from imctune.config.record import record
from imctune.errors import InputError


@dataclass(frozen=True)
class Settings:
    sampler: Literal["nsga2", "random"]
    n_trials: int = 10
    share: float = 0.5
    verbose: bool = False
    cap: float | dict[str, float] | None = None
    weights: dict[str, float] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n_trials < 1:
            raise InputError(f"n_trials must be at least 1, got {self.n_trials}")


def test_values_take_the_types_of_the_fields() -> None:
    given = {"sampler": "random", "share": 1, "cap": {"a": 2}, "names": ["x", "y"]}
    settings = record(Settings, given, "search")
    assert settings == Settings("random", share=1.0, cap={"a": 2.0}, names=("x", "y"))
    assert isinstance(settings.share, float)


@pytest.mark.parametrize("cap", [None, 3.0])
def test_a_union_takes_any_of_its_types(cap: float | None) -> None:
    assert record(Settings, {"sampler": "nsga2", "cap": cap}, "search").cap == cap


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sampler": "tpe"}, "search.sampler must be one of nsga2, random, got 'tpe'"),
        (
            {"n_trial": 5},
            r"unknown setting 'n_trial' \(did you mean n_trials\?\); allowed: sampler",
        ),
        ({"n_trials": "many"}, "search.n_trials must be a whole number, got 'many'"),
        ({"n_trials": 2.5}, "search.n_trials must be a whole number, got 2.5"),
        ({"n_trials": True}, "search.n_trials must be a whole number, got True"),
        ({"n_trials": None}, "search.n_trials must be a whole number, got None"),
        ({"n_trials": 0}, "search: n_trials must be at least 1, got 0"),
        ({"share": float("nan")}, "search.share must be a finite number, got nan"),
        ({"share": True}, "search.share must be a finite number, got True"),
        ({"verbose": 1}, "search.verbose must be true or false, got 1"),
        ({"cap": "low"}, "search.cap must be a finite number or a mapping .* or null, got 'low'"),
        ({"weights": {"a": "x"}}, "search.weights.a must be a finite number, got 'x'"),
        ({"names": [1]}, r"search.names\[0\] must be text, got 1"),
        ({"names": "x"}, "search.names must be a list, got 'x'"),
    ],
)
def test_a_bad_value_is_refused_with_its_place(given: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        record(Settings, {"sampler": "nsga2", **given}, "search")


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(InputError, match="search: sampler is missing"):
        record(Settings, {}, "search")


def test_anything_but_a_mapping_is_refused() -> None:
    with pytest.raises(InputError, match="search must map names to values, got 3"):
        record(Settings, 3, "search")
