"""How the constants of the paper's profile follow from the shared rows.

``python -m tests.validation.fit_reference [--data FOLDER] [--share 0.7]``

Energies: non-negative least squares on the relative error of the five networks whose shapes are the
true ones, reweighted ten times so that outliers count less (SRAM designs for which the paper's
mapper fetched weights again and again). Every energy is linear in the constants, so each regressor
is the profile itself with one constant set to 1 and the others to 0. Areas: least squares on the
macros of reference_area_components_32nm.csv, with a grid search for the two constants of the
driver width. The values are then entered in conf/technology/paper_*.yaml by hand; the validation
itself never fits. With ``--share``, constants come from that share of the designs, and the error
printed is that of the others.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression

import imctune
from imctune.technology import PaperTechnology
from tests.validation.__main__ import SHARED
from tests.validation.reference import FOUR, Reference, modelled, read_reference
from tests.validation.statistics import FloatArray

NETWORKS = (*FOUR, "densenet201")
GIVEN = "write_threshold_v"  # not linear: read off a fit with one write energy per supply
OUTLIER = 0.05
N_REWEIGHTINGS = 10
NEXT_TO_NOTHING = 1e-300
FJ_PER_MJ = 1e12


def main(arguments: list[str] | None = None) -> int:
    """Print the constants of both technologies."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.fit_reference")
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of the stored designs")
    parser.add_argument("--share", type=float, default=1.0, help="share of the designs to fit")
    options = parser.parse_args(arguments)
    table: dict[float, float] = {}
    for memory in ("rram", "sram"):
        technology = shipped(memory)
        print(f"paper_{memory}_32nm")
        for name, value in area_constants(options.data, technology).items():
            print(f"  {name:24} {value:.6g}")
        constants, table, errors = energy_constants(options.data, technology, table, options.share)
        for name, value in constants.items():
            print(f"  {name:24} {value:.4g}")
        print(f"  {'glb_fj_per_byte':24} {[float(f'{x:.4g}') for x in table.values()]}")
        median, p95 = np.quantile(errors, (0.5, 0.95))
        print(f"  energy error: median {median:.2%}, 95th percentile {p95:.2%}")
    return 0


def shipped(memory: str) -> PaperTechnology:
    """Return the technology whose form is fitted."""
    technology = imctune.load_technology(f"paper_{memory}_32nm")
    if not isinstance(technology, PaperTechnology):
        raise TypeError(f"paper_{memory}_32nm must be one of the paper's technologies")
    return technology


def energy_constants(
    folder: Path, technology: PaperTechnology, known: dict[float, float], share: float
) -> tuple[dict[str, float], dict[float, float], FloatArray]:
    """Fit the energies of one memory: per action, and per byte of every size of global buffer.

    Sizes of the buffer in `known`, fitted to the other memory, are kept as they are.
    """
    stored = read_reference(folder, technology.memory)
    stored = replace(stored, networks=NETWORKS, energy_mj=stored.energy_mj[:, : len(NETWORKS)])
    is_known = np.isfinite(stored.energy_mj)
    measured = stored.energy_mj[is_known] * FJ_PER_MJ
    regressors = {
        name: terms(stored, technology, name)[is_known]
        for name in (field.name for field in fields(technology.costs))
        if name != GIVEN
    }
    traffic = terms(stored, technology, "")[is_known]
    kib = np.array([design[-1] * 0.25 for design in stored.designs])
    sizes = np.broadcast_to(kib[:, None], is_known.shape)[is_known]
    fixed = np.zeros_like(measured)
    for size in np.unique(sizes):
        if size in known:
            fixed += np.where(sizes == size, traffic * known[size], 0.0)
        else:
            regressors[f"{size:g}"] = np.where(sizes == size, traffic, 0.0)
    rng = np.random.default_rng(7)
    chosen = rng.permutation(len(kib)) < share * len(kib)
    fitted = np.broadcast_to(chosen[:, None], is_known.shape)[is_known]
    matrix = np.stack(list(regressors.values()), axis=1) / measured[:, None]
    target = 1.0 - fixed / measured
    values = robust_fit(matrix[fitted], target[fitted])
    judged = ~fitted if share < 1.0 else fitted
    errors = np.abs(matrix[judged] @ values - target[judged])
    by_name = dict(zip(regressors, values.tolist(), strict=True))
    costs = {name: value for name, value in by_name.items() if hasattr(technology.costs, name)}
    table = dict(known) | {float(n): v for n, v in by_name.items() if n not in costs}
    return costs, dict(sorted(table.items())), errors


def terms(stored: Reference, technology: PaperTechnology, name: str) -> FloatArray:
    """Energy when the constant `name` is 1 and the others are 0; with no name, bytes of traffic."""
    costs: dict[str, Any] = {field.name: 0.0 for field in fields(technology.costs)}
    if name:
        costs[name] = 1.0
    if hasattr(technology.costs, GIVEN):
        costs[GIVEN] = getattr(technology.costs, GIVEN)
    per_byte = NEXT_TO_NOTHING if name else 1.0
    single = replace(
        technology,
        costs=replace(technology.costs, **costs),
        glb_fj_per_byte=(per_byte,) * len(technology.glb_kib),
    )
    return modelled(stored, single).energy_mj * FJ_PER_MJ


def robust_fit(matrix: FloatArray, target: FloatArray) -> FloatArray:
    """Non-negative constants of least squares in which far-off rows count less and less."""
    scale = matrix.max(axis=0)
    weights = np.ones(len(target))
    values = np.zeros(matrix.shape[1])
    for _ in range(N_REWEIGHTINGS):
        model = LinearRegression(fit_intercept=False, positive=True)
        values = model.fit(matrix / scale, target, sample_weight=weights).coef_
        weights = (1.0 + ((matrix / scale @ values - target) / OUTLIER) ** 2) ** -0.5
    return np.asarray(values / scale)


def area_constants(folder: Path, technology: PaperTechnology) -> dict[str, float]:
    """Fit the area of a macro; of an SRAM one, with the driver width that leaves the least."""
    memory = technology.memory
    with (folder / "reference_area_components_32nm.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["component"] == "macro"]
    rows = [row for row in rows if row["tech"].lower() == memory]
    measured = [
        [float(row[name]) for row in rows] for name in ("rows_or_depth", "cols", "area_um2")
    ]
    n_rows, cols, area = np.array(measured)
    names = ["column_um2", "column_offset_um2", "cell_um2", "row_um2"]
    columns = [cols, np.ones_like(cols), n_rows * cols, n_rows]
    if memory == "rram":
        return dict(zip(names, _least_squares(columns, area)[0], strict=True))
    volt = np.array([float(row["V"]) for row in rows])
    names += ["row_driver_um2", "write_driver_um2"]
    best: tuple[float, dict[str, float]] = (np.inf, {})
    for power in np.arange(1.2, 2.4, 0.04).round(2).tolist():
        for threshold in np.arange(0.42, 0.481, 0.005).round(3).tolist():
            drivers = [n_rows / cols * (volt - threshold) ** -power, n_rows / np.sqrt(cols)]
            values, error = _least_squares([*columns, *drivers], area)
            if error < best[0]:
                found = dict(zip(names, values, strict=True))
                best = error, found | {"driver_threshold_v": threshold, "driver_power": power}
    return best[1]


def _least_squares(columns: Sequence[FloatArray], area: FloatArray) -> tuple[list[float], float]:
    """Constants of least relative error, and the 95th percentile of the error that is left."""
    matrix = np.stack(columns, axis=1) / area[:, None]
    scale = matrix.max(axis=0)
    values = np.linalg.lstsq(matrix / scale, np.ones_like(area), rcond=None)[0] / scale
    return values.tolist(), float(np.quantile(np.abs(matrix @ values - 1.0), 0.95))


if __name__ == "__main__":
    sys.exit(main())
