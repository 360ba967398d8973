"""What is measured of a course, against the best score and front that are known."""

from __future__ import annotations

__all__ = ["CLOSE_PERCENT", "Outcome", "Reference", "best_of", "outcomes", "regret_percent"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.compare.course import Course
from imctune.pareto import hypervolume, nondominated

FloatArray = npt.NDArray[np.float64]

CLOSE_PERCENT = 1.0
"""Regret up to which a search has found what there is. [%]"""

BEYOND = 1.1
"""Place of the hypervolume's reference point: the worst of the front is at 1, its best at 0."""


@dataclass(frozen=True)
class Reference:
    """What searches are measured against.

    Attributes
    ----------
    score : float
        Lowest score that is known.
    front : ndarray
        Objectives of the best front that is known, (m, 3).
    score_from, front_from : str
        Where the two come from, for people.
    """

    score: float
    front: FloatArray
    score_from: str
    front_from: str


@dataclass(frozen=True)
class Outcome:
    """What a sampler reached with one seed and budget.

    Attributes
    ----------
    sampler : str
    seed, budget : int
    n_designs : int
        Distinct designs evaluated: fewer than the budget where the sampler had no more to say.
    score : float
        Lowest.
    regret_percent : float
        Excess of it over the reference. [%]
    hypervolume : float
        Of its front over that of the reference's front, see `outcomes`.
    n_to_close : int or None
        Designs until the regret was at most `CLOSE_PERCENT`; None if it never was.
    cpu_seconds : float
        CPU time, evaluations included. [s]
    """

    sampler: str
    seed: int
    budget: int
    n_designs: int
    score: float
    regret_percent: float
    hypervolume: float
    n_to_close: int | None
    cpu_seconds: float


def best_of(courses: Sequence[Course]) -> Reference:
    """Return the best score and front of all courses: what is known where nothing else is."""
    points = np.concatenate([course.front(len(course)) for course in courses])
    score = min((float(course.score.min(initial=np.inf)) for course in courses), default=np.inf)
    source = "the best of all runs of this comparison"
    return Reference(score, points[nondominated(points)], source, source)


def regret_percent(score: npt.ArrayLike, reference: float) -> FloatArray:
    """Return by how much scores exceed the reference. [%].

    >>> regret_percent([1.0, 1.5], 1.0).tolist()
    [0.0, 50.0]
    """
    return np.asarray(100.0 * (np.asarray(score, dtype=np.float64) / reference - 1.0))


def outcomes(
    courses: Sequence[Course], budgets: Sequence[int], reference: Reference
) -> list[Outcome]:
    """Measure courses at each budget.

    A sampler whose courses all have one budget is read off at every budget on its way there; one
    with several, whose way depends on the budget, is taken at the budget of each course.

    Parameters
    ----------
    courses : sequence of Course
    budgets : sequence of int
    reference : Reference

    Notes
    -----
    The hypervolume is that of the logarithms of energy, latency and area, scaled so that the
    reference's front runs from 0 to 1 in each, up to the point 1.1 in each. Designs beyond that
    point add nothing.
    """
    measure = _Volume(reference.front)
    own: dict[str, set[int]] = {}
    for course in courses:
        own.setdefault(course.sampler, set()).add(course.budget)
    return [
        _outcome(course, budget, reference, measure)
        for course in courses
        for budget in ([course.budget] if len(own[course.sampler]) > 1 else sorted(budgets))
    ]


def _outcome(course: Course, budget: int, reference: Reference, measure: _Volume) -> Outcome:
    """Measure a course as far as a budget reaches."""
    n_designs = min(budget, len(course))
    best = course.best[:n_designs]
    regret = regret_percent(best, reference.score)
    close = np.flatnonzero(best <= reference.score * (1.0 + CLOSE_PERCENT / 100.0))
    return Outcome(
        sampler=course.sampler,
        seed=course.seed,
        budget=budget,
        n_designs=n_designs,
        score=float(best[-1]) if n_designs else np.inf,
        regret_percent=float(regret[-1]) if n_designs else np.inf,
        hypervolume=measure.share(course.front(n_designs)),
        n_to_close=int(close[0]) + 1 if len(close) else None,
        cpu_seconds=float(course.cpu_seconds[n_designs - 1]) if n_designs else 0.0,
    )


class _Volume:
    """Hypervolume of designs over that of a front."""

    def __init__(self, front: FloatArray) -> None:
        logs = np.log10(front) if len(front) else np.zeros((1, 3))
        self._low = logs.min(axis=0)
        width = logs.max(axis=0) - self._low
        self._width = np.where(width > 0.0, width, 1.0)
        self._whole = self._volume(front)

    def share(self, points: FloatArray) -> float:
        return self._volume(points) / self._whole if self._whole > 0.0 else 0.0

    def _volume(self, points: FloatArray) -> float:
        scaled = (np.log10(points) - self._low) / self._width
        scaled = scaled[(scaled < BEYOND).all(axis=1)]
        return hypervolume(scaled[nondominated(scaled)], [BEYOND] * 3) if len(scaled) else 0.0
