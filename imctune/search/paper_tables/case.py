"""One case of the paper's comparisons."""

from __future__ import annotations

__all__ = ["Case"]

from dataclasses import dataclass

from imctune.assumptions import Assumptions
from imctune.errors import InputError
from imctune.knobs import KnobSpace
from imctune.technology import AnyTechnology
from imctune.workload import Workload


@dataclass(frozen=True)
class Case:
    """A technology, its knob space, the assumptions, and the networks that one chip must run.

    Attributes
    ----------
    name : str
    workloads : tuple of Workload
        In the order in which they join a growing set.
    technology : Technology or PaperTechnology
    space : KnobSpace
    assumptions : Assumptions
    """

    name: str
    workloads: tuple[Workload, ...]
    technology: AnyTechnology
    space: KnobSpace
    assumptions: Assumptions

    def __post_init__(self) -> None:
        if len(self.workloads) < 2:
            raise InputError(f"case {self.name} must have two networks or more, got one")
        for knob in self.space.knobs:
            if not knob.has_one_value:
                raise InputError(
                    f"case {self.name}: {knob.name} must have one value for all networks, which "
                    "are compared in sets of different size"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the networks."""
        return tuple(workload.name for workload in self.workloads)

    @property
    def largest(self) -> str:
        """The network with most parameters."""
        return max(self.workloads, key=lambda workload: workload.parameters).name
