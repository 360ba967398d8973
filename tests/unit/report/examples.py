"""Results made up by hand: round numbers, so that a test can show where each comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import ComponentCost, Metrics, ObjectiveSettings, Scores, aggregate
from imctune.report.facts import Constant, Network, RunFacts

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True)
class ExampleStudy:
    designs: DesignBatch
    metrics: Metrics
    scores: Scores
    n_trials: int
    interrupted: bool = False


@dataclass(frozen=True)
class ExampleResult:
    workloads: tuple[str, ...]
    joint: ExampleStudy
    singles: dict[str, ExampleStudy]
    designs: DesignBatch
    metrics: Metrics
    scores: Scores
    origin: list[str]
    is_pareto: npt.NDArray[np.bool_]
    best: int | None
    separate: dict[str, int]
    single_best: dict[str, int]
    largest: str


def example_metrics(
    workloads: Sequence[str],
    energy_mj: Rows,
    latency_ms: Rows,
    area_mm2: Sequence[float],
    violations: Mapping[str, npt.NDArray[np.float64]] | None = None,
) -> Metrics:
    """Metrics whose energy is converters and cells, three to one; areas likewise."""
    energy, latency = np.array(energy_mj, dtype=float), np.array(latency_ms, dtype=float)
    area = np.array(area_mm2, dtype=float)
    shape = (len(area), len(workloads))
    energy, latency = energy.reshape(shape), latency.reshape(shape)
    broken = dict(violations or {"weight_capacity": np.zeros(shape)})
    feasible = np.ones(len(area), dtype=bool)
    for amount in broken.values():
        feasible &= (amount <= 0.0).reshape(len(area), -1).all(axis=1)
    return Metrics(
        workloads=tuple(workloads),
        energy_mj=energy,
        latency_ms=latency,
        cycles=np.rint(latency * 1e6).astype(np.int64),
        edap=energy * latency * area[:, None],
        area_mm2=area,
        wafer_cost_mm2=area,
        feasible=feasible,
        violations=broken,
        breakdown={
            "converters": ComponentCost(0.75 * energy, 0.75 * area),
            "cells": ComponentCost(0.25 * energy, 0.25 * area),
        },
        interval_ms=latency,
        throughput_per_s=1e3 / latency,
        power_avg_w=energy / latency,
        power_peak_w=2.0 * energy / latency,
        programming_mj=energy,
        programming_ms=latency,
        n_converters=np.array([100.0 * (row + 1) for row in range(len(area))]),
    )


def example_designs(workloads: Sequence[str], n_designs: int) -> DesignBatch:
    return DesignBatch(
        {
            "rows": np.array([64 * (1 + row % 4) for row in range(n_designs)]),
            "supply_v": np.full(n_designs, 0.9),
            "weight_bits": np.full((n_designs, len(workloads)), 8),
        },
        tuple(workloads),
    )


def example_result(
    workloads: Sequence[str],
    metrics: Metrics,
    objectives: ObjectiveSettings,
    *,
    best: int | None,
    separate: dict[str, int],
    single_best: dict[str, int],
) -> ExampleResult:
    """A result in which the joint search evaluated every design but the singles' winners."""
    n_designs = len(metrics.area_mm2)
    designs, scores = example_designs(workloads, n_designs), aggregate(metrics, objectives)
    origin = ["joint"] * n_designs
    for network, row in single_best.items():
        origin[row] = network
    singles = {
        network: ExampleStudy(
            designs.take([row]),
            metrics.take([row]),
            replace(scores.take([row]), score=metrics.edap[[row], workloads.index(network)]),
            n_trials=10,
        )
        for network, row in single_best.items()
    }
    return ExampleResult(
        workloads=tuple(workloads),
        joint=ExampleStudy(designs, metrics, scores, n_trials=n_designs + 2),
        singles=singles,
        designs=designs,
        metrics=metrics,
        scores=scores,
        origin=origin,
        is_pareto=np.isfinite(scores.score),
        best=best,
        separate=separate,
        single_best=single_best,
        largest=workloads[-1],
    )


OBJECTIVES = ObjectiveSettings()


def two_networks(objectives: ObjectiveSettings = OBJECTIVES) -> ExampleResult:
    """Four designs for a small and a big network; the small one's own chip cannot hold the big.

    ======  ===========  =====  =========
    design  EDAP small   big    score
    ======  ===========  =====  =========
    0       10·1·1 = 10  40     20, joint
    1       10·1·1 = 10  90     30, from the search for big alone
    2       0.5·1·2 = 1  -      infeasible, from the search for small alone
    3       4            30     infeasible on its own, best for big
    ======  ===========  =====  =========
    """
    workloads = ("small", "big")
    fits = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.5], [0.2, 0.0]])
    metrics = example_metrics(
        workloads,
        energy_mj=[[1, 2], [1, 3], [0.5, 1], [1, 3]],
        latency_ms=[[1, 2], [1, 3], [1, 1], [1, 2.5]],
        area_mm2=[10, 10, 2, 4],
        violations={"weight_capacity": fits, "area_mm2": np.array([-0.01, -0.5, -0.9, -0.8])},
    )
    return example_result(
        workloads,
        metrics,
        objectives,
        best=0,
        separate={"small": 2, "big": 3},
        single_best={"small": 2, "big": 1},
    )


def one_network() -> ExampleResult:
    """One design for one network: joint choice, own chip and front are the same."""
    metrics = example_metrics(("only",), [[2.0]], [[3.0]], [5.0])
    return example_result(
        ("only",), metrics, OBJECTIVES, best=0, separate={"only": 0}, single_best={"only": 0}
    )


def nothing_feasible() -> ExampleResult:
    """Two designs, neither of which holds the network."""
    metrics = example_metrics(
        ("only",),
        [[2.0], [2.0]],
        [[3.0], [3.0]],
        [5.0, 6.0],
        violations={"weight_capacity": np.array([[0.5], [1.5]])},
    )
    return example_result(("only",), metrics, OBJECTIVES, best=None, separate={}, single_best={})


def facts_of(
    result: ExampleResult, objectives: ObjectiveSettings = OBJECTIVES, study: str = "two_networks"
) -> RunFacts:
    return RunFacts(
        study=study,
        technology="rram_32nm",
        assumptions="physical",
        seed=1,
        sampler="nsga2",
        n_trials=2500,
        baseline_trials=650,
        population_size=50,
        objectives=objectives,
        networks=tuple(Network(name, 11_690_000, 1_810_000_000) for name in result.workloads),
        constants=(Constant("cell.read_v", "0.2", "V", "Yao 28 nm RRAM macro"),),
        config_hash="0123abcd",
    )
