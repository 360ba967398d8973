"""What recording costs per design of the main job: nine networks."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from imctune.runfolder import RunFolder
from imctune.tracking import ParentRun, TrackingSettings
from imctune.tracking.sync import Sync
from tests.unit.results import some_designs, some_results

NINE = tuple(f"network_{index}" for index in range(9))
N_DESIGNS, POPULATION = 2000, 50


def test_recording_costs_little_per_design(tmp_path: Path) -> None:
    designs = some_designs(N_DESIGNS, workloads=NINE)
    metrics, scores = some_results(designs)
    folder = RunFolder(tmp_path / "run")
    ParentRun("speed", "speed", "2,000 designs", status="FINISHED").write(folder)
    start = time.process_time()
    for generation, rows in enumerate(np.split(np.arange(N_DESIGNS), N_DESIGNS // POPULATION)):
        folder.append(designs.take(rows), metrics.take(rows), scores.take(rows), generation)
    in_folder = time.process_time()
    sync = Sync(folder.path, TrackingSettings("local", f"sqlite:///{tmp_path}/mlflow.db"))
    sync.advance()
    recorded = time.process_time()
    sync.finish()
    finished = time.process_time()
    folder.close()
    for name, seconds in {
        "run folder": in_folder - start,
        "MLflow, in a process beside the search": recorded - in_folder,
        "MLflow, front and closing": finished - recorded,
    }.items():
        print(f"{name}: {1e3 * seconds / N_DESIGNS:.2f} ms CPU per design")
    assert sync.n_recorded == N_DESIGNS
