import base64
import gzip
import re
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

from imctune.objectives import ObjectiveSettings
from imctune.report.bounds import BOUND_COLOURS, BOUND_WORDS
from imctune.report.by_layer import layer_figure
from imctune.report.detail import detail_page, detail_tables, detail_text
from imctune.report.figures import (
    Figure,
    best_so_far,
    convergence_figure,
    edap_figure,
    energy_figure,
)
from imctune.report.fronts import axis_title, front_3d_figure, front_sides_figure, shown_rows
from imctune.report.palette import component_colours, log_axis
from imctune.report.result_page import result_page
from imctune.simulator.energy import COMPONENTS
from tests.unit.report.examples import (
    ExampleResult,
    facts_of,
    nothing_feasible,
    one_network,
    two_networks,
)

PACKED = '<script type="text/plain" id="plotly">'
NASTY = "<script>alert('$x$')</script>"
RESULTS = [two_networks(), one_network(), nothing_feasible()]

LAYER = {
    "layer": "conv1",
    "unit": "arrays",
    "count": np.int64(2),
    "cycles": np.int64(1000),
    "latency_ps": 2e9,
    "energy_fj": 4e12,
    "utilisation": 0.5,
    "operations": 123,
    "energy_by_component_fj": {"converters": 3e12, "cells": 1e12},
}

LAYERS = {"small": [LAYER], "big": [LAYER, {**LAYER, "layer": "fc", "energy_fj": 1e12}]}


def own_part(page: str) -> str:
    """The page without plotly.js."""
    start = page.index(PACKED)
    return page[:start] + page[page.index("</script>", start) :]


def page_of(result: ExampleResult, study: str = "two_networks", timestamp: str = "") -> str:
    layers = {} if result.best is None else LAYERS
    facts = facts_of(result, study=study)
    return result_page(result, facts, layers, seconds={"total": 1.0}, timestamp=timestamp)


def figures_of(result: ExampleResult) -> list[Figure]:
    row = 0 if result.best is None else result.best
    return [
        edap_figure(result, facts_of(result)),
        energy_figure(result.metrics, row),
        convergence_figure(result, facts_of(result)),
        front_3d_figure(result, facts_of(result)),
        front_sides_figure(result, facts_of(result)),
        layer_figure(LAYERS, {"converters": "#56B4E9", "cells": "#009E73"}),
    ]


@pytest.mark.parametrize("result", RESULTS)
def test_every_figure_is_one_that_plotly_knows(result: ExampleResult) -> None:
    for figure in figures_of(result):
        go.Figure(figure)  # refuses unknown properties and wrong values


@pytest.mark.parametrize("result", RESULTS)
def test_the_page_asks_nothing_of_any_network(result: ExampleResult) -> None:
    page = page_of(result)
    assert "default-src 'none'" in page
    own = own_part(page) if PACKED in page else page
    assert not re.search(r"https?:", own)
    assert not re.search(r"\b(src|href|action)\s*=|@import|url\(", own)


def test_plotly_is_in_the_page_once_and_only_where_there_are_figures() -> None:
    page = page_of(two_networks())
    assert page.count(PACKED) == 1
    packed = page[page.index(PACKED) + len(PACKED) :].partition("</script>")[0]
    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    assert len(page) < 3e6  # small enough to send
    assert "No feasible design was found." in page_of(nothing_feasible())
    assert PACKED not in page_of(nothing_feasible())


def test_the_page_escapes_names() -> None:
    result = two_networks()
    renamed = replace(
        result,
        workloads=(NASTY, "big"),
        metrics=replace(result.metrics, workloads=(NASTY, "big")),
        origin=[NASTY if name == "small" else name for name in result.origin],
        separate={NASTY: 2, "big": 3},
        single_best={NASTY: 2, "big": 1},
        singles={NASTY: result.singles["small"], "big": result.singles["big"]},
    )
    own = own_part(page_of(renamed, study=NASTY))
    assert "<script>alert" not in own
    assert "&lt;script&gt;alert" in own
    # Inside the figures, a tag would be drawn as HTML, and text between dollars as LaTeX.
    figures = own[own.index('id="figures"') :]
    assert "alert" in figures
    assert "$x$" not in figures


def test_the_same_result_gives_the_same_page() -> None:
    assert page_of(two_networks()) == page_of(two_networks())
    assert "2026-11-23" in page_of(two_networks(), timestamp="2026-11-23 21:40 UTC")


def test_a_chip_that_cannot_hold_a_network_has_a_hatched_bar() -> None:
    result = two_networks()
    swapped = replace(result, largest="small")
    traces = edap_figure(swapped, facts_of(swapped))["data"]
    (hatched,) = [trace for trace in traces if "pattern" in trace["marker"]]
    assert (hatched["x"], hatched["text"]) == (["big"], ["does not fit"])


def test_shares_of_energy_add_up_to_all_of_it() -> None:
    traces = energy_figure(two_networks().metrics, 0)["data"]
    np.testing.assert_allclose(np.sum([trace["x"] for trace in traces], axis=0), 100.0)


def test_convergence_ends_where_the_search_ended() -> None:
    counts, best = best_so_far(np.array([np.inf, np.nan, 5.0, 7.0, 4.0, 4.0, 9.0]))
    assert (counts.tolist(), best.tolist()) == ([3, 5, 7], [5.0, 4.0, 4.0])
    assert len(best_so_far(np.array([np.inf]))[0]) == 0
    assert len(best_so_far(np.array([]))[0]) == 0


def test_a_large_cloud_is_thinned_evenly_and_keeps_its_ends() -> None:
    rows = shown_rows(np.arange(100_000))
    assert (len(rows), rows[0], rows[-1]) == (5000, 0, 99_999)
    assert len(np.unique(rows)) == 5000


def test_the_front_and_the_choice_are_drawn_above_other_designs() -> None:
    names = [
        trace["name"] for trace in front_3d_figure(two_networks(), facts_of(two_networks()))["data"]
    ]
    assert names[-1] == "joint choice"
    assert "Pareto front" in names


def test_axes_say_how_the_networks_became_one_number() -> None:
    def title(quantity: str, **settings: Any) -> str:
        return axis_title(quantity, facts_of(two_networks(), ObjectiveSettings(**settings)))

    assert title("energy_mj") == "energy, geometric mean [mJ]"
    assert title("latency_ms", aggregation="max") == "latency, worst network [ms]"
    assert title("energy_mj", aggregation="product") == "energy, product over the networks"
    assert title("area_mm2", silicon="wafer_cost") == "wafer cost [mm² at 32 nm]"
    assert axis_title("energy_mj", facts_of(one_network())) == "energy [mJ]"


def test_layers_show_energy_by_component_and_time_by_bound_of_one_network_at_a_time() -> None:
    bound = {**LAYER, "cycles_by_bound": {"conversion": 750, "offchip": 250}}
    figure = layer_figure({"small": [LAYER], "big": [bound]}, {"converters": "#56B4E9"})
    shown = {trace["name"]: trace for trace in figure["data"] if not trace["visible"]}
    # 3e12 fJ are 3 mJ; 2e9 ps are 2 ms, of which three quarters are bound by conversion.
    assert shown["converters"]["y"] == [3.0]
    assert (shown["conversion"]["y"], shown["off-chip"]["y"]) == ([1.5], [0.5])
    (menu,) = figure["layout"]["updatemenus"]
    second = menu["buttons"][1]
    assert second["args"][0]["visible"] == [not trace["visible"] for trace in figure["data"]]
    assert shown["converters"]["customdata"] == ["conv1 × 2"]


def test_the_page_tells_the_settings_but_not_where_results_are_recorded() -> None:
    facts = replace(facts_of(two_networks()), settings="seed: 1\nnote: <b>\n")
    page = result_page(two_networks(), facts, {}, seconds={})
    assert "<pre>seed: 1\nnote: &lt;b&gt;\n</pre>" in page


def test_every_component_has_a_colour_of_its_own_and_bounds_have_that_of_who_works() -> None:
    colours = component_colours(dict.fromkeys(COMPONENTS, 1.0))
    assert len(set(colours.values())) == len(COMPONENTS)
    heavy, light = component_colours({"cells": 2.0, "routers": 1.0}), {"cells": 1.0, "routers": 2.0}
    assert list(heavy) == ["cells", "routers"]
    assert list(component_colours(light)) == ["routers", "cells"]
    assert component_colours(light) == heavy  # whatever is heavier
    assert BOUND_COLOURS["conversion"] == colours["converters"]
    assert BOUND_COLOURS["offchip"] == colours["offchip"]
    assert len(set(BOUND_COLOURS.values())) == len(BOUND_WORDS)


def test_a_log_axis_copes_with_nothing_and_with_one_value() -> None:
    assert log_axis("x", [])["range"][0] < 0 < log_axis("x", [])["range"][1]
    low, high = log_axis("x", [100.0])["range"]
    assert low < 2 < high
    assert log_axis("x", [3.0])["ticktext"] == ["3.00"]


def test_ticks_of_a_log_axis_read_as_plain_numbers_where_short() -> None:
    assert log_axis("x", [1e-5, 3e7])["ticktext"] == [
        *("1e-5", "0.0001", "0.001", "0.01", "0.1", "1", "10", "100", "1,000", "10,000"),
        *("100,000", "1,000,000", "1e7"),
    ]


def test_one_design_is_told_in_text_tables_and_page() -> None:
    result = two_networks()
    designs, metrics = result.designs.take([0]), result.metrics.take([0])
    layers = {"small": [LAYER] * 12}
    text = detail_text(designs, metrics, layers)
    assert "it runs all 2 networks" in text
    assert "small: 12 distinct layers" in text
    assert "The 10 slowest." in text
    assert max(map(len, text.split("\n"))) <= 110
    row = dict(
        zip(
            (
                column.name
                for column in detail_tables(designs, metrics, layers)["layers_small"].columns
            ),
            detail_tables(designs, metrics, layers)["layers_small"].rows[0],
            strict=True,
        )
    )
    # 2e9 ps are 2 ms, 4e12 fJ are 4 mJ, of which the converters take 3.
    assert row["latency_ms"] == pytest.approx(2.0)
    assert row["energy_mj"] == pytest.approx(4.0)
    assert row["converters_energy_mj"] == pytest.approx(3.0)
    assert row["utilisation_percent"] == 50.0
    assert row["operations"] == 123
    assert row["largest_component"] == "converters 75 %"
    page = detail_page(designs, metrics, layers, title=NASTY)
    assert "<script>alert" not in page
    assert page.count('<td class="text">conv1</td>') == 12


def test_a_design_that_does_not_fit_says_where() -> None:
    result = two_networks()
    text = detail_text(result.designs.take([2]), result.metrics.take([2]), {})
    assert "not feasible: big does not fit" in text


def test_what_no_network_is_spared_is_said_once() -> None:
    result = nothing_feasible()
    text = detail_text(result.designs.take([0]), result.metrics.take([0]), {})
    assert "not feasible: does not fit." in text
    metrics = replace(two_networks().metrics.take([0]), violations={"area_mm2": np.array([0.5])})
    text = detail_text(two_networks().designs.take([0]), metrics, {})
    assert "not feasible: chip too large, for all networks." in text
