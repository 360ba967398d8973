"""What sampled chips make of a design: which chip counts, and how many are good."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import imctune
from imctune.errors import InputError
from imctune.objectives import Metrics, ObjectiveSettings
from imctune.objectives.chips import of_chips, yield_shares

NETWORKS = ["resnet18", "mobilenet_v3"]
KNOBS: dict[str, Any] = {
    "bits_per_cell": [1, 1, 2, 1],
    "rows_active": [4, 8, 16, 16],
    "encoding": ["offset", "differential", "differential", "offset"],
}


def evaluated(knobs: dict[str, Any] | None = None, **settings: Any) -> Metrics:
    goals = ObjectiveSettings(**{"n_chips": 200, **settings})
    return imctune.evaluate(knobs or KNOBS, NETWORKS, variation="wan2022_1s", objectives=goals)


def snr_of(metrics: Metrics) -> np.ndarray:
    assert metrics.snr_db is not None
    return metrics.snr_db


def test_the_worst_chips_are_a_share_of_all() -> None:
    chips = np.arange(200.0)[None, ::-1]  # the worst 5 % of 200 are 0 to 9
    assert of_chips(chips, "quantile", 0.05).tolist() == [9.0]
    assert of_chips(chips, "cvar", 0.05).tolist() == [4.5]
    assert of_chips(chips, "cvar", 0.001).tolist() == [0.0]  # one at least


def test_a_chip_is_good_where_every_network_is() -> None:
    snr_db = np.array([[[30.0, 20.0, 30.0, np.inf], [30.0, 30.0, 10.0, 30.0]]])
    each, every = yield_shares(snr_db, np.array([25.0, 25.0]))
    assert each.tolist() == [[0.75, 0.75]]
    assert every.tolist() == [0.5]
    _, free = yield_shares(snr_db, np.array([25.0, -np.inf]))
    assert free.tolist() == [0.75]


def test_no_chip_is_sampled_unless_asked() -> None:
    metrics = evaluated(min_snr_db=30.0)
    assert metrics.yield_share is None
    assert metrics.chip_yield is None
    assert "yield_share" not in metrics.violations


def test_the_mean_chip_is_about_the_typical_one_and_the_worst_are_worse() -> None:
    typical, mean, quantile, cvar = (
        snr_of(evaluated(chip_statistic=kind)) for kind in ("typical", "mean", "quantile", "cvar")
    )
    assert (cvar <= quantile).all()
    assert (cvar <= mean).all()
    # Where rounding leaves the cells' noise, a chip is as good as the typical one in the mean.
    np.testing.assert_allclose(mean, typical, atol=1.5)


def test_energy_of_the_worst_chips_follows_the_conductance_of_their_cells() -> None:
    # Chips differ by 5 %: the mean of the worst 5 % is 2.06 sigma above the mean, +10.9 % of
    # the energy of reading cells, lognormal; drawn.
    usual, worst = evaluated(), evaluated(chip_statistic="cvar", n_chips=20_000)
    cells = usual.breakdown["cells"].energy_mj
    np.testing.assert_allclose((worst.energy_mj - usual.energy_mj) / cells, 0.109, atol=0.004)
    total = sum(cost.energy_mj for cost in worst.breakdown.values())
    np.testing.assert_allclose(total, worst.energy_mj, rtol=1e-12)


def test_a_lower_floor_never_costs_chips() -> None:
    yields = [
        evaluated(min_snr_db=floor, yield_min=0.5).yield_share for floor in (30.0, 35.0, 40.0)
    ]
    for low, high in itertools.pairwise(yields):
        assert low is not None
        assert high is not None
        assert (low >= high).all()


def test_too_few_good_chips_are_a_violation() -> None:
    metrics = evaluated(min_snr_db=38.0, yield_min=0.9)
    assert metrics.yield_share is not None
    assert metrics.chip_yield is not None
    np.testing.assert_allclose(
        metrics.violations["yield_share"], 1.0 - metrics.yield_share / 0.9, rtol=1e-12
    )
    assert (metrics.chip_yield <= metrics.yield_share.min(axis=1)).all()
    assert metrics.chip_yield[0] == 1.0
    assert not metrics.feasible[2]


def test_a_batch_of_sampled_chips_equals_its_designs_one_by_one() -> None:
    settings: dict[str, Any] = {"min_snr_db": 38.0, "yield_min": 0.9, "chip_statistic": "cvar"}
    batch = evaluated(**settings)
    for row in range(4):
        alone = evaluated({knob: [values[row]] for knob, values in KNOBS.items()}, **settings)
        np.testing.assert_array_equal(snr_of(alone)[0], snr_of(batch)[row])
        assert alone.yield_share is not None
        assert batch.yield_share is not None
        np.testing.assert_array_equal(alone.yield_share[0], batch.yield_share[row])


def test_ideal_cells_make_all_chips_alike() -> None:
    goals = ObjectiveSettings(min_snr_db=30.0, yield_min=1.0, n_chips=20)
    metrics = imctune.evaluate({"adc_bits": [4, 8]}, ["resnet18"], objectives=goals)
    assert metrics.yield_share is not None
    good = snr_of(metrics) >= 30.0
    np.testing.assert_array_equal(metrics.yield_share, good.astype(float))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chip_statistic": "median"}, "chip_statistic must be one of typical, mean, quantile, cv"),
        ({"yield_min": 0.9}, "objectives.min_snr_db must be given, got null"),
        ({"yield_min": 1.2, "min_snr_db": 30.0}, "yield_min must be above 0 and at most 1, got 1"),
        ({"chip_worst_share": 0.0}, "chip_worst_share must be above 0 and at most 1, got 0.0"),
        ({"n_chips": 0}, "n_chips must be from 1 to 100000, got 0"),
        ({"chips_seed": -1}, "chips_seed must be from 0 to 100000, got -1"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ObjectiveSettings(**settings)


def test_the_profile_of_the_paper_has_no_chips_to_sample() -> None:
    goals = ObjectiveSettings(chip_statistic="mean")
    with pytest.raises(InputError, match=r"chip_statistic must be typical .* assumptions=paper"):
        imctune.evaluate({}, ["alexnet"], "paper_rram_32nm", "paper", objectives=goals)
