"""One array with its periphery at full use, in the units of papers on silicon."""

from __future__ import annotations

__all__ = ["MacroCost", "MacroMetrics", "macro_metrics"]

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.simulator.full_array import ArrayPerformance, full_array
from imctune.technology import Technology
from imctune.units import MM2_PER_UM2, NS_PER_PS, PJ_PER_FJ

FloatArray = npt.NDArray[np.float64]


class MacroCost(NamedTuple):
    """What one component costs: energy of a matrix-vector product [pJ], area [mm²], (n,) each."""

    energy_pj: FloatArray
    area_mm2: FloatArray


@dataclass(frozen=True)
class MacroMetrics:
    """Results of one macro of each design, (n,) arrays.

    Attributes
    ----------
    tops_per_w, tops_per_mm2 : ndarray
        Multiplications and additions at the design's own precision, over energy and over time and
        area. Times `weight_bits` and `input_bits` they are per 1-bit operation.
    area_mm2, energy_per_mvm_pj, mvm_latency_ns : ndarray
        Of the macro, and of one product that fills its rows and columns.
    breakdown : dict of str to MacroCost
        Component to its energy and area; they sum to `energy_per_mvm_pj` and `area_mm2`.
    """

    tops_per_w: FloatArray
    tops_per_mm2: FloatArray
    area_mm2: FloatArray
    energy_per_mvm_pj: FloatArray
    mvm_latency_ns: FloatArray
    breakdown: dict[str, MacroCost]

    @classmethod
    def from_performance(cls, performance: ArrayPerformance) -> MacroMetrics:
        """Convert the simulator's units, once."""
        area_mm2 = performance.area_um2 * MM2_PER_UM2
        energy_pj = performance.energy_fj * PJ_PER_FJ
        latency_ns = performance.time_ps * NS_PER_PS
        areas = performance.area_by_component_um2
        no_area = np.zeros_like(area_mm2)
        return cls(
            # Operations per picojoule are tera-operations per joule; per nanosecond, 1e-3 tera.
            tops_per_w=performance.operations / energy_pj,
            tops_per_mm2=1e-3 * performance.operations / (latency_ns * area_mm2),
            area_mm2=area_mm2,
            energy_per_mvm_pj=energy_pj,
            mvm_latency_ns=latency_ns,
            breakdown={
                name: MacroCost(energy * PJ_PER_FJ, areas.get(name, no_area) * MM2_PER_UM2)
                for name, energy in performance.energy_by_component_fj.items()
            },
        )


def macro_metrics(
    designs: DesignBatch,
    technology: Technology,
    input_bit_density: npt.ArrayLike = 0.5,
    weight_bit_density: npt.ArrayLike = 0.5,
) -> MacroMetrics:
    """Evaluate one array with its periphery, every row and column in use.

    Parameters
    ----------
    designs : DesignBatch
        Of one workload, whose precision knobs hold.
    technology : Technology
    input_bit_density, weight_bit_density : array_like
        Share of ones among the bits of the inputs, and among the stored bits of the weights (of
        the offset code, or of the magnitude when differential), scalar or (n,). [1]

    Returns
    -------
    MacroMetrics
    """
    performance = full_array(designs, technology, input_bit_density, weight_bit_density)
    return MacroMetrics.from_performance(performance)
