"""Parts of a page that tell of one chip: what it is, where its energy and its time go."""

from __future__ import annotations

__all__ = ["BELOW", "chip_section", "energy_section", "layer_details", "layer_section"]

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.report.bounds import Layers, bottleneck_figure
from imctune.report.breakdown import LAYER_COLUMNS, area_table, energy_table, layer_table
from imctune.report.by_layer import layer_figure
from imctune.report.figures import Figure, component_weights, energy_figure
from imctune.report.floorplan import floorplan_svg
from imctune.report.html import details, note, picture, room_for, section
from imctune.report.palette import component_colours
from imctune.report.table import Table

SCALE = (
    "Areas are to scale within each square; places are schematic, since the model places nothing. "
    "Areas and shares below the squares are those on the whole chip."
)
SHOWN = tuple(column.name for column in LAYER_COLUMNS.values())
BELOW = (
    "Below each network its slowest layers, all runs of a layer together; the cycles are those of "
    "layers that run one after another."
)


def chip_section(
    title: str, metrics: Metrics, designs: DesignBatch, row: int, knobs: Table, limits: Table
) -> str:
    """Return a chip: its block picture, its limits, its knobs."""
    return section(
        title,
        picture(floorplan_svg(metrics, designs, row)),
        note(SCALE),
        details("Area by component in mm²", area_table(metrics, row).as_html(titled=False)),
        limits.as_html(),
        knobs.as_html(),
    )


def energy_section(metrics: Metrics, row: int, figures: dict[str, Figure]) -> str:
    """Return where a design spends energy, by component and network."""
    return section(
        "Where its energy goes",
        room_for(figures, "energies", energy_figure(metrics, row)),
        details("Energy by component in mJ", energy_table(metrics, row).as_html(titled=False)),
    )


def layer_section(metrics: Metrics, row: int, layers: Layers, figures: dict[str, Figure]) -> str:
    """Return what bounds a design's cycles, and its energy and latency layer by layer."""
    colours = component_colours(component_weights(metrics, row))
    return section(
        "Layer by layer",
        room_for(figures, "layers", layer_figure(layers, colours)),
        room_for(figures, "bottlenecks", bottleneck_figure(layers)),
        note(BELOW),
        *layer_details(layers),
    )


def layer_details(layers: Layers) -> list[str]:
    """Return the layers of every network as tables that open when clicked."""
    tables = [layer_table(network, rows).pick(*SHOWN) for network, rows in layers.items()]
    return [details(table.title, table.as_html(titled=False)) for table in tables]
