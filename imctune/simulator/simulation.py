"""The results of the model for a population, in the inner units."""

from __future__ import annotations

__all__ = ["Simulation"]

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.simulator.accuracy.chips import SampledChips
from imctune.simulator.accuracy.ratio import Accuracy
from imctune.simulator.arrays import FloatArray


@dataclass(frozen=True)
class Simulation:
    """Results of a population, in the inner units.

    Shapes: ``n`` designs, ``W`` workloads.

    Attributes
    ----------
    energy_fj, latency_ps, interval_ps : ndarray
        Of one inference; interval between results when run back to back, (n, W).
    cycles : ndarray of int64
        First input to last output, (n, W).
    area_um2 : ndarray
        (n,).
    energy_by_component_fj : dict of str to ndarray
        (n, W) each; they sum to `energy_fj`.
    area_by_component_um2 : dict of str to ndarray
        (n,) each; they sum to `area_um2`.
    power_avg_mw, power_peak_mw : ndarray
        Over the inference, and in the hottest layer or a full pipeline, (n, W).
    programming_fj, programming_ps : ndarray
        Cold start: the first loading of all weights, outside energy and latency, (n, W).
    relative_wafer_cost : ndarray
        Cost of processed silicon of the design's node over that at 32 nm, (n,).
    n_converters : ndarray
        Analog-to-digital converters of the chip, (n,).
    violations : dict of str to ndarray
        Physical limits by name, (n,) or (n, W): above 0 by how much the limit is exceeded.
    accuracy : Accuracy or None
        Of the arithmetic; None in the paper's profile, which knows nothing of it.
    sample_chips : callable or None
        Number of chips and seed to `SampledChips` of these designs; None in the paper's profile.
    """

    energy_fj: FloatArray
    cycles: npt.NDArray[np.int64]
    latency_ps: FloatArray
    interval_ps: FloatArray
    area_um2: FloatArray
    energy_by_component_fj: dict[str, FloatArray]
    area_by_component_um2: dict[str, FloatArray]
    power_avg_mw: FloatArray
    power_peak_mw: FloatArray
    programming_fj: FloatArray
    programming_ps: FloatArray
    relative_wafer_cost: FloatArray
    n_converters: FloatArray
    violations: dict[str, FloatArray]
    accuracy: Accuracy | None = None
    sample_chips: Callable[[int, int], SampledChips] | None = None

    def of_designs(self, shape: tuple[int, ...]) -> Simulation:
        """Give every design a row: arrays that broadcast to `shape` (and W) become (n,) or (n, W).

        Parameters
        ----------
        shape : tuple of int
            ``(n,)``, or the axes of a grid of n designs.
        """
        n_workloads = self.energy_fj.shape[-1]

        def flat(values: Any) -> Any:
            if values is None:
                return None
            if isinstance(values, dict):
                return {name: flat(inner) for name, inner in values.items()}
            own = (n_workloads,) if values.ndim > len(shape) else ()
            return np.broadcast_to(values, (*shape, *own)).reshape(math.prod(shape), *own)

        return Simulation(**{item.name: flat(getattr(self, item.name)) for item in fields(self)})
