"""What proposing a design costs, beside its simulation: the same for the last as for the first."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import ObjectiveSettings
from imctune.search.run import Run
from imctune.search.settings import SearchSettings
from imctune.search.tune import run_searches
from tests.unit.search.toy import WORKLOADS, evaluate, rram, screen

AIM_MS = 1.5

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
        Run(
            space,
            timed(evaluate),
            timed(screen),
            objectives=ObjectiveSettings(),
            settings=settings,
            seed=1,
        ),
        technology="toy",
        largest="large",
    )
    total = time.process_time() - start
    assert len(result.designs) == settings.n_trials
    return 1e3 * (total - inside) / result.joint.n_trials


def costs_ms(n_trials: int) -> dict[str, float]:
    settings = SearchSettings(n_trials=n_trials, baseline_trials=0)
    parts = {
        "whole search": settings,
        "NSGA-II alone": replace(settings, refine_share=0.0),
        "random": replace(settings, sampler="random"),
    }
    return {name: cost_ms(part) for name, part in parts.items()}


@pytest.mark.parametrize("n_trials", [1000, 5000, pytest.param(20_000, marks=pytest.mark.long)])
def test_proposing_a_design_costs_little(n_trials: int) -> None:
    # In a process of its own, with one thread for numpy, as the command sets it.
    program = f"import {__name__} as b; import json; print(json.dumps(b.costs_ms({n_trials})))"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    costs = json.loads(done.stdout)
    assert set(costs) == {"whole search", "NSGA-II alone", "random"}
    for name, cost in costs.items():
        share = cost / AIM_MS
        print(f"{n_trials} trials, {name}: {cost:.2f} ms CPU per trial, {share:.2f} of the aim")
