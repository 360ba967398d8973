"""All searches of a case, and what is compared of them."""

from __future__ import annotations

__all__ = ["CaseResult", "ChipResult", "Dominance", "run_case"]

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import AGGREGATIONS, ObjectiveSettings
from imctune.objectives.settings import Aggregation
from imctune.search.exhaustive import find_optimum
from imctune.search.paper_tables.case import Case
from imctune.search.paper_tables.pool import Pool
from imctune.search.paper_tables.sets import LeftOut, SetSize, growing_sets, left_out, subsets
from imctune.search.paper_tables.stored import StoredResult, stored_results
from imctune.search.settings import SearchSettings
from imctune.search.tune import TuneResult, tune
from imctune.simulator.simulate import Simulator

JOINT, OPTIMUM = "joint", "optimum"
JOINT_RUN = "joint run"
"""All designs of the run that has the joint search and those for each network alone."""

OTHERS = ("four_phase", "ga", "sequential_middle", "sequential_largest", "random")
"""Samplers that the joint search is compared with, at its number of designs."""

SUMS: tuple[Aggregation, ...] = ("mean", "max")
"""Aggregations in which one network can outweigh the others."""


@dataclass(frozen=True)
class ChipResult:
    """A chip on every network of the case.

    Attributes
    ----------
    key : str
        Search that found it, or the network that it is the best for.
    aggregation : str
        Under which it is that search's best; empty for the chip of one network.
    knobs : dict
    area_mm2, n_converters : float
    energy_mj, latency_ms, edap : list of float
        Per network. [mJ], [ms], [mJ·ms·mm²]
    fits : list of bool
        Whether it may run each network.
    scores : dict of str to float
        Aggregation to score, infinite where it does not run all networks.
    """

    key: str
    aggregation: str
    knobs: dict[str, Any]
    area_mm2: float
    n_converters: float
    energy_mj: list[float]
    latency_ms: list[float]
    edap: list[float]
    fits: list[bool]
    scores: dict[str, float]


@dataclass(frozen=True)
class Dominance:
    """How far one network decides an aggregation.

    Attributes
    ----------
    aggregation, network : str
        The network with the largest share of energy times latency, on the aggregation's best chip.
    energy_percent, latency_percent : float
        Its shares of the sums over all networks there. [%]
    rank_correlation : float
        Of its EDAP with the score, over all feasible designs. [1]
    is_own_best : bool
        Whether that chip is also the best one for this network alone, of those that run all.
    """

    aggregation: str
    network: str
    energy_percent: float
    latency_percent: float
    rank_correlation: float
    is_own_best: bool


@dataclass(frozen=True)
class CaseResult:
    """What a case comes to, in plain numbers.

    Attributes
    ----------
    name, technology, assumptions, largest : str
    workloads : list of str
    n_space : int
        Designs of the space.
    is_exact : bool
        Whether all of them were evaluated: the optimum and the own best are then the true ones.
    n_designs : dict of str to int
        Distinct designs that each search evaluated.
    chips : list of ChipResult
        The best of each search under each aggregation.
    single : list of ChipResult
        What the search for each network alone found.
    own : list of ChipResult
        The best chip known for each network.
    dominance : list of Dominance
    sets : list of SetSize
    left_out : list of LeftOut
    stored : list of StoredResult
        The best designs that the paper stored, on this model.
    """

    name: str
    technology: str
    assumptions: str
    largest: str
    workloads: list[str]
    n_space: int
    is_exact: bool
    n_designs: dict[str, int]
    chips: list[ChipResult]
    single: list[ChipResult]
    own: list[ChipResult]
    dominance: list[Dominance]
    sets: list[SetSize]
    left_out: list[LeftOut]
    stored: list[StoredResult]

    def chip(self, key: str, aggregation: str) -> ChipResult | None:
        """Return the best chip of a search under an aggregation, if it found one."""
        found = [x for x in self.chips if (x.key, x.aggregation) == (key, aggregation)]
        return found[0] if found else None

    def as_plain(self) -> dict[str, object]:
        """Return plain values that JSON holds without loss."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> CaseResult:
        """Return what `as_plain` wrote."""
        records: dict[str, type] = {
            "chips": ChipResult,
            "single": ChipResult,
            "own": ChipResult,
            "dominance": Dominance,
            "sets": SetSize,
            "left_out": LeftOut,
            "stored": StoredResult,
        }
        rebuilt = {name: [kind(**item) for item in plain[name]] for name, kind in records.items()}
        return cls(**{**plain, **rebuilt})


def run_case(
    case: Case, objectives: ObjectiveSettings, settings: SearchSettings, seed: int
) -> CaseResult:
    """Run all searches of a case, and compare.

    Parameters
    ----------
    case : Case
    objectives : ObjectiveSettings
        Every search minimises their score; other aggregations choose among what it met.
    settings : SearchSettings
        `n_trials` designs for each search over all networks, `baseline_trials` for each over one
        network or some of them.
    seed : int
    """
    simulator = Simulator(case.workloads, case.technology, case.assumptions)
    searches = Searches(case, objectives, settings, seed)
    joint, met = searches.run()
    is_exact = simulator.takes_grids
    if is_exact:
        regret = replace(objectives, aggregation="regret")
        met[OPTIMUM] = find_optimum(case.space, simulator, regret).designs
    pool = Pool.of(met, case.names, simulator, objectives)
    lowest = {name: float(scores.min()) for name, scores in pool.scores.items()}
    searched = (JOINT, *((OPTIMUM,) if is_exact else ()), *OTHERS)
    rows = pool.rows[JOINT_RUN]
    single = {name: int(rows[row]) for name, row in joint.single_best.items()}
    return CaseResult(
        name=case.name,
        technology=case.technology.name,
        assumptions=case.assumptions.name,
        largest=case.largest,
        workloads=list(case.names),
        n_space=case.space.size,
        is_exact=is_exact,
        n_designs={name: len(rows) for name, rows in pool.rows.items() if name != JOINT_RUN},
        chips=[
            chip_result(pool, row, name, aggregation)
            for name in searched
            for aggregation in AGGREGATIONS
            if (row := pool.best(name, aggregation)) is not None
        ],
        single=[chip_result(pool, row, name, "") for name, row in single.items()],
        own=[chip_result(pool, row, name, "") for name, row in pool.own.items()],
        dominance=[dominance(pool, name) for name in SUMS if np.isfinite(pool.scores[name]).any()],
        sets=growing_sets(pool, seed),
        left_out=left_out(pool),
        stored=stored_results(case, simulator, objectives, lowest),
    )


class Searches:
    """The searches of a case; each begins anew and knows nothing of the others.

    Parameters
    ----------
    case, objectives, settings, seed
        See `run_case`.
    """

    def __init__(
        self, case: Case, objectives: ObjectiveSettings, settings: SearchSettings, seed: int
    ) -> None:
        self._case = case
        self._objectives = objectives
        self._settings = settings
        self._seed = seed

    def run(self) -> tuple[TuneResult, dict[str, DesignBatch]]:
        """Return the run with one search per network, and the designs that each search met."""
        every, settings = range(len(self._case.workloads)), self._settings
        joint = self._tune(every, settings)
        met = {JOINT_RUN: joint.designs, JOINT: joint.joint.designs}
        met |= {name: study.designs for name, study in joint.singles.items()}
        alone = replace(settings, baseline_trials=0)
        for sampler in OTHERS:
            met[sampler] = self._tune(every, replace(alone, sampler=sampler)).joint.designs
        short = replace(alone, n_trials=max(settings.baseline_trials, 1))
        for chosen in subsets(len(every)):
            label = "set " + " ".join(self._case.names[index] for index in chosen)
            met[label] = self._tune(chosen, short).designs
        return joint, met

    def _tune(self, chosen: Sequence[int], settings: SearchSettings) -> TuneResult:
        """Search for one chip for some of the networks."""
        case = self._case
        networks = [case.workloads[index] for index in chosen]
        names = tuple(network.name for network in networks)
        weights = {name: w for name, w in self._objectives.weights.items() if name in names}
        return tune(
            networks,
            case.technology,
            replace(case.space, workloads=names),
            assumptions=case.assumptions,
            objectives=replace(self._objectives, weights=weights),
            settings=settings,
            seed=self._seed,
        )


def chip_result(pool: Pool, row: int, key: str, aggregation: str) -> ChipResult:
    """Return one chip in plain numbers."""
    metrics = pool.metrics
    return ChipResult(
        key=key,
        aggregation=aggregation,
        knobs=pool.designs.knobs_of(row),
        area_mm2=float(metrics.area_mm2[row]),
        n_converters=float(metrics.n_converters[row]),
        energy_mj=metrics.energy_mj[row].tolist(),
        latency_ms=metrics.latency_ms[row].tolist(),
        edap=metrics.edap[row].tolist(),
        fits=pool.fits[row].tolist(),
        scores={name: float(scores[row]) for name, scores in pool.scores.items()},
    )


def dominance(pool: Pool, aggregation: str) -> Dominance:
    """Return how far the heaviest network decides an aggregation, over the designs of the pool."""
    scores, metrics = pool.scores[aggregation], pool.metrics
    feasible, row = np.isfinite(scores), int(scores.argmin())
    energy, latency = metrics.energy_mj[row], metrics.latency_ms[row]
    index = int((energy * latency).argmax())
    own = metrics.edap[feasible, index]
    return Dominance(
        aggregation=aggregation,
        network=metrics.workloads[index],
        energy_percent=100.0 * float(energy[index] / energy.sum()),
        latency_percent=100.0 * float(latency[index] / latency.sum()),
        rank_correlation=rank_correlation(scores[feasible], own),
        is_own_best=bool(metrics.edap[row, index] == own.min()),
    )


def rank_correlation(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation; equal values share their mean rank.

    >>> round(rank_correlation(np.array([1.0, 2.0, 2.0, 4.0]), np.array([3.0, 5.0, 5.0, 9.0])), 12)
    1.0
    """
    if len(first) < 2:
        return float("nan")
    a, b = mean_ranks(first), mean_ranks(second)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0.0 else float("nan")


def mean_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rank of every value."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse])
