"""The whole of a space: its true front, its best designs, chunk by chunk."""

from __future__ import annotations

__all__ = ["Checkpoint", "Optimum", "find_optimum"]

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError
from imctune.knobs import DesignBatch, KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings, Scores, aggregate
from imctune.search.exhaustive.scan import Pass, Scan
from imctune.search.exhaustive.standing import Standing, merged
from imctune.search.exhaustive.watch import Watch
from imctune.search.exhaustive.workers import Workers
from imctune.simulator.simulate import Simulator

MOST_DESIGNS = 10**8

BLOCKS_PER_CHUNK = 8
"""Blocks between two checkpoints: what a run that is killed has to do again."""

N_TIMED, SECONDS_TO_TELL = 256, 600.0
"""Random designs that are timed; the time of a whole run from which on it is told beforehand."""

SECONDS_PER_HOUR = 3600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """How far a run is: everything that it needs to go on.

    Attributes
    ----------
    n_blocks : int
        Blocks that are done, the first ones of the pass.
    standing : Standing
        What is known of them.
    reference : dict of str to float or None
        Best EDAP of each network over the whole space, once a first pass has found it for
        ``regret``. [mJ·ms·mm²]
    """

    n_blocks: int
    standing: Standing
    reference: dict[str, float] | None = None

    def as_plain(self) -> dict[str, object]:
        """Return plain values that JSON holds without loss."""
        return {
            "n_blocks": self.n_blocks,
            "standing": self.standing.as_plain(),
            "reference": self.reference,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Checkpoint:
        """Return what `as_plain` wrote."""
        standing = Standing.from_plain(plain["standing"])
        return cls(int(plain["n_blocks"]), standing, plain["reference"])


@dataclass(frozen=True)
class Optimum:
    """The front and the best designs of a whole space.

    Attributes
    ----------
    n_designs, n_feasible : int
        Designs of the space, and those among them that break no limit.
    designs, metrics, scores
        The front, and the best designs that are not on it, in the order of the space.
    is_pareto : ndarray of bool
        Whether a design is on the front, (n,).
    best : dict of str to int
        Aggregation to the row of the design with the lowest score; the run's own comes first.
    best_score : dict of str to float
        Its score under that aggregation.
    separate : dict of str to int
        Network to the row of the best design for it alone.
    """

    n_designs: int
    n_feasible: int
    designs: DesignBatch
    metrics: Metrics
    scores: Scores
    is_pareto: npt.NDArray[np.bool_]
    best: dict[str, int]
    best_score: dict[str, float]
    separate: dict[str, int]


def find_optimum(
    space: KnobSpace,
    simulator: Simulator,
    objectives: ObjectiveSettings,
    *,
    n_processes: int = 1,
    start: Checkpoint | None = None,
    on_chunk: Callable[[Checkpoint], None] | None = None,
    show_progress: bool = False,
) -> Optimum:
    """Evaluate every design of a space; return its front and its best designs.

    Parameters
    ----------
    space : KnobSpace
        Of at most `MOST_DESIGNS` designs.
    simulator : Simulator
    objectives : ObjectiveSettings
    n_processes : int
        The result does not depend on it.
    start : Checkpoint, optional
        Where to go on.
    on_chunk : callable
        Called with a checkpoint after every chunk of blocks.
    show_progress : bool
        Show a progress bar on standard error.
    """
    if space.size > MOST_DESIGNS:
        raise InputError(
            f"knobs: an exhaustive run takes at most {MOST_DESIGNS:,} designs, got {space.size:,}; "
            "fix knobs (knobs.rows=128) or list fewer values (knobs.rows.choices=[64,128])"
        )
    scan = Scan(space, simulator)
    if start is not None:
        refuse_changes(scan, start, objectives)
    tell_time(scan, objectives, n_processes)
    now = start or Checkpoint(0, Standing.empty())
    needs_reference = bool(objectives.to_search_alone(space.workloads))
    n_all = space.size * (1 + needs_reference)
    n_done = now.standing.n_designs + (space.size if now.reference else 0)
    with (
        Workers.of(scan, n_processes) as workers,
        Watch(n_all, n_done, show=show_progress) as watch,
    ):

        def step(checkpoint: Checkpoint) -> None:
            watch.n_front = len(checkpoint.standing.front)
            if on_chunk is not None:
                on_chunk(checkpoint)

        if needs_reference and now.reference is None:
            now = finish_pass(scan, workers, now, Pass(objectives, is_joint=False), watch, step)
            reference = {name: edap for name, (_, edap) in now.standing.separate.items()}
            now = Checkpoint(0, Standing.empty(), reference)
            step(now)
        settled = with_reference(objectives, now)
        now = finish_pass(scan, workers, now, Pass(settled, is_joint=True), watch, step)
    return optimum(scan, now, settled)


def finish_pass(
    scan: Scan,
    workers: Workers,
    start: Checkpoint,
    pass_: Pass,
    watch: Watch,
    on_chunk: Callable[[Checkpoint], None],
) -> Checkpoint:
    """Evaluate the blocks that are left; a chunk is counted once all its blocks are done."""
    now = start
    while now.n_blocks < len(scan.blocks):
        last = min(now.n_blocks + BLOCKS_PER_CHUNK, len(scan.blocks))
        parts = []
        for part in workers.standings(range(now.n_blocks, last), pass_):
            parts.append(part)
            watch.step(part.n_designs)
        now = replace(now, n_blocks=last, standing=merged([now.standing, *parts]))
        on_chunk(now)
    return now


def with_reference(objectives: ObjectiveSettings, now: Checkpoint) -> ObjectiveSettings:
    """Return the objectives with the best EDAP that a first pass found, where none was given."""
    reference = {**(now.reference or {}), **objectives.regret_reference}
    return replace(objectives, regret_reference=reference)


def optimum(scan: Scan, end: Checkpoint, objectives: ObjectiveSettings) -> Optimum:
    """Return the result, its designs evaluated once more by the way that all tasks take."""
    standing = end.standing
    found = [*standing.best.values(), *standing.separate.values()]
    best = np.array([place for place, _ in found], dtype=np.int64)
    places = np.union1d(standing.front, best)
    if len(places) == 0:
        raise InputError(
            f"knobs: none of the {standing.n_designs:,} designs runs a network within the limits"
        )
    designs, metrics = scan.blocks.designs(places), scan.metrics(places, objectives)
    scores = aggregate(metrics, objectives)
    is_pareto = np.isin(places, standing.front)
    if not np.array_equal(scores.objectives[is_pareto], standing.objectives):
        raise RuntimeError("designs evaluated one by one differ from those of the grid")
    kept = distinct(designs)
    row_of = {int(place): int(kept[at]) for at, place in enumerate(places)}
    rows = np.unique(kept)
    new = {int(row): at for at, row in enumerate(rows)}
    own_first = sorted(standing.best, key=lambda name: name != objectives.aggregation)
    return Optimum(
        n_designs=standing.n_designs,
        n_feasible=standing.n_feasible,
        designs=designs.take(rows),
        metrics=metrics.take(rows),
        scores=scores.take(rows),
        is_pareto=is_pareto[rows],
        best={name: new[row_of[standing.best[name][0]]] for name in own_first},
        best_score={name: standing.best[name][1] for name in own_first},
        separate={n: new[row_of[place]] for n, (place, _) in standing.separate.items()},
    )


def refuse_changes(scan: Scan, start: Checkpoint, objectives: ObjectiveSettings) -> None:
    """Refuse to go on where designs that were found then have other results now."""
    standing = start.standing
    n_done = scan.blocks.places(start.n_blocks - 1)[1] if start.n_blocks else 0
    if n_done != standing.n_designs:
        raise InputError("resume: the blocks of this run's space are others now; start a new run")
    own = [place for place, _ in standing.separate.values()]
    places = np.array([*standing.front.tolist(), *own], dtype=np.int64)
    if len(places) == 0:
        return
    objectives = with_reference(objectives, start)
    metrics = scan.metrics(places, objectives)
    scores = aggregate(metrics, objectives)
    edap = [
        metrics.edap[len(standing.front) + at, metrics.workloads.index(name)]
        for at, name in enumerate(standing.separate)
    ]
    same = np.array_equal(scores.objectives[: len(standing.front)], standing.objectives)
    if not same or edap != [value for _, value in standing.separate.values()]:
        raise InputError(
            "resume: the model or its inputs changed since this run began; start a new run"
        )


def distinct(designs: DesignBatch) -> npt.NDArray[np.int64]:
    """Return for each design the first one that is the same chip, run the same way."""
    first: dict[bytes, int] = {}
    rows = [first.setdefault(key, row) for row, key in enumerate(designs.keys())]
    return np.array(rows, dtype=np.int64)


def tell_time(scan: Scan, objectives: ObjectiveSettings, n_processes: int) -> None:
    """Tell beforehand that a run takes long, from the time of some random designs."""
    if scan.is_grid:
        return
    size = scan.blocks.space.size
    rng = np.random.default_rng(0)
    started = time.process_time()
    scan.metrics(np.sort(rng.integers(0, size, N_TIMED)), objectives)
    seconds = (time.process_time() - started) / N_TIMED * size / n_processes
    if seconds > SECONDS_TO_TELL:
        logger.warning(
            "%s designs: about %.1f hours on %d processes, less where chips break the limit on "
            "area; a run that is stopped can be resumed",
            f"{size:,}",
            seconds / SECONDS_PER_HOUR,
            n_processes,
        )
