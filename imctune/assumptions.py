"""What the model takes into account: the physical profile, or less of it."""

from __future__ import annotations

__all__ = ["Assumptions"]

from collections.abc import Mapping
from dataclasses import dataclass, fields

from imctune.errors import InputError, closest


@dataclass(frozen=True)
class Assumptions:
    """Effects that the simulator includes; each is true in the physical profile.

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
    """

    name: str = "physical"
    array_time: bool = True
    transfer_time: bool = True
    clock_limit: bool = True
    leakage: bool = True

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
            wanted = str if key == "name" else bool
            if not isinstance(value, wanted):
                raise InputError(
                    f"{where}: {key} must be {'text' if wanted is str else 'true or false'}, "
                    f"got {value!r}"
                )
        return cls(**mapping)  # type: ignore[arg-type]
