"""What matters about a result: which knobs, and what one step of each costs along the front."""

from imctune.sensitivity.analysis import Sensitivity, sensitivity
from imctune.sensitivity.importance import KnobImportance, knob_importance
from imctune.sensitivity.tradeoffs import Judge, Price, Step, front_rows, prices, steps

__all__ = [
    "Judge",
    "KnobImportance",
    "Price",
    "Sensitivity",
    "Step",
    "front_rows",
    "knob_importance",
    "prices",
    "sensitivity",
    "steps",
]
