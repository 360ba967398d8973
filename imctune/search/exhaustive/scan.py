"""One block of a space evaluated: what a worker does."""

from __future__ import annotations

__all__ = ["Pass", "Scan"]

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from imctune.knobs import KnobSpace
from imctune.objectives import Metrics, ObjectiveSettings
from imctune.search.exhaustive.blocks import Blocks, Places
from imctune.search.exhaustive.standing import Standing, judged, merged
from imctune.simulator.simulate import Simulator
from imctune.units import MM2_PER_UM2

MOST_NUMBERS = 2**24
"""Of the largest array that evaluating a block as a grid needs: 128 MiB."""

BLOCK, POPULATION = 2048, 256
"""Designs screened at once and evaluated at once where the model takes no grids."""

NEAR = 1.0 + 1e-9
"""Room for rounding, so that the screen by area leaves every feasible design in."""


@dataclass(frozen=True)
class Pass:
    """What one pass through a space looks for.

    Attributes
    ----------
    objectives : ObjectiveSettings
    is_joint : bool
        Whether to look for more than each network's own best design.
    """

    objectives: ObjectiveSettings
    is_joint: bool


class Scan:
    """Evaluates blocks of a space.

    Parameters
    ----------
    space : KnobSpace
    simulator : Simulator
    """

    def __init__(self, space: KnobSpace, simulator: Simulator) -> None:
        self.is_grid = simulator.takes_grids and all(knob.has_one_value for knob in space.knobs)
        n_layers = simulator.products.n_layers + simulator.sweeps.n_layers
        n_most = max(MOST_NUMBERS // n_layers, 1) if self.is_grid else BLOCK
        self.blocks = Blocks(space, n_most)
        self._simulator = simulator

    def standing(self, block: int, pass_: Pass) -> Standing:
        """Return the standing of one block's designs."""
        objectives, is_joint = pass_.objectives, pass_.is_joint
        first, last = self.blocks.places(block)
        places = np.arange(first, last, dtype=np.int64)
        if self.is_grid:
            grid = self.blocks.space.grid(self.blocks.ranges(block))
            # Nothing here asks for components, which take most of the memory.
            simulation = replace(
                self._simulator.simulate_grid(grid),
                energy_by_component_fj={},
                area_by_component_um2={},
            )
            metrics = Metrics.from_simulation(simulation, objectives, self.blocks.space.workloads)
            return judged(places, metrics, objectives, is_joint=is_joint)
        parts = [
            judged(part, self.metrics(part, objectives), objectives, is_joint=is_joint)
            for part in populations(self._small_enough(places, objectives))
        ]
        return replace(merged([*parts, Standing.empty()]), n_designs=len(places))

    def metrics(self, places: Places, objectives: ObjectiveSettings) -> Metrics:
        """Evaluate designs one after the other, as all other tasks do."""
        simulate, names = self._simulator.simulate, self.blocks.space.workloads
        return Metrics.concatenate(
            [
                Metrics.from_simulation(simulate(self.blocks.designs(part)), objectives, names)
                for part in populations(places)
            ]
        )

    def _small_enough(self, places: Places, objectives: ObjectiveSettings) -> Places:
        """Return the designs that do not break the limit on area, which is quick to tell."""
        area_um2, _ = self._simulator.screen(self.blocks.designs(places))
        return places[area_um2 * MM2_PER_UM2 <= NEAR * objectives.area_max_mm2]


def populations(places: Places) -> Iterator[Places]:
    """Split designs into populations that one call evaluates."""
    for start in range(0, len(places), POPULATION):
        yield places[start : start + POPULATION]
