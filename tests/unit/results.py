"""Designs with made-up results, for tests of what is stored of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import ComponentCost, Metrics, Scores

KNOB_FILE = Path(__file__).parents[2] / "conf" / "knobs" / "rram_32nm.yaml"
NETWORKS = ("resnet18", "vgg16")


def some_designs(
    n_designs: int, seed: int = 1, workloads: tuple[str, ...] = NETWORKS, **changes: Any
) -> DesignBatch:
    """Return distinct designs of the RRAM space; `changes` replace knobs of it."""
    mapping = yaml.safe_load(KNOB_FILE.read_text()) | changes
    space = KnobSpace.from_mapping(mapping, workloads)
    designs = space.decode(space.draw(np.random.default_rng(seed), 4 * n_designs))
    first = {key: row for row, key in reversed(list(enumerate(designs.keys())))}
    return designs.take(sorted(first.values())[:n_designs])


def some_results(designs: DesignBatch, seed: int = 1) -> tuple[Metrics, Scores]:
    """Return results: every third chip too large, and the first one without a finite energy."""
    rng = np.random.default_rng(seed)
    n_designs, n_workloads = len(designs), len(designs.workloads)
    energy, latency = rng.uniform(0.1, 9.0, (2, n_designs, n_workloads))
    area = rng.uniform(20.0, 400.0, n_designs)
    area[::3] = 900.0
    energy[0, 0] = np.nan
    too_large = area / 800.0 - 1.0
    capacity = np.full((n_designs, n_workloads), -0.5)
    not_finite = np.isnan(energy).any(axis=1).astype(float)
    feasible = (too_large <= 0.0) & (not_finite == 0.0)
    zeros = np.zeros((n_designs, n_workloads))
    metrics = Metrics(
        workloads=designs.workloads,
        energy_mj=energy,
        latency_ms=latency,
        cycles=zeros.astype(np.int64),
        edap=energy * latency * area[:, None],
        area_mm2=area,
        wafer_cost_mm2=area,
        feasible=feasible,
        violations={
            "area_mm2": too_large,
            "weight_capacity": capacity,
            "not_finite": not_finite,
        },
        breakdown={"arrays": ComponentCost(energy, area)},
        interval_ms=latency,
        throughput_per_s=1e3 / latency,
        power_avg_w=energy / latency,
        power_peak_w=energy / latency,
        programming_mj=zeros,
        programming_ms=zeros,
        n_converters=area,
    )
    mean_energy, mean_latency = (np.exp(np.log(x).mean(axis=1)) for x in (energy, latency))
    score = np.where(feasible, area * mean_energy * mean_latency, np.inf)
    return metrics, Scores(mean_energy, mean_latency, area, score)
