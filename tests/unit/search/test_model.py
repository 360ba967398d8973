"""The model that chooses what to evaluate next."""

import numpy as np

from imctune.search.model import QuadraticModel, improve
from tests.unit.search.toy import toy_space

SPACE = toy_space()
COUNTS = np.array([len(gene.values) for gene in SPACE.genes])


def test_products_of_powers_of_knobs_are_fitted_exactly() -> None:
    genes = SPACE.draw(np.random.default_rng(0), 400)
    designs = SPACE.decode(genes)
    powers = 2.0 * np.log(designs["rows"]) - np.log(designs["cols"]) * np.log(designs["supply_v"])
    model = QuadraticModel(SPACE)
    model.fit(genes[:300], np.column_stack([powers, -powers])[:300], np.ones(300))
    predicted = model.predict(genes[300:])
    np.testing.assert_allclose(predicted[:, 0], powers[300:], atol=2e-2)
    np.testing.assert_allclose(predicted[:, 1], -powers[300:], atol=2e-2)


def test_walks_find_the_lowest_point_of_a_bowl() -> None:
    target = COUNTS // 2
    rng = np.random.default_rng(1)
    visited, cost = improve(
        SPACE.draw(rng, 8),
        COUNTS,
        lambda genes: np.asarray(((genes - target) ** 2).sum(axis=1), dtype=float),
        rng,
        n_steps=40,
    )
    assert cost[0] == 0.0
    assert visited[0].tolist() == target.tolist()
    assert (np.diff(cost) >= 0.0).all()
    assert ((visited >= 0) & (visited < COUNTS)).all()
