"""What recording costs the search, per design of the main job: nine networks."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from imctune.runfolder import RunFolder
from imctune.tracking import Recorder, TrackingSettings
from tests.unit.results import some_designs, some_results

NINE = tuple(f"network_{index}" for index in range(9))
N_DESIGNS, POPULATION = 2000, 50
LIMIT_MS = 3.0


def test_recording_costs_little_per_design(tmp_path: Path) -> None:
    designs = some_designs(N_DESIGNS, workloads=NINE)
    metrics, scores = some_results(designs)
    recorder = Recorder(
        TrackingSettings("local", f"sqlite:///{tmp_path}/mlflow.db"), "speed", "2,000 designs"
    )
    folder = RunFolder(tmp_path / "run")
    writers = {"MLflow": recorder.record_generation, "run folder": folder.append}
    cost_ms = dict.fromkeys(writers, 0.0)
    for generation, rows in enumerate(np.split(np.arange(N_DESIGNS), N_DESIGNS // POPULATION)):
        results = designs.take(rows), metrics.take(rows), scores.take(rows)
        for name, write in writers.items():
            start = time.process_time()
            write(*results, generation)
            cost_ms[name] += 1e3 * (time.process_time() - start) / N_DESIGNS
    start = time.process_time()
    recorder.mark_front(designs, metrics.feasible)
    recorder.finish("FINISHED")
    cost_ms["MLflow, front and closing"] = 1e3 * (time.process_time() - start) / N_DESIGNS
    folder.close()
    for name, cost in cost_ms.items():
        print(f"{name}: {cost:.2f} ms CPU per design")
    assert cost_ms["MLflow"] + cost_ms["MLflow, front and closing"] <= LIMIT_MS
