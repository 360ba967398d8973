"""Neighbours and descents, on spaces small enough to follow by hand."""

import numpy as np
import numpy.typing as npt
import pytest

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.search.found import Found
from imctune.search.goals import single_goal
from imctune.search.neighbours import Neighbourhood
from imctune.search.refine import Fits, Need, Refinement
from tests.unit.search.toy import evaluate, toy_space

Indices = npt.NDArray[np.int64]

SMALL = toy_space(
    {
        "rows": {"choices": [64, 128, 256], "default": 128},
        "macros_per_tile": {"choices": [4, 8, 16], "default": 8},
        "tiles_per_group": {"choices": [3, 6], "default": 6},
        "compute": {"choices": ["analog", "digital"], "default": "analog"},
    }
)
MIDDLE = np.array([1, 1, 1, 0])


def listed(designs: Indices) -> set[tuple[int, ...]]:
    found = [tuple(row) for row in designs.tolist()]
    assert len(found) == len(set(found))
    return set(found)


def test_steps_go_one_value_up_or_down_or_to_another_word() -> None:
    steps = {(0, 1, 1, 0), (2, 1, 1, 0), (1, 0, 1, 0), (1, 2, 1, 0), (1, 1, 0, 0), (1, 1, 1, 1)}
    assert listed(Neighbourhood(SMALL).steps(MIDDLE)) == steps


def test_singles_take_all_other_values_of_one_gene() -> None:
    lowest = np.array([0, 0, 0, 0])
    singles = {(1, 0, 0, 0), (2, 0, 0, 0), (0, 1, 0, 0), (0, 2, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)}
    assert listed(Neighbourhood(SMALL).singles(lowest)) == singles


def test_pairs_are_steps_of_two_genes() -> None:
    pairs = listed(Neighbourhood(SMALL).pairs(MIDDLE))
    assert all((np.array(pair) != MIDDLE).sum() == 2 for pair in pairs)
    # Steps per gene are 2, 2, 1 and 1.
    assert len(pairs) == 2 * 2 + 2 * 1 + 2 * 1 + 2 * 1 + 2 * 1 + 1 * 1


def test_splits_keep_the_number_of_cells() -> None:
    # 128 rows x 8 macros x 6 tiles, as other powers of two.
    splits = {(0, 2, 1, 0), (2, 0, 1, 0), (2, 1, 0, 0), (1, 2, 0, 0)}
    assert listed(Neighbourhood(SMALL).splits(MIDDLE)) == splits


class Descents:
    """A refinement of one network's best designs in the toy space, step by step."""

    def __init__(self, first: Indices, need: Need | None = None, *, is_last: bool = True) -> None:
        self.space = toy_space()
        self.found = Found(single_goal("small", 0), len(self.space.genes))
        self.evaluate(first)
        self.refinement = Refinement(
            self.space,
            self.found,
            lambda genes: np.ones(len(genes), dtype=np.bool_),
            need,
            np.random.default_rng(1),
            is_last=is_last,
        )

    def evaluate(self, genes: Indices) -> None:
        rows = np.arange(len(self.found), len(self.found) + len(genes))
        self.found.add(rows, genes, self.metrics(genes), 0)

    def metrics(self, genes: Indices) -> Metrics:
        designs: DesignBatch = self.space.decode(genes)
        return evaluate(designs)

    def go_on(self, n_designs: int) -> None:
        while n_designs > 0:
            proposed = self.refinement.propose(n_designs)
            assert len(proposed) <= n_designs
            if len(proposed) == 0:
                return
            self.evaluate(proposed)
            n_designs -= len(proposed)


@pytest.fixture
def first() -> Indices:
    return toy_space().draw(np.random.default_rng(0), 30)


def test_no_design_is_proposed_twice(first: Indices) -> None:
    first = np.unique(first, axis=0)
    descents = Descents(first)
    descents.go_on(400)
    assert len(np.unique(descents.found.indices, axis=0)) == len(descents.found)
    assert len(descents.found) > len(first) + 100


def test_changes_of_random_designs_find_the_best_of_all(first: Indices) -> None:
    space = toy_space()
    counts = [len(gene.values) for gene in space.genes]
    every = np.indices(counts).reshape(len(counts), -1).T
    metrics = evaluate(space.decode(every))
    best = np.where(metrics.feasible_for(0), metrics.edap[:, 0], np.inf).min()
    descents = Descents(first)
    descents.go_on(300)
    assert len(descents.found) < len(every) // 5
    assert descents.found.score.min() == pytest.approx(best, rel=1e-9)


@pytest.fixture
def holds(first: Indices) -> Fits:
    """As if designs with as many rows as the best of the first ones held all weights."""
    rows = first[Descents(first).found.ranked()[0], 0]
    return lambda genes: np.asarray(genes[:, 0] == rows)


def needed(holds: Fits) -> Need:
    return lambda genes: np.where(holds(genes), -0.1, 0.1)


def test_a_descent_keeps_holding_what_it_holds(first: Indices, holds: Fits) -> None:
    shares = []
    for need in (None, needed(holds)):
        descents = Descents(first, need)
        descents.go_on(60)
        shares.append(holds(descents.found.indices[len(first) :]).mean())
    assert shares[0] < 1.0
    assert shares[1] == 1.0


def test_descents_start_from_chips_of_the_other_kind_before_the_last(
    first: Indices, holds: Fits
) -> None:
    starts = {}
    for is_last in (True, False):
        descents = Descents(first, needed(holds), is_last=is_last)
        descents.go_on(170)
        starts[is_last] = descents.found.indices[descents.refinement.starts]
        assert holds(starts[is_last])[0]
    assert not holds(starts[False][1:3]).all()
    assert len(np.unique(starts[False], axis=0)) == len(starts[False])
    best = descents.found.indices[descents.found.ranked()[0]]
    assert (starts[False][3:] == best).all(axis=1).any()
