"""What chips for fewer networks cost: growing sets, and one network left out."""

from __future__ import annotations

__all__ = ["LeftOut", "SetSize", "growing_sets", "left_out", "subsets"]

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.search.paper_tables.pool import Pool

FloatArray = npt.NDArray[np.float64]

N_ORDERS = 20
"""Random orders in which networks join a set."""


@dataclass(frozen=True)
class SetSize:
    """One chip for so many networks.

    Attributes
    ----------
    size : int
    added : str
        Network that joins last in the fixed order.
    edap, area_mm2 : float
        Geometric mean of EDAP over the set, and area, of the best chip in the fixed order.
        [mJ·ms·mm²], [mm²]
    loss_percent : float
        That EDAP over the geometric mean of the networks' own best, less one. [%]
    median_loss_percent, least_loss_percent, most_loss_percent : float
        The same over random orders. [%]
    """

    size: int
    added: str
    edap: float
    area_mm2: float
    loss_percent: float
    median_loss_percent: float
    least_loss_percent: float
    most_loss_percent: float


@dataclass(frozen=True)
class LeftOut:
    """A network on the best chip for all others.

    Attributes
    ----------
    network : str
    fits : bool
        Whether it runs there at all.
    edap, joint_edap, own_edap : float
        On that chip, on the best chip for all networks, on its own best chip. [mJ·ms·mm²]
    loss_percent : float
        EDAP over that on its own best chip, less one. [%]
    others_gain_percent : float
        By how much the geometric mean of the others' EDAP is lower than on the chip for all. [%]
    """

    network: str
    fits: bool
    edap: float
    joint_edap: float
    own_edap: float
    loss_percent: float
    others_gain_percent: float


def subsets(n_networks: int) -> list[tuple[int, ...]]:
    """Return the sets that get a search of their own: growing ones, and those that lack one."""
    growing = [tuple(range(size)) for size in range(2, n_networks)]
    lacking = [
        tuple(other for other in range(n_networks) if other != left)
        for left in range(n_networks)
        if n_networks > 2
    ]
    return list(dict.fromkeys([*growing, *lacking]))


def growing_sets(pool: Pool, seed: int) -> list[SetSize]:
    """Return the best chip for 1, 2, ... networks, over all designs of the pool."""
    names = pool.metrics.workloads
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(names)).tolist() for _ in range(N_ORDERS)]
    sizes = []
    for size in range(1, len(names) + 1):
        fixed = list(range(size))
        row, edap = best_for(pool, fixed)
        losses = [loss_percent(pool, order[:size]) for order in orders]
        sizes.append(
            SetSize(
                size=size,
                added=names[size - 1],
                edap=edap,
                area_mm2=math.nan if row is None else float(pool.metrics.area_mm2[row]),
                loss_percent=loss_percent(pool, fixed),
                median_loss_percent=float(np.median(losses)),
                least_loss_percent=min(losses),
                most_loss_percent=max(losses),
            )
        )
    return sizes


def left_out(pool: Pool) -> list[LeftOut]:
    """Return each network on the best chip for all others, over all designs of the pool."""
    names, edap = pool.metrics.workloads, pool.metrics.edap
    every = list(range(len(names)))
    joint, _ = best_for(pool, every)
    found = []
    for index, name in enumerate(names):
        others = [other for other in every if other != index]
        row, for_others = best_for(pool, others)
        if row is None or joint is None:
            continue
        on_joint = float(np.exp(np.log(edap[joint, others]).mean()))
        found.append(
            LeftOut(
                network=name,
                fits=bool(pool.fits[row, index]),
                edap=float(edap[row, index]),
                joint_edap=float(edap[joint, index]),
                own_edap=float(pool.own_edap[index]),
                loss_percent=100.0 * float(edap[row, index] / pool.own_edap[index] - 1.0),
                others_gain_percent=100.0 * (1.0 - for_others / on_joint),
            )
        )
    return found


def best_for(pool: Pool, networks: Sequence[int]) -> tuple[int | None, float]:
    """Return the design with the lowest geometric mean of EDAP, of those that run a set."""
    chosen = list(networks)
    fits = pool.fits[:, chosen].all(axis=1)
    if not fits.any():
        return None, math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.exp(np.log(np.ascontiguousarray(pool.metrics.edap[:, chosen])).mean(axis=1))
    row = int(np.where(fits, means, np.inf).argmin())
    return row, float(means[row])


def loss_percent(pool: Pool, networks: Sequence[int]) -> float:
    """Return what a set loses on one chip against each network's own best. [%]."""
    own = float(np.exp(np.log(pool.own_edap[list(networks)]).mean()))
    return 100.0 * (best_for(pool, networks)[1] / own - 1.0)
