"""Where the time of one design goes: bottlenecks, utilisation, roofline; and what it breaks."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from imctune.report.bounds import (
    bottleneck_figure,
    bottleneck_table,
    main_bound,
    shares_only,
    utilisation_figure,
)
from imctune.report.breakdown import layer_table
from imctune.report.detail import detail_page, detail_tables, detail_text, mend_table
from imctune.report.roofline import roofline_figure
from tests.unit.report.examples import two_networks

Row = dict[str, Any]


@dataclass(frozen=True)
class ExamplePeaks:
    arrays_op_per_s: dict[str, float]
    vector_unit_op_per_s: float = 1e12
    global_buffer_bit_per_s: float = 1e11
    offchip_bit_per_s: float = 1e10


@dataclass(frozen=True)
class ExampleMend:
    constraint: str = "weight_capacity"
    amount: float = 0.5
    workload: str = "big"
    knob: str = "rows"
    before: object = 64
    after: object = 128
    still: tuple[str, ...] = ("area_mm2",)


PEAKS = ExamplePeaks({"small": 1e13, "big": 2e13})


def layer(name: str, cycles: int, **changes: Any) -> Row:
    """A layer whose cycles are a quarter conversion and three quarters global buffer, 1 ns each."""
    return {
        "layer": name,
        "unit": "arrays",
        "count": 1,
        "arrays": 2.0,
        "copies": 3,
        "cycles": cycles,
        "latency_ps": 1000.0 * cycles,
        "cycles_by_bound": {"conversion": cycles // 4, "global_buffer": cycles - cycles // 4},
        "utilisation": 0.5,
        "operations": 4000 * cycles,
        "bits_moved": 80 * cycles,
        "offchip_bits_moved": 0,
        **changes,
    }


VECTOR = {"unit": "vector", "cycles_by_bound": {"vector_unit": 200}, "utilisation": 0.0}
LAYERS: dict[str, list[Row]] = {
    "small": [layer("a", 400), layer("b", 400), layer("c", 200, **VECTOR)],
    "big": [layer(f"conv{index}", 40 * (index + 1)) for index in range(6)],
}


def test_shares_of_the_cycles_are_those_of_all_layers() -> None:
    table = bottleneck_table(LAYERS)
    small = dict(zip((column.name for column in table.columns), table.rows[0], strict=True))
    assert small["conversion_percent"] == pytest.approx(20.0)
    assert small["global_buffer_percent"] == pytest.approx(60.0)
    assert small["vector_unit_percent"] == pytest.approx(20.0)
    assert (small["vector_unit_cycles"], small["compute_cycles"]) == (200, 0)
    # For people, what binds nowhere is left out.
    assert [column.header for column in shares_only(table).columns] == [
        *("network", "conversion", "global buffer", "vector unit"),
    ]


def test_the_bound_of_a_layer_is_the_one_with_most_cycles() -> None:
    assert main_bound(LAYERS["small"][0]) == "global buffer 75 %"
    assert main_bound({"layer": "a"}) == ""
    table = layer_table("small", LAYERS["small"])
    row = dict(zip((column.name for column in table.columns), table.rows[0], strict=True))
    assert row["bound_by"] == "global buffer 75 %"
    assert (row["conversion_cycles"], row["global_buffer_cycles"]) == (100, 300)


def test_bars_show_networks_in_full_and_their_slowest_layers() -> None:
    figure = bottleneck_figure(LAYERS)
    go.Figure(figure)
    labels = [text.strip() for text in figure["layout"]["yaxis"]["ticktext"]]
    assert labels == ["<b>small</b>", "a", "b", "c", "<b>big</b>", "conv5", "conv4", "conv3"]
    shares = np.sum([trace["x"] for trace in figure["data"]], axis=0)
    np.testing.assert_allclose(shares[:4], [100.0, 40.0, 40.0, 20.0])
    # 240 of 40 + 80 + ... + 240 = 840 cycles.
    assert shares[5] == pytest.approx(100 * 240 / 840, rel=1e-4)


def test_utilisation_is_as_wide_as_the_cycles() -> None:
    figure = utilisation_figure(LAYERS)
    go.Figure(figure)
    first = figure["data"][0]
    assert (first["x"], first["width"], first["y"]) == ([20.0, 60.0], [40.0, 40.0], [50.0, 50.0])
    vector = figure["data"][1]
    assert (vector["x"], vector["width"]) == ([90.0], [20.0])
    assert "50 % on average" in figure["layout"]["annotations"][0]["text"]


def test_a_layer_stands_in_the_roofline_where_its_rates_are() -> None:
    figure = roofline_figure({"small": [layer("a", 400, offchip_bits_moved=4000)]}, PEAKS)
    go.Figure(figure)
    glb, offchip = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    # 4,000 operations in a nanosecond; 80 bits each through the port, 10 from off-chip.
    assert (glb["x"], glb["y"]) == ([50.0], [4000.0])
    assert (offchip["x"], offchip["y"]) == ([400.0], [4000.0])
    text = [word for trace in figure["data"] if trace["mode"] == "text" for word in trace["text"]]
    assert "global-buffer port: 100 Gbit/s" in text
    assert "off-chip memory: 10.0 Gbit/s" in text
    assert "all arrays busy: big 20.0 Top/s; small 10.0 Top/s" in text
    assert "vector unit: 1.00 Top/s" in text


def test_a_resource_without_bound_has_no_roof() -> None:
    endless = replace(
        PEAKS,
        global_buffer_bit_per_s=math.inf,
        offchip_bit_per_s=math.inf,
        vector_unit_op_per_s=math.inf,
    )
    figure = roofline_figure(LAYERS, endless)
    go.Figure(figure)
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    assert len(lines) == 2


@pytest.mark.parametrize(
    "rows", [[], [{"layer": "a", "cycles": 0}], [{"layer": "a", "cycles": 4, "latency_ps": 4.0}]]
)
def test_what_is_not_known_is_not_drawn(rows: list[Row]) -> None:
    layers = {"small": rows}
    for figure in (bottleneck_figure(layers), utilisation_figure(layers)):
        assert not figure["data"]
    assert not roofline_figure(layers, PEAKS)["data"]
    assert len(bottleneck_table(layers).rows) == 1


def test_mends_tell_amount_network_and_change() -> None:
    hopeless = ExampleMend("clock", math.inf, "", knob="", still=())
    rows = mend_table([ExampleMend(), hopeless]).shown()
    assert rows[0] == ["weight_capacity", "big", "50.0 %", "rows 64 → 128", "area_mm2"]
    assert rows[1][:4] == ["clock", "the chip", "∞", "no change of a single knob of the space"]


def test_page_text_and_tables_tell_where_the_time_goes() -> None:
    result = two_networks()
    designs, metrics = result.designs.take([2]), result.metrics.take([2])
    page = detail_page(designs, metrics, LAYERS, title="x", peaks=PEAKS, mends=[ExampleMend()])
    for name in ("bottlenecks", "utilisation", "roofline"):
        assert f'<div class="figure" id="{name}"' in page
    assert "rows 64 → 128" in page
    text = detail_text(designs, metrics, LAYERS)
    assert "Cycles by what bounds them" in text
    assert max(map(len, text.split("\n"))) <= 110
    tables = detail_tables(designs, metrics, LAYERS, [ExampleMend()])
    assert "nearest_mend" in tables["mends"].as_csv()
    assert "offchip_cycles" in tables["bottlenecks"].as_csv()
    for table in tables.values():
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)


def test_without_peaks_or_layers_the_page_leaves_figures_out() -> None:
    result = two_networks()
    designs, metrics = result.designs.take([0]), result.metrics.take([0])
    assert 'id="roofline"' not in detail_page(designs, metrics, LAYERS, title="x")
    assert 'id="bottlenecks"' not in detail_page(designs, metrics, {}, title="x", peaks=PEAKS)
