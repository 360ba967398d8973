"""A run's designs in its folder and in MLflow, as they are evaluated."""

from __future__ import annotations

__all__ = ["Recording"]

from collections.abc import Mapping
from typing import Literal

from imctune.config.gather import Config
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, Scores
from imctune.report.facts import RunFacts
from imctune.report.tables import headline, overview_table
from imctune.runfolder import RunFolder
from imctune.search import TuneResult
from imctune.tracking import Recorder

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


class Recording:
    """Keeps designs in the run folder and, from the first generation on, in MLflow.

    Parameters
    ----------
    config : Config
    facts : RunFacts
    folder : RunFolder
    """

    def __init__(self, config: Config, facts: RunFacts, folder: RunFolder) -> None:
        self._config = config
        self._facts = facts
        self._folder = folder
        self._recorder: Recorder | None = None

    def keep(
        self,
        designs: DesignBatch,
        metrics: Metrics,
        scores: Scores,
        generation: int,
        origin: str,
    ) -> None:
        """Keep the new designs of a generation."""
        self._folder.append(designs, metrics, scores, generation, origin)
        if self._recorder is None:  # not sooner: a refused run leaves no trace in MLflow
            self._recorder = self._opened()
        self._recorder.record_generation(designs, metrics, scores, generation, origin)

    def finish(self, result: TuneResult, summary: Mapping[str, object]) -> None:
        """Record the result, and close."""
        if self._recorder is not None:
            self._recorder.mark_front(result.designs, result.is_pareto)
            table = overview_table(result, self._facts).as_markdown()
            self._recorder.describe(
                f"{headline(result, self._facts)}\n\n{table}",
                metrics=parent_metrics(summary),
                artifacts=[self._folder.path / name for name in ARTIFACTS],
            )
        self.close("KILLED" if result.interrupted else "FINISHED")

    def close(self, status: Literal["FINISHED", "KILLED", "FAILED"]) -> None:
        """Close what is open."""
        if self._recorder is not None:
            self._recorder.finish(status)
            self._recorder = None
        self._folder.close()

    def _opened(self) -> Recorder:
        facts = self._facts
        params = {
            "technology": facts.technology,
            "assumptions": facts.assumptions,
            "workloads": ", ".join(network.name for network in facts.networks),
            "aggregation": facts.objectives.aggregation,
            "sampler": facts.sampler,
            "n_trials": facts.n_trials,
            "baseline_trials": facts.baseline_trials,
            "population_size": facts.population_size,
            "seed": facts.seed,
            "config_hash": facts.config_hash,
        }
        name = self._folder.path.name
        tags = {"run_folder": str(self._folder.path)}
        return Recorder(self._config.tracking, self._config.study, name, params, tags)


def parent_metrics(summary: Mapping[str, object]) -> dict[str, object]:
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
