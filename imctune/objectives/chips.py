"""Chips of one design: which of them counts, and how many are good enough."""

from __future__ import annotations

__all__ = ["ChipYield", "as_built", "of_chips", "yield_shares"]

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError
from imctune.objectives.settings import ObjectiveSettings

if TYPE_CHECKING:
    from imctune.simulator.simulation import Simulation

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ChipYield:
    """Share of chips that meet each workload's floor, (n, W), and that meet all, (n,). [1]."""

    each: FloatArray
    every: FloatArray


def as_built(
    simulation: Simulation, settings: ObjectiveSettings, workloads: Sequence[str]
) -> tuple[Simulation, ChipYield | None]:
    """Return the results of the chip that counts, and the yield where there is a floor.

    Parameters
    ----------
    simulation : Simulation
        Results of the typical chip.
    settings : ObjectiveSettings
    workloads : sequence of str
    """
    if not settings.samples_chips:
        return simulation, None
    if simulation.sample_chips is None or simulation.accuracy is None:
        raise InputError(
            "objectives.chip_statistic must be typical and yield_min null with assumptions=paper: "
            "the paper's profile has no cells that vary"
        )
    chips = simulation.sample_chips(settings.n_chips, settings.chips_seed)
    good = None
    if settings.min_snr_db is not None:
        good = ChipYield(*yield_shares(chips.snr_db, settings.floors_db(workloads)))
    if settings.chip_statistic == "typical":
        return simulation, good
    kind, share = settings.chip_statistic, settings.chip_worst_share
    more = -of_chips(-chips.conductance, kind, share) - 1.0
    parts = simulation.energy_by_component_fj
    added = more * parts["cells"] if "cells" in parts else np.zeros_like(simulation.energy_fj)
    energy = simulation.energy_fj + added
    counted = replace(
        simulation,
        energy_fj=energy,
        energy_by_component_fj=parts
        | ({"cells": parts["cells"] + added} if "cells" in parts else {}),
        power_avg_mw=energy / simulation.latency_ps,
        accuracy=replace(simulation.accuracy, snr_db=of_chips(chips.snr_db, kind, share)),
    )
    return counted, good


def of_chips(values: FloatArray, statistic: str, worst_share: float) -> FloatArray:
    """Return what counts of a quantity that had better be large, over its last axis, the chips.

    Parameters
    ----------
    values : ndarray
        (..., chips).
    statistic : {"mean", "quantile", "cvar"}
        Of all chips; the best value among the worst ones; the mean of the worst ones.
    worst_share : float
        Share of chips that are the worst ones; at least one chip is. [1]

    Examples
    --------
    >>> chips = np.array([5.0, 1.0, 4.0, 2.0])
    >>> [float(of_chips(chips, kind, 0.5)) for kind in ("mean", "quantile", "cvar")]
    [3.0, 2.0, 1.5]
    """
    if statistic == "mean":
        return np.asarray(np.ascontiguousarray(values).mean(axis=-1))
    n_worst = max(1, math.floor(worst_share * values.shape[-1] + 1e-9))
    worst = np.ascontiguousarray(np.sort(values, axis=-1)[..., :n_worst])
    return np.asarray(worst[..., -1] if statistic == "quantile" else worst.mean(axis=-1))


def yield_shares(snr_db: FloatArray, floors_db: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of chips that meet each workload's floor, and that meet them all.

    Parameters
    ----------
    snr_db : ndarray
        Of every chip's worst layer, (n, W, chips). [dB]
    floors_db : ndarray
        (W,). [dB]

    Returns
    -------
    tuple of ndarray
        (n, W) and (n,). [1]

    Examples
    --------
    >>> each, every = yield_shares(np.array([[[30.0, 20.0], [30.0, 30.0]]]), np.array([25.0, 25.0]))
    >>> each.tolist(), every.tolist()
    ([[0.5, 1.0]], [0.5])
    """
    meets = snr_db >= floors_db[:, None]
    each = np.ascontiguousarray(meets).mean(axis=-1)
    return np.asarray(each), np.asarray(np.ascontiguousarray(meets.all(axis=1)).mean(axis=-1))
