"""task=evaluate: one design, with its breakdown by component and by layer."""

from __future__ import annotations

__all__ = ["run_evaluate", "settings_of_design", "with_fetched_design"]

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from imctune.cli.results import REPORT, SUMMARY, terminal_width, where_report_is
from imctune.config.files import find_file, read_json, read_mapping
from imctune.config.gather import Config
from imctune.config.record import record
from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.report.detail import MOST_LAYERS, detail_page, detail_tables, detail_text, verdict
from imctune.runfolder import RunFolder, read_best_design
from imctune.search.mend import Mend, mends
from imctune.simulator.detail import layer_rows
from imctune.simulator.peaks import peak_rates
from imctune.simulator.simulate import Simulator
from imctune.tracking import RUNS, TrackingSettings, fetch_design

GROUPS = ("technology", "knobs", "assumptions", "variation", "objectives", "workloads")


def run_evaluate(config: Config, path: Path) -> None:
    """Evaluate the design of `config.design`; show what it costs, and where.

    The run folder gets every table as CSV, and a page.
    """
    design = the_design(config)
    simulator = Simulator(config.workloads, config.technology, config.assumptions, config.variation)
    names = [workload.name for workload in config.workloads]
    config.objectives.check_regret_known(names)

    def evaluate(designs: DesignBatch) -> Metrics:
        return Metrics.from_simulation(simulator.simulate(designs), config.objectives, names)

    metrics = evaluate(design)
    broken = mends(config.knobs, design, evaluate)
    layers = layer_rows(simulator, config.workloads, design)
    folder = RunFolder(path)
    folder.write_config(config.plain)
    for name, table in detail_tables(design, metrics, layers, broken).items():
        folder.write_text(f"{name}.csv", table.as_csv())
    title = f"One design on {', '.join(names)}"
    subtitle = f"{config.technology.name}, {config.assumptions.name} assumptions"
    page = detail_page(
        design,
        metrics,
        layers,
        title=title,
        subtitle=subtitle,
        peaks=peak_rates(simulator, config.workloads, design),
        mends=broken,
    )
    folder.write_text(REPORT, page)
    told = [verdict(metrics)]
    if config.verbosity != "quiet":
        most_layers = None if config.verbosity == "verbose" else MOST_LAYERS
        told = [detail_text(design, metrics, layers, terminal_width(), most_layers=most_layers)]
    parts = [*told, *map(advice_line, broken), where_report_is(folder)]
    sys.stdout.write("\n\n".join(parts) + "\n")


def advice_line(mend: Mend) -> str:
    """Tell a violated constraint and the nearest change of one knob that mends it."""
    text = f"{mend.constraint} is exceeded by {100.0 * mend.amount:.3g} %"
    text += f" on {mend.workload}" if mend.workload else ""
    if not mend.knob:
        return f"{text}; no change of a single knob of the space mends it."
    text += f"; nearest mend: {mend.knob} {mend.before} -> {mend.after}"
    return f"{text}, which then exceeds {', '.join(mend.still)}." if mend.still else f"{text}."


def the_design(config: Config) -> DesignBatch:
    """Return the one design of a config; a knob that it does not name takes its default."""
    source = config.design or {}
    where = "design"
    if isinstance(source, str):
        where = f"design {source}"
        source = read_best_design(find_file("design", source, config.directories, "design"))
    names = [workload.name for workload in config.workloads]
    designs = DesignBatch.from_knobs(source, config.knobs.defaults(), names, where)
    if len(designs) != 1:
        raise InputError(f"{where} must be one design, got {len(designs)}")
    return designs


def with_fetched_design(plain: Mapping[str, object], folder: Path) -> dict[str, object]:
    """Name a file in place of a design in MLflow, which is copied into a folder."""
    design = plain.get("design")
    if not isinstance(design, str) or not design.startswith(RUNS):
        return dict(plain)
    settings = record(TrackingSettings, plain.get("tracking"), "tracking")
    return {**plain, "design": str(fetch_design(design, settings, folder))}


def settings_of_design(
    plain: Mapping[str, object], choices: Mapping[str, object], overrides: Sequence[str]
) -> tuple[dict[str, object], dict[str, object]]:
    """Take what the command line leaves open from the run that found the design.

    A design file in a run folder has the run's settings beside it: its networks, technology and so
    on are used unless overridden, and what the run found to be best for each network.

    Parameters
    ----------
    plain, choices
        Composed settings, and the file chosen in each group.
    overrides : sequence of str
        What the user overrode, as ``key=value``.
    """
    design = plain.get("design")
    beside = Path(design).expanduser().with_name("config.yaml") if isinstance(design, str) else None
    keys = {override.lstrip("+~").partition("=")[0] for override in overrides}
    told = {key.partition(".")[0].partition("@")[0] for key in keys}
    if beside is None or not beside.is_file() or "experiment" in told:
        return dict(plain), dict(choices)
    if told & {"technology", "knobs"}:
        told |= {"technology", "knobs"}
    settings = read_mapping(beside)
    names = settings.get("choices")
    taken = [name for name in GROUPS if name not in told and name in settings]
    if {"objectives", "workloads"} <= set(taken):
        settings["objectives"] = with_best_edap(settings["objectives"], beside.parent)
    return (
        {**plain, **{name: settings[name] for name in taken}},
        {**choices, **{n: names[n] for n in taken if isinstance(names, Mapping) and n in names}},
    )


def with_best_edap(objectives: object, folder: Path) -> object:
    """Return a run's objectives; where they cap regret, with the best EDAP that the run found."""
    if not isinstance(objectives, Mapping) or objectives.get("regret_max") is None:
        return objectives
    found, given = read_json(folder / SUMMARY).get("best_edap"), objectives.get("regret_reference")
    return {**objectives, "regret_reference": {**(found or {}), **(given or {})}}
