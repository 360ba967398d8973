"""How several workloads become one score, and what a chip must not exceed."""

from __future__ import annotations

__all__ = ["AGGREGATIONS", "EDAP_UNIT", "ObjectiveSettings"]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError, closest

FloatArray = npt.NDArray[np.float64]

EDAP_UNIT = "mJ·ms·mm²"
AGGREGATIONS = ("geomean", "mean", "max", "product", "regret")


@dataclass(frozen=True)
class ObjectiveSettings:
    """How several workloads become one score, and what a chip must not exceed.

    Attributes
    ----------
    aggregation : {"geomean", "mean", "max", "product", "regret"}
        Of energy and of latency over the workloads. ``regret`` scores a design by its EDAP over
        the best known EDAP of each workload; its energy and latency are geometric means.
    weights : dict of str to float
        Workload to weight, 1 where not named: a share in means, a factor in ``max``, an exponent
        in ``product``.
    area_max_mm2 : float
        Largest chip. [mm²]
    silicon : {"area", "wafer_cost"}
        What a design pays for its silicon in the score and as third objective: its area, or its
        area times the relative cost of wafers of its node (mm² of a 32 nm wafer).
    latency_max_ms : float, dict or None
        Longest inference, of every workload or of the named ones. [ms]
    power_density_max_w_per_mm2 : float or None
        Largest power of the hottest layer over the chip's area. [W/mm²]
    regret_of : {"worst", "mean"}
        Workload that decides in ``regret``.
    """

    aggregation: Literal["geomean", "mean", "max", "product", "regret"] = "geomean"
    weights: dict[str, float] = field(default_factory=dict)
    area_max_mm2: float = 800.0
    silicon: Literal["area", "wafer_cost"] = "area"
    latency_max_ms: float | dict[str, float] | None = None
    power_density_max_w_per_mm2: float | None = None
    regret_of: Literal["worst", "mean"] = "worst"

    def __post_init__(self) -> None:
        _one_of("aggregation", self.aggregation, AGGREGATIONS)
        _one_of("silicon", self.silicon, ("area", "wafer_cost"))
        _one_of("regret_of", self.regret_of, ("worst", "mean"))
        for name, weight in self.weights.items():
            if not 0.0 <= weight < math.inf:
                raise InputError(f"objectives.weights.{name} must be 0 or more, got {weight!r}")
        _positive("area_max_mm2", self.area_max_mm2)
        _positive("power_density_max_w_per_mm2", self.power_density_max_w_per_mm2)
        caps = self.latency_max_ms
        for name, cap in caps.items() if isinstance(caps, Mapping) else [("", caps)]:
            _positive("latency_max_ms" + (name and f".{name}"), cap)

    @property
    def score_name(self) -> str:
        """What the score is: aggregated EDAP, or what two aggregations make of it."""
        return {"regret": "regret", "product": "product score"}.get(self.aggregation, "EDAP")

    @property
    def score_unit(self) -> str:
        """Unit of the score; empty for those that are not in the unit of one EDAP."""
        return EDAP_UNIT if self.score_name == "EDAP" else ""

    def weights_of(self, workloads: Sequence[str]) -> FloatArray:
        """Return one weight per workload; refuse names of no workload, and all weights zero."""
        _known("weights", self.weights, workloads)
        weights = np.array([self.weights.get(name, 1.0) for name in workloads])
        if not weights.any():
            raise InputError("objectives.weights must have at least one weight above 0, got none")
        return weights

    def latency_caps_ms(self, workloads: Sequence[str]) -> FloatArray:
        """Return one cap per workload, infinite where there is none. [ms]."""
        caps = self.latency_max_ms
        if isinstance(caps, Mapping):
            _known("latency_max_ms", caps, workloads)
            return np.array([caps.get(name, math.inf) for name in workloads])
        return np.full(len(workloads), math.inf if caps is None else caps)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(
            f"objectives.{name} must be one of {', '.join(allowed)}, "
            f"got {value!r}{closest(str(value), allowed)}"
        )


def _positive(name: str, value: float | None) -> None:
    if value is not None and not 0.0 < value < math.inf:
        raise InputError(f"objectives.{name} must be above 0, got {value!r}")


def _known(name: str, given: Mapping[str, float], workloads: Sequence[str]) -> None:
    for workload in given:
        if workload not in workloads:
            raise InputError(
                f"objectives.{name}: unknown workload {workload!r}"
                f"{closest(workload, workloads)}; allowed: {', '.join(workloads)}"
            )
