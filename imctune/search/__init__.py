"""Search: designs proposed a generation at a time, on Optuna.

`samplers` has one function per name, `loop` runs one search (`state` is what it works on), `refine`
ends it with local changes of the best designs, `tune` runs the joint search and one per network
and chooses among all designs.
"""

from imctune.search.loop import Study
from imctune.search.settings import SearchSettings
from imctune.search.tune import TuneResult, tune

__all__ = ["SearchSettings", "Study", "TuneResult", "tune"]
