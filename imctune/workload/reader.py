"""A network file's plain values to layers, section by section."""

from __future__ import annotations

__all__ = ["Network", "read_network"]

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from imctune.errors import InputError
from imctune.workload.fields import (
    Fields,
    InputStatistics,
    items,
    read_inputs,
    read_parameters,
    read_weights,
)
from imctune.workload.kinds import KINDS, Volume
from imctune.workload.layer import Layer

MOST_LAYERS = 10_000
MOST_MACS = 2**50  # the simulator counts in floats, which are exact up to 2**53
SECTIONS = ("source", "parameters", "input", "inputs", "weights", "embeddings", "layers")
BLOCK = ("repeat", "name", "concat", "layers")


@dataclass(frozen=True)
class Network:
    """What a file says of a network; attributes as in `Workload`."""

    layers: tuple[Layer, ...]
    source: str
    embedding_elements: int
    weight_bit_density: float
    weight_magnitude_density: float


def read_network(mapping: Mapping[str, object], where: str) -> Network:
    """Read and check the sections of a network file."""
    sections = Fields(mapping, where, {})
    sections.only(SECTIONS)
    for name in ("source", "layers"):
        sections.need(name)
    parameters = read_parameters(sections)
    sections = Fields(mapping, where, parameters)
    embeddings = sections.inner("embeddings")
    tables = [embeddings.sizes(name, 2) for name in embeddings.values]
    layers = _Layers(read_inputs(sections), parameters, where)
    given = sections.sizes("input", 3) if "input" in sections.values else None
    layers.read(sections.values["layers"], Volume(*given) if given else None, "", "layers")
    first = replace(layers.done[0], from_offchip=True)
    offset_density, magnitude_density = read_weights(sections)
    return Network(
        layers=(first, *layers.done[1:]),
        source=sections.text("source"),
        embedding_elements=sum(rows * columns for rows, columns in tables),
        weight_bit_density=offset_density,
        weight_magnitude_density=magnitude_density,
    )


class _Layers:
    """The layers read so far."""

    def __init__(
        self, inputs: Mapping[str, InputStatistics], parameters: Mapping[str, int], where: str
    ) -> None:
        self.inputs = inputs
        self.parameters = parameters
        self.where = where
        self.done: list[Layer] = []

    def read(self, entries: object, volume: Volume | None, prefix: str, section: str) -> Volume:
        """Read a list of layers and blocks that starts from `volume`; return what comes out."""
        for number, entry in enumerate(items(entries, f"{self.where}: {section}"), start=1):
            place = f"{section}[{number}]"
            if isinstance(entry, Mapping) and ("repeat" in entry or "layers" in entry):
                volume = self._block(entry, volume, prefix, number, place)
            else:
                volume = self._layer(entry, volume, prefix, number, place)
        return cast(Volume, volume)  # `items` is never empty, so something came out

    def _block(
        self,
        entry: Mapping[str, object],
        volume: Volume | None,
        prefix: str,
        number: int,
        place: str,
    ) -> Volume | None:
        block = Fields(entry, f"{self.where}: {place}", self.parameters)
        block.only(BLOCK)
        block.need("layers")
        name = block.text("name", f"block{number}")
        concat = block.flag("concat", default=False)
        repeat = block.size("repeat", 1)
        for run in range(1, repeat + 1):
            inside = f"{prefix}{name}.{run}." if repeat > 1 else f"{prefix}{name}."
            after = self.read(block.values["layers"], volume, inside, f"{place}.layers")
            volume = _beside(volume, after, block.where) if concat else after
        return volume

    def _layer(
        self, entry: object, volume: Volume | None, prefix: str, number: int, place: str
    ) -> Volume:
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise InputError(
                f"{self.where}: {place} must be one of {', '.join(KINDS)} with its fields, "
                f"or a block with repeat and layers, got {entry!r}"
            )
        ((kind, fields),) = entry.items()
        if kind not in KINDS:
            Fields(entry, f"{self.where}: {place}", {}).only(tuple(KINDS), "kind of layer")
        if len(self.done) >= MOST_LAYERS:
            raise InputError(f"{self.where}: there must be at most {MOST_LAYERS} layers, got more")
        given = Fields(fields, f"{self.where}: {place} {kind}", self.parameters)
        name = prefix + given.text("name", f"{kind}{number}")
        given.where = f"{self.where}: layer {name}"
        build = KINDS[kind]
        given.only(("name", "data", "activation", *build.fields))
        layer = build.read(given, name, volume)
        statistics = self.inputs[given.word("data", tuple(self.inputs), "usual")]
        try:
            layer = replace(
                layer,
                activation=given.text("activation", "none"),
                input_zero_share=statistics.zero_share,
                input_bit_density=statistics.bit_density,
                input_twos_complement_density=statistics.twos_complement_density,
                signed=statistics.signed,
            )
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from None
        if layer.macs > MOST_MACS:
            raise InputError(
                f"{given.where}: must be of at most {MOST_MACS:.1e} multiply-accumulates, "
                f"got {layer.macs:.1e}"
            )
        self.done.append(layer)
        return Volume(layer.out_h, layer.out_w, layer.groups * layer.m)


def _beside(before: Volume | None, after: Volume, where: str) -> Volume:
    """Put the channels of two images side by side."""
    if before is None:
        raise InputError(f"{where}: concat needs an input or a layer before the block, got none")
    if before[:2] != after[:2]:
        raise InputError(
            f"{where}: concat needs the block to keep height and width, "
            f"{before.height} x {before.width}, got {after.height} x {after.width}"
        )
    return after._replace(channels=before.channels + after.channels)
