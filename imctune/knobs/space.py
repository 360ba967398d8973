"""The space of designs: which values each knob may take in a run."""

from __future__ import annotations

__all__ = ["Gene", "Knob", "KnobSpace"]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError, closest
from imctune.knobs.designs import Column, DesignBatch, as_array, settled
from imctune.knobs.grid import DesignGrid
from imctune.knobs.table import KNOBS, LOSSLESS, KnobSpec, KnobValue

Indices = npt.NDArray[np.int64]

MOST_VALUES = 100_000
"""Values that a range may have: more is a slip of the pen."""


@dataclass(frozen=True)
class Knob:
    """The values that a knob may take in a run.

    Attributes
    ----------
    name : str
    values : tuple
        Numbers ascending; one value where the knob is fixed.
    default : int or float or bool or str
        Value of a design that does not name the knob.
    scope : {"chip", "workload"}
        One value for all workloads, or one for each.
    """

    name: str
    values: tuple[KnobValue, ...]
    default: KnobValue
    scope: str = "chip"

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to choose."""
        return len(self.values) == 1

    @property
    def has_one_value(self) -> bool:
        """Whether a design has one value of it, and not one for each workload."""
        return self.is_fixed or self.scope == "chip"

    @classmethod
    def from_value(cls, name: str, value: object, where: str) -> Knob:
        """Build from a scalar (fixed), ``{choices: [...]}`` or ``{low:, high:, step:}``."""
        spec = KNOBS[name]
        if not isinstance(value, Mapping):
            checked = spec.checked(value, where)
            return cls(name, (checked,), checked, spec.scopes[0])
        keys = ("choices",) if "choices" in value else ("low", "high", "step")
        for key in value:
            if key not in (*keys, "default", "scope"):
                allowed = (*keys, "default", "scope")
                raise InputError(
                    f"{where}: {name}: unknown key {key!r}{closest(str(key), allowed)}; "
                    f"allowed: choices, or low, high and step; default, scope"
                )
        values = (
            _choices(spec, value["choices"], where)
            if "choices" in value
            else _range(spec, value, where)
        )
        if "default" not in value and len(values) > 1:
            raise InputError(f"{where}: {name}: default is missing")
        default = spec.checked(value.get("default", values[0]), where)
        if default not in values:
            raise InputError(
                f"{where}: {name}: default must be among {_listed(values)}, got {default!r}"
            )
        scope = value.get("scope", spec.scopes[0])
        if scope not in spec.scopes:
            raise InputError(
                f"{where}: {name}: scope must be {' or '.join(spec.scopes)}, got {scope!r}"
            )
        return cls(name, values, default, str(scope))


@dataclass(frozen=True)
class Gene:
    """One thing to choose: a knob of the chip, or of one workload.

    Attributes
    ----------
    column : str
        ``rows``, or ``weight_bits@resnet18``.
    values : tuple
        What may be chosen.
    is_ordered : bool
        Whether values that stand side by side are alike: numbers, not words.
    """

    column: str
    values: tuple[KnobValue, ...]
    is_ordered: bool


@dataclass(frozen=True)
class KnobSpace:
    """All the designs that a run may choose from.

    Attributes
    ----------
    knobs : tuple of Knob
        Every knob of `KNOBS`, fixed ones too.
    workloads : tuple of str
        Names of the workloads.
    """

    knobs: tuple[Knob, ...]
    workloads: tuple[str, ...]

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        """What there is to choose, in the order of the columns of an index array."""
        return tuple(
            Gene(column, knob.values, KNOBS[knob.name].kind in ("int", "float"))
            for knob in self.knobs
            if not knob.is_fixed
            for column in self._columns(knob)
        )

    @property
    def size(self) -> int:
        """Number of designs."""
        return math.prod(len(gene.values) for gene in self.genes)

    def decode(self, indices: npt.ArrayLike) -> DesignBatch:
        """Return the designs whose genes take the values at `indices`, (n, n_genes)."""
        chosen = np.asarray(indices, dtype=np.int64)
        values: dict[str, Column] = {}
        start = 0
        for knob in self.knobs:
            table = as_array(knob.name, knob.values)
            if knob.is_fixed:
                values[knob.name] = np.repeat(table, len(chosen))
                continue
            width = len(self._columns(knob))
            picked = table[chosen[:, start : start + width]]
            values[knob.name] = picked if knob.scope == "workload" else picked[:, 0]
            start += width
        return DesignBatch(settled(values), self.workloads)

    def grid(self, ranges: Sequence[slice]) -> DesignGrid:
        """Return all combinations of a range of the values of each gene.

        Its designs in C order are those that `decode` gives for ascending indices. Knobs of which
        each workload has its own value have no axis, so no grid.
        """
        axes = {gene.column: axis for axis, gene in enumerate(self.genes)}
        values: dict[str, Column] = {}
        for knob in self.knobs:
            shape = [1] * max(len(axes), 1)
            chosen = as_array(knob.name, knob.values)
            if not knob.is_fixed:
                chosen = chosen[ranges[axes[knob.name]]]
                shape[axes[knob.name]] = len(chosen)
            values[knob.name] = chosen.reshape(shape)
        return DesignGrid(settled(values), self.workloads)

    def places(self, designs: DesignBatch) -> Indices:
        """Return the indices of designs, (n, n_genes), without those that have other values.

        Only what is chosen counts: fixed knobs may differ.
        """
        columns = designs.columns()
        found = np.full((len(designs), len(self.genes)), -1, dtype=np.int64)
        for place, gene in enumerate(self.genes):
            values = columns.get(gene.column)
            for index, value in enumerate(gene.values if values is not None else ()):
                if value != LOSSLESS:  # designs hold the number of bits
                    found[np.asarray(values) == value, place] = index
        return found[(found >= 0).all(axis=1)]

    def draw(self, rng: np.random.Generator, n_designs: int) -> Indices:
        """Return the indices of designs drawn at random, every value equally likely."""
        counts = np.array([len(gene.values) for gene in self.genes], dtype=np.int64)
        return rng.integers(0, counts, size=(n_designs, len(counts)), dtype=np.int64)

    def defaults(self) -> dict[str, KnobValue]:
        """Return each knob's value for designs that do not name it."""
        return {knob.name: knob.default for knob in self.knobs}

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], workloads: Sequence[str], where: str = "knobs"
    ) -> KnobSpace:
        """Build from plain values: every knob to a fixed value, choices or a range."""
        for name in mapping:
            if name not in KNOBS:
                raise InputError(
                    f"{where}: unknown knob {name!r}{closest(str(name), KNOBS)}; "
                    f"allowed: {', '.join(KNOBS)}"
                )
        for name in KNOBS:
            if name not in mapping:
                raise InputError(f"{where}: {name} is missing: give a value, choices or a range")
        knobs = tuple(Knob.from_value(name, mapping[name], where) for name in KNOBS)
        return cls(knobs, tuple(workloads))

    def _columns(self, knob: Knob) -> list[str]:
        """Name the columns in which a knob is chosen."""
        if knob.scope == "workload":
            return [f"{knob.name}@{workload}" for workload in self.workloads]
        return [knob.name]


def _choices(spec: KnobSpec, values: object, where: str) -> tuple[KnobValue, ...]:
    """Check a list of choices; numbers come out ascending, words as they are."""
    if not isinstance(values, (list, tuple)) or not values:
        raise InputError(
            f"{where}: {spec.name}: choices must be a list of at least one value, got {values!r}"
        )
    checked = [spec.checked(value, where) for value in values]
    if len(set(checked)) < len(checked):
        raise InputError(
            f"{where}: {spec.name}: choices must differ from each other, got {values!r}"
        )
    numbers = sorted(value for value in checked if not isinstance(value, str))
    return (*numbers, *(value for value in checked if isinstance(value, str)))


def _range(spec: KnobSpec, value: Mapping[str, object], where: str) -> tuple[KnobValue, ...]:
    """Check a range; return its values, both ends included where the step meets them."""
    for key in ("low", "high", "step"):
        if key not in value:
            raise InputError(f"{where}: {spec.name}: a range needs low, high and step; no {key}")
    if spec.kind not in ("int", "float"):
        raise InputError(f"{where}: {spec.name} must be {spec.allowed}, got a range")
    low, high = (spec.checked(value[key], where) for key in ("low", "high"))
    step = value["step"]
    is_number = isinstance(step, (int, float)) and not isinstance(step, bool)
    is_whole = spec.kind == "float" or isinstance(step, int)
    if not is_number or not is_whole or not 0 < step < math.inf:  # type: ignore[operator]
        kind = "a whole number" if spec.kind == "int" else "a number"
        raise InputError(f"{where}: {spec.name}: step must be {kind} above 0, got {step!r}")
    if isinstance(low, str) or isinstance(high, str) or low > high:
        raise InputError(
            f"{where}: {spec.name}: low must not be above high, got low {low!r}, high {high!r}"
        )
    # Half a billionth of slack, so that 0.5 to 0.85 by 0.05 does not lose its end to rounding.
    n_values = math.floor((high - low) / step + 5e-10) + 1  # type: ignore[operator]
    if n_values > MOST_VALUES:
        raise InputError(
            f"{where}: {spec.name}: a range must have at most {MOST_VALUES} values, got {n_values}"
        )
    steps = (low + index * step for index in range(n_values))  # type: ignore[operator]
    return tuple(round(x, 12) if isinstance(x, float) else x for x in steps)


def _listed(values: Sequence[KnobValue], most: int = 12) -> str:
    """Write values in a row, shortened when there are many."""
    words = [str(value) for value in values]
    if len(words) > most:
        words = [*words[: most - 1], "...", words[-1]]
    return ", ".join(words)
