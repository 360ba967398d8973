"""Boxes with areas to scale: what block pictures are made of."""

from __future__ import annotations

__all__ = ["Box", "equal_boxes", "squarified"]

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height


def squarified(areas: Sequence[float], box: Box) -> list[Box]:
    """Fill a box with boxes of given areas, all to the same scale and as square as may be [1]_.

    Parameters
    ----------
    areas : sequence of float
        Above 0, largest first.
    box : Box

    References
    ----------
    .. [1] M. Bruls, K. Huizing, J. van Wijk, Squarified treemaps, VisSym 2000,
       doi:10.1007/978-3-7091-6783-0_4

    Examples
    --------
    >>> squarified([6.0, 2.0], Box(0, 0, 4, 2))
    [Box(x=0, y=0, width=3.0, height=2.0), Box(x=3.0, y=0, width=1.0, height=2.0)]
    """
    found: list[Box] = []
    rest = list(areas)
    while rest:
        scale, side = box.area / sum(rest), min(box.width, box.height)
        n_row = 1
        while n_row < len(rest) and _slimmest(rest[: n_row + 1], side, scale) <= _slimmest(
            rest[:n_row], side, scale
        ):
            n_row += 1
        row, rest = rest[:n_row], rest[n_row:]
        goes_down = box.width >= box.height
        strip, box = _cut(box, sum(row) * scale / side)
        found += _in_a_row(row, strip, goes_down=goes_down)
    return found


def equal_boxes(n_boxes: int, box: Box) -> list[Box]:
    """Fill a box with so many boxes of the same area, in rows, about square.

    >>> [(b.width, b.height) for b in equal_boxes(3, Box(0, 0, 6, 6))]
    [(3.0, 4.0), (3.0, 4.0), (6.0, 2.0)]
    """
    n_rows = min(n_boxes, max(1, round((n_boxes * box.height / box.width) ** 0.5)))
    found: list[Box] = []
    y = box.y
    for row in range(n_rows):
        n_here = n_boxes // n_rows + (row < n_boxes % n_rows)
        width, height = box.width / n_here, box.height * n_here / n_boxes
        found += [Box(box.x + place * width, y, width, height) for place in range(n_here)]
        y += height
    return found


def _slimmest(row: Sequence[float], side: float, scale: float) -> float:
    """Return the largest ratio of sides in a row of boxes along a side."""
    thickness = sum(row) * scale / side
    lengths = [area * scale / thickness for area in row]
    return max(max(thickness / length, length / thickness) for length in lengths)


def _cut(box: Box, thickness: float) -> tuple[Box, Box]:
    """Cut a strip along the shorter side off a box; return it and what is left."""
    x, y, width, height = box
    if width >= height:
        return Box(x, y, thickness, height), Box(x + thickness, y, width - thickness, height)
    return Box(x, y, width, thickness), Box(x, y + thickness, width, height - thickness)


def _in_a_row(areas: Sequence[float], strip: Box, *, goes_down: bool) -> list[Box]:
    """Fill a strip with boxes one after another, across or down."""
    found: list[Box] = []
    x, y, width, height = strip
    for area in areas:
        share = area / sum(areas)
        if goes_down:
            found.append(Box(x, y, width, height * share))
            y += height * share
        else:
            found.append(Box(x, y, width * share, height))
            x += width * share
    return found
