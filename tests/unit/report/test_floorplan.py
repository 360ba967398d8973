"""Block pictures: every area is to scale, every block is named, everything is escaped."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.api import evaluate
from imctune.config.by_name import load_knobs
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.report.boxes import Box, equal_boxes, squarified
from imctune.report.floorplan import as_svg_file, chip_levels, chips_svg, floorplan_svg
from tests.unit.report.examples import two_networks

AREAS = st.lists(st.floats(min_value=1e-3, max_value=1e3), min_size=1, max_size=20)
FRAME = Box(3.0, 5.0, 40.0, 30.0)
KNOBS = {"macros_per_tile": 3, "tiles_per_group": 5, "router_groups": 7}


def do_not_overlap(boxes: list[Box]) -> bool:
    """Boxes whose areas add up to that of their frame, and lie in it, overlap nowhere."""
    inside = all(
        FRAME.x - 1e-9 <= box.x
        and FRAME.y - 1e-9 <= box.y
        and box.x + box.width <= FRAME.x + FRAME.width + 1e-9
        and box.y + box.height <= FRAME.y + FRAME.height + 1e-9
        for box in boxes
    )
    return inside and sum(box.area for box in boxes) == pytest.approx(FRAME.area)


@given(AREAS)
def test_boxes_have_the_areas_that_they_stand_for(areas: list[float]) -> None:
    ordered = sorted(areas, reverse=True)
    boxes = squarified(ordered, FRAME)
    for area, box in zip(ordered, boxes, strict=True):
        assert box.area == pytest.approx(FRAME.area * area / sum(areas))
    assert do_not_overlap(boxes)


@given(st.integers(min_value=1, max_value=500))
def test_equal_boxes_are_equal_and_fill_their_frame(count: int) -> None:
    boxes = equal_boxes(count, FRAME)
    assert len(boxes) == count
    assert all(box.area == pytest.approx(FRAME.area / count) for box in boxes)
    assert do_not_overlap(boxes)


@pytest.fixture(scope="module")
def design() -> DesignBatch:
    defaults = load_knobs("rram_32nm", ["alexnet"]).defaults()
    return DesignBatch.from_knobs(KNOBS, defaults, ("alexnet",), "test")


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return evaluate(KNOBS, workloads=["alexnet"])


def test_levels_add_up_to_the_chip(metrics: Metrics, design: DesignBatch) -> None:
    chip, tile, macro = chip_levels(metrics, design, 0)
    total = float(metrics.area_mm2[0])
    assert chip.area_mm2 == total
    assert sum(part.area_mm2 for part in chip.parts) == pytest.approx(total)
    # 7 groups of 5 tiles of 3 macros: 35 tiles, 105 macros.
    tiles = next(part for part in chip.parts if part.cells)
    assert (tiles.label, tiles.cells) == ("7 router groups of 5 tiles", (7, 5))
    assert tile.area_mm2 == pytest.approx(tiles.area_mm2 / 35)
    assert sum(part.area_mm2 for part in tile.parts) == pytest.approx(tiles.area_mm2)
    macros = next(part for part in tile.parts if part.cells)
    assert macro.area_mm2 == pytest.approx(macros.area_mm2 / 105)
    assert sum(part.area_mm2 for part in macro.parts) == pytest.approx(macros.area_mm2)
    assert macro.title == "One of 105 macros"


def test_the_picture_names_every_component_and_is_to_scale(
    metrics: Metrics, design: DesignBatch
) -> None:
    svg = floorplan_svg(metrics, design, 0)
    root = ElementTree.fromstring(svg)
    text = " ".join(node.text or "" for node in root.iter("text"))
    for name, cost in metrics.breakdown.items():
        if cost.area_mm2[0] > 0.0 and name != "offchip":
            assert name.replace("_", " ") in text
    # The macro's blocks, in the third square: drawn areas over real ones are all the same.
    macro = {part.label: part.area_mm2 for part in chip_levels(metrics, design, 0)[2].parts}
    scales = []
    for node in root.iter("rect"):
        words = node.findtext("title", "").partition(":")[0]
        if float(node.attrib["x"]) >= 840.0 and float(node.attrib["width"]) > 13.0 and words:
            drawn = float(node.attrib["width"]) * float(node.attrib["height"])
            scales.append(drawn / macro[words])
    assert len(scales) == len(macro)
    assert max(scales) / min(scales) == pytest.approx(1.0, abs=0.02)  # drawn to a tenth of a pixel


def test_chips_side_by_side_have_one_scale(metrics: Metrics, design: DesignBatch) -> None:
    chip = chip_levels(metrics, design, 0)[0]
    svg = chips_svg({"small": replace(chip, area_mm2=1.0), "<large>": replace(chip, area_mm2=4.0)})
    assert "&lt;large&gt;" in svg
    rectangles = [
        node.attrib
        for node in ElementTree.fromstring(svg).iter("rect")
        if (node.findtext("title") or "").startswith("7 router groups of 5 tiles: ")
    ]
    small, large = (float(r["width"]) * float(r["height"]) for r in rectangles)
    assert large / small == pytest.approx(4.0, rel=0.01)


def test_a_file_of_its_own_names_its_kind_and_a_page_needs_no_address() -> None:
    svg = floorplan_svg(two_networks().metrics, two_networks().designs, 0)
    assert not re.search("https?:", svg)
    file = as_svg_file(svg)
    assert ElementTree.fromstring(file).tag == "{http://www.w3.org/2000/svg}svg"
