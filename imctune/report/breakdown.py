"""One design by component and by layer, as tables."""

from __future__ import annotations

__all__ = ["LAYER_COLUMNS", "area_table", "energy_table", "layer_table", "run_table"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from imctune.objectives import Metrics
from imctune.report.bounds import BOUND_WORDS, main_bound
from imctune.report.comparison import obstacle
from imctune.report.palette import component_words
from imctune.report.table import Cell, Column, Table
from imctune.units import MJ_PER_FJ, MS_PER_PS

LAYER_COLUMNS = {
    "layer": Column("layer", "layer", "text"),
    "unit": Column("runs on", "unit", "text"),
    "count": Column("runs", "count", "count"),
    "arrays": Column("arrays", "arrays", "count"),
    "copies": Column("copies", "copies", "count"),
    "passes": Column("passes", "passes", "count"),
    "utilisation_percent": Column("used", "utilisation_percent", "percent"),
    "cycles": Column("cycles", "cycles", "count"),
    "bound_by": Column("bound by", "bound_by", "text"),
    "latency_ms": Column("latency ms", "latency_ms"),
    "energy_mj": Column("energy mJ", "energy_mj"),
    "largest": Column("most of it", "largest_component", "text"),
    "snr_db": Column("SNR dB", "snr_db"),
}

SHOWN = (
    *LAYER_COLUMNS,
    *("latency_ps", "energy_fj", "energy_by_component_fj", "cycles_by_bound", "utilisation"),
)


def run_table(metrics: Metrics, row: int) -> Table:
    """Return what a design costs on each network."""
    columns = (
        Column("network", "network", "text"),
        Column("EDAP mJ·ms·mm²", "edap"),
        Column("energy mJ", "energy_mj"),
        Column("latency ms", "latency_ms"),
        Column("cycles", "cycles", "count"),
        Column("results/s", "throughput_per_s"),
        Column("mean W", "power_avg_w"),
        Column("peak W", "power_peak_w"),
        *([] if metrics.snr_db is None else [Column("SNR dB", "snr_db")]),
        *([] if metrics.yield_share is None else [Column("yield", "yield_share")]),
        Column("verdict", "verdict", "text"),
    )
    rows: list[tuple[Cell, ...]] = []
    for index, network in enumerate(metrics.workloads):
        numbers = [float(getattr(metrics, column.name)[row, index]) for column in columns[1:-1]]
        rows.append((network, *numbers, obstacle(metrics, row, index) or "runs"))
    return Table("Each network, one inference", columns, tuple(rows))


def area_table(metrics: Metrics, row: int) -> Table:
    """Return a chip's area by component, largest first."""
    columns = (
        Column("component", "component", "text"),
        Column("area mm²", "area_mm2"),
        Column("share", "area_percent", "percent"),
    )
    areas = {name: float(cost.area_mm2[row]) for name, cost in metrics.breakdown.items()}
    total = float(metrics.area_mm2[row])
    rows = [
        (component_words(name), areas[name], 100.0 * areas[name] / total)
        for name in sorted(areas, key=lambda name: (-areas[name], name))
        if areas[name] > 0.0
    ]
    rows.append(("all", total, 100.0))
    return Table("Area by component", columns, tuple(rows))


def energy_table(metrics: Metrics, row: int, networks: Sequence[str] = ()) -> Table:
    """Return a design's energy by component, largest first, on all networks or on some."""
    shown = [name for name in metrics.workloads if not networks or name in networks]
    places = [metrics.workloads.index(name) for name in shown]
    columns = (
        Column("component", "component", "text"),
        *(Column(name, f"energy_mj@{name}") for name in shown),
    )
    total = metrics.energy_mj[row, places]
    energies = {name: cost.energy_mj[row, places] for name, cost in metrics.breakdown.items()}
    share = {name: float(np.mean(energy / total)) for name, energy in energies.items()}
    rows: list[tuple[Cell, ...]] = [
        (component_words(name), *energies[name].tolist())
        for name in sorted(energies, key=lambda name: (-share[name], name))
        if energies[name].any()
    ]
    rows.append(("all", *total.tolist()))
    return Table("Energy by component [mJ]", columns, tuple(rows))


def layer_table(network: str, layers: Sequence[Mapping[str, Any]]) -> Table:
    """Return a design's work on one network, a row per layer.

    Parameters
    ----------
    network : str
        Name of the network.
    layers : sequence of mapping
        Per layer, values under the names of `simulator.detail`: ``layer``, ``latency_ps``,
        ``energy_fj``, ``energy_by_component_fj``, ... What is missing is left empty, and what has
        no column here gets one.
    """
    components = list(
        dict.fromkeys(name for layer in layers for name in layer.get("energy_by_component_fj", {}))
    )
    bounds = [
        name for name in BOUND_WORDS if any(name in x.get("cycles_by_bound", {}) for x in layers)
    ]
    extras = list(dict.fromkeys(name for layer in layers for name in layer if name not in SHOWN))
    columns = (
        *LAYER_COLUMNS.values(),
        *(Column(component_words(name), name, "count") for name in extras),
        *(Column(f"{BOUND_WORDS[name]} cycles", f"{name}_cycles", "count") for name in bounds),
        *(Column(f"{component_words(name)} mJ", f"{name}_energy_mj") for name in components),
    )
    rows = []
    for layer in layers:
        parts = layer.get("energy_by_component_fj", {})
        known = {**layer, **_converted(layer), "largest": _largest(parts)}
        known["bound_by"] = main_bound(layer)
        cycles = layer.get("cycles_by_bound", {})
        rows.append(
            tuple(_cell(known.get(name)) for name in (*LAYER_COLUMNS, *extras))
            + tuple(_cell(cycles.get(name)) for name in bounds)
            + tuple(_cell(parts.get(name), MJ_PER_FJ) for name in components)
        )
    title = f"{network}: {len(layers)} distinct layers"
    return Table(title, columns, tuple(rows), ("All runs of a layer; idle power left out.",))


def _converted(layer: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the quantities of a layer that are reported in other units."""
    return {
        "latency_ms": _cell(layer.get("latency_ps"), MS_PER_PS),
        "energy_mj": _cell(layer.get("energy_fj"), MJ_PER_FJ),
        "utilisation_percent": _cell(layer.get("utilisation"), 100.0),
    }


def _largest(parts: Mapping[str, float]) -> str:
    """Return the component that takes most of a layer's energy, with its share."""
    total = float(sum(parts.values()))
    if not total > 0.0:
        return ""
    name = max(parts, key=parts.__getitem__)
    return f"{component_words(name)} {100.0 * parts[name] / total:.0f} %"


def _cell(value: Any, factor: float | None = None) -> Cell:
    """Return a plain value, in another unit if need be."""
    plain = value.item() if isinstance(value, np.generic) else value
    if factor is None or plain is None:
        return plain if plain is None or isinstance(plain, (int, float)) else str(plain)
    return float(plain) * factor
