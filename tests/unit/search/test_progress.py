"""What is shown of a running search: a bar on a terminal, lines elsewhere, nothing if unwanted."""

import io
import sys

import pytest

from imctune.objectives import ObjectiveSettings
from imctune.search import progress
from imctune.search.run import Run
from imctune.search.settings import SearchSettings
from imctune.search.tune import run_searches
from tests.unit.search.toy import evaluate, screen, toy_space

SETTINGS = SearchSettings(n_trials=60, baseline_trials=40, population_size=20, first_designs=20)


class Stream(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def shown(
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_terminal: bool,
    show: bool = True,
    objectives: ObjectiveSettings | None = None,
) -> str:
    """Return what a small run writes to standard error when it may write at any time."""
    stream = Stream(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_FRAMES", 0.0)
    run_searches(
        Run(
            toy_space(),
            evaluate,
            screen,
            objectives=objectives or ObjectiveSettings(),
            settings=SETTINGS,
            seed=1,
            show_progress=show,
        ),
        technology="toy",
        largest="large",
    )
    return stream.getvalue()


def test_a_terminal_gets_one_bar_that_ends_at_all_designs(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, is_terminal=True)
    assert "joint:" in text
    assert "180/180" in text.rsplit("\r", 1)[1]  # 60 joint, 3 times 40
    for words in ("design/s", "best EDAP", "mJ·ms·mm²", "front "):
        assert words in text


def test_elsewhere_a_line_comes_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, is_terminal=False) == ""  # done before the first is due
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    lines = shown(monkeypatch, is_terminal=False).splitlines()
    assert len(lines) >= 8  # a generation each
    assert all(line.startswith("imctune: ") and "\r" not in line for line in lines)
    assert "180 of 180 designs" in lines[-1]
    assert "00:00 left, best EDAP" in lines[-1]


def test_a_score_that_is_no_edap_is_not_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    text = shown(monkeypatch, is_terminal=False, objectives=ObjectiveSettings("regret"))
    joint = [line for line in text.splitlines() if line.startswith("imctune: joint")]
    assert joint
    assert all("best regret " in line and "mJ" not in line for line in joint)


def test_nothing_is_shown_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    assert shown(monkeypatch, is_terminal=True, show=False) == ""
    assert shown(monkeypatch, is_terminal=False, show=False) == ""
