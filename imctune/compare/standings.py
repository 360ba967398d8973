"""Samplers over their seeds: medians and quartiles, and which of two does better."""

from __future__ import annotations

__all__ = ["Duel", "Quartiles", "Standing", "duels", "standings"]

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from imctune.compare.measures import Outcome
from imctune.compare.ranks import holm, rank_sum_test


class Quartiles(NamedTuple):
    """Of a sample; infinite where so much of it is."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Standing:
    """A sampler at one budget, over all its seeds.

    Attributes
    ----------
    sampler : str
    budget, n_seeds : int
    n_close : int
        Seeds that came close, see `Outcome`.
    regret_percent, hypervolume, n_to_close, cpu_seconds : Quartiles
        A seed that never came close counts as infinitely many designs.
    """

    sampler: str
    budget: int
    n_seeds: int
    n_close: int
    regret_percent: Quartiles
    hypervolume: Quartiles
    n_to_close: Quartiles
    cpu_seconds: Quartiles


@dataclass(frozen=True)
class Duel:
    """Two samplers at one budget, by their scores.

    Attributes
    ----------
    budget : int
    first, second : str
    share : float
        Of pairs of runs in which the first has the lower score, ties counted half.
    p_value : float
        Of the rank-sum test, corrected for all duels at this budget (Holm).
    """

    budget: int
    first: str
    second: str
    share: float
    p_value: float


def standings(measured: Sequence[Outcome]) -> list[Standing]:
    """Return every sampler at every budget, lowest median regret first within a budget."""
    found = []
    for (budget, sampler), own in _grouped(measured).items():
        close = [math.inf if o.n_to_close is None else float(o.n_to_close) for o in own]
        found.append(
            Standing(
                sampler=sampler,
                budget=budget,
                n_seeds=len(own),
                n_close=sum(math.isfinite(n) for n in close),
                regret_percent=_quartiles([o.regret_percent for o in own]),
                hypervolume=_quartiles([o.hypervolume for o in own]),
                n_to_close=_quartiles(close),
                cpu_seconds=_quartiles([o.cpu_seconds for o in own]),
            )
        )
    return sorted(
        found, key=lambda s: (s.budget, s.regret_percent.median, s.n_to_close.median, s.sampler)
    )


def duels(measured: Sequence[Outcome]) -> list[Duel]:
    """Return every pair of samplers at every budget."""
    groups = _grouped(measured)
    found = []
    for budget in sorted({budget for budget, _ in groups}):
        samplers = [sampler for at, sampler in groups if at == budget]
        pairs = list(combinations(samplers, 2))
        tests = [
            rank_sum_test(*([o.score for o in groups[budget, name]] for name in pair))
            for pair in pairs
        ]
        corrected = holm([test.p_value for test in tests]).tolist()
        found += [
            Duel(budget, *pair, test.share, p_value)
            for pair, test, p_value in zip(pairs, tests, corrected, strict=True)
        ]
    return found


def _grouped(measured: Sequence[Outcome]) -> dict[tuple[int, str], list[Outcome]]:
    """Return outcomes by budget and sampler, in the order in which they come."""
    groups: dict[tuple[int, str], list[Outcome]] = {}
    for outcome in measured:
        groups.setdefault((outcome.budget, outcome.sampler), []).append(outcome)
    return groups


def _quartiles(values: Sequence[float]) -> Quartiles:
    # Not interpolated: halfway to a run that never came close would be no number of designs.
    found = np.quantile(np.array(values), [0.25, 0.5, 0.75], method="inverted_cdf")
    return Quartiles(*found.tolist())
