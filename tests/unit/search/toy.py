"""A chip model of a few formulas, small enough to enumerate: the best designs are known."""

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.config.files import read_mapping
from imctune.config.locations import CONF
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings

WORKLOADS = ("small", "middle", "large")
WEIGHTS = np.array([2e6, 2e7, 8e7])
WORK = np.array([1.0, 8.0, 60.0])

CHOICES: dict[str, Any] = {
    "rows": {"choices": [64, 128, 256, 512], "default": 128},
    "cols": {"choices": [64, 128, 256, 512], "default": 128},
    "macros_per_tile": {"choices": [4, 8, 16, 32, 64, 128], "default": 8},
    "tiles_per_group": {"choices": [4, 8, 16, 32, 64], "default": 8},
    "columns_per_adc": {"choices": [4, 8, 16, 32], "default": 8},
    "supply_v": {"low": 0.5, "high": 1.0, "step": 0.05, "default": 0.8},
    "replication": {"choices": ["none", "balanced"], "default": "none"},
}
"""84,480 designs, of which one in three holds the large network on 800 mm²."""


@cache
def rram() -> Mapping[str, object]:
    return read_mapping(CONF / "knobs" / "rram_32nm.yaml")


def toy_space(choices: Mapping[str, Any] | None = None) -> KnobSpace:
    """Return the RRAM space with all but a few knobs at their defaults."""
    fixed = KnobSpace.from_mapping(rram(), WORKLOADS).defaults()
    return KnobSpace.from_mapping({**fixed, **(choices or CHOICES)}, WORKLOADS)


def _model(designs: DesignBatch) -> tuple[npt.NDArray[np.float64], ...]:
    """Energy, latency, area and lack of capacity: powers of the knobs, and sums of them."""
    knobs = {name: designs[name].astype(float) for name in CHOICES if name != "replication"}
    arrays = knobs["macros_per_tile"] * knobs["tiles_per_group"] * 8.0
    cells = arrays * knobs["rows"] * knobs["cols"]
    converters = arrays * knobs["cols"] / knobs["columns_per_adc"]
    copies = np.where(designs["replication"] == "balanced", 1.5, 1.0)
    area = 4e-8 * cells + 1e-3 * converters + 2e-3 * arrays + 10.0
    speed = (knobs["supply_v"] - 0.35) ** 1.4 * copies * np.minimum(converters, 2e4)
    latency = WORK / speed[:, None] * 1e3
    energy = WORK * (knobs["supply_v"] ** 2 * (1.0 + 64.0 / knobs["rows"]))[:, None]
    energy = energy + 1e-4 * (area * copies)[:, None] * latency
    lack = 8.0 * WEIGHTS / (2.0 * cells)[:, None] - 1.0
    return energy, latency, area, lack


def evaluate(designs: DesignBatch) -> Metrics:
    energy, latency, area, lack = _model(designs)
    simulation: Any = SimpleNamespace(
        energy_fj=energy * 1e12,
        cycles=np.ones(energy.shape, dtype=np.int64),
        latency_ps=latency * 1e9,
        interval_ps=latency * 1e9,
        area_um2=area * 1e6,
        energy_by_component_fj={"cells": energy * 1e12},
        area_by_component_um2={"cells": area * 1e6},
        power_avg_mw=energy / latency,
        power_peak_mw=energy / latency,
        programming_fj=energy,
        programming_ps=latency,
        relative_wafer_cost=np.ones(len(area)),
        n_converters=np.ones(len(area)),
        violations={"weight_capacity": lack},
        accuracy=None,
    )
    return Metrics.from_simulation(simulation, ObjectiveSettings(), WORKLOADS)


def screen(designs: DesignBatch) -> npt.NDArray[np.bool_]:
    _, _, area, lack = _model(designs)
    return np.asarray((area <= 800.0)[:, None] & (lack <= 0.0))


def every_design(space: KnobSpace) -> DesignBatch:
    counts = [len(gene.values) for gene in space.genes]
    return space.decode(np.indices(counts).reshape(len(counts), -1).T)
