"""A network on real data does as well as the closed form's signal-to-noise ratio says."""

from __future__ import annotations

from functools import cache

import pytest

from tests.validation.digits import FLOOR_DB, Outcome, main, outcomes, trained
from tests.validation.statistics import spearman


@cache
def found() -> list[Outcome]:
    return outcomes(n_designs=48, n_chips=2)


def test_network_tells_digits_in_floating_point() -> None:
    assert trained().exact_accuracy() > 0.97


def test_accuracy_follows_the_predicted_ratio() -> None:
    correlation = spearman([x.snr_db for x in found()], [x.accuracy for x in found()])
    assert correlation is not None
    assert correlation >= 0.9
    # Over the range where accuracy varies: from guessing to all but the floating-point network's.
    assert min(x.accuracy for x in found()) < 0.3
    assert sum(0.3 < x.accuracy < 0.95 for x in found()) >= 10


def test_designs_above_the_floor_lose_at_most_a_hundredth() -> None:
    good = [x.accuracy for x in found() if x.snr_db >= FLOOR_DB]
    assert len(good) >= 3
    assert min(good) >= trained().exact_accuracy() - 0.01


def test_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--designs", "4", "--chips", "1"]) == 0
    assert "rank correlation" in capsys.readouterr().out
