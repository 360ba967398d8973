"""A chip as a block picture: areas to scale, from the chip to one tile to one macro."""

from __future__ import annotations

__all__ = ["Level", "as_svg_file", "chip_levels", "chips_svg", "floorplan_svg"]

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.report.boxes import Box, equal_boxes, squarified
from imctune.report.numbers import number, percent
from imctune.report.palette import CHIP_COLOURS, INK, component_colour, component_words

ON_CHIP = ("global_buffer", "vector_unit", "offchip")
IN_GROUP = ("routers",)
IN_TILE = ("tile_buffers",)
"""Components outside the macros; every other one is spread over them."""

WORDS = {"offchip": "off-chip interface"}
SIDE, GAP, TOP = 360.0, 60.0, 50.0
LINE, SWATCH, MARGIN = 21.0, 13.0, 8.0
N_ACROSS = 3
LETTER = 7.4
"""Mean width of a letter at 13 px."""
SMALLEST_CELL = 3.0
INSIDE, QUIET, EDGE = "#e9eef2", "#5c5c5c", "#ffffff"


@dataclass(frozen=True)
class Part:
    """A block of a picture.

    Attributes
    ----------
    label : str
    area_mm2 : float
        On the whole chip.
    colour : str
    cells : tuple of int
        What holds the next level is drawn as so many equal cells, of so many cells each.
    """

    label: str
    area_mm2: float
    colour: str
    cells: tuple[int, ...] = ()


@dataclass(frozen=True)
class Level:
    """The chip, one of its tiles, or one of its macros.

    Attributes
    ----------
    title : str
    area_mm2 : float
        Of one. [mm²]
    parts : tuple of Part
        Largest first, with their areas on the whole chip.
    """

    title: str
    area_mm2: float
    parts: tuple[Part, ...]


def chip_levels(metrics: Metrics, designs: DesignBatch, row: int) -> tuple[Level, Level, Level]:
    """Return what a chip is made of: chip, tile, macro.

    Parameters
    ----------
    metrics : Metrics
    designs : DesignBatch
    row : int
        The chip.
    """
    areas = {name: float(cost.area_mm2[row]) for name, cost in metrics.breakdown.items()}
    knobs = designs.knobs_of(row)
    n_groups, per_group, per_tile = (
        round(float(str(knobs.get(name, 1))))
        for name in ("router_groups", "tiles_per_group", "macros_per_tile")
    )
    n_tiles = n_groups * per_group
    n_macros = n_tiles * per_tile
    outside = (*ON_CHIP, *IN_GROUP, *IN_TILE)
    in_macros = [name for name in areas if name not in outside]
    macros = Part(
        f"{_counted(per_tile, 'macro')} a tile",
        sum(areas[name] for name in in_macros),
        INSIDE,
        (per_tile,),
    )
    in_tiles = [macros, *_parts(areas, IN_TILE)]
    tiles = Part(
        f"{_counted(n_groups, 'router group')} of {_counted(per_group, 'tile')}",
        sum(part.area_mm2 for part in in_tiles),
        INSIDE,
        (n_groups, per_group),
    )
    on_chip = [tiles, *_parts(areas, (*IN_GROUP, *ON_CHIP))]
    total = float(metrics.area_mm2[row])
    return (
        Level("The chip", total, _ordered(on_chip)),
        Level(f"One of {_counted(n_tiles, 'tile')}", tiles.area_mm2 / n_tiles, _ordered(in_tiles)),
        Level(
            f"One of {_counted(n_macros, 'macro')}",
            macros.area_mm2 / n_macros,
            _ordered(_parts(areas, in_macros)),
        ),
    )


def floorplan_svg(metrics: Metrics, designs: DesignBatch, row: int) -> str:
    """Return a chip, one of its tiles and one of its macros side by side, as SVG."""
    levels = chip_levels(metrics, designs, row)
    total = levels[0].area_mm2
    drawn: list[str] = []
    zoomed: Box | None = None
    for place, level in enumerate(levels):
        frame = Box(place * (SIDE + GAP), TOP, SIDE, SIDE)
        lines = [] if zoomed is None else _zoom_lines(zoomed, frame)
        drawn += _panel(level, frame, 0.0, total)
        drawn += lines
        zoomed = _last_cell(level, frame)
        if zoomed is not None:
            drawn.append(_marked(zoomed))
    return _svg(drawn, _height(levels), f"block picture of a chip of {number(total)} mm²")


def chips_svg(chips: Mapping[str, Level]) -> str:
    """Return whole chips side by side, all to the same scale, as SVG.

    Parameters
    ----------
    chips : mapping
        Name to the first of a chip's levels.
    """
    largest = max(level.area_mm2 for level in chips.values())
    height = _height(list(chips.values()))
    drawn: list[str] = []
    for place, (name, level) in enumerate(chips.items()):
        side = SIDE * (level.area_mm2 / largest) ** 0.5
        left, above = place % N_ACROSS * (SIDE + GAP), place // N_ACROSS * height
        frame = Box(left, above + TOP + SIDE - side, side, side)
        drawn += _panel(replace(level, title=name), frame, above, level.area_mm2)
    n_rows = -(-len(chips) // N_ACROSS)
    return _svg(drawn, n_rows * height, f"{len(chips)} chips to the same scale")


def as_svg_file(svg: str) -> str:
    """Return SVG as it stands in a file of its own."""
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' if count > 1 else ''}"


def _parts(areas: Mapping[str, float], names: Sequence[str]) -> list[Part]:
    return [
        Part(WORDS.get(name, component_words(name)), areas[name], component_colour(name))
        for name in names
        if areas.get(name, 0.0) > 0.0
    ]


def _ordered(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: -part.area_mm2))


def _panel(level: Level, frame: Box, above: float, total_mm2: float) -> list[str]:
    """Return a level drawn in a square frame, with its title above and its legend below."""
    size = f"{number(level.area_mm2)} mm², a square of {number(level.area_mm2**0.5)} mm"
    drawn = [
        _text(frame.x, above + TOP - 30.0, level.title, weight=600, size=15),
        _text(frame.x, above + TOP - 11.0, size, colour=QUIET),
    ]
    for part, box in _placed(level, frame):
        drawn.append(_rectangle(box, part.colour, f"{part.label}: {_amount(part, total_mm2)}"))
        drawn += _outlines(part.cells, box)
        drawn += _label(part, box, total_mm2)
    return drawn + _legend(level.parts, frame.x, above + TOP + SIDE, total_mm2)


def _placed(level: Level, frame: Box) -> list[tuple[Part, Box]]:
    boxes = squarified([part.area_mm2 for part in level.parts], frame)
    return list(zip(level.parts, boxes, strict=True))


def _last_cell(level: Level, frame: Box) -> Box | None:
    """Return the cell at the upper right of what holds the next level."""
    for part, box in _placed(level, frame):
        if part.cells:
            cell = box
            for count in part.cells:
                cells = equal_boxes(count, cell)
                cell = max(cells, key=lambda cell: (round(cell.x + cell.width, 6), -cell.y))
            return cell
    return None


def _outlines(counts: Sequence[int], box: Box) -> list[str]:
    """Return the outlines of equal cells, thick ones around thin ones, where large enough."""
    if not counts:
        return []
    cells = equal_boxes(counts[0], box)
    if min(min(cell.width, cell.height) for cell in cells) < SMALLEST_CELL:
        return []
    inner = [path for cell in cells for path in _outlines(counts[1:], cell)]
    path = "".join(
        f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z" for x, y, width, height in cells
    )
    line = 'stroke="#7d8790" stroke-width="1.6"' if counts[1:] else 'stroke="#b3bcc4"'
    return [*inner, f'<path d="{path}" fill="none" {line}/>']


def _marked(cell: Box) -> str:
    """Return the mark on the cell that the next picture shows."""
    x, y, width, height = cell
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{CHIP_COLOURS["joint"]}" fill-opacity="0.35" stroke="{CHIP_COLOURS["joint"]}"/>'
    )


def _zoom_lines(zoomed: Box, frame: Box) -> list[str]:
    """Return lines from a cell to the picture of what is in it."""
    right = zoomed.x + zoomed.width
    ends = ((zoomed.y, frame.y), (zoomed.y + zoomed.height, frame.y + frame.height))
    return [
        f'<line x1="{right:.1f}" y1="{start:.1f}" x2="{frame.x:.1f}" y2="{end:.1f}" '
        f'stroke="{CHIP_COLOURS["joint"]}" stroke-width="1" stroke-dasharray="4 3"/>'
        for start, end in ends
    ]


def _label(part: Part, box: Box, total_mm2: float) -> list[str]:
    """Return what fits into a block of its name and share."""
    lines = [part.label, percent(100.0 * part.area_mm2 / total_mm2)]
    n_fitting = min(len(lines), int((box.height - 4.0) / 18.0))
    if max(map(len, lines)) * LETTER + 10.0 > box.width or n_fitting < 1:
        return []
    x, colour = box.x + 7.0, _on(part.colour)
    return [
        _text(x, box.y + 18.0 * (place + 1), line, colour=colour, halo=part.colour == INSIDE)
        for place, line in enumerate(lines[:n_fitting])
    ]


def _legend(parts: Sequence[Part], left: float, top: float, total_mm2: float) -> list[str]:
    """Return a line per block below a picture: colour, name, area and share of the chip."""
    drawn = [_text(left + SIDE - 4.0, top + LINE, "on the whole chip", colour=QUIET, anchor="end")]
    for place, part in enumerate(parts):
        y = top + LINE * (place + 2)
        swatch = Box(left, y - SWATCH + 2.0, SWATCH, SWATCH)
        share = percent(100.0 * part.area_mm2 / total_mm2)
        drawn += [
            _rectangle(swatch, part.colour, part.label, edge="#999999"),
            _text(left + SWATCH + 8.0, y, part.label),
            _text(left + 288.0, y, f"{number(part.area_mm2)} mm²", anchor="end"),
            _text(left + SIDE - 4.0, y, share, anchor="end"),
        ]
    return drawn


def _amount(part: Part, total_mm2: float) -> str:
    share = percent(100.0 * part.area_mm2 / total_mm2)
    return f"{number(part.area_mm2)} mm², {share} of the chip"


def _rectangle(box: Box, colour: str, says: str, *, edge: str = EDGE) -> str:
    x, y, width, height = box
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}" stroke="{edge}"><title>{html.escape(says)}</title></rect>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    colour: str = INK,
    size: int = 13,
    weight: int = 400,
    anchor: str = "start",
    halo: bool = False,
) -> str:
    around = ' stroke="#ffffff" stroke-width="3" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{colour}"{around}>{html.escape(text)}</text>'
    )


def _on(colour: str) -> str:
    """Return the colour of text that reads well on another: black, or white on dark ones."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 125.0 else EDGE


def _height(levels: Sequence[Level]) -> float:
    """Return the height of pictures with their titles and legends."""
    return TOP + SIDE + LINE * (2 + max(len(level.parts) for level in levels))


def _svg(drawn: Sequence[str], height: float, says: str) -> str:
    width = N_ACROSS * (SIDE + GAP) - GAP
    box = f"{-MARGIN:g} 0 {width + 2.0 * MARGIN:g} {height:g}"
    return "\n".join(
        [
            f'<svg viewBox="{box}" role="img" aria-label="{html.escape(says)}" '
            'font-family="system-ui, DejaVu Sans, sans-serif">',
            *drawn,
            "</svg>",
        ]
    )
