"""What a report has to know beside the designs: what was asked for, and with what."""

from __future__ import annotations

__all__ = [
    "NO_DESIGN",
    "Constant",
    "MendRecord",
    "Network",
    "RunFacts",
    "StudyRecord",
    "TuneRecord",
    "chosen",
    "constants",
    "front",
    "versions",
]

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from imctune.knobs import DesignBatch
from imctune.objectives import Metrics, ObjectiveSettings, Scores

NO_DESIGN = "No feasible design was found."
PACKAGES = ("imctune", "numpy", "optuna", "moocore", "mlflow", "plotly")


class StudyRecord(Protocol):
    """The part of a search's record that is reported."""

    @property
    def designs(self) -> DesignBatch:
        """Distinct designs in the order of their evaluation."""

    @property
    def scores(self) -> Scores:
        """How the search ranked them."""

    @property
    def n_trials(self) -> int:
        """Designs that were asked for, repeated ones included."""

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before its budget was spent."""


class MendRecord(Protocol):
    """A violated constraint, and the nearest change of one knob that mends it."""

    @property
    def constraint(self) -> str:
        """Name of the constraint."""

    @property
    def amount(self) -> float:
        """By how much the limit is exceeded, relative to it."""

    @property
    def workload(self) -> str:
        """The worst network; empty where the chip itself breaks the limit."""

    @property
    def knob(self) -> str:
        """Knob to change; empty where no single change mends it."""

    @property
    def before(self) -> object:
        """Its value."""

    @property
    def after(self) -> object:
        """The value that mends it."""

    @property
    def still(self) -> tuple[str, ...]:
        """Constraints that are broken then."""


class TuneRecord(Protocol):
    """The part of a run's result that is reported; rows count the designs of all searches."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """Names of the networks, in the order of the second axis of metrics."""

    @property
    def joint(self) -> StudyRecord:
        """The search over all networks."""

    @property
    def singles(self) -> Mapping[str, StudyRecord]:
        """The search for each network alone."""

    @property
    def designs(self) -> DesignBatch:
        """All distinct designs of all searches."""

    @property
    def metrics(self) -> Metrics:
        """What they cost."""

    @property
    def scores(self) -> Scores:
        """Their objectives over all networks."""

    @property
    def origin(self) -> Sequence[str]:
        """The search that evaluated each first: ``joint`` or a network."""

    @property
    def is_pareto(self) -> npt.NDArray[Any]:
        """Whether no feasible design is better in energy, latency and area."""

    @property
    def best(self) -> int | None:
        """Row of the joint choice; none, or below 0, where no design is feasible."""

    @property
    def separate(self) -> Mapping[str, int]:
        """Per network, row of the best design for it alone."""

    @property
    def single_best(self) -> Mapping[str, int]:
        """Per network, row of the winner of its own search."""

    @property
    def largest(self) -> str:
        """The network with most parameters."""


@dataclass(frozen=True)
class Network:
    """A network that the chip must run: its name, parameters and multiply-accumulates."""

    name: str
    n_parameters: int
    n_macs: int


@dataclass(frozen=True)
class Constant:
    """A constant of the technology, with where it comes from."""

    name: str
    value: str
    unit: str
    source: str


@dataclass(frozen=True)
class RunFacts:
    """What was asked for, and with what.

    Attributes
    ----------
    study, technology, assumptions, sampler : str
        Names of the run and of its choices.
    seed, n_trials, baseline_trials, population_size : int
        Seed and budget: trials of the joint and of each single-network search.
    objectives : ObjectiveSettings
        How networks become one score, and the limits.
    networks : tuple of Network
        What the chip must run.
    constants : tuple of Constant
        Constants of the technology, see `constants`.
    config_hash : str
        Fingerprint of all settings that results depend on.
    settings : str
        Those settings as YAML.
    """

    study: str
    technology: str
    assumptions: str
    seed: int
    sampler: str
    n_trials: int
    baseline_trials: int
    population_size: int
    objectives: ObjectiveSettings
    networks: tuple[Network, ...]
    constants: tuple[Constant, ...] = ()
    config_hash: str = ""
    settings: str = ""


def constants(mapping: Mapping[str, object], within: str = "") -> tuple[Constant, ...]:
    """Return the constants of a technology file's plain values, sections one after another.

    Examples
    --------
    >>> constants({"cell": {"read_v": {"value": 0.2, "unit": "V", "source": "Yao 28 nm"}}})
    (Constant(name='cell.read_v', value='0.2', unit='V', source='Yao 28 nm'),)
    """
    found: list[Constant] = []
    for name, entry in mapping.items():
        if not isinstance(entry, Mapping):
            continue
        if "source" in entry:
            value = entry.get("value")
            text = f"{value:g}" if isinstance(value, (int, float)) else str(value)
            found.append(
                Constant(within + name, text, str(entry.get("unit", "")), str(entry["source"]))
            )
        else:
            found.extend(constants(entry, f"{within}{name}."))
    return tuple(found)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result may depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def front(result: TuneRecord) -> npt.NDArray[np.bool_]:
    """Return which designs are on the Pareto front."""
    feasible = np.isfinite(result.scores.score)
    return np.asarray(result.is_pareto, dtype=np.bool_) & feasible


def chosen(result: TuneRecord) -> int | None:
    """Return the row of the joint choice, if there is one."""
    return None if result.best is None or result.best < 0 else result.best
