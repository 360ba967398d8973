"""What the model takes into account: the physical profile, or less of it."""

from __future__ import annotations

__all__ = ["Assumptions"]

from collections.abc import Mapping
from dataclasses import dataclass, fields

from imctune.errors import InputError, closest

MODELS = ("physical", "paper")
EFFECTS = ("array_time", "transfer_time", "clock_limit", "leakage")


@dataclass(frozen=True)
class Assumptions:
    """Effects that the simulator includes; the physical profile has them all.

    Attributes
    ----------
    name : str
        Name of the profile.
    array_time : bool
        Reading cells and converting columns takes its physical time; else one position takes one
        cycle.
    transfer_time : bool
        Buffers, routers, off-chip memory and vector unit have finite bandwidth.
    clock_limit : bool
        A clock faster than the logic at that supply is infeasible.
    leakage : bool
        Idle currents of chip and off-chip memory cost energy.
    model : {"physical", "paper"}
        Components by physics, or the whole chip for each layer at the paper's fitted costs, which
        leave out all of the effects above. Each has technologies of its own.
    """

    name: str = "physical"
    array_time: bool = True
    transfer_time: bool = True
    clock_limit: bool = True
    leakage: bool = True
    model: str = "physical"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise InputError(
                f"assumptions {self.name}: model must be one of {', '.join(MODELS)}, "
                f"got {self.model!r}"
            )
        for effect in EFFECTS if self.model == "paper" else ():
            if getattr(self, effect):
                raise InputError(
                    f"assumptions {self.name}: {effect} must be false with model paper, got True"
                )

    def refuse_technology(self, name: str, *, is_paper: bool) -> None:
        """Refuse a technology that belongs to the other model."""
        if is_paper and self.model != "paper":
            raise InputError(f"technology {name} must come with assumptions=paper, got {self.name}")
        if not is_paper and self.model == "paper":
            raise InputError(
                f"assumptions {self.name} must come with technology=paper_rram_32nm or "
                f"paper_sram_32nm, got {name}"
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object], where: str = "assumptions") -> Assumptions:
        """Build from plain values; refuse unknown names and anything but true and false."""
        names = [field.name for field in fields(cls)]
        for key, value in mapping.items():
            if key not in names:
                raise InputError(
                    f"{where}: unknown assumption {key!r}{closest(str(key), names)}; "
                    f"allowed: {', '.join(names)}"
                )
            wanted = str if key in ("name", "model") else bool
            if not isinstance(value, wanted):
                raise InputError(
                    f"{where}: {key} must be {'text' if wanted is str else 'true or false'}, "
                    f"got {value!r}"
                )
        return cls(**mapping)  # type: ignore[arg-type]
