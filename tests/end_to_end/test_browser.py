"""Reports and the MLflow UI as a browser shows them: what is drawn, what is asked of a network."""

import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.end_to_end.browser import (
    Browser,
    Pixels,
    browser,
    needs_browser,
    share_of_ink,
)
from tests.end_to_end.commands import environment, run_commands

pytestmark = needs_browser

TINY = ["workloads=[alexnet,mobilenet_v3]", "search.n_trials=60", "search.baseline_trials=30"]
TABLES = ["task=paper_tables", "cases=[rram_four_paper,sram_four_physical]"]
TABLES += ["search.n_trials=60", "search.baseline_trials=20", "search.population_size=20"]
OPTIMUM = ["task=exhaustive", "+experiment=paper_sram4", "knobs.supply_v=0.6"]
N_FIGURES = {"tune": 7, "evaluate": 4, "compared": 3, "optimum": 3, "tables": 0}
"""At least so many figures are drawn by plotly on each page."""

SIZES = """
const boxes = [...document.querySelectorAll("section, .figure, .picture svg, .table")]
  .filter((node) => !node.closest("details"));
return boxes.map((node) => [node.id || node.querySelector("h2, caption")?.textContent || "?",
  node.getBoundingClientRect().width, node.getBoundingClientRect().height]);
"""
CUT_OFF = """
const closed = [...document.querySelectorAll("details")].filter((node) => !node.open);
closed.forEach((node) => { node.open = true; });
const wide = [...document.querySelectorAll(".table")]
  .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.textContent);
closed.forEach((node) => { node.open = false; });
return wide;
"""
SMALLEST_TEXT = """
const drawn = [...document.querySelectorAll(".picture text, .figure text, td, p")]
  .filter((node) => !node.closest("details") && node.textContent.trim());
return Math.min(...drawn.map((node) => parseFloat(getComputedStyle(node).fontSize)
  * (node.closest(".picture") ? node.closest("svg").getScreenCTM().a : 1)));
"""
DRAWN = "return document.querySelectorAll('.figure .main-svg').length >= 2 * arguments[0]"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def pages(here: Path) -> Path:
    """Make a report of every kind."""
    commands = {
        "tune": [*TINY, "hydra.run.dir=tune", "tracking=off"],
        "sram": [*TINY, "technology=sram_32nm", "hydra.run.dir=sram", "tracking=off"],
        "evaluate": ["task=evaluate", "design=tune/best_design.yaml", "hydra.run.dir=evaluate"],
        "compared": ["task=report", "runs=[tune,sram]", "hydra.run.dir=compared"],
        "optimum": [*OPTIMUM, "hydra.run.dir=optimum", "tracking=off"],
        "tables": [*TABLES, "hydra.run.dir=tables", "tracking=off"],
    }
    for name, told in run_commands(commands, here).items():
        assert told.code == 0, f"{name}: {told.err}"
    return here


@pytest.fixture(scope="module")
def window(here: Path) -> Iterator[Browser]:
    with browser(here) as opened:
        yield opened


def opened(window: Browser, pages: Path, page: str, width: int) -> Pixels:
    """Open a page as wide as asked and as high as it is; return how it looks."""
    window.resize(width, 1000)
    window.open((pages / page / "report.html").as_uri())
    window.wait_for(DRAWN, N_FIGURES[page])
    window.resize(width, 200 + int(window.run("return document.documentElement.scrollHeight")))
    time.sleep(1.0)  # figures fit themselves to the window
    return window.screenshot(pages / f"{page}_{width}.png")


@pytest.mark.parametrize("width", [1280, 1920])
@pytest.mark.parametrize("page", N_FIGURES)
def test_a_report_is_drawn_whole_and_asks_nothing_of_a_network(
    window: Browser, pages: Path, page: str, width: int
) -> None:
    pixels = opened(window, pages, page, width)
    assert [line for line in window.complaints() if line.startswith("SEVERE")] == []
    assert window.requests() == []
    sizes = window.run(SIZES)
    assert len(sizes) >= 8
    assert [entry for entry in sizes if min(entry[1:]) < 20] == []
    assert window.run("return document.documentElement.scrollWidth") <= width
    assert pixels.shape[1] == width
    assert window.run(CUT_OFF) == []
    # Every stretch of a window's height has something on it, and none is full of ink.
    for top in range(0, pixels.shape[0] - 1000, 1000):
        assert 0.005 < share_of_ink(pixels[top : top + 1000]) < 0.8
    assert window.run(SMALLEST_TEXT) >= 10.0  # px


def test_pointing_at_a_design_marks_it_in_every_view(window: Browser, pages: Path) -> None:
    opened(window, pages, "tune", 1280)
    marks = window.run("""
        const [sides, front] = ["sides", "front"].map((id) => document.getElementById(id));
        const marks = () => [sides.layout.shapes?.length || 0,
          front.layout.scene.annotations?.length || 0];
        const before = marks();
        sides.emit("plotly_hover", { points: [{ customdata: sides.data[0].customdata[0] }] });
        const during = marks();
        sides.emit("plotly_unhover", {});
        return [before, during, marks()];
    """)
    assert marks == [[0, 0], [3, 1], [0, 0]]


def test_a_selection_in_one_view_is_one_in_all(window: Browser, pages: Path) -> None:
    opened(window, pages, "tune", 1280)
    selected, shown, all_again = window.run("""
        const [sides, front] = ["sides", "front"].map((id) => document.getElementById(id));
        const count = (lists) => lists.reduce((sum, list) => sum + list.length, 0);
        const points = sides.data[0].customdata.slice(0, 5).map((row) => ({ customdata: row }));
        sides.emit("plotly_selected", { points });
        const selected = count(sides.data.map((trace) => trace.selectedpoints));
        const shown = count(front.data.map((trace) => trace.x));
        sides.emit("plotly_deselect");
        return [selected, shown, count(front.data.map((trace) => trace.x)) > shown];
    """)
    assert (selected, shown, all_again) == (15, 5, True)  # five designs in three views, and in 3-D
    assert [line for line in window.complaints() if line.startswith("SEVERE")] == []


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Serve the MLflow UI of a folder's database on the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/outputs/mlflow.db"]
    quiet = {**environment(), "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=quiet, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_it_answers(f"{address}/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60.0)


def wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 180.0
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5.0):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError("the MLflow server does not answer")


@pytest.mark.parametrize("n_trials", [100, pytest.param(10_000, marks=pytest.mark.long)])
def test_the_mlflow_ui_lists_sorts_and_compares_designs(
    window: Browser, tmp_path: Path, n_trials: int
) -> None:
    search = ["workloads=[alexnet]", "search=random", f"search.n_trials={n_trials}"]
    study = [*search, "search.baseline_trials=0", "hydra.run.dir=run", "study=browsed"]
    told = run_commands({"study": study}, tmp_path)["study"]
    assert told.code == 0, told.err
    with sqlite3.connect(tmp_path / "outputs" / "mlflow.db") as database:
        best = database.execute(
            "select name from runs join latest_metrics using (run_uuid) "
            "where key = 'edap' and run_uuid in "
            "(select run_uuid from tags where key = 'mlflow.parentRunId') order by value limit 3"
        ).fetchall()
    (names,) = zip(*best, strict=True)
    with mlflow_server(tmp_path) as address:
        window.resize(1600, 1000)
        window.open(f"{address}/#/experiments/1/runs?{urlencode(SORTED)}")
        window.wait_for("return document.body.innerText.includes(arguments[0])", names[-1])
        text = window.text()
        places = [text.index(name) for name in names]
        assert places == sorted(places)  # the best first
        assert 0.005 < share_of_ink(window.screenshot(tmp_path / "listed.png")) < 0.9
        window.run(TICK_THE_FIRST_THREE)
        window.wait_for(CLICK_COMPARE)
        window.wait_for("return document.body.innerText.includes('Comparing 3 Runs')")
        window.wait_for("return document.querySelectorAll('.main-svg').length > 0")
        text = window.text()
        for words in (*names, "Parallel Coordinates", "macros_per_tile", "edap"):
            assert words in text
        window.screenshot(tmp_path / "compared.png")


TICK_THE_FIRST_THREE = """
for (const row of [0, 1, 2])
  document.querySelector(`[row-index="${row}"] input[aria-label^="Press Space"]`).click();
"""
CLICK_COMPARE = """
const button = document.querySelector("[data-testid=runs-compare-button]");
button?.click();
return button !== null;
"""
SORTED = {
    "workflowType": "machine_learning",
    "searchFilter": "metrics.feasible = 1",
    "orderByKey": "metrics.`edap`",
    "orderByAsc": "true",
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "modelVersionFilter": "All Runs",
    "datasetsFilter": "W10=",
}
