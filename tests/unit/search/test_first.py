"""First designs: they fit, and differ as much as can be."""

import numpy as np

from imctune.search.first import draw_first, spread
from tests.unit.search.toy import screen, toy_space


def test_drawn_designs_are_flagged_by_what_they_hold() -> None:
    space = toy_space()
    first = draw_first(space, screen, 100, 20_000, np.random.default_rng(0))
    np.testing.assert_array_equal(first.fits, screen(space.decode(first.indices)))
    assert first.fits.any(axis=1).all()
    assert len(first.for_workloads((0, 1, 2))) >= 100
    assert len(first.for_workloads((0,))) >= len(first.for_workloads((0, 2)))


def test_drawing_stops_at_its_cap() -> None:
    space = toy_space()
    none_fit = draw_first(
        space, lambda designs: np.zeros((len(designs), 3), bool), 10, 4500, np.random.default_rng(0)
    )
    assert none_fit.n_drawn == 4500
    assert none_fit.indices.shape == (0, len(space.genes))


def test_spread_takes_the_farthest_each_time() -> None:
    rng = np.random.default_rng(1)
    designs = rng.integers(0, 4, (200, 9))
    chosen = spread(designs, 12)
    for count in range(1, len(chosen)):
        to_chosen = (designs[:, None] != chosen[None, :count]).sum(axis=2).min(axis=1)
        own = (chosen[count] != chosen[:count]).sum(axis=1).min()
        assert own == to_chosen.max()


def test_spread_of_few_or_equal_designs_has_no_repeats() -> None:
    designs = np.array([[0, 1], [0, 1], [1, 1]])
    assert spread(designs, 5).tolist() == [[0, 1], [1, 1]]
    assert spread(designs[:0], 5).shape == (0, 2)
