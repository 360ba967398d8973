"""task=tune: search jointly, compare with the baselines, choose, record, report."""

from __future__ import annotations

__all__ = ["run_tune"]

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from imctune.cli.recording import Recording
from imctune.cli.reference import run_reference, show_against
from imctune.cli.results import facts_of, show, write_report, write_result
from imctune.cli.sensitivity import sensitivity_of
from imctune.config.gather import Config
from imctune.errors import InputError
from imctune.report.facts import RunFacts
from imctune.report.tables import headline, overview_table
from imctune.runfolder import RunFolder
from imctune.search import tune

ARTIFACTS = (
    "config.yaml",
    "designs.parquet",
    "pareto.csv",
    "best_design.yaml",
    "knob_importance.csv",
    "knob_tradeoffs.csv",
    "front_prices.csv",
    "summary.json",
    "report.html",
)


def run_tune(config: Config, path: Path) -> None:
    """Do the main job: every design goes to the run folder and to MLflow as it is evaluated.

    An interrupted search (Ctrl-C) is recorded and reported as far as it came; then the interrupt
    goes on.
    """
    started = time.perf_counter()
    folder, facts = RunFolder(path), facts_of(config)
    reference = run_reference(config, path)
    recording = Recording(config, folder, tune_params(facts), ARTIFACTS)
    try:
        result = tune(
            config.workloads,
            config.technology,
            config.knobs,
            assumptions=config.assumptions,
            variation=config.variation,
            objectives=config.objectives,
            settings=config.search,
            seed=config.seed,
            on_generation=recording.keep,
            show_progress=config.verbosity != "quiet",
            known=folder.earlier(),
            starts=reference.best_chips if reference is not None else None,
        )
        searched = time.perf_counter()
        write_result(result, folder)
        seconds = {"search": searched - started, "total": time.perf_counter() - started}
        matters = sensitivity_of(result, config)
        summary = write_report(result, config, facts, folder, seconds, matters)
        show(result, facts, folder, config.verbosity, matters)
        if reference is not None:
            show_against(result, reference, config, path)
        table = overview_table(result, facts).as_markdown()
        recording.finish(
            "KILLED" if result.interrupted else "FINISHED",
            f"{headline(result, facts)}\n\n{table}",
            tune_metrics(summary),
        )
    except BaseException as error:
        recording.close("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        with suppress(InputError):  # nothing was evaluated, or all of it is stored already
            folder.write_appended()
        raise
    if result.interrupted:
        raise KeyboardInterrupt


def tune_params(facts: RunFacts) -> dict[str, object]:
    """Return what was asked for, as params of the run in MLflow."""
    return {
        "aggregation": facts.objectives.aggregation,
        "sampler": facts.sampler,
        "n_trials": facts.n_trials,
        "baseline_trials": facts.baseline_trials,
        "population_size": facts.population_size,
    }


def tune_metrics(summary: Mapping[str, object]) -> dict[str, object]:
    """Return the numbers of a summary that runs are compared by."""
    best, baselines = summary["best"], summary["baselines"]
    metrics = {name: summary[name] for name in ("n_designs", "n_pareto")}
    if isinstance(best, Mapping):
        for name in ("edap", "latency_ms", "area_mm2", "n_converters"):
            metrics[name] = best[name]
    for chip in baselines if isinstance(baselines, list) else []:
        if chip["largest"] or chip["median"]:
            role = "largest" if chip["largest"] else "median"
            metrics[f"edap_reduction_percent_{role}"] = chip["edap_reduction_percent"]
    return metrics
