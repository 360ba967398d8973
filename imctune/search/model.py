"""A quick model of the designs evaluated so far, and the designs that it thinks best.

The logarithms of EDAP and of constraint amounts are fitted by quadratic polynomials in the
logarithms of the knobs: products of powers, which chips mostly are, are straight lines there. The
model only chooses what to evaluate next; every result comes from the simulator.
"""

from __future__ import annotations

__all__ = ["QuadraticModel", "improve"]

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from imctune.knobs import KnobSpace

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

RIDGE = 1e-2
"""Pull of coefficients towards zero, in standard deviations of the genes."""

BLOCK = 120
"""Designs predicted at once."""


class QuadraticModel:
    """Quadratic polynomials in the standardised logarithms of gene values.

    Parameters
    ----------
    space : KnobSpace
    """

    def __init__(self, space: KnobSpace) -> None:
        self._n_genes = len(space.genes)
        self._most = max(len(gene.values) for gene in space.genes)
        self._coordinates = np.zeros((self._n_genes, self._most))
        for row, gene in zip(self._coordinates, space.genes, strict=True):
            values = np.arange(len(gene.values), dtype=np.float64)
            if gene.is_ordered and not any(isinstance(value, str) for value in gene.values):
                values = np.log(np.array(gene.values, dtype=np.float64))
            row[: len(values)] = (values - values.mean()) / values.std()
        self._upper = np.triu_indices(self._n_genes)
        self._constant: FloatArray = np.zeros(1)
        self._linear: FloatArray = np.zeros((self._n_genes, 1))
        self._square: FloatArray = np.zeros((self._n_genes, self._n_genes))

    def fit(self, indices: Indices, targets: FloatArray, weights: FloatArray) -> None:
        """Fit every column of `targets`, (n, n_targets), by weighted least squares."""
        u = self._located(indices)
        products = u[:, self._upper[0]] * u[:, self._upper[1]]
        features = np.concatenate([np.ones((len(u), 1)), u, products], axis=1)
        weighted = features * weights[:, None]
        normal = weighted.T @ features + RIDGE * np.eye(features.shape[1])
        found = np.linalg.solve(normal, weighted.T @ targets)
        self._constant, self._linear = found[0], found[1 : self._n_genes + 1]
        square = np.zeros((self._n_genes, targets.shape[1], self._n_genes))
        square[self._upper[0], :, self._upper[1]] = found[self._n_genes + 1 :]
        self._square = square.reshape(self._n_genes, -1)

    def predict(self, indices: Indices) -> FloatArray:
        """Return the targets of designs, (n, n_targets)."""
        u = self._located(indices)
        # In blocks too small for the library's threads: waiting for each other costs more.
        blocks = [u[start : start + BLOCK] @ self._square for start in range(0, len(u), BLOCK)]
        bent = np.concatenate(blocks).reshape(len(u), len(self._constant), self._n_genes)
        curved = (bent * u[:, None, :]).sum(axis=2)
        straight = (u[:, :, None] * self._linear).sum(axis=1)
        return np.asarray(self._constant + straight + curved)

    def _located(self, indices: Indices) -> FloatArray:
        """Return the coordinates of designs, (n, n_genes)."""
        return self._coordinates[np.arange(self._n_genes), indices]


def improve(
    starts: Indices,
    counts: Indices,
    cost: Callable[[Indices], FloatArray],
    rng: np.random.Generator,
    *,
    n_steps: int = 25,
    n_tries: int = 40,
) -> tuple[Indices, FloatArray]:
    """Walk downhill from every start at once; return all designs visited, cheapest first.

    Parameters
    ----------
    starts : ndarray
        (n, n_genes).
    counts : ndarray
        Values of each gene, (n_genes,).
    cost : callable
        Designs to what is minimised, (n,).
    rng : Generator
    n_steps, n_tries : int
        Steps of a walk; changed designs, by one to three genes, of which a step takes the best.
    """
    current, own = starts.copy(), cost(starts)
    visited, costs = [], []
    n_starts, n_genes = starts.shape
    for _ in range(n_steps):
        tries = np.repeat(current, n_tries, axis=0)
        everyone = np.arange(len(tries))
        for change in range(3):
            gene = rng.integers(0, n_genes, len(tries))
            value = rng.integers(0, counts[gene])
            is_changed = everyone if change == 0 else everyone[rng.random(len(tries)) < 0.5]
            tries[is_changed, gene[is_changed]] = value[is_changed]
        found = cost(tries).reshape(n_starts, n_tries)
        best = found.argmin(axis=1)
        picked = tries.reshape(n_starts, n_tries, n_genes)[np.arange(n_starts), best]
        reached = found[np.arange(n_starts), best]
        visited.append(picked)
        costs.append(reached)
        is_better = reached < own
        current[is_better], own[is_better] = picked[is_better], reached[is_better]
    everything, all_costs = np.concatenate(visited), np.concatenate(costs)
    order = np.argsort(all_costs, kind="stable")
    return everything[order], all_costs[order]
