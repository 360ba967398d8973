"""The best designs that the paper's own searches stored, on this model.

From the result files of github.com/OlgaKrestinskaya/JointHardwareWorkloadOptimizationIMC, commit
aa7c1e4 (2026-03-04), which belong to arXiv 2603.03880. Its mean, max and product are those of
`imctune.objectives`; its values are turned into mJ, ms and mm².
"""

from __future__ import annotations

__all__ = ["STORED", "StoredDesign", "StoredResult", "stored_results"]

import math
from dataclasses import dataclass, replace
from typing import Literal

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, ObjectiveSettings, aggregate
from imctune.objectives.settings import Aggregation
from imctune.search.paper_tables.case import Case
from imctune.simulator.simulate import Simulator
from imctune.technology import PaperTechnology

KIB_PER_LINE = 0.25
"""Of the global buffer, whose size a key gives in lines of 2,048 bits."""

NS_PER_S = 1e9


@dataclass(frozen=True)
class StoredDesign:
    """A design that one of the paper's searches found best.

    Attributes
    ----------
    search : str
    memory : {"rram", "sram"}
    n_networks : int
    scores : dict of str to float
        Aggregation under which it is the best of that search, to what the paper's simulator gives.
    key : str
        ``A_<supply V>_<bits per cell>_<clock s>_<rows>_<cols>_<router groups>_<tiles per group>_
        <macros per tile>_<lines of the global buffer>``.
    """

    search: str
    memory: Literal["rram", "sram"]
    n_networks: int
    scores: dict[Aggregation, float]
    key: str

    @property
    def knobs(self) -> dict[str, float]:
        """The knobs that the key names."""
        volt, bits, clock, rows, cols, groups, tiles, macros, lines = self.key.split("_")[1:]
        return {
            "supply_v": float(volt),
            "bits_per_cell": int(bits),
            "cycle_time_ns": round(float(clock) * NS_PER_S, 6),
            "rows": int(rows),
            "cols": int(cols),
            "router_groups": int(groups),
            "tiles_per_group": int(tiles),
            "macros_per_tile": int(macros),
            "glb_kib": int(lines) * KIB_PER_LINE,
        }


STORED: tuple[StoredDesign, ...] = (
    StoredDesign(
        "joint, mean",
        "rram",
        4,
        {"mean": 0.17582, "max": 1.21716},
        "A_0.6_8_1e-09_512_32_8_64_32_4096",
    ),
    StoredDesign(
        "joint, product",
        "rram",
        4,
        {"mean": 0.18333, "max": 1.3369, "product": 1.5524e-14},
        "A_0.55_8_1e-09_512_32_2_64_128_4096",
    ),
    StoredDesign(
        "sequential_largest",
        "rram",
        4,
        {"mean": 0.9362, "max": 5.9927},
        "A_0.5_8_1e-09_64_32_16_64_128_131072",
    ),
    StoredDesign(
        "sequential_middle",
        "rram",
        4,
        {"mean": 0.3527, "max": 3.47825},
        "A_0.5_8_1e-09_512_128_4_32_32_8192",
    ),
    StoredDesign("joint, mean", "sram", 4, {"mean": 1.55753}, "A_0.55_1_1e-09_256_128_1_32_8_4096"),
    StoredDesign(
        "joint, product", "sram", 4, {"max": 9.55944}, "A_0.5_1_1e-09_256_256_6_2_32_8192"
    ),
    StoredDesign(
        "joint, product", "sram", 4, {"mean": 1.62255}, "A_0.6_1_1e-09_256_128_8_4_16_8192"
    ),
    StoredDesign(
        "joint, product", "sram", 4, {"product": 8.7731e-09}, "A_0.55_1_1e-09_256_128_16_8_32_32768"
    ),
    StoredDesign(
        "sequential_largest",
        "sram",
        4,
        {"mean": 10.8064, "max": 104.7535},
        "A_0.8_1_1e-09_32_32_1_16_32_2048",
    ),
    StoredDesign(
        "sequential_middle",
        "sram",
        4,
        {"mean": 2.347, "max": 20.2437},
        "A_0.8_1_1e-09_256_32_4_16_32_8192",
    ),
    StoredDesign(
        "of all searches", "sram", 4, {"max": 6.4055}, "A_0.6_1_1e-09_512_256_32_2_4_8192"
    ),
    StoredDesign(
        "of all searches", "sram", 4, {"mean": 1.16295}, "A_0.55_1_1e-09_512_128_4_8_8_4096"
    ),
    StoredDesign(
        "joint, mean",
        "sram",
        9,
        {"mean": 3.60008, "max": 54.5653},
        "A_0.5_1_1e-09_512_512_1_2_16_4096",
    ),
)


@dataclass(frozen=True)
class StoredResult:
    """A stored design on this model, against the best design of all.

    Attributes
    ----------
    search, aggregation, key : str
    paper_score, score : float
        In the paper's simulator, and in this model, whether or not the chip is within the limits.
    violated, outside : str
        Constraints that it breaks here, and knobs whose values the case's space lacks, if any.
    best_score : float
        Of the best design that is known.
    gain_percent : float
        By how much that is lower than `score`. [%]
    """

    search: str
    aggregation: str
    key: str
    paper_score: float
    score: float
    violated: str
    outside: str
    best_score: float
    gain_percent: float


def stored_results(
    case: Case, simulator: Simulator, objectives: ObjectiveSettings, best: dict[str, float]
) -> list[StoredResult]:
    """Return the paper's best designs for a case's memory and number of networks, evaluated here.

    Parameters
    ----------
    case : Case
        Under the paper's assumptions; others have nothing stored.
    simulator : Simulator
    objectives : ObjectiveSettings
    best : dict of str to float
        Aggregation to the lowest score that is known.
    """
    technology = case.technology
    if not isinstance(technology, PaperTechnology):
        return []
    found = []
    for stored in STORED:
        if (stored.memory, stored.n_networks) != (technology.memory, len(case.workloads)):
            continue
        design = DesignBatch.from_knobs(stored.knobs, case.space.defaults(), case.names)
        metrics = Metrics.from_simulation(simulator.simulate(design), objectives, case.names)
        broken = [name for name, amount in metrics.violations.items() if (amount > 0.0).any()]
        outside = [
            knob.name
            for knob in case.space.knobs
            if knob.name in stored.knobs and stored.knobs[knob.name] not in knob.values
        ]
        for aggregation, paper_score in stored.scores.items():
            scores = aggregate(metrics, replace(objectives, aggregation=aggregation))
            score = float(scores.energy_mj[0] * scores.latency_ms[0] * scores.area_mm2[0])
            lowest = best.get(aggregation, math.nan)
            found.append(
                StoredResult(
                    search=stored.search,
                    aggregation=aggregation,
                    key=stored.key,
                    paper_score=paper_score,
                    score=score,
                    violated=", ".join(broken),
                    outside=", ".join(outside),
                    best_score=lowest,
                    gain_percent=100.0 * (1.0 - lowest / score),
                )
            )
    return found
