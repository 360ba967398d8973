"""Results in reporting units, objectives over several workloads, and constraints.

The score is the aggregated EDAP: area x energy x latency. Energy and latency are first aggregated
over the workloads, by default with the weighted geometric mean, which needs no reference and in
which no network dominates.
"""

from imctune.objectives.metrics import ComponentCost, Metrics, inaccuracies
from imctune.objectives.scores import Scores, aggregate
from imctune.objectives.settings import AGGREGATIONS, CAPS, EDAP_UNIT, Cap, ObjectiveSettings

__all__ = [
    "AGGREGATIONS",
    "CAPS",
    "EDAP_UNIT",
    "Cap",
    "ComponentCost",
    "Metrics",
    "ObjectiveSettings",
    "Scores",
    "aggregate",
    "inaccuracies",
]
