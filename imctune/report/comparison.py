"""The joint chip against the baselines, in numbers."""

from __future__ import annotations

__all__ = [
    "ALL_NETWORKS",
    "GEOMETRIC_MEAN",
    "Beaten",
    "Chip",
    "Line",
    "beaten_searches",
    "chips",
    "compare",
    "main_chips",
    "obstacle",
]

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from imctune.objectives import Metrics, ObjectiveSettings
from imctune.report.facts import TuneRecord

ALL_NETWORKS = "all networks"
GEOMETRIC_MEAN = "geometric mean"
DOES_NOT_FIT = "does not fit"
WORDS = {
    "weight_capacity": DOES_NOT_FIT,
    "latency_ms": "too slow",
    "energy_mj": "too much energy",
    "regret": "too far from its best",
    "clock": "clock too fast",
    "area_mm2": "chip too large",
    "power_density": "too hot",
    "snr_db": "too noisy",
    "yield_share": "too few good chips",
    "chip_yield": "too few good chips",
    "ir_drop": "bit lines too long",
    "not_finite": "no finite result",
}


@dataclass(frozen=True)
class Chip:
    """A chip of the comparison, or one per network.

    Attributes
    ----------
    key : str
        ``joint``, ``separate``, or the network that it was searched for.
    label : str
        What people read.
    rows : dict of str to int
        Per network, the design that runs it.
    is_largest, is_median : bool
        Searched for the largest network; the median of the single-network chips by score.
    """

    key: str
    label: str
    rows: Mapping[str, int]
    is_largest: bool = False
    is_median: bool = False

    @property
    def row(self) -> int | None:
        """The one design that runs every network, if it is one."""
        rows = set(self.rows.values())
        return rows.pop() if self.key != "separate" and len(rows) == 1 else None


@dataclass(frozen=True)
class Line:
    """How a chip does on a network, or on all of them.

    Attributes
    ----------
    network : str
        A network, `ALL_NETWORKS` (the objective) or `GEOMETRIC_MEAN`.
    chip : Chip
        What runs it.
    edap : float
        Energy times latency times area; not a number behind an obstacle. [mJ·ms·mm²]
    reduction_percent : float
        By how much the joint chip's EDAP is lower, of this one. [%]
    latency_ms : float
        First input to last output. [ms]
    latency_change_percent : float
        The joint chip's latency over this one's, less one. [%]
    area_mm2 : float
        Area of the chip; of all chips together where each network has its own. [mm²]
    n_converters : int
        Converters, counted like the area.
    obstacle : str
        Why the network does not run on this chip; empty if it does.
    is_joint_chip : bool
        It is the joint choice itself.
    """

    network: str
    chip: Chip
    edap: float
    latency_ms: float
    area_mm2: float
    n_converters: int
    obstacle: str = ""
    is_joint_chip: bool = False
    reduction_percent: float = math.nan
    latency_change_percent: float = math.nan


@dataclass(frozen=True)
class Beaten:
    """A single-network search that another search's design beat on its own network.

    Attributes
    ----------
    network, origin : str
        The network, and the search that found the better design.
    own_edap, best_edap : float
        EDAP on that network. [mJ·ms·mm²]
    """

    network: str
    origin: str
    own_edap: float
    best_edap: float

    @property
    def percent(self) -> float:
        """By how much the better design's EDAP is lower. [%]."""
        return 100.0 * (1.0 - self.best_edap / self.own_edap)


def obstacle(metrics: Metrics, row: int, network: int | None = None) -> str:
    """Return in words what keeps a design from running a network (or any); empty if nothing."""
    for name, amounts in metrics.violations.items():
        if name == "not_finite" and network is not None:  # of one network, whatever the others do
            amount = 0.0 if np.isfinite(metrics.edap[row, network]) else 1.0
        elif amounts.ndim == 1:
            amount = amounts[row]
        elif network is not None:
            amount = amounts[row, network]
        else:
            continue
        if not amount <= 0.0:  # not a number is no reason to run
            return WORDS.get(name, f"breaks {name}")
    return ""


def chips(result: TuneRecord) -> list[Chip]:
    """Return the chips of the comparison: joint, separate, and each single-network chip."""
    found = []
    if result.best is not None and result.best >= 0:
        found.append(Chip("joint", "joint", _on_all(result, result.best)))
    if result.separate:
        found.append(Chip("separate", "separate chips", dict(result.separate)))
    median = _median_network(result)
    for network, row in result.single_best.items():
        marks = [
            word
            for word, holds in (
                ("largest", network == result.largest),
                ("median", network == median),
            )
            if holds
        ]
        label = f"{network} chip" + (f" ({', '.join(marks)})" if marks else "")
        found.append(
            Chip(
                network,
                label,
                _on_all(result, row),
                is_largest=network == result.largest,
                is_median=network == median,
            )
        )
    return found


def main_chips(found: list[Chip]) -> list[Chip]:
    """Return the chips that a short comparison shows: without most single-network chips."""
    return [
        chip
        for chip in found
        if chip.key in ("joint", "separate") or chip.is_largest or chip.is_median
    ]


def compare(result: TuneRecord, objectives: ObjectiveSettings) -> list[Line]:
    """Return how each chip does on each network, then on all: by score, and by geometric mean.

    The geometric mean is a line of its own only where the score is another one.
    """
    found = chips(result)
    networks = [*result.workloads, ALL_NETWORKS]
    if objectives.aggregation != "geomean":
        networks.append(GEOMETRIC_MEAN)
    lines: list[Line] = []
    for network in networks:
        here = [_line(result, objectives, chip, network) for chip in found]
        joint = next((line for line in here if line.chip.key == "joint"), None)
        lines.extend(_against(line, joint) for line in here if line is not None)
    return lines


def beaten_searches(result: TuneRecord) -> list[Beaten]:
    """Return the single-network searches that missed the best design for their network."""
    found = []
    for index, network in enumerate(result.workloads):
        if network not in result.separate or network not in result.single_best:
            continue
        best, own = result.separate[network], result.single_best[network]
        edap = result.metrics.edap[:, index]
        if edap[best] < edap[own]:
            found.append(Beaten(network, result.origin[best], float(edap[own]), float(edap[best])))
    return found


def _on_all(result: TuneRecord, row: int) -> dict[str, int]:
    return {network: int(row) for network in result.workloads}


def _median_network(result: TuneRecord) -> str | None:
    """Return whose chip has the median score; of two, the better. No score is the worst."""
    ranked = sorted(
        result.single_best,
        key=lambda network: np.nan_to_num(
            result.scores.score[result.single_best[network]], nan=np.inf
        ),
    )
    return ranked[(len(ranked) - 1) // 2] if ranked else None


def _line(result: TuneRecord, objectives: ObjectiveSettings, chip: Chip, network: str) -> Line:
    """Return one chip on one network or on all, not yet compared."""
    metrics = result.metrics
    if network in result.workloads:
        index, row = result.workloads.index(network), chip.rows.get(network)
        if row is None:
            return _blocked(result, chip, network, "no design found")
        line = Line(
            network,
            chip,
            float(metrics.edap[row, index]),
            float(metrics.latency_ms[row, index]),
            float(metrics.area_mm2[row]),
            int(metrics.n_converters[row]),
            is_joint_chip=row == result.best,
        )
        reason = obstacle(metrics, row, index)
        return (
            replace(line, edap=math.nan, latency_ms=math.nan, obstacle=reason) if reason else line
        )
    reason = _obstacle_to_all(result, chip)
    if reason:
        return _blocked(result, chip, network, reason)
    if network == ALL_NETWORKS and chip.row is not None:
        edap, latency = result.scores.score[chip.row], result.scores.latency_ms[chip.row]
    elif network == ALL_NETWORKS and objectives.aggregation != "geomean":
        return _blocked(result, chip, network, "no common score")
    else:
        edap = _geometric_mean(result, chip, "edap", objectives)
        latency = _geometric_mean(result, chip, "latency_ms", objectives)
    line = _blocked(result, chip, network, "")  # its silicon
    return replace(line, edap=float(edap), latency_ms=float(latency))


def _blocked(
    result: TuneRecord, chip: Chip, network: str, reason: str, row: int | None = None
) -> Line:
    """Return a line without EDAP and latency: silicon, and the reason."""
    # Separate chips are as many as there are networks, even where two have the same design.
    rows = [row] if row is not None else list(chip.rows.values())
    if chip.row is not None:
        rows = rows[:1]
    return Line(
        network,
        chip,
        math.nan,
        math.nan,
        float(result.metrics.area_mm2[rows].sum()),
        int(result.metrics.n_converters[rows].sum()),
        obstacle=reason,
        is_joint_chip=set(rows) == {result.best},
    )


def _obstacle_to_all(result: TuneRecord, chip: Chip) -> str:
    """Return why a chip cannot run all networks; empty if it can."""
    reasons = [
        obstacle(result.metrics, chip.rows[network], index) if network in chip.rows else "missing"
        for index, network in enumerate(result.workloads)
    ]
    blocked = [reason for reason in reasons if reason]
    if not blocked:
        return ""
    reason = blocked[0] if len(set(blocked)) == 1 else "does not run"
    return f"{reason}: {len(blocked)} of {len(reasons)}"


def _geometric_mean(
    result: TuneRecord, chip: Chip, quantity: str, objectives: ObjectiveSettings
) -> float:
    """Return the weighted geometric mean over the networks, each on the chip that runs it."""
    values = getattr(result.metrics, quantity)
    logarithms = [
        math.log(values[chip.rows[network], index])
        for index, network in enumerate(result.workloads)
    ]
    weights = [objectives.weights.get(network, 1.0) for network in result.workloads]
    return math.exp(float(np.average(logarithms, weights=weights)))


def _against(line: Line, joint: Line | None) -> Line:
    """Return a line with what the joint chip changes."""
    if joint is None or line.chip.key == "joint" or line.obstacle or joint.obstacle:
        return line
    # The same number, reached by sums in another order, is no reduction.
    is_equal = math.isclose(joint.edap, line.edap, rel_tol=1e-12)
    return replace(
        line,
        reduction_percent=0.0 if is_equal else 100.0 * (1.0 - joint.edap / line.edap),
        latency_change_percent=100.0 * (joint.latency_ms / line.latency_ms - 1.0),
    )
