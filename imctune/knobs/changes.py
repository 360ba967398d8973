"""Changes of one knob of one design: what lies next to it in the space."""

from __future__ import annotations

__all__ = ["Change", "changed", "single_changes"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imctune.knobs.designs import DesignBatch
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
    columns = design.columns()
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

    Converter bits that the space leaves lossless are worked out anew.
    """
    base = design.knobs_of(0)
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


def _gap(value: KnobValue, before: KnobValue) -> float:
    """Distance of two numbers; words are all equally far apart."""
    if isinstance(value, str) or isinstance(before, str):
        return 1.0
    return abs(value - before)
