"""How each kind of layer in a network file becomes a `Layer`."""

from __future__ import annotations

__all__ = ["KINDS", "KindOfLayer", "Volume"]

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from imctune.errors import InputError
from imctune.workload.fields import Fields
from imctune.workload.layer import Kind, Layer


class Volume(NamedTuple):
    """What flows from layer to layer: an image, or a sequence of height `tokens` and width 1."""

    height: int
    width: int
    channels: int


@dataclass(frozen=True)
class KindOfLayer:
    """Fields of a kind of layer, and its builder."""

    fields: tuple[str, ...]
    read: Callable[[Fields, str, Volume | None], Layer]


def _input(given: Fields, before: Volume | None) -> Volume:
    if "in" in given.values:
        return Volume(*given.sizes("in", 3))
    if before is None:
        raise InputError(f"{given.where}: in is missing: no layer and no input comes before it")
    return before


def _window(given: Fields, volume: Volume, kernel: tuple[int, int], stride: int) -> tuple[int, int]:
    """Output height and width of a window that slides over the padded input."""
    padding = given.pair("padding", 0, least=0)
    padded = (volume.height + 2 * padding[0], volume.width + 2 * padding[1])
    if kernel[0] > padded[0] or kernel[1] > padded[1]:
        raise InputError(
            f"{given.where}: kernel must be at most the padded input, {padded[0]} x {padded[1]}, "
            f"got {kernel[0]} x {kernel[1]}"
        )
    return (padded[0] - kernel[0]) // stride + 1, (padded[1] - kernel[1]) // stride + 1


def _conv(given: Fields, name: str, before: Volume | None) -> Layer:
    volume = _input(given, before)
    out, groups, stride = given.size("out"), given.size("groups", 1), given.size("stride", 1)
    for what, channels in (("input channels", volume.channels), ("out", out)):
        if channels % groups:
            raise InputError(f"{given.where}: groups must divide {what}, {channels}, got {groups}")
    kernel = given.pair("kernel")
    out_h, out_w = _window(given, volume, kernel, stride)
    batch_norm = given.flag("batch_norm", default=False)
    bias = given.flag("bias", default=not batch_norm)
    return Layer(
        name=name,
        kind="conv",
        operand="weights",
        k=kernel[0] * kernel[1] * (volume.channels // groups),
        m=out // groups,
        groups=groups,
        out_h=out_h,
        out_w=out_w,
        in_h=volume.height,
        in_w=volume.width,
        in_channels=volume.channels,
        kernel_h=kernel[0],
        kernel_w=kernel[1],
        stride=stride,
        constants=2 * batch_norm + bias,
    )


def _linear(given: Fields, name: str, before: Volume | None) -> Layer:
    tokens = _tokens(given, before)
    features = given.size("in", before.channels if before else None)
    return Layer(
        name=name,
        kind="linear",
        operand="weights",
        k=features,
        m=given.size("out"),
        out_h=tokens,
        in_h=tokens,
        in_channels=features,
        constants=given.flag("bias", default=True) + 2 * given.flag("affine", default=False),
    )


def _matmul(given: Fields, name: str, before: Volume | None) -> Layer:
    tokens = _tokens(given, before)
    groups, inner = given.size("groups", 1), given.size("inner")
    return Layer(
        name=name,
        kind="matmul",
        operand="dynamic",
        k=inner,
        m=given.size("out"),
        groups=groups,
        out_h=tokens,
        in_h=tokens,
        in_channels=groups * inner,
    )


def _tokens(given: Fields, before: Volume | None) -> int:
    return given.size("tokens", before.height * before.width if before else None)


def _scale(given: Fields, name: str, before: Volume | None) -> Layer:
    volume = _input(given, before)
    return Layer(
        name=name,
        kind="matmul",
        operand="dynamic",
        k=1,
        m=1,
        groups=volume.channels,
        out_h=volume.height,
        out_w=volume.width,
        in_h=volume.height,
        in_w=volume.width,
        in_channels=volume.channels,
        constants=2 * given.flag("affine", default=False),
    )


def _pool(given: Fields, name: str, before: Volume | None) -> Layer:
    volume = _input(given, before)
    whole = given.values.get("kernel") == "all"
    kernel = (volume.height, volume.width) if whole else given.pair("kernel")
    stride = given.size("stride", max(kernel))
    out_h, out_w = _window(given, volume, kernel, stride)
    return Layer(
        name=name,
        kind="pool",
        operand="none",
        k=kernel[0] * kernel[1],
        m=1,
        groups=volume.channels,
        out_h=out_h,
        out_w=out_w,
        in_h=volume.height,
        in_w=volume.width,
        in_channels=volume.channels,
        kernel_h=kernel[0],
        kernel_w=kernel[1],
        stride=stride,
        pooling="max" if given.word("function", ("max", "average"), "max") == "max" else "average",
    )


def _sweep(kind: Kind, *, affine: bool) -> Callable[[Fields, str, Volume | None], Layer]:
    """Reader of a layer that works through its input element by element."""

    def read(given: Fields, name: str, before: Volume | None) -> Layer:
        volume = _input(given, before)
        inputs = given.size("inputs", 2 if kind == "add" else 1)
        if inputs > 2:
            raise InputError(f"{given.where}: inputs must be 1 or 2, got {inputs}")
        return Layer(
            name=name,
            kind=kind,
            operand="none",
            k=1,
            m=volume.channels,
            out_h=volume.height,
            out_w=volume.width,
            in_h=volume.height,
            in_w=volume.width,
            in_channels=volume.channels * inputs,
            constants=2 * given.flag("affine", default=affine),
        )

    return read


KINDS = {
    "conv": KindOfLayer(
        ("in", "out", "kernel", "stride", "padding", "groups", "bias", "batch_norm"), _conv
    ),
    "linear": KindOfLayer(("tokens", "in", "out", "bias", "affine"), _linear),
    "matmul": KindOfLayer(("tokens", "inner", "out", "groups"), _matmul),
    "scale": KindOfLayer(("in", "affine"), _scale),
    "pool": KindOfLayer(("in", "kernel", "stride", "padding", "function"), _pool),
    "softmax": KindOfLayer(("in",), _sweep("softmax", affine=False)),
    "norm": KindOfLayer(("in", "affine"), _sweep("norm", affine=True)),
    "add": KindOfLayer(("in", "inputs", "affine"), _sweep("add", affine=False)),
}
