"""Workload: a network as the list of its layers, and the totals of it."""

from __future__ import annotations

__all__ = ["Workload"]

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from imctune.errors import InputError
from imctune.workload.layer import Layer
from imctune.workload.reader import read_network


@dataclass(frozen=True)
class Workload:
    """A network to run: batch 1, one inference.

    Attributes
    ----------
    name : str
        Name in results.
    layers : tuple of Layer
        In order of execution.
    source : str
        Where shapes and statistics are from.
    embedding_elements : int
        Parameters that are looked up, not multiplied: they stay in off-chip memory.
    weight_bit_density : float
        Share of ones among the bits of the weights in offset code. [1]
    weight_magnitude_density : float
        Share of ones among the magnitude bits of the weights. [1]
    """

    name: str
    layers: tuple[Layer, ...]
    source: str = ""
    embedding_elements: int = 0
    weight_bit_density: float = 0.5
    weight_magnitude_density: float = 0.5

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(f"workload {self.name}: layers must name at least one layer, got none")

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], name: str, where: str | None = None
    ) -> Workload:
        """Build from the plain values of a file in conf/workload (format: `imctune.workload`).

        Parameters
        ----------
        mapping : mapping
            ``source``, ``layers`` and the optional sections.
        name : str
            Name in results.
        where : str, optional
            What a refusal says the values came from; ``workload <name>`` if not given.

        Raises
        ------
        InputError
            If a key is unknown or missing, or a value is of the wrong type or impossible.
        """
        network = read_network(mapping, where or f"workload {name}")
        return cls(
            name=name,
            layers=network.layers,
            source=network.source,
            embedding_elements=network.embedding_elements,
            weight_bit_density=network.weight_bit_density,
            weight_magnitude_density=network.weight_magnitude_density,
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, dynamic products included."""
        return sum(layer.macs * layer.count for layer in self.layers)

    @property
    def weights(self) -> int:
        """Weights that arrays store."""
        return sum(layer.weight_elements * layer.count for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Trained parameters as publications count them.

        Weights, biases, scales and shifts of normalisations (also where these are folded), and
        embeddings; a matrix that is both embedding and output layer counts once, as weights.
        """
        constants = sum(layer.constant_elements * layer.count for layer in self.layers)
        return self.weights + constants + self.embedding_elements

    def unique_layers(self) -> tuple[tuple[Layer, ...], tuple[int, ...]]:
        """Merge layers that are equal but for their names.

        Returns
        -------
        tuple of Layer
            Every distinct layer once, named after its first occurrence, with the sum of counts.
        tuple of int
            For every run of a layer, in order of execution, its place in the former.
        """
        return self._merged

    @cached_property
    def _merged(self) -> tuple[tuple[Layer, ...], tuple[int, ...]]:
        places: dict[Layer, int] = {}
        unique: list[Layer] = []
        sequence: list[int] = []
        for layer in self.layers:
            place = places.setdefault(replace(layer, name="", count=1), len(unique))
            if place == len(unique):
                unique.append(layer)
            else:
                unique[place] = replace(unique[place], count=unique[place].count + layer.count)
            sequence.extend([place] * layer.count)
        return tuple(unique), tuple(sequence)
