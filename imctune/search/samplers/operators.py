"""How parents become children: crossover and mutation of genes that count from 0."""

from __future__ import annotations

__all__ = ["Operators", "RealCoded", "Strength", "UniformSteps"]

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

CROSSOVER_PROBABILITY = 0.9
JUMP_PROBABILITY = 0.25
"""Share of mutations that draw any value; the others go to a neighbour."""


class Operators(Protocol):
    """Crossover and mutation of genes, (n, n_genes), whose values count from 0."""

    def cross(self, first: Indices, second: Indices, rng: np.random.Generator) -> Indices:
        """Return one child of each pair of parents."""

    def mutate(self, genes: Indices, counts: Indices, rng: np.random.Generator) -> Indices:
        """Return the children changed a little; `counts` is the values of each gene."""


class UniformSteps:
    """Uniform crossover, as in Optuna, then mutation that mostly goes to a neighbouring value."""

    def cross(self, first: Indices, second: Indices, rng: np.random.Generator) -> Indices:
        """Return children with each gene from either parent."""
        is_crossed = rng.random(len(first)) < CROSSOVER_PROBABILITY
        from_second = rng.random(first.shape) < 0.5
        from_second &= is_crossed[:, None]
        return np.asarray(np.where(from_second, second, first))

    def mutate(self, genes: Indices, counts: Indices, rng: np.random.Generator) -> Indices:
        """Return the children with, on average, one gene at another value, and at least one."""
        n_children, n_genes = genes.shape
        is_mutated = rng.random(genes.shape) < 1.0 / n_genes
        is_mutated[np.arange(n_children), rng.integers(0, n_genes, n_children)] = True
        jump = rng.integers(0, counts, genes.shape)
        step = genes + np.where(rng.random(genes.shape) < 0.5, -1, 1)
        # Beyond an end, the only neighbour is on the other side.
        step = np.where(step < 0, 1, np.where(step >= counts, counts - 2, step))
        is_jump = rng.random(genes.shape) < JUMP_PROBABILITY
        return np.asarray(np.where(is_mutated, np.where(is_jump, jump, step), genes))


@dataclass(frozen=True)
class Strength:
    """How far children may be from their parents.

    Attributes
    ----------
    crossover, mutation : float
        Probability that a child is crossed, and mutated. [1]
    crossover_eta, mutation_eta : float
        Distribution index: the larger, the closer to the parents. [1]
    """

    crossover: float
    crossover_eta: float
    mutation: float
    mutation_eta: float


class RealCoded:
    """Simulated binary crossover and polynomial mutation, rounded to whole numbers [1]_.

    Parameters
    ----------
    strength : callable
        The strength now: it may fall while the search goes on.

    References
    ----------
    .. [1] K. Deb and R. B. Agrawal, Complex Systems 9(2), 1995; K. Deb and M. Goyal, Computer
       Science and Informatics 26(4), 1996.
    """

    def __init__(self, strength: Callable[[], Strength]) -> None:
        self._strength = strength

    def cross(self, first: Indices, second: Indices, rng: np.random.Generator) -> Indices:
        """Return children around either parent, as far as the parents are from each other."""
        strength = self._strength()
        is_crossed = rng.random(len(first)) < strength.crossover
        is_used = (rng.random(first.shape) < 0.5) & is_crossed[:, None]
        u = rng.random(first.shape)
        power = 1.0 / (strength.crossover_eta + 1.0)
        spread = np.where(u <= 0.5, (2.0 * u) ** power, (0.5 / (1.0 - u)) ** power)
        side = np.where(rng.random(first.shape) < 0.5, -1.0, 1.0)
        child = 0.5 * ((first + second) + side * spread * np.abs(second - first))
        return np.where(is_used, np.rint(child), first).astype(np.int64)

    def mutate(self, genes: Indices, counts: Indices, rng: np.random.Generator) -> Indices:
        """Return children of which, where mutated, one gene on average is moved."""
        strength = self._strength()
        tops = counts - 1
        inside = np.clip(genes, 0, tops)
        is_mutated = (rng.random(len(genes)) < strength.mutation)[:, None]
        is_moved = is_mutated & (rng.random(genes.shape) < 1.0 / genes.shape[1])
        u = rng.random(genes.shape)
        power = 1.0 / (strength.mutation_eta + 1.0)
        shift = np.where(u < 0.5, (2.0 * u) ** power - 1.0, 1.0 - (2.0 * (1.0 - u)) ** power)
        moved = np.clip(np.rint(inside + shift * tops), 0, tops)
        return np.where(is_moved, moved, inside).astype(np.int64)
