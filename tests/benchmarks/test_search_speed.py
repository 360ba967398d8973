"""What proposing a design costs, beside its simulation: the same for the last as for the first."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import ObjectiveSettings
from imctune.search.settings import SearchSettings
from imctune.search.tune import run_searches
from tests.unit.search.toy import WORKLOADS, evaluate, rram, screen

LIMIT_MS = 1.5

Result = TypeVar("Result")


def cost_ms(settings: SearchSettings) -> float:
    """Return CPU time per trial of a search of the whole RRAM space, without the model's own."""
    inside = 0.0

    def timed(model: Callable[[DesignBatch], Result]) -> Callable[[DesignBatch], Result]:
        def call(designs: DesignBatch) -> Result:
            nonlocal inside
            start = time.process_time()
            result = model(designs)
            inside += time.process_time() - start
            return result

        return call

    space = KnobSpace.from_mapping(rram(), WORKLOADS)
    start = time.process_time()
    result = run_searches(
        space,
        timed(evaluate),
        timed(screen),
        objectives=ObjectiveSettings(),
        settings=settings,
        seed=1,
        technology="toy",
        largest="large",
    )
    total = time.process_time() - start
    assert len(result.designs) == settings.n_trials
    return 1e3 * (total - inside) / result.joint.n_trials


@pytest.mark.parametrize("n_trials", [1000, 5000, pytest.param(20_000, marks=pytest.mark.long)])
def test_proposing_a_design_costs_little(n_trials: int) -> None:
    settings = SearchSettings(n_trials=n_trials, baseline_trials=0)
    parts = {
        "whole search": settings,
        "NSGA-II alone": replace(settings, refine_share=0.0),
        "random": replace(settings, sampler="random"),
    }
    costs = {name: cost_ms(part) for name, part in parts.items()}
    for name, cost in costs.items():
        print(f"{n_trials} trials, {name}: {cost:.2f} ms CPU per trial")
    assert np.max([costs["whole search"], costs["NSGA-II alone"]]) <= LIMIT_MS
