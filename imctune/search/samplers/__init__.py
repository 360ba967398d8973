"""Samplers by name: each spends the budget of a search through Optuna's ask and tell.

`pareto` is NSGA-II and NSGA-III with the refinement of the best designs, `genetic` the plain
genetic algorithm and the paper's four phases, `sequential` the stages of device, circuit,
architecture and system, `stock` what Optuna has.
"""

from __future__ import annotations

__all__ = ["ANYTIME", "LAST_ROUNDS", "SPENDERS"]

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from imctune.search.samplers.genetic import four_phase, plain
from imctune.search.samplers.pareto import go_on, nsga2, nsga3
from imctune.search.samplers.sequential import sequential
from imctune.search.samplers.stock import random, tpe
from imctune.search.state import Search

SPENDERS: dict[str, Callable[[Search, npt.NDArray[np.int64]], None]] = {
    "nsga2": nsga2,
    "nsga3": nsga3,
    "four_phase": four_phase,
    "ga": plain,
    "tpe": tpe,
    "random": random,
    "sequential_middle": partial(sequential, start="middle"),
    "sequential_largest": partial(sequential, start="largest"),
}
"""From the search and the random designs that fit it, (n, n_genes), to a spent budget."""

LAST_ROUNDS: dict[str, Callable[[Search], None]] = {"nsga2": go_on, "nsga3": go_on}
"""How a search goes on from the best designs of all searches; the other samplers stay alone."""

ANYTIME = ("ga", "tpe", "random")
"""Those whose way does not depend on the budget: that of a small one begins that of a large one."""
