"""The archive: no design is simulated twice, and rows come back in the order asked for."""

import numpy as np

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.search.archive import Archive
from tests.unit.search.toy import evaluate, toy_space


def test_a_design_is_evaluated_once_and_new_ones_in_one_call() -> None:
    calls: list[int] = []

    def counted(designs: DesignBatch) -> Metrics:
        calls.append(len(designs))
        return evaluate(designs)

    space, archive = toy_space(), Archive(counted)
    genes = space.draw(np.random.default_rng(0), 30)
    rows, new = archive.rows(space.decode(genes[[0, 1, 0, 2]]))
    assert rows.tolist() == [0, 1, 0, 2]
    assert new.tolist() == [0, 1, 2]
    rows, new = archive.rows(space.decode(genes[[2, 5, 5, 1]]))
    assert rows.tolist() == [2, 3, 3, 1]
    assert new.tolist() == [3]
    assert archive.rows(space.decode(genes[[5]]))[1].tolist() == []
    assert calls == [3, 1]


def test_rows_come_back_in_the_order_asked_for() -> None:
    space, archive = toy_space(), Archive(evaluate)
    designs = space.decode(space.draw(np.random.default_rng(2), 40))
    rows = np.concatenate([archive.rows(designs.take([i]))[0] for i in range(40)])
    shuffled = np.random.default_rng(3).permutation(40)
    assert archive.designs(rows[shuffled]).keys() == designs.take(shuffled).keys()
    np.testing.assert_array_equal(
        archive.metrics(rows[shuffled]).edap, evaluate(designs).edap[shuffled]
    )
    assert len(archive.designs(rows[:0])) == len(archive.metrics(rows[:0])) == 0
