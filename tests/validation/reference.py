"""The designs that the paper stored against its profile, through `imctune.evaluate`.

Rows are those of reference_rram.csv.gz and reference_sram.csv.gz; networks have their true shapes.
Of the paper's nine, five are the true ones, layer by layer; its resnet50 is another network, and
its attention layers hold activations as weights. The figures are over the four networks that all
of its searches share; the others are reported on their own.
"""

from __future__ import annotations

__all__ = ["FOUR", "Reference", "compare", "knobs_of", "read_reference", "tables"]

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import imctune
from imctune.technology import PaperTechnology
from tests.validation.statistics import FloatArray, median, spearman
from tests.validation.tables import Table, number

FOUR = ("alexnet", "vgg16", "resnet18", "mobilenet_v3")
NAMES = {"vision_transformer": "vit_b16"}
OTHERS = ("densenet201", "resnet50", "vit_b16", "mobilebert", "gpt2_medium")
INTEGERS = (
    *("bits_per_cell", "rows", "cols"),
    *("router_groups", "tiles_per_group", "macros_per_tile", "glb_depth"),
)
KNOBS = ("supply_v", "cycle_time_s", *INTEGERS)
AREA_MAX_MM2 = 800.0
KIB_PER_WORD = 0.25  # the paper's global buffer has 2048-bit words
AT_ONCE = 256

Design = tuple[float, ...]
Figures = dict[str, float | None]


@dataclass(frozen=True)
class Reference:
    """Stored designs and networks; arrays (n, n_networks) hold NaN where a run is missing."""

    networks: tuple[str, ...]
    designs: tuple[Design, ...]
    energy_mj: FloatArray
    latency_ms: FloatArray
    cycles: FloatArray
    area_mm2: FloatArray


def compare(folder: Path) -> dict[str, Figures]:
    """Figures of both memories, each None where the rows do not allow it."""
    return {
        f"reference_{memory}": _figures(read_reference(folder, memory), memory)
        for memory in ("rram", "sram")
    }


def read_reference(folder: Path, memory: str) -> Reference:
    """Read the rows of one memory at 32 nm."""
    path = folder / f"reference_{memory}.csv.gz"
    rows: list[dict[str, str]] = []
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if float(row["node_nm"]) == 32.0]
    networks = (*FOUR, *OTHERS)
    distinct = dict.fromkeys(tuple(float(row[knob]) for knob in KNOBS) for row in rows)
    places = {design: index for index, design in enumerate(distinct)}
    shape = (len(places), len(networks))
    energy, latency, cycles = (np.full(shape, np.nan) for _ in range(3))
    area = np.full(len(places), np.nan)
    for row in rows:
        network = NAMES.get(row["workload"], row["workload"])
        if network not in networks:
            continue
        at = places[tuple(float(row[knob]) for knob in KNOBS)], networks.index(network)
        energy[at], latency[at] = float(row["energy_j"]) * 1e3, float(row["latency_s"]) * 1e3
        cycles[at], area[at[0]] = float(row["n_cycles"]), float(row["area_cm2"]) * 100.0
    return Reference(networks, tuple(places), energy, latency, cycles, area)


def knobs_of(reference: Reference, rows: slice = slice(None)) -> dict[str, list[float]]:
    """Knobs of stored designs, as `imctune.evaluate` takes them; all others are the paper's."""
    table = np.array(reference.designs[rows])
    columns = {name: table[:, index] for index, name in enumerate(KNOBS)}
    columns["glb_kib"] = columns.pop("glb_depth") * KIB_PER_WORD
    columns["cycle_time_ns"] = np.round(columns.pop("cycle_time_s") * 1e9, 6)
    return {name: values.tolist() for name, values in columns.items()}


def modelled(reference: Reference, technology: str | PaperTechnology) -> Reference:
    """Evaluate the stored designs on the true networks."""
    energy, latency, cycles, area = [], [], [], []
    for start in range(0, len(reference.designs), AT_ONCE):
        metrics = imctune.evaluate(
            knobs_of(reference, slice(start, start + AT_ONCE)),
            workloads=list(reference.networks),
            technology=technology,
            assumptions="paper",
        )
        energy.append(metrics.energy_mj)
        latency.append(metrics.latency_ms)
        cycles.append(metrics.cycles.astype(np.float64))
        area.append(metrics.area_mm2)
    return Reference(
        reference.networks,
        reference.designs,
        np.concatenate(energy),
        np.concatenate(latency),
        np.concatenate(cycles),
        np.concatenate(area),
    )


def _figures(stored: Reference, memory: str) -> Figures:
    """All figures of one memory."""
    if not stored.designs:
        return dict.fromkeys(_names(), None)
    model = modelled(stored, f"paper_{memory}_32nm")
    four = slice(0, len(FOUR))
    energy = _errors(model.energy_mj, stored.energy_mj)
    area = _errors(model.area_mm2, stored.area_mm2)
    figures: Figures = {
        "n_designs": float(len(stored.designs)),
        "area_median_error": median(area),
        "area_p95_error": _p95(area),
        "energy_median_error": median(_known(energy[:, four])),
        "energy_p95_error": _p95(_known(energy[:, four])),
        "energy_median_error_all": median(_known(energy)),
        **_scores(model, stored),
    }
    cycles = _errors(model.cycles, stored.cycles)
    for index, network in enumerate(stored.networks):
        known = np.isfinite(stored.cycles[:, index])
        ranks = model.cycles[known, index], stored.cycles[known, index]
        figures |= {
            f"cycles_median_error_{network}": median(cycles[known, index]),
            f"cycles_spearman_{network}": spearman(*ranks) if known.any() else None,
            f"energy_median_error_{network}": median(energy[known, index]),
            f"energy_p95_error_{network}": _p95(energy[known, index]),
        }
    return figures


def _scores(model: Reference, stored: Reference) -> Figures:
    """Rank by mean energy x mean latency x area over the four networks, and the first of it."""
    whole = np.isfinite(stored.energy_mj[:, : len(FOUR)]).all(axis=1)
    ours, theirs = _score(model)[whole], _score(stored)[whole]
    figures: Figures = {"score_spearman": None, "first_excess": None}
    if whole.any():
        figures["score_spearman"] = spearman(ours, theirs)
    fits, is_small = (x.area_mm2[whole] <= AREA_MAX_MM2 for x in (model, stored))
    if fits.any() and is_small.any():
        first = int(np.argmin(np.where(fits, ours, np.inf)))
        figures["first_excess"] = float(theirs[first] / theirs[is_small].min() - 1.0)
    return figures


def _score(designs: Reference) -> FloatArray:
    four = slice(0, len(FOUR))
    means = designs.energy_mj[:, four].mean(axis=1) * designs.latency_ms[:, four].mean(axis=1)
    return np.asarray(means * designs.area_mm2)


def _names() -> list[str]:
    """Names of all figures."""
    per_network = [
        f"{figure}_{network}"
        for network in (*FOUR, *OTHERS)
        for figure in (
            *("cycles_median_error", "cycles_spearman"),
            *("energy_median_error", "energy_p95_error"),
        )
    ]
    return [
        "n_designs",
        *("area_median_error", "area_p95_error", "energy_median_error", "energy_p95_error"),
        *("energy_median_error_all", "score_spearman", "first_excess"),
        *per_network,
    ]


def _errors(model: FloatArray, stored: FloatArray) -> FloatArray:
    return np.abs(model / stored - 1.0)


def _known(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)]


def _p95(values: FloatArray) -> float | None:
    return float(np.quantile(values, 0.95)) if values.size else None


def tables(figures: Mapping[str, Figures]) -> list[Table]:
    """Return the errors as a table, one column for each memory."""
    both = figures["reference_rram"], figures["reference_sram"]

    def row(label: str, form: str, *names: str) -> tuple[str, ...]:
        return (label, *(" / ".join(number(x[name], form) for name in names) for x in both))

    networks = [
        (
            network,
            *row("", ".2%", f"cycles_median_error_{network}")[1:],
            *row("", ".4f", f"cycles_spearman_{network}")[1:],
            *row("", ".2%", f"energy_median_error_{network}", f"energy_p95_error_{network}")[1:],
        )
        for network in (*FOUR, *OTHERS)
    ]
    return [
        Table(
            "The paper's profile against the designs that the paper stored",
            ("error", "RRAM", "SRAM"),
            [
                row("designs", ".0f", "n_designs"),
                row("area, median / 95th percentile", ".2%", "area_median_error", "area_p95_error"),
                row(
                    "energy, four networks, median / 95th percentile",
                    ".2%",
                    *("energy_median_error", "energy_p95_error"),
                ),
                row("score mean(E) x mean(L) x A, Spearman", ".4f", "score_spearman"),
                row("design ranked first under 800 mm² over the best", ".2%", "first_excess"),
            ],
        ),
        Table(
            "The same by network",
            (
                "network",
                *("cycles, RRAM", "SRAM", "their Spearman, RRAM", "SRAM", "energy, RRAM", "SRAM"),
            ),
            networks,
            "Cycles: median error; energy: median / 95th percentile of the error. The paper's "
            "resnet50, vit_b16, mobilebert and gpt2_medium have other shapes than the true ones, "
            "which are evaluated here.",
        ),
    ]
