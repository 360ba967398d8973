"""What Python users call: evaluate designs, search, load networks and technologies."""

from __future__ import annotations

__all__ = ["evaluate", "evaluate_macro", "load_technology", "load_workload", "tune"]

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imctune.assumptions import Assumptions
from imctune.config import by_name, cached
from imctune.config.locations import CONF
from imctune.config.record import record
from imctune.config.values import whole_number
from imctune.errors import InputError
from imctune.knobs import DesignBatch, KnobSpace
from imctune.macro_metrics import MacroMetrics, macro_metrics
from imctune.objectives import Metrics, ObjectiveSettings
from imctune.search import SearchSettings, TuneResult
from imctune.search import tune as search_chips
from imctune.technology import AnyTechnology, PaperTechnology, Technology
from imctune.variation import Variation
from imctune.workload import Workload

Name = str | Path
Entry = Name | Mapping[str, object] | Workload


def evaluate(
    knobs: Mapping[str, object],
    workloads: Sequence[Entry],
    technology: Name | AnyTechnology = "rram_32nm",
    assumptions: Name | Assumptions = "physical",
    *,
    variation: Name | Variation = "none",
    objectives: Name | ObjectiveSettings = "geomean",
    space: Name | KnobSpace | None = None,
) -> Metrics:
    """Evaluate chip designs on networks.

    Parameters
    ----------
    knobs : mapping
        Knob to a value, or to one per design; for a knob that a network may set, also an array
        of shape (n_designs, n_workloads) or ``{workload: value}``.
    workloads : sequence
        Names in conf/workload, paths, mappings like ``{"name": "gpt2_medium", "tokens": 512}``, or
        Workload objects.
    technology : str, Path or Technology
        Name in conf/technology, path, or object.
    assumptions : str, Path or Assumptions
        What the model takes into account: a profile of conf/assumptions, path, or object.
    variation : str, Path or Variation
        How far cells are from what was written: a file in conf/variation, path, or object.
    objectives : str, Path or ObjectiveSettings
        The limits behind `feasible`.
    space : str, Path or KnobSpace, optional
        Where knobs that are not given have their values from; by default the knob space named
        like the technology.

    Returns
    -------
    Metrics
        Energy, latency and so on, (n_designs, n_workloads), and area, (n_designs,).

    Examples
    --------
    >>> metrics = evaluate({"rows": [128, 256]}, ["alexnet"])
    >>> metrics.energy_mj.shape, metrics.area_mm2.shape
    ((2, 1), (2,))
    """
    networks, process = as_workloads(workloads), as_technology(technology)
    limits, profile = as_objectives(objectives), as_assumptions(assumptions)
    names = tuple(network.name for network in networks)
    limits.check_names(names)
    limits.check_regret_known(names)
    if not isinstance(space, KnobSpace):
        space = cached.knobs(space_name(space, process), names)
    designs = DesignBatch.from_knobs(knobs, space.defaults(), names, "knobs")
    simulator = cached.simulator(networks, process, profile, as_variation(variation))
    simulation = simulator.simulate(designs)
    return Metrics.from_simulation(simulation, limits, names)


def evaluate_macro(
    designs: Mapping[str, object] | DesignBatch,
    technology: Name | AnyTechnology = "rram_32nm",
    *,
    input_bit_density: npt.ArrayLike = 0.5,
    weight_bit_density: npt.ArrayLike = 0.5,
) -> MacroMetrics:
    """Evaluate one array with its periphery at full use, as papers on silicon report it.

    Parameters
    ----------
    designs : mapping or DesignBatch
        Knob to a value, or to one per design; others take the defaults of the technology's space.
    technology : str, Path or Technology
        Name in conf/technology, path, or object.
    input_bit_density, weight_bit_density : array_like
        Share of ones among the bits of the inputs, and among the stored bits of the weights (of
        the offset code, or of the magnitude when differential), scalar or (n_designs,). [1]

    Returns
    -------
    MacroMetrics
        Efficiency, density, area, energy and latency, (n_designs,), and a breakdown. Counted are
        drivers, cells, converters or adder trees, shift-and-add, and leakage meanwhile.

    Examples
    --------
    >>> macro = evaluate_macro({"rows": [64, 128], "cols": 128}, "sram_32nm")
    >>> macro.tops_per_w.shape
    (2,)
    """
    process = as_technology(technology)
    if isinstance(process, PaperTechnology):
        raise InputError(
            f"evaluate_macro: technology must be one of the physical model, got {process.name}"
        )
    if not isinstance(designs, DesignBatch):
        space = cached.knobs(space_name(None, process), ("macro",))
        designs = DesignBatch.from_knobs(designs, space.defaults(), ("macro",), "designs")
    shares = (
        as_shares("input_bit_density", input_bit_density, len(designs)),
        as_shares("weight_bit_density", weight_bit_density, len(designs)),
    )
    return macro_metrics(designs, process, *shares)


def tune(
    workloads: Sequence[Entry],
    technology: Name | AnyTechnology = "rram_32nm",
    knobs: Name | Mapping[str, object] | KnobSpace | None = None,
    assumptions: Name | Assumptions = "physical",
    *,
    variation: Name | Variation = "none",
    objectives: Name | ObjectiveSettings = "geomean",
    search: Name | SearchSettings = "nsga2",
    seed: int = 1,
    starts: DesignBatch | None = None,
    show_progress: bool = False,
    **changes: object,
) -> TuneResult:
    """Search for the chip that runs all networks best, and for one per network to compare with.

    Parameters
    ----------
    workloads, technology, assumptions, variation, objectives
        As in `evaluate`; `objectives` also says how networks become one score.
    knobs : str, Path, KnobSpace or mapping, optional
        What may vary: a space, or the knobs in which it differs from the one named like the
        technology, as in ``{"rows": 128, "cols": {"choices": [64, 128], "default": 64}}``.
    search : str, Path or SearchSettings
        How designs are proposed: a file in conf/search, or object.
    seed : int
        Same seed: same designs.
    starts : DesignBatch, optional
        Designs that every search evaluates first, as the best of another study.
    show_progress : bool
        Show a progress bar on standard error.
    **changes
        Single search settings, like ``n_trials=500``.

    Returns
    -------
    TuneResult
        All distinct designs with their metrics and scores; ``result.best`` is the joint choice.

    Examples
    --------
    >>> result = tune(["alexnet"], n_trials=60, baseline_trials=20)
    >>> len(result.joint.designs)
    60
    >>> result.scores.score.argmin() == result.best
    np.True_
    """
    networks, process = as_workloads(workloads), as_technology(technology)
    limits, profile = as_objectives(objectives), as_assumptions(assumptions)
    names = tuple(network.name for network in networks)
    limits.check_names(names)
    if not isinstance(knobs, KnobSpace):
        own = knobs if isinstance(knobs, Mapping) else {}
        base = space_name(None if isinstance(knobs, Mapping) else knobs, process)
        shipped = by_name.inherited("knobs", base)
        knobs = KnobSpace.from_mapping({**shipped, **own}, names, "knobs")
    if isinstance(search, SearchSettings):
        settings = record(SearchSettings, {**asdict(search), **changes}, "search")
    else:
        settings = by_name.load_settings(SearchSettings, "search", str(search), changes)
    return search_chips(
        networks,
        process,
        knobs,
        assumptions=profile,
        variation=as_variation(variation),
        objectives=limits,
        settings=settings,
        seed=whole_number(seed, "seed"),
        starts=starts,
        show_progress=show_progress,
    )


def load_workload(entry: Name | Mapping[str, object]) -> Workload:
    """Load a network: a name in conf/workload, a path, or ``{"name": ..., parameter: value}``.

    Examples
    --------
    >>> load_workload("vgg16").parameters
    138357544
    """
    return by_name.load_workload(plain(entry))


def load_technology(name: Name) -> AnyTechnology:
    """Load a technology: a name in conf/technology, or a path.

    Examples
    --------
    >>> load_technology("sram_32nm").memory
    'sram'
    """
    return by_name.load_technology(str(name))


def as_workloads(entries: Sequence[Entry]) -> tuple[Workload, ...]:
    """Return networks, loaded where they are not objects yet."""
    if isinstance(entries, (str, Path, Workload, Mapping)) or not isinstance(entries, Sequence):
        raise InputError(f"workloads must be a list of networks, got {entries!r}")
    networks = [
        entry if isinstance(entry, Workload) else cached.workload(plain(entry)) for entry in entries
    ]
    return by_name.load_workloads(networks)


def as_technology(technology: Name | AnyTechnology) -> AnyTechnology:
    """Return a technology, loaded where it is not an object yet."""
    if isinstance(technology, (Technology, PaperTechnology)):
        return technology
    return cached.technology(str(technology))


def as_shares(name: str, values: npt.ArrayLike, n_designs: int) -> npt.NDArray[np.float64]:
    """Return shares as an array; refuse what is not one number, or one per design, in 0 to 1."""
    try:
        shares = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        shares = np.array([np.nan])
    if shares.shape not in ((), (n_designs,)) or not ((shares >= 0.0) & (shares <= 1.0)).all():
        raise InputError(
            f"{name} must be a number from 0 to 1, or one per design ({n_designs}), got {values!r}"
        )
    return shares


def as_assumptions(assumptions: Name | Assumptions) -> Assumptions:
    """Return an assumptions profile, loaded where it is not an object yet."""
    if isinstance(assumptions, Assumptions):
        return assumptions
    return cached.assumptions(str(assumptions))


def as_variation(variation: Name | Variation) -> Variation:
    """Return a variation of cells, loaded where it is not an object yet."""
    if isinstance(variation, Variation):
        return variation
    return cached.variation(str(variation))


def as_objectives(objectives: Name | ObjectiveSettings) -> ObjectiveSettings:
    """Return objectives, loaded where they are not an object yet."""
    if isinstance(objectives, ObjectiveSettings):
        return objectives
    return cached.objectives(str(objectives))


def space_name(name: Name | None, technology: AnyTechnology) -> str:
    """Return the knob space: the one given, that of the technology, or that of its memory."""
    if name is not None:
        return str(name)
    if (CONF / "knobs" / f"{technology.name}.yaml").is_file():
        return technology.name
    model = "paper_" if isinstance(technology, PaperTechnology) else ""
    return f"{model}{technology.memory}_32nm"


def plain(entry: object) -> object:
    """Return a path as text."""
    return str(entry) if isinstance(entry, Path) else entry
