"""Search: designs proposed a generation at a time, on Optuna.

`nsga2` is the sampler, `loop` runs one search, `refine` ends it with local changes of the best
designs, `tune` runs the joint search and one per network and chooses among all designs.
"""

from imctune.search.loop import Study
from imctune.search.settings import SearchSettings
from imctune.search.tune import TuneResult, tune

__all__ = ["SearchSettings", "Study", "TuneResult", "tune"]
