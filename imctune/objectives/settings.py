"""How several workloads become one score, and what a chip must not exceed."""

from __future__ import annotations

__all__ = ["AGGREGATIONS", "CAPS", "EDAP_UNIT", "Aggregation", "Cap", "ObjectiveSettings"]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError, closest

FloatArray = npt.NDArray[np.float64]

EDAP_UNIT = "mJ·ms·mm²"

Limit = float | dict[str, float] | None
"""One for all workloads, one per named workload, or none."""

Aggregation = Literal["geomean", "mean", "max", "product", "regret"]
CHIP_STATISTICS = ("typical", "mean", "quantile", "cvar")
MOST_CHIPS = 100_000
AGGREGATIONS: tuple[Aggregation, ...] = ("geomean", "mean", "max", "product", "regret")


class Cap(NamedTuple):
    """What a chip must not exceed on a workload: setting, violation, and how people call it."""

    setting: str
    violation: str
    words: str
    unit: str


CAPS = (
    Cap("latency_max_ms", "latency_ms", "latency", "ms"),
    Cap("energy_max_mj", "energy_mj", "energy", "mJ"),
    Cap("regret_max", "regret", "regret", ""),
    Cap("power_density_max_w_per_mm2", "power_density", "power density", "W/mm²"),
)


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
    latency_max_ms, energy_max_mj : float, dict or None
        Of one inference, of every workload or of the named ones. [ms], [mJ]
    regret_max : float, dict or None
        Largest EDAP over the best known EDAP of a workload, likewise; at least 1. [1]
    power_density_max_w_per_mm2 : float, dict or None
        Largest power of the hottest layer over the chip's area, likewise. [W/mm²]
    min_snr_db : float, dict or None
        Least signal-to-noise ratio of the worst layer, of every workload or of the named ones: with
        it, accuracy counts. [dB]
    chip_statistic : {"typical", "mean", "quantile", "cvar"}
        Chip whose signal-to-noise ratio and energy count: one whose cells are as the variation
        says; else of sampled chips the mean, the best of the worst ones, or the mean of these.
    chip_worst_share : float
        Share of chips that are the worst ones. [1]
    yield_min : float or None
        Least share of sampled chips that meet every floor of `min_snr_db`. [1]
    n_chips, chips_seed : int
        How many chips are sampled of each design, and their seed: apart from the search's, so that
        all runs meet the same chips.
    regret_reference : dict of str to float
        Workload to its best known EDAP, for regret; where not named, the best that any search of
        the run finds. [mJ·ms·mm²]
    regret_of : {"worst", "mean"}
        Workload that decides in ``regret``.
    """

    aggregation: Aggregation = "geomean"
    weights: dict[str, float] = field(default_factory=dict)
    area_max_mm2: float = 800.0
    silicon: Literal["area", "wafer_cost"] = "area"
    latency_max_ms: Limit = None
    energy_max_mj: Limit = None
    regret_max: Limit = None
    power_density_max_w_per_mm2: Limit = None
    min_snr_db: Limit = None
    chip_statistic: Literal["typical", "mean", "quantile", "cvar"] = "typical"
    chip_worst_share: float = 0.05
    yield_min: float | None = None
    n_chips: int = 500
    chips_seed: int = 1
    regret_reference: dict[str, float] = field(default_factory=dict)
    regret_of: Literal["worst", "mean"] = "worst"

    def __post_init__(self) -> None:
        _one_of("aggregation", self.aggregation, AGGREGATIONS)
        _one_of("silicon", self.silicon, ("area", "wafer_cost"))
        _one_of("regret_of", self.regret_of, ("worst", "mean"))
        for name, weight in self.weights.items():
            if not 0.0 <= weight < math.inf:
                raise InputError(f"objectives.weights.{name} must be 0 or more, got {weight!r}")
        _positive("area_max_mm2", self.area_max_mm2)
        for name in ("regret_reference", "min_snr_db", *(cap.setting for cap in CAPS)):
            _positive(name, getattr(self, name))
        self._check_chips()
        limit = self.regret_max
        for least in limit.values() if isinstance(limit, Mapping) else [limit]:
            if least is not None and least < 1.0:
                raise InputError(
                    f"objectives.regret_max must be 1 (as good as the best) or more, got {least!r}"
                )

    def _check_chips(self) -> None:
        _one_of("chip_statistic", self.chip_statistic, CHIP_STATISTICS)
        for name in ("chip_worst_share", "yield_min"):
            share = getattr(self, name)
            if share is not None and not 0.0 < share <= 1.0:
                raise InputError(f"objectives.{name} must be above 0 and at most 1, got {share!r}")
        if self.yield_min is not None and self.min_snr_db is None:
            raise InputError(
                "objectives.yield_min is the share of chips that meet the floor: "
                "objectives.min_snr_db must be given, got null"
            )
        for name, least in (("n_chips", 1), ("chips_seed", 0)):
            number = getattr(self, name)
            if not least <= number <= MOST_CHIPS:
                raise InputError(
                    f"objectives.{name} must be from {least} to {MOST_CHIPS}, got {number!r}"
                )

    @property
    def samples_chips(self) -> bool:
        """Whether anything is asked of more than the typical chip."""
        return self.chip_statistic != "typical" or self.yield_min is not None

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

    def caps_of(self, setting: str, workloads: Sequence[str]) -> FloatArray:
        """Return the cap of each workload, infinite where there is none."""
        limit = getattr(self, setting)
        if isinstance(limit, Mapping):
            _known(setting, limit, workloads)
            return np.array([limit.get(name, math.inf) for name in workloads])
        return np.full(len(workloads), math.inf if limit is None else limit)

    def floors_db(self, workloads: Sequence[str]) -> FloatArray:
        """Return the least ratio of signal to noise of each workload, -inf for none. [dB]."""
        floors = self.caps_of("min_snr_db", workloads)
        return np.where(np.isinf(floors), -np.inf, floors)

    def best_edap(self, workloads: Sequence[str], found: npt.ArrayLike | None = None) -> FloatArray:
        """Return what regret compares each workload with, infinite where it is not known.

        Parameters
        ----------
        workloads : sequence of str
        found : array_like, optional
            Best EDAP that was found for each, where none is given. [mJ·ms·mm²]
        """
        best = np.full(len(workloads), math.inf) if found is None else np.array(found, dtype=float)
        for index, name in enumerate(workloads):
            best[index] = self.regret_reference.get(name, best[index])
        return best

    def check_names(self, workloads: Sequence[str]) -> None:
        """Refuse weights, caps and references of no workload, and all weights zero."""
        self.weights_of(workloads)
        for cap in CAPS:
            self.caps_of(cap.setting, workloads)
        self.floors_db(workloads)
        _known("regret_reference", self.regret_reference, workloads)

    def check_regret_known(self, workloads: Sequence[str]) -> None:
        """Refuse a cap on regret where no search finds the best EDAP that it compares with."""
        unknown = self._without_reference(workloads, self.caps_of("regret_max", workloads) < np.inf)
        if unknown:
            raise InputError(
                "objectives.regret_max compares with the best EDAP for each network: without "
                f"searches, objectives.regret_reference must name {', '.join(unknown)}"
            )

    def to_search_alone(self, workloads: Sequence[str]) -> list[str]:
        """Return the workloads whose best EDAP matters to regret, and is to be found first."""
        matters = self.caps_of("regret_max", workloads) < np.inf
        if self.aggregation == "regret":
            matters |= self.weights_of(workloads) > 0.0
        return self._without_reference(workloads, matters)

    def _without_reference(self, workloads: Sequence[str], chosen: npt.ArrayLike) -> list[str]:
        names = np.array(workloads)[np.asarray(chosen)].tolist()
        return [name for name in names if name not in self.regret_reference]


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(
            f"objectives.{name} must be one of {', '.join(allowed)}, "
            f"got {value!r}{closest(str(value), allowed)}"
        )


def _positive(name: str, limit: Limit) -> None:
    entries = limit.items() if isinstance(limit, Mapping) else [("", limit)]
    for workload, value in entries:
        if value is not None and not 0.0 < value < math.inf:
            where = f"{name}.{workload}" if workload else name
            raise InputError(f"objectives.{where} must be above 0, got {value!r}")


def _known(name: str, given: Mapping[str, float], workloads: Sequence[str]) -> None:
    for workload in given:
        if workload not in workloads:
            raise InputError(
                f"objectives.{name}: unknown workload {workload!r}"
                f"{closest(workload, workloads)}; allowed: {', '.join(workloads)}"
            )
