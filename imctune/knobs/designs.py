"""Designs as named arrays, one entry per design."""

from __future__ import annotations

__all__ = ["Column", "DesignBatch", "aligned", "as_array", "lossless_bits", "settled"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError, closest
from imctune.knobs.table import KNOBS, LOSSLESS, KnobSpec, KnobValue

Column = npt.NDArray[Any]

CUT_OFF_BY = {"rows_active": "rows", "columns_per_adc": "cols"}
"""Knobs that are upper limits, and what their values are at most."""

UNSETTLED_BITS = 0
"""Stands for `lossless` in an array of whole numbers until `settled` replaces it."""

_ARRAY_KINDS = {"int": {*"iuf"}, "float": {*"iuf"}, "bool": {"b"}, "choice": {"U"}}
"""Kinds of numpy arrays that hold the values of a kind of knob."""

DIGITAL_LACKS = ("adc_bits", "adc_range", "columns_per_adc", "sample_hold", "encoding")
"""Knobs that mean nothing in a digital macro."""


@dataclass(frozen=True)
class DesignBatch:
    """A population: the value of every knob for every design.

    Attributes
    ----------
    values : dict of str to ndarray
        Per knob (n,), or (n, n_workloads) where each workload has its own value. Values that
        depend on other knobs are settled (see `settled`).
    workloads : tuple of str
        Names of the workloads, in the order of the second axis.

    Examples
    --------
    >>> defaults = {"rows": 128, "cols": 64}
    >>> designs = DesignBatch.from_knobs({"rows": [64, 256]}, defaults, ["resnet18"])
    >>> len(designs), designs["rows"].tolist(), designs["cols"].tolist()
    (2, [64, 256], [64, 64])
    """

    values: dict[str, Column]
    workloads: tuple[str, ...]

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, knob: str) -> Column:
        return self.values[knob]

    def take(self, rows: npt.ArrayLike) -> DesignBatch:
        """Return the designs at the given positions (or under a mask), in that order."""
        chosen = np.asarray(rows)
        return DesignBatch(
            {knob: values[chosen] for knob, values in self.values.items()}, self.workloads
        )

    def columns(self) -> dict[str, Column]:
        """Return one (n,) array per stored column: ``rows``, or ``weight_bits@resnet18``."""
        flat: dict[str, Column] = {}
        for knob, values in self.values.items():
            if values.ndim == 1:
                flat[knob] = values
                continue
            for index, workload in enumerate(self.workloads):
                flat[f"{knob}@{workload}"] = values[:, index]
        return flat

    def knobs_of(self, row: int) -> dict[str, KnobValue | dict[str, KnobValue]]:
        """Return one design as plain values, as `from_knobs` and design files take them."""
        plain: dict[str, KnobValue | dict[str, KnobValue]] = {}
        for knob, values in self.values.items():
            value = values[row].tolist()
            if values.ndim > 1:
                value = dict(zip(self.workloads, value, strict=True))
            plain[knob] = value
        return plain

    def keys(self) -> list[bytes]:
        """Return what tells designs apart: equal keys mean the same chip, run the same way."""
        digital = self.values["compute"] == "digital" if "compute" in self.values else None
        numbers = []
        for knob, values in self.values.items():
            column = _as_numbers(knob, values)
            if digital is not None and knob in DIGITAL_LACKS:
                mask = digital if column.ndim == 1 else digital[:, None]
                column = np.where(mask, 0.0, column)
            numbers.append(column.reshape(len(self), -1))
        table = np.ascontiguousarray(np.concatenate(numbers, axis=1))
        return [row.tobytes() for row in table]

    @classmethod
    def concatenate(cls, batches: Sequence[DesignBatch]) -> DesignBatch:
        """Join batches of the same knobs and workloads."""
        first = batches[0]
        return cls(
            {
                knob: np.concatenate([batch.values[knob] for batch in batches])
                for knob in first.values
            },
            first.workloads,
        )

    @classmethod
    def from_knobs(
        cls,
        knobs: Mapping[str, object],
        defaults: Mapping[str, KnobValue],
        workloads: Sequence[str],
        where: str = "design",
    ) -> DesignBatch:
        """Build designs from plain values.

        Parameters
        ----------
        knobs : mapping
            Knob to a value, to one value per design, or, for a knob that a workload may set, to
            values of shape (n_designs, n_workloads) or to ``{workload: value}``.
        defaults : mapping
            Values of the knobs that are not given.
        workloads : sequence of str
            Names of the workloads.
        where : str
            What to call the design in a refusal.
        """
        if not isinstance(knobs, Mapping):
            raise InputError(f"{where} must map knobs to values, got {knobs!r}")
        for knob in knobs:
            if knob not in defaults:
                raise InputError(
                    f"{where}: unknown knob {knob!r}{closest(str(knob), defaults)}; "
                    f"allowed: {', '.join(defaults)}"
                )
        given = {
            knob: _given(knob, knobs.get(knob, default), default, tuple(workloads), where)
            for knob, default in defaults.items()
        }
        n_designs = _common_length(given, where)
        values = {
            knob: column if len(column) == n_designs else np.repeat(column, n_designs, axis=0)
            for knob, column in given.items()
        }
        return cls(settled(values), tuple(workloads))


def lossless_bits(
    rows_active: npt.ArrayLike,
    bits_per_cell: npt.ArrayLike,
    dac_bits: npt.ArrayLike,
    is_differential: npt.ArrayLike = False,
) -> npt.NDArray[np.int64]:
    r"""Return the converter resolution that loses nothing, :math:`\lceil\log_2(S + 1)\rceil`.

    A column counts from 0 to :math:`S = R (2^c - 1)(2^d - 1)`; the difference of two columns
    counts from :math:`-S` to :math:`S`, which takes one bit more.

    Parameters
    ----------
    rows_active : array_like
        Word lines driven at once, :math:`R`. [1]
    bits_per_cell, dac_bits : array_like
        Bits of a cell, :math:`c`, and of an input step, :math:`d`. [bit]
    is_differential : array_like of bool
        Two columns are subtracted before the conversion.

    Returns
    -------
    ndarray of int64
        Bits of the converter. [bit]

    Examples
    --------
    >>> lossless_bits([128, 256, 256], [1, 2, 4], 1).tolist()
    [8, 10, 12]
    """
    cell = np.exp2(np.asarray(bits_per_cell, dtype=np.float64)) - 1.0
    step = np.exp2(np.asarray(dac_bits, dtype=np.float64)) - 1.0
    largest = np.asarray(rows_active, dtype=np.float64) * cell * step
    # The binary exponent of a whole number is its bit length: exact, where log2 is not.
    length = np.frexp(largest)[1].astype(np.int64)
    return np.asarray(length + np.asarray(is_differential, dtype=np.int64), dtype=np.int64)


def settled(values: Mapping[str, Column]) -> dict[str, Column]:
    """Return the knobs with the values that depend on other knobs worked out.

    `rows_active` and `columns_per_adc` are upper limits: an array that is smaller drives all its
    rows, and has one converter. ``adc_bits: lossless`` becomes `lossless_bits`, of each workload
    where these set what it depends on; with lossless converters both ranges are the same, and
    called ``lsb``. So each chip is stored in one way only, however it was asked for.
    """
    new = dict(values)
    for limit, most in CUT_OFF_BY.items():
        if limit in new and most in new:
            new[limit] = np.minimum(*aligned(new[limit], new[most]))
    is_open = "adc_bits" in new and bool((new["adc_bits"] == UNSETTLED_BITS).any())
    is_full = "adc_range" in new and bool((new["adc_range"] == "full").any())
    if is_open or is_full:
        asked, rows, cell, step, encoding = aligned(
            *(new[knob] for knob in ("adc_bits", "rows_active", "bits_per_cell", "dac_bits")),
            new["encoding"],
        )
        bits = lossless_bits(rows, cell, step, encoding == "differential")
        if is_open:
            new["adc_bits"] = asked = np.where(asked == UNSETTLED_BITS, bits, asked)
        if is_full:
            loses = asked < bits
            if loses.ndim > new["adc_range"].ndim:  # the chip's, if it matters to any workload
                loses = np.asarray(loses.any(axis=-1))
            new["adc_range"] = np.where(loses, new["adc_range"], "lsb")
    return new


def aligned(*columns: Column) -> list[Column]:
    """Give knobs of the chip a second axis where others of the columns have one."""
    if len({column.ndim for column in columns}) == 1:
        return list(columns)
    return [column if column.ndim > 1 else column[:, None] for column in columns]


def as_array(knob: str, values: Sequence[KnobValue]) -> Column:
    """Return checked values of a knob as an array of its type."""
    if KNOBS[knob].kind == "choice":
        return np.array(values, dtype=np.str_)
    types = {"int": np.int64, "float": np.float64, "bool": np.bool_}
    numbers = [UNSETTLED_BITS if value == LOSSLESS else value for value in values]
    return np.array(numbers, dtype=types[KNOBS[knob].kind])


def _as_numbers(knob: str, values: Column) -> npt.NDArray[np.float64]:
    """Return the values of a knob as floats: choices by their place in the knob's list."""
    spec = KNOBS[knob]
    if spec.kind != "choice":
        return values.astype(np.float64)
    return np.select([values == word for word in spec.words], range(len(spec.words)), -1.0)


def _given(
    knob: str, value: object, default: KnobValue, workloads: tuple[str, ...], where: str
) -> Column:
    """Check one knob as the user gave it; return (n,), (n, n_workloads), or n = 1 for a scalar."""
    spec = KNOBS[knob]
    if isinstance(value, Mapping):
        _refuse_scope(knob, where)
        for workload in value:
            if workload not in workloads:
                raise InputError(
                    f"{where}: {knob}: unknown workload {workload!r}"
                    f"{closest(str(workload), workloads)}; allowed: {', '.join(workloads)}"
                )
        checked = [spec.checked(value.get(name, default), where) for name in workloads]
        return as_array(knob, checked)[None, :]
    column = _plain_column(spec, value)
    if column is not None:
        return column
    if isinstance(value, str) or np.ndim(value) == 0:  # type: ignore[arg-type]
        return as_array(knob, [spec.checked(_scalar(value), where)])
    rows = list(value)  # type: ignore[call-overload]
    if not rows:
        raise InputError(f"{where}: {knob} must have at least one value, got {value!r}")
    if all(isinstance(row, str) or np.ndim(row) == 0 for row in rows):
        return as_array(knob, [spec.checked(_scalar(row), where) for row in rows])
    _refuse_scope(knob, where)
    if any(np.ndim(row) != 1 or len(row) != len(workloads) for row in rows):
        raise InputError(
            f"{where}: {knob} must have one value per design, or one per design and workload "
            f"({len(workloads)} workloads), got {value!r}"
        )
    checked = [spec.checked(_scalar(item), where) for row in rows for item in row]
    return as_array(knob, checked).reshape(len(rows), len(workloads))


def _plain_column(spec: KnobSpec, value: object) -> Column | None:
    """Return one value per design if all are plainly allowed: the quick way for most."""
    if isinstance(value, np.ndarray):
        kind = value.dtype.kind if value.ndim == 1 else ""
    elif isinstance(value, (list, tuple)):
        types = set(map(type, value))
        kind = "f" if types <= {int, float} else {bool: "b", str: "U"}.get(types.pop(), "")
    else:
        return None
    if not len(value) or kind not in _ARRAY_KINDS[spec.kind]:
        return None
    if spec.kind == "choice":
        words = np.array(value)
        return words if set(words.tolist()) <= set(spec.words) else None
    numbers = np.array(value, dtype=np.float64)
    if spec.kind == "bool":
        return numbers.astype(np.bool_)
    allowed = (numbers >= spec.low) & (numbers <= spec.high)
    if spec.kind == "float":
        return numbers if allowed.all() else None
    return numbers.astype(np.int64) if (allowed & (numbers == np.rint(numbers))).all() else None


def _scalar(value: object) -> object:
    """Return a numpy scalar, or an array without axes, as a plain value."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def _refuse_scope(knob: str, where: str) -> None:
    """Refuse a value per workload where the knob is silicon."""
    if "workload" not in KNOBS[knob].scopes:
        raise InputError(
            f"{where}: {knob} is one value for the whole chip, got a value per workload"
        )


def _common_length(given: Mapping[str, Column], where: str) -> int:
    """Return the number of designs that the given arrays agree on."""
    lengths = {knob: len(column) for knob, column in given.items() if len(column) != 1}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{knob} {length}" for knob, length in lengths.items())
        raise InputError(
            f"{where}: knobs must have one value or as many values as there are designs, "
            f"got {listed}"
        )
    return next(iter(lengths.values()), 1)
