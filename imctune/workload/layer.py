"""Layer: one step of a network, with its shape and the statistics of its data."""

from __future__ import annotations

__all__ = ["ACTIVATIONS", "Kind", "Layer", "Operand"]

import math
from dataclasses import dataclass
from typing import Literal, get_args

from imctune.errors import InputError, closest

Kind = Literal["conv", "linear", "matmul", "pool", "softmax", "norm", "add"]
Operand = Literal["weights", "dynamic", "none"]
Pooling = Literal["max", "average"]

ACTIVATIONS = (
    "none",
    "relu",
    "relu6",
    "hardswish",
    "hardsigmoid",
    "sigmoid",
    "tanh",
    "gelu",
    "silu",
)
_OPERANDS: dict[str, tuple[Operand, ...]] = {
    "conv": ("weights",),
    "linear": ("weights",),
    "matmul": ("dynamic", "weights"),
    "pool": ("none",),
    "softmax": ("none",),
    "norm": ("none",),
    "add": ("none",),
}
_COUNTS = (
    ("k", 1),
    ("m", 1),
    ("groups", 1),
    ("out_h", 1),
    ("out_w", 1),
    ("in_h", 1),
    ("in_w", 1),
    ("in_channels", 1),
    ("kernel_h", 1),
    ("kernel_w", 1),
    ("stride", 1),
    ("count", 1),
    ("constants", 0),
)
_SHARES = ("input_zero_share", "input_bit_density", "input_twos_complement_density")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: ``groups`` products of (positions, k) and (k, m) matrices, or a sweep over data.

    Attributes
    ----------
    name : str
        Name of the layer, for results and refusals.
    kind : str
        conv, linear, matmul (both operands are activations), pool, softmax, norm or add.
    operand : str
        Second operand: stored ``weights``, ``dynamic`` activations, or ``none``.
    k, m : int
        Reduction length and outputs of one group; k is the kernel area of a pool, 1 for sweeps.
    groups : int
        Independent products: groups of a convolution, heads of attention.
    out_h, out_w : int
        Output positions: rows and columns of the image; tokens and 1.
    in_h, in_w, in_channels : int
        Volume of the input; of the first operand, all groups together, for products; of all
        tensors together for an add.
    kernel_h, kernel_w, stride : int
        Window of a convolution or pool.
    activation : str
        Function applied to every output, one of `ACTIVATIONS`.
    pooling : str
        ``max`` or ``average``: what a pool computes.
    count : int
        How often the layer runs in a row.
    constants : int
        Constants per output channel (``groups * m``) that no array stores: bias, and scale and
        shift of a normalisation, which is folded into the product before it where there is one.
    from_offchip : bool
        Whether the input is the network's, which comes from off-chip memory.
    input_zero_share : float
        Share of inputs that are zero. [1]
    input_bit_density : float
        Share of ones among the magnitude bits of the inputs. [1]
    input_twos_complement_density : float
        Share of ones among all bits of the inputs in two's complement. [1]
    signed : bool
        Whether inputs may be negative.

    Examples
    --------
    >>> first = Layer("conv1", "conv", "weights", k=147, m=64, out_h=112, out_w=112)
    >>> first.positions, first.macs
    (12544, 118013952)
    """

    name: str
    kind: Kind
    operand: Operand
    k: int
    m: int
    groups: int = 1
    out_h: int = 1
    out_w: int = 1
    in_h: int = 1
    in_w: int = 1
    in_channels: int = 1
    kernel_h: int = 1
    kernel_w: int = 1
    stride: int = 1
    activation: str = "none"
    pooling: Pooling = "max"
    count: int = 1
    constants: int = 0
    from_offchip: bool = False
    input_zero_share: float = 0.0
    input_bit_density: float = 0.5
    input_twos_complement_density: float = 0.5
    signed: bool = False

    def __post_init__(self) -> None:
        where = f"layer {self.name}"
        _check_word(self.kind, get_args(Kind), f"{where}: kind")
        _check_word(self.operand, _OPERANDS[self.kind], f"{where}: operand of {self.kind}")
        _check_word(self.activation, ACTIVATIONS, f"{where}: activation")
        _check_word(self.pooling, get_args(Pooling), f"{where}: pooling")
        for name, least in _COUNTS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(
                    f"{where}: {name} must be a whole number >= {least}, got {value!r}"
                )
        for name in _SHARES:
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and math.isfinite(value) and 0.0 <= value <= 1.0):
                raise InputError(f"{where}: {name} must be a number from 0 to 1, got {value!r}")

    @property
    def positions(self) -> int:
        """Output positions: pixels or tokens."""
        return self.out_h * self.out_w

    @property
    def input_elements(self) -> int:
        """Elements of the input."""
        return self.in_h * self.in_w * self.in_channels

    @property
    def output_elements(self) -> int:
        """Elements of the output."""
        return self.positions * self.groups * self.m

    @property
    def second_operand_elements(self) -> int:
        """Elements of the weights or of the dynamic second operand."""
        return 0 if self.operand == "none" else self.groups * self.k * self.m

    @property
    def weight_elements(self) -> int:
        """Elements of the stored weights."""
        return self.second_operand_elements if self.operand == "weights" else 0

    @property
    def constant_elements(self) -> int:
        """Constants that no array stores: biases, scales and shifts."""
        return self.constants * self.groups * self.m

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run."""
        return self.positions * self.second_operand_elements

    @property
    def vector_op(self) -> str:
        """What the digital vector unit does: mac, max, add, softmax or norm."""
        if self.operand != "none":
            return "mac"
        if self.kind == "pool":
            return "max" if self.pooling == "max" else "add"
        return self.kind

    @property
    def vector_ops_per_position(self) -> int:
        """Elements that the vector unit works through for one output position of a sweep."""
        if self.operand != "none":
            return 0
        return self.groups * self.m * (self.k if self.kind == "pool" else 1)


def _check_word(value: object, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise InputError(
            f"{where} must be one of {', '.join(allowed)}, got {value!r}"
            f"{closest(str(value), allowed)}"
        )
