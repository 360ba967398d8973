"""How well searches do: their courses, what is measured of them, and whether they differ.

A course is what one sampler found with one seed and budget, design by design. Courses are measured
against the true optimum and front where these are known.
"""

from imctune.compare.course import Course
from imctune.compare.measures import Outcome, Reference, best_of, outcomes, regret_percent
from imctune.compare.ranks import holm, rank_sum_test
from imctune.compare.standings import Duel, Standing, duels, standings

__all__ = [
    "Course",
    "Duel",
    "Outcome",
    "Reference",
    "Standing",
    "best_of",
    "duels",
    "holm",
    "outcomes",
    "rank_sum_test",
    "regret_percent",
    "standings",
]
