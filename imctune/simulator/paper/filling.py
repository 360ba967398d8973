"""How the paper's mapper fills a chip with one layer.

The rule is that of weight-stationary architectures in CiMLoop: Timeloop's front end (timeloopfe,
``maximize_dims``) fills every level of the hierarchy on its own, from the inside out, with whatever
keeps most of its places busy on average. Written anew from that description and checked against
the cycles of the designs that the paper stored (tests/validation/reference.py).
"""

from __future__ import annotations

__all__ = ["Filling", "WholeChip", "best_factors"]

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from imctune.errors import InputError
from imctune.knobs import KNOBS
from imctune.simulator.arrays import FloatArray, ceil_div, floor_div
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable

LOOPS = ("slice", "channel", "output", "kernel_h", "kernel_w", "group", "out_h", "out_w")
ROWS = ("channel", "kernel_h", "kernel_w")
COLUMNS = ("slice", "output")
# What is spread over macros, then tiles, then router groups, one after another at each.
CHIP = (("slice",), ("kernel_h", "kernel_w"), ("output", "channel"), ("group",), ("out_h", "out_w"))
ARRAY, TILE, GROUP, WHOLE = range(4)

# Keys of a table are whole numbers in float64.
MOST_KEYS = 2**53
MOST_PLACES = max(
    int(KNOBS[knob].high)
    for knob in ("rows", "cols", "macros_per_tile", "tiles_per_group", "router_groups")
)


@dataclass(frozen=True)
class Filling:
    """Loops of every layer on every design; all arrays broadcast to (n, n_layers).

    Attributes
    ----------
    whole : dict of str to ndarray
        Length of each loop of `LOOPS`.
    within : dict of str to list of ndarray
        How much of a loop one array, tile, router group and the whole chip do at once.
    rounds : dict of str to ndarray
        What is left for time.
    """

    whole: dict[str, FloatArray]
    within: dict[str, list[FloatArray]]
    rounds: dict[str, FloatArray]

    @property
    def cycles(self) -> FloatArray:
        """Cycles of one run of the layer: one for every round of every loop."""
        return reduce(np.multiply, self.rounds.values())

    def parts(self, loop: str, level: int) -> FloatArray:
        """Rounds that a loop takes as seen from one place of a level, if it had the loop alone."""
        return ceil_div(self.whole[loop], self.within[loop][level])

    def padded(self, loop: str) -> FloatArray:
        """Length of a loop when its last round fills the array like the others."""
        return self.within[loop][ARRAY] * self.parts(loop, ARRAY)


class WholeChip:
    """The mapper ``replication: paper``: each layer takes the whole chip, copies cost nothing.

    Parameters
    ----------
    table : LayerTable
        Layers with stored weights.
    spreads_columns : bool
        Whether columns of the output image are spread too (RRAM), or kept in time (SRAM).
    """

    def __init__(self, table: LayerTable, *, spreads_columns: bool) -> None:
        self.spreads_columns = spreads_columns
        self.n_layers = table.n_layers
        self.shapes = {
            "channel": table.k / (table.kernel_h * table.kernel_w),
            "output": table.m,
            "kernel_h": table.kernel_h,
            "kernel_w": table.kernel_w,
            "group": table.groups,
            "out_h": table.out_h,
            "out_w": table.out_w,
        }
        most = {loop: int(values.max(initial=1.0)) for loop, values in self.shapes.items()}
        most["slice"] = int(KNOBS["weight_bits"].high)
        self.tables: dict[tuple[str, ...], FactorTable] = {
            loops: FactorTable([most[loop] for loop in loops]) for loops in (ROWS, COLUMNS, *CHIP)
        }

    def fill(self, knobs: KnobColumns) -> Filling:
        """Spread every layer over every chip."""
        slices = ceil_div(knobs.weight_bits, knobs.bits_per_cell)
        whole = {loop: self.shapes.get(loop, slices) for loop in LOOPS}
        left = dict(whole)
        if not self.spreads_columns:
            left["out_w"] = np.ones(self.n_layers)
        within = {loop: [np.ones(self.n_layers)] for loop in LOOPS}
        self._spread(ROWS, knobs.rows, left, within)
        self._spread(COLUMNS, knobs.cols, left, within)
        for places in (knobs.macros_per_tile, knobs.tiles_per_group, knobs.router_groups):
            for levels in within.values():
                levels.append(levels[-1])
            room = places
            for loops in CHIP:
                room = self._spread(loops, room, left, within)
        if not self.spreads_columns:
            left["out_w"] = whole["out_w"]
        return Filling(whole, within, left)

    def _spread(
        self,
        loops: tuple[str, ...],
        room: FloatArray,
        left: dict[str, FloatArray],
        within: dict[str, list[FloatArray]],
    ) -> FloatArray:
        """Put as much of some loops as is best into the innermost open level; return its room."""
        factors = self.tables[loops].factors([left[loop] for loop in loops], room)
        for loop, factor in zip(loops, factors, strict=True):
            left[loop] = ceil_div(left[loop], factor)
            within[loop][-1] = within[loop][-1] * factor
            room = floor_div(room, factor)
        return room


class FactorTable:
    """`best_factors` for arrays: every distinct case is worked out once and kept.

    Parameters
    ----------
    most : sequence of int
        Greatest length of each loop.
    """

    def __init__(self, most: Sequence[int]) -> None:
        radices = [*(length + 1 for length in most), MOST_PLACES + 1]
        if math.prod(radices) > MOST_KEYS:
            raise InputError(
                f"assumptions paper: a layer is too large: its loops have up to {list(most)} steps"
            )
        self.radices = radices
        self.keys = np.full(1, np.inf)
        self.choices = np.ones((len(most), 1))

    def factors(self, lengths: Sequence[FloatArray], room: FloatArray) -> list[FloatArray]:
        """Return the factor of each loop, of the shape that lengths and room broadcast to."""
        *lengths, room = np.broadcast_arrays(*lengths, room)
        results = [np.ones(room.shape) for _ in lengths]
        open_ = np.flatnonzero((room > 1.0) & (reduce(np.maximum, lengths) > 1.0))
        if not len(open_):
            return results
        keys = np.zeros(len(open_))
        for values, radix in zip((*lengths, room), self.radices, strict=True):
            keys = keys * radix + values.ravel()[open_]
        at = np.searchsorted(self.keys, keys)
        unknown = self.keys[at] != keys
        if unknown.any():
            self._add(np.unique(keys[unknown]))
            at = np.searchsorted(self.keys, keys)
        for result, choices in zip(results, self.choices, strict=True):
            result.ravel()[open_] = choices[at]
        return results

    def _add(self, keys: FloatArray) -> None:
        """Work out new cases."""
        rest = keys.astype(np.int64)
        columns = []
        for radix in reversed(self.radices):
            rest, column = np.divmod(rest, radix)
            columns.append(column.tolist())
        cases = zip(*reversed(columns), strict=True)
        new = np.array([best_factors(case[:-1], case[-1])[1] for case in cases], dtype=np.float64)
        at = np.searchsorted(self.keys, keys)
        self.choices = np.insert(self.choices, at, new.T, axis=1)
        self.keys = np.insert(self.keys, at, keys)


@lru_cache(maxsize=2**20)
def best_factors(lengths: tuple[int, ...], room: int) -> tuple[float, tuple[int, ...]]:
    """Split loops over `room` places so that most places are busy on average.

    A loop may be split by its prime factors, any number of them; and last of all, one loop that
    is longer than the room that is left may be cut into equal shares with a shorter last one.

    Parameters
    ----------
    lengths : tuple of int
        Steps of each loop.
    room : int
        Places.

    Returns
    -------
    float
        Places that are busy on average.
    tuple of int
        How many steps of each loop run at once. Of several best choices the first is taken: cuts
        before primes, earlier loops before later ones, small primes before large ones.

    Examples
    --------
    >>> best_factors((3, 64), 32)[1], best_factors((7,), 4)[1]
    ((1, 32), (4,))
    """
    best = (1.0, (1,) * len(lengths))
    if room <= 1:
        return best
    for index, length in enumerate(lengths):
        if length > room:
            n_shares = -(-length // room)
            share = -(-length // n_shares)
            # The tool takes the last share for empty when all are equal; so must this.
            busy = (share * (n_shares - 1) + length % share) / n_shares
            if busy > best[0]:
                best = (busy, _replaced((1,) * len(lengths), index, share))
        for prime in _primes(length):
            if prime <= room:
                rest = _replaced(lengths, index, length // prime)
                busy, factors = best_factors(rest, room // prime)
                if busy * prime > best[0]:
                    best = (busy * prime, _replaced(factors, index, factors[index] * prime))
    return best


def _replaced(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    return (*values[:index], value, *values[index + 1 :])


@lru_cache(maxsize=2**16)
def _primes(number: int) -> tuple[int, ...]:
    """Distinct prime factors, ascending."""
    found, divisor = [], 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            found.append(divisor)
            while number % divisor == 0:
                number //= divisor
        divisor += 1
    return (*found, number) if number > 1 else tuple(found)
