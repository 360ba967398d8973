"""Results of designs in reporting units, and the constraints that they exceed."""

from __future__ import annotations

__all__ = ["ComponentCost", "Metrics", "inaccuracies"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError
from imctune.objectives.chips import ChipYield, as_built
from imctune.objectives.settings import CAPS, ObjectiveSettings
from imctune.units import MJ_PER_FJ, MM2_PER_UM2, MS_PER_PS, W_PER_MW

if TYPE_CHECKING:
    from imctune.simulator.accuracy.ratio import Accuracy
    from imctune.simulator.simulate import Simulation

FloatArray = npt.NDArray[np.float64]

MS_PER_S = 1e3


class ComponentCost(NamedTuple):
    """What one component costs: energy per workload (n, W) [mJ], area (n,) [mm²]."""

    energy_mj: FloatArray
    area_mm2: FloatArray


@dataclass(frozen=True)
class Metrics:
    """Results of designs in reporting units; shapes (n, W) for n designs and W workloads, or (n,).

    Attributes
    ----------
    workloads : tuple of str
        Names of the workloads, in the order of the second axis.
    energy_mj, latency_ms, cycles, edap : ndarray
        Of one inference, (n, W); EDAP is energy x latency x area. [mJ], [ms], [1], [mJ·ms·mm²]
    area_mm2, feasible : ndarray
        (n,). [mm²]
    wafer_cost_mm2 : ndarray
        Area of a 32 nm wafer that costs as much as the chip's silicon, (n,). [mm²]
    violations : dict of str to ndarray
        Constraint to the amount by which it is exceeded, relative to its limit, (n,) or (n, W):
        above 0 where violated.
    breakdown : dict of str to ComponentCost
        Component to its energy and area; they sum to `energy_mj` and `area_mm2`.
    interval_ms, throughput_per_s : ndarray
        Time between results when inferences run back to back, and results per second, (n, W).
    power_avg_w, power_peak_w : ndarray
        Over an inference, and of its hottest layer, (n, W). [W]
    programming_mj, programming_ms : ndarray
        First loading of all weights, outside energy and latency, (n, W).
    n_converters : ndarray
        Analog-to-digital converters of the chip, (n,).
    snr_db, snr_mean_db : ndarray or None
        Signal-to-noise ratio of the worst layer, and of the mean noise over all
        multiply-accumulates, (n, W); None in the paper's profile. [dB]
    yield_share, chip_yield : ndarray or None
        Share of sampled chips that meet the floor of each workload, (n, W), and that meet all,
        (n,); None where no chips are sampled. [1]
    """

    workloads: tuple[str, ...]
    energy_mj: FloatArray
    latency_ms: FloatArray
    cycles: npt.NDArray[np.int64]
    edap: FloatArray
    area_mm2: FloatArray
    wafer_cost_mm2: FloatArray
    feasible: npt.NDArray[np.bool_]
    violations: dict[str, FloatArray]
    breakdown: dict[str, ComponentCost]
    interval_ms: FloatArray
    throughput_per_s: FloatArray
    power_avg_w: FloatArray
    power_peak_w: FloatArray
    programming_mj: FloatArray
    programming_ms: FloatArray
    n_converters: FloatArray
    snr_db: FloatArray | None = None
    snr_mean_db: FloatArray | None = None
    yield_share: FloatArray | None = None
    chip_yield: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.area_mm2)

    @classmethod
    def from_simulation(
        cls, simulation: Simulation, settings: ObjectiveSettings, workloads: Sequence[str]
    ) -> Metrics:
        """Convert a simulation to reporting units, and add the constraints of `settings`."""
        simulation, good = as_built(simulation, settings, workloads)
        energy = simulation.energy_fj * MJ_PER_FJ
        latency = simulation.latency_ps * MS_PER_PS
        area = simulation.area_um2 * MM2_PER_UM2
        interval = simulation.interval_ps * MS_PER_PS
        peak = simulation.power_peak_mw * W_PER_MW
        edap = energy * latency * area[:, None]
        accuracy = simulation.accuracy
        capped = {
            "latency_ms": latency,
            "energy_mj": energy,
            "regret": _divided(edap, settings.best_edap(workloads)),
            "power_density": _divided(peak, area[:, None]),
        }
        violations = {
            "area_mm2": area / settings.area_max_mm2 - 1.0,
            **simulation.violations,
            "not_finite": _not_finite(energy, latency, area),
        }
        for cap in CAPS:
            if getattr(settings, cap.setting) is not None:
                caps = settings.caps_of(cap.setting, workloads)
                violations[cap.violation] = capped[cap.violation] / caps - 1.0
        violations |= inaccuracies(accuracy, settings, workloads)
        violations |= _bad_chips(good, settings.yield_min)
        # An amount that is not a number is a violation too, or it would pass as none.
        violations = {k: np.where(np.isnan(v), np.inf, v) for k, v in violations.items()}
        return cls(
            workloads=tuple(workloads),
            energy_mj=energy,
            latency_ms=latency,
            cycles=simulation.cycles,
            edap=edap,
            area_mm2=area,
            wafer_cost_mm2=area * simulation.relative_wafer_cost,
            feasible=_feasible(violations, len(area)),
            violations=violations,
            breakdown=_breakdown(simulation),
            interval_ms=interval,
            throughput_per_s=_divided(np.full_like(interval, MS_PER_S), interval),
            power_avg_w=simulation.power_avg_mw * W_PER_MW,
            power_peak_w=peak,
            programming_mj=simulation.programming_fj * MJ_PER_FJ,
            programming_ms=simulation.programming_ps * MS_PER_PS,
            n_converters=np.asarray(simulation.n_converters, dtype=np.float64),
            snr_db=None if accuracy is None else accuracy.snr_db,
            snr_mean_db=None if accuracy is None else accuracy.snr_mean_db,
            yield_share=None if good is None else good.each,
            chip_yield=None if good is None else good.every,
        )

    def with_regret(self, settings: ObjectiveSettings, found: npt.ArrayLike) -> Metrics:
        """Return these results with regret counted anew, once a search has found what is best.

        Parameters
        ----------
        settings : ObjectiveSettings
        found : array_like
            Best EDAP of each workload, where `settings` gives none, (W,). [mJ·ms·mm²]
        """
        if settings.regret_max is None:
            return self
        caps = settings.caps_of("regret_max", self.workloads)
        regret = _divided(self.edap, settings.best_edap(self.workloads, found))
        amount = regret / caps - 1.0
        violations = {**self.violations, "regret": np.where(np.isnan(amount), np.inf, amount)}
        return replace(self, violations=violations, feasible=_feasible(violations, len(self)))

    def feasible_for(self, workload: int) -> npt.NDArray[np.bool_]:
        """Whether each design can run one workload, whatever it does with the others, (n,).

        Regret does not count: it says how far a chip for all is from the best for this one.
        """
        own = {k: v if v.ndim == 1 else v[:, [workload]] for k, v in self.violations.items()}
        own.pop("regret", None)
        own.pop("chip_yield", None)  # of all workloads together
        # A result that is not a number concerns the workload it belongs to, and the area all.
        own["not_finite"] = _not_finite(
            self.energy_mj[:, [workload]], self.latency_ms[:, [workload]], self.area_mm2
        )
        return _feasible(own, len(self))

    def take(self, rows: npt.ArrayLike) -> Metrics:
        """Return the designs at the given positions (or under a mask), in that order."""
        chosen = np.asarray(rows)
        return _each(lambda arrays: arrays[0][chosen], [self])

    @classmethod
    def concatenate(cls, batches: Sequence[Metrics]) -> Metrics:
        """Join the results of batches of designs."""
        return _each(np.concatenate, list(batches))


def _divided(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide without a warning where a faulty design has zeros or no numbers."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below)


def _not_finite(energy: FloatArray, latency: FloatArray, area: FloatArray) -> FloatArray:
    """Return 1 for designs with a result that is no positive number, else 0."""
    usable = np.isfinite(area) & (area > 0.0)
    for values in (energy, latency):
        usable &= (np.isfinite(values) & (values > 0.0)).all(axis=1)
    return np.where(usable, 0.0, 1.0)


def _feasible(violations: Mapping[str, FloatArray], n_designs: int) -> npt.NDArray[np.bool_]:
    """Whether no constraint is exceeded, (n,)."""
    feasible = np.ones(n_designs, dtype=np.bool_)
    for amount in violations.values():
        feasible &= (amount <= 0.0).reshape(n_designs, -1).all(axis=1)
    return feasible


def inaccuracies(
    accuracy: Accuracy | None, settings: ObjectiveSettings, workloads: Sequence[str]
) -> dict[str, FloatArray]:
    """Violations of the floor for accuracy, and of what its model holds for; none without one."""
    if settings.min_snr_db is None:
        return {}
    if accuracy is None:
        raise InputError(
            "objectives.min_snr_db must be null with assumptions=paper: the paper's profile knows "
            "nothing of accuracy"
        )
    floors = settings.floors_db(workloads)
    has_floor = np.isfinite(floors)
    lacking = 1.0 - accuracy.snr_db / np.where(has_floor, floors, 1.0)
    return {
        "snr_db": np.where(has_floor, np.maximum(lacking, -1.0), -1.0),
        "ir_drop": np.where(has_floor, accuracy.ir_drop_excess, -1.0),
    }


def _bad_chips(good: ChipYield | None, yield_min: float | None) -> dict[str, FloatArray]:
    """Lack of good chips, of each workload and of all, relative to what is asked for."""
    if good is None or yield_min is None:
        return {}
    return {
        "yield_share": 1.0 - good.each / yield_min,
        "chip_yield": 1.0 - good.every / yield_min,
    }


def _breakdown(simulation: Simulation) -> dict[str, ComponentCost]:
    """Energy and area by component; a component without one of them has zeros."""
    energy, area = simulation.energy_by_component_fj, simulation.area_by_component_um2
    no_energy = np.zeros_like(simulation.energy_fj)
    no_area = np.zeros_like(simulation.area_um2)
    return {
        name: ComponentCost(
            energy.get(name, no_energy) * MJ_PER_FJ, area.get(name, no_area) * MM2_PER_UM2
        )
        for name in dict.fromkeys([*energy, *area])
    }


def _each(join: Any, batches: list[Metrics]) -> Metrics:
    """Apply `join` to the arrays of one field of all batches, field by field."""
    first = batches[0]
    joined: dict[str, Any] = {}
    for name in (item.name for item in fields(Metrics)):
        parts = [getattr(batch, name) for batch in batches]
        if name == "workloads":
            joined[name] = first.workloads
        elif name == "violations":
            joined[name] = {key: join([part[key] for part in parts]) for key in parts[0]}
        elif name == "breakdown":
            joined[name] = {
                key: ComponentCost(*(join(pair) for pair in zip(*costs, strict=True)))
                for key, costs in ((key, [part[key] for part in parts]) for key in parts[0])
            }
        elif parts[0] is not None:
            joined[name] = join(parts)
    return Metrics(**joined)
