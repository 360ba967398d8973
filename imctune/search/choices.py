"""What every workload sets for itself on a chip, chosen as the best for it.

Where the score grows with every workload's energy x latency, and workloads share nothing but the
chip, the choices of one do not change what is best for another: each is found on its own, by
trying its combinations. So the search proposes chips alone, and its genes are those of silicon:
the largest value that any workload may take of the knobs that silicon is built for.
"""

from __future__ import annotations

__all__ = ["Choices", "Simulate", "can_choose", "chip_space"]

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imctune.knobs import KNOBS, DesignBatch, Knob, KnobSpace
from imctune.knobs.designs import DIGITAL_LACKS, Column, as_array, settled
from imctune.knobs.table import LOSSLESS
from imctune.objectives import Metrics, ObjectiveSettings, inaccuracies
from imctune.search.first import Needs, Screen
from imctune.simulator.arrays import sum_arrays
from imctune.simulator.simulate import Simulator

FloatArray = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

Simulate = Callable[[DesignBatch, DesignBatch], Metrics]
"""Designs, and what their silicon is built for, to their results."""


class Quick(NamedTuple):
    """A constraint that is known without a simulation.

    Attributes
    ----------
    knobs : tuple of str
        What it depends on.
    amounts : callable
        Designs to what they exceed it by, (n, n_workloads), above 0 where violated.
    """

    knobs: tuple[str, ...]
    amounts: Callable[[DesignBatch], FloatArray]


CLOCKED = ("node_nm", "supply_v", "cycle_time_ns")
ROUNDED = ("weight_bits", "input_bits")
ARRAY = ("rows", "cols", "rows_active", "bits_per_cell", "dac_bits", "compute", "node_nm")
ACCURATE = (*ARRAY, "adc_bits", "adc_range", "encoding", "weight_bits", "input_bits")

SEPARABLE = ("geomean", "product", "regret")

CHUNK = 256
WORST_AMOUNT = 1e6
"""Stands for an infinite violation, so that amounts can be added and compared."""


def can_choose(space: KnobSpace, objectives: ObjectiveSettings) -> bool:
    """Whether workloads have choices, and each workload's can be made on their own.

    Geometric means, products and regret fall with every workload's energy x latency; plain means
    and the maximum do not. Workloads whose weights are held at once share the room for them.
    """
    apart = all(knob.values == ("one",) for knob in space.knobs if knob.name == "residency")
    return bool(scoped(space)) and apart and objectives.aggregation in SEPARABLE


def scoped(space: KnobSpace) -> tuple[Knob, ...]:
    """Return the knobs that each workload chooses for itself."""
    return tuple(knob for knob in space.knobs if knob.scope == "workload" and not knob.is_fixed)


def chip_space(space: KnobSpace) -> KnobSpace:
    """Return the space of the chips alone.

    A knob that workloads set is a gene of the chip where silicon is built for its largest value;
    else it is none. A chip that may subtract columns is built for that.
    """

    def of_chip(knob: Knob) -> Knob:
        if knob.scope != "workload" or knob.is_fixed or KNOBS[knob.name].is_built:
            return replace(knob, scope="chip")
        widest = "differential" if "differential" in knob.values else knob.default
        return replace(knob, scope="chip", values=(widest,), default=widest)

    return replace(space, knobs=tuple(of_chip(knob) for knob in space.knobs))


class Choices:
    """Finds the best combination of scoped knobs for every workload of every chip.

    Parameters
    ----------
    space : KnobSpace
        With knobs that workloads set.
    simulate : callable
    quick : sequence of Quick
        Constraints that are known without a simulation, the quickest first.
    """

    def __init__(
        self,
        space: KnobSpace,
        simulate: Simulate,
        quick: Sequence[Quick] = (),
    ) -> None:
        self._space = space
        self._simulate = simulate
        self._knobs = scoped(space)
        self._names = [knob.name for knob in self._knobs]
        every = list(product(*(range(len(knob.values)) for knob in self._knobs)))
        self._places = np.array(every, dtype=np.int64).reshape(len(every), len(self._knobs))
        self._values = {
            knob.name: as_array(knob.name, knob.values)[column]
            for knob, column in zip(self._knobs, self._places.T, strict=True)
        }
        self._quick = [_Remembered(self, self._names, self._places, each) for each in quick]

    @classmethod
    def of(cls, space: KnobSpace, simulator: Simulator, objectives: ObjectiveSettings) -> Choices:
        """Choose by a simulator and the limits of `objectives`."""

        def simulate(designs: DesignBatch, silicon: DesignBatch) -> Metrics:
            simulation = simulator.simulate(designs, silicon)
            return Metrics.from_simulation(simulation, objectives, space.workloads)

        def clock(designs: DesignBatch) -> FloatArray:
            excess = simulator.chip(designs).clock_excess
            return np.broadcast_to(excess, (len(designs), len(space.workloads)))

        def accuracy(designs: DesignBatch) -> FloatArray:
            found = inaccuracies(simulator.accuracy(designs), objectives, space.workloads)
            return sum_arrays([_excess(amounts) for amounts in found.values()])

        def rounding(designs: DesignBatch) -> FloatArray:
            exact = {**designs.values, "compute": np.full(len(designs), "digital")}
            return accuracy(DesignBatch(exact, designs.workloads))

        quick: list[Quick] = []
        if simulator.paper is None:
            quick = [Quick(CLOCKED, clock)]
        if objectives.min_snr_db is not None and simulator.products.n_layers:
            quick += [Quick(ROUNDED, rounding), Quick(ACCURATE, accuracy)]
        return cls(space, simulate, quick)

    def screen(self, fits: Screen) -> Screen:
        """Return the screen of chips: whether each fits with the choices that take least room."""
        return lambda chips: np.any([fits(roomy) for roomy in self._roomy(chips)], axis=0)

    def need(self, need: Needs) -> Needs:
        """Return what holding all weights takes with the choices that take least room."""
        return lambda chips: np.stack([need(roomy) for roomy in self._roomy(chips)]).min(axis=0)

    def _roomy(self, chips: DesignBatch) -> Iterator[DesignBatch]:
        """Yield the chips with each of the choices that may take least room."""
        first = {"weight_bits": slice(1), "encoding": slice(None)}
        own = {
            knob.name: knob.values[first[knob.name]] for knob in self._knobs if knob.name in first
        }
        for values in product(*own.values()):
            least = {
                name: np.repeat(as_array(name, [value]), len(chips))
                for name, value in zip(own, values, strict=True)
            }
            yield DesignBatch({**chips.values, **least}, chips.workloads)

    def __call__(self, chips: DesignBatch) -> DesignBatch:
        """Return the chips with the best choice of every workload.

        The lowest energy x latency of those that violate nothing; else the least violation; of
        equals the first, with values in the order of the space. The chip then is built for what
        is used of it.
        """
        candidates = self._candidates(chips)
        chosen = np.empty((len(chips), len(chips.workloads)), dtype=np.int64)
        for start in range(0, len(chips), CHUNK):
            rows = slice(start, start + CHUNK)
            chosen[rows] = self._best(chips.take(np.arange(len(chips))[rows]), candidates[rows])
        return self.combined(chips, chosen)

    def combined(self, chips: DesignBatch, chosen: Indices) -> DesignBatch:
        """Return the chips with the given combinations, (n, n_workloads) or (n,)."""
        own = {name: values[chosen] for name, values in self._values.items()}
        unsettled = {**chips.values, **own, **self._lossless(chips)}
        return DesignBatch(settled(unsettled), chips.workloads)

    def _candidates(self, chips: DesignBatch) -> Flags:
        """Combinations worth a simulation, (n, n_workloads, n_combinations), at least one each."""
        within = self._within(chips)[:, None, :]
        amounts = np.zeros((len(chips), len(chips.workloads), len(self._places)))
        lost = np.zeros(len(self._places), dtype=np.bool_)
        for remembered in self._quick:
            own = remembered(chips, ~lost)
            amounts += own
            if not remembered.of_chip:  # it says the same of every chip
                lost |= (own > 0.0).all(axis=(0, 1))
        amounts = np.where(within, amounts, np.inf)
        meets = amounts <= 0.0
        # Where nothing meets the constraints, only the least violation is of interest.
        least = np.zeros_like(meets)
        np.put_along_axis(least, amounts.argmin(axis=2)[..., None], values=True, axis=2)
        return np.where(meets.any(axis=2, keepdims=True), meets, least)

    def _within(self, chips: DesignBatch) -> Flags:
        """Combinations that a chip is built for, each once, (n, n_combinations)."""
        every = np.broadcast_to(np.arange(len(self._places)), (len(chips), len(self._places)))
        settled_values = self.combined(chips, every).values
        within = np.ones(every.shape, dtype=np.bool_)
        is_digital = chips["compute"] == "digital"
        for index, name in enumerate(self._names):
            place = self._places[:, index]
            if name in DIGITAL_LACKS:
                within &= ~is_digital[:, None] | (place == 0)
            if not KNOBS[name].is_built:
                continue
            values = settled_values[name]
            ignored = is_digital[:, None] & (name in DIGITAL_LACKS)
            within &= ignored | (values <= chips[name][:, None])
            # A value that comes out as the one before it is the same choice again.
            before = np.where(place > 0, np.arange(len(place)) - self._strides[index], 0)
            within &= (place == 0) | (values != values[:, before])
        return within

    @cached_property
    def _strides(self) -> list[int]:
        """Combinations between one value of a knob and the next."""
        counts = [len(knob.values) for knob in self._knobs]
        return [int(np.prod(counts[index + 1 :])) for index in range(len(counts))]

    def _lossless(self, chips: DesignBatch) -> dict[str, Column]:
        """Converter bits to be worked out anew, where the space leaves nothing else."""
        asked = next(knob for knob in self._space.knobs if knob.name == "adc_bits")
        if asked.values != (LOSSLESS,):
            return {}
        return {"adc_bits": np.repeat(as_array("adc_bits", asked.values), len(chips))}

    def _best(self, chips: DesignBatch, candidates: Flags) -> Indices:
        """Simulate the candidates; return the best of each workload, (n, n_workloads)."""
        counts = candidates.sum(axis=2)
        ordered = np.argsort(~candidates, axis=2, kind="stable")
        n_rows = counts.max(axis=1)
        chip = np.repeat(np.arange(len(chips)), n_rows)
        first = np.cumsum(n_rows) - n_rows
        turn = np.arange(len(chip)) - first[chip]
        # Every workload tries its own next combination; one that has no more tries its last again.
        place = np.minimum(turn[:, None], counts[chip] - 1)
        tried = ordered[chip[:, None], np.arange(counts.shape[1]), place]
        cost, penalty = np.empty(tried.shape), np.empty(tried.shape)
        for start in range(0, len(chip), CHUNK):
            rows = slice(start, start + CHUNK)
            built = chips.take(chip[rows])
            metrics = self._simulate(self.combined(built, tried[rows]), built)
            cost[rows], penalty[rows] = _cost(metrics), _penalty(metrics)
        best = np.empty((len(chips), tried.shape[1]), dtype=np.int64)
        for index in range(tried.shape[1]):
            order = np.lexsort((turn, cost[:, index], penalty[:, index], chip))
            best[:, index] = tried[order[first], index]
        return best


class _Remembered:
    """Amounts of a constraint for every combination, worked out once for chips that are alike.

    Parameters
    ----------
    choices : Choices
    names, places : list of str, ndarray
        Scoped knobs, and the place of each value of every combination.
    quick : Quick
    """

    def __init__(
        self,
        choices: Choices,
        names: Sequence[str],
        places: Indices,
        quick: Quick,
    ) -> None:
        self._choices = choices
        self._amounts = quick.amounts
        own = [index for index, name in enumerate(names) if name in quick.knobs]
        _, first, inverse = np.unique(
            places[:, own], axis=0, return_index=True, return_inverse=True
        )
        self._first, self._inverse = first.astype(np.int64), inverse.ravel()
        self.of_chip = [name for name in quick.knobs if name not in names]
        self._known: dict[bytes, FloatArray] = {}

    def __call__(self, chips: DesignBatch, wanted: Flags) -> FloatArray:
        """Return what exceeds the limit, 0 where nothing does: (n, n_workloads, n_combinations).

        Only of the combinations that are wanted, always the same ones.
        """
        alike = [b""] * len(chips)
        if self.of_chip:
            own = {name: chips[name] for name in self.of_chip}
            alike = DesignBatch(own, chips.workloads).keys()
        new = {key: row for row, key in reversed(list(enumerate(alike))) if key not in self._known}
        asked = np.unique(self._inverse[wanted])
        for key, row in new.items():
            one = chips.take(np.full(len(asked), row))
            found = np.zeros((len(self._first), len(chips.workloads)))
            if len(asked):
                found[asked] = _excess(
                    self._amounts(self._choices.combined(one, self._first[asked]))
                )
            self._known[key] = found.T
        return np.stack([self._known[key] for key in alike])[:, :, self._inverse]


def _excess(amounts: FloatArray) -> FloatArray:
    """Return what is above a limit, with an end."""
    return np.clip(np.nan_to_num(amounts, nan=np.inf, posinf=np.inf), 0.0, WORST_AMOUNT)


def _cost(metrics: Metrics) -> FloatArray:
    """Return energy x latency of every workload, infinite where it is no number."""
    with np.errstate(invalid="ignore", over="ignore"):
        cost = metrics.energy_mj * metrics.latency_ms
    return np.where(np.isfinite(cost), cost, np.inf)


def _penalty(metrics: Metrics) -> FloatArray:
    """Return what every workload exceeds its own limits by, (n, n_workloads)."""
    own = [_excess(amounts) for amounts in metrics.violations.values() if amounts.ndim > 1]
    return np.sum(own, axis=0) if own else np.zeros_like(metrics.energy_mj)
