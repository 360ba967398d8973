"""Changes of one knob of one design: what lies next to it in the space."""

from __future__ import annotations

__all__ = ["Change", "changed", "single_changes"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imctune.knobs.designs import CUT_OFF_BY, DesignBatch
from imctune.knobs.space import KnobSpace
from imctune.knobs.table import LOSSLESS, KnobValue


@dataclass(frozen=True)
class Change:
    """Another value for one knob.

    Attributes
    ----------
    column : str
        ``rows``, or ``weight_bits@resnet18``.
    before, after : int or float or bool or str
    distance : int
        Places between the two in the knob's list of values.
    """

    column: str
    before: KnobValue
    after: KnobValue
    distance: int


def single_changes(space: KnobSpace, design: DesignBatch) -> list[Change]:
    """List every change of one gene of a single design."""
    columns = _spread(space, design).columns()
    changes: list[Change] = []
    for gene in space.genes:
        before = columns[gene.column][0].item()
        if before in gene.values:
            place = gene.values.index(before)
        else:
            place = int(np.argmin([_gap(value, before) for value in gene.values]))
        changes.extend(
            Change(gene.column, before, value, abs(index - place))
            for index, value in enumerate(gene.values)
            if value != before
        )
    return changes


def changed(space: KnobSpace, design: DesignBatch, changes: Sequence[Change]) -> DesignBatch:
    """Return a single design with each of the changes, at least one.

    Converter bits that the space leaves lossless, and limits of the space that a smaller array cut
    off, are worked out anew.
    """
    base = _spread(space, design).knobs_of(0)
    for limit in space.knobs:
        if limit.is_fixed and base[limit.name] == base.get(CUT_OFF_BY.get(limit.name, "")):
            base[limit.name] = limit.default
    if any(knob.name == "adc_bits" and LOSSLESS in knob.values for knob in space.knobs):
        base["adc_bits"] = LOSSLESS
    batches = []
    for change in changes:
        knob, _, workload = change.column.partition("@")
        value = base[knob]
        after = {**value, workload: change.after} if isinstance(value, dict) else change.after
        knobs = {**base, knob: after}
        batches.append(DesignBatch.from_knobs(knobs, space.defaults(), design.workloads))
    return DesignBatch.concatenate(batches)


def _spread(space: KnobSpace, design: DesignBatch) -> DesignBatch:
    """Return the design with a value for each workload of the knobs that these choose.

    A design file says one value where all have the same.
    """
    values = dict(design.values)
    for knob in space.knobs:
        own = values[knob.name]
        if knob.scope == "workload" and not knob.is_fixed and own.ndim == 1:
            values[knob.name] = np.repeat(own[:, None], len(design.workloads), axis=1)
    return DesignBatch(values, design.workloads)


def _gap(value: KnobValue, before: KnobValue) -> float:
    """Distance of two numbers; words are all equally far apart."""
    if isinstance(value, str) or isinstance(before, str):
        return 1.0
    return abs(value - before)
