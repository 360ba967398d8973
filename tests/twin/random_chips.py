"""Random chips and layers, small enough to be laid out cell by cell."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from imctune.config.files import read_mapping
from imctune.knobs import DesignBatch, KnobSpace, KnobValue
from imctune.technology import Technology
from imctune.workload import Layer, Workload

CONF = Path(__file__).parents[2] / "conf"

CHOICES: dict[str, Sequence[object]] = {
    "rows": (3, 4, 8, 16, 48, 128),
    "cols": (4, 6, 16, 64, 128, 256),
    "rows_active": (1, 2, 3, 5, 8, 64),
    "bits_per_cell": (1, 2, 3, 4),
    "columns_per_adc": (1, 2, 3, 4, 8, 32),
    "dac_bits": (1, 2, 3),
    "weight_bits": (2, 3, 4, 7, 8),
    "input_bits": (1, 2, 5, 8, 8),
    "encoding": ("offset", "differential"),
    "compute": ("analog", "digital"),
    "sample_hold": (False, True),
    "macros_per_tile": (1, 2, 3, 4, 8, 24),
    "tiles_per_group": (1, 2, 3, 8, 24),
    "router_groups": (1, 2, 3, 8, 24),
    "tile_buffer_kib": (0.25, 0.5, 1.0, 4.0),
    "glb_kib": (1.0, 1.0, 2.0, 8.0),
    "glb_port_bits": (16, 48, 128, 1024),
    "router_bits": (8, 24, 64, 256),
    "vector_lanes": (1, 3, 16),
    "offchip_gb_per_s": (1.6, 6.4, 25.6),
    "cycle_time_ns": (1.0, 2.0, 5.0, 20.0),
    "replication": ("none", "balanced"),
    "ping_pong": (False, True),
    "residency": ("one", "all"),
}
PER_WORKLOAD = ("rows_active", "weight_bits", "input_bits", "encoding", "cycle_time_ns")
"""Knobs that workloads may set, in which half of the populations are reconfigured."""


@functools.cache
def technology(name: str) -> Technology:
    """Read a shipped technology."""
    return Technology.from_mapping(read_mapping(CONF / "technology" / f"{name}.yaml"), name)


@functools.cache
def default_knobs() -> dict[str, KnobValue]:
    """Knobs of the shipped SRAM space, for those that are not drawn."""
    space = KnobSpace.from_mapping(read_mapping(CONF / "knobs" / "sram_32nm.yaml"), ["any"])
    return space.defaults()


def random_designs(
    rng: np.random.Generator, n_designs: int, workloads: Sequence[Workload], **fixed: object
) -> DesignBatch:
    """Draw small chips, reconfigured per workload or not; knobs in `fixed` keep their value."""
    knobs: dict[str, object] = {}
    scoped = PER_WORKLOAD if rng.random() < 0.5 else ()
    for knob, choices in CHOICES.items():
        shape = (n_designs, len(workloads)) if knob in scoped else n_designs
        knobs[knob] = np.array(choices)[rng.integers(0, len(choices), shape)].tolist()
    names = [workload.name for workload in workloads]
    return DesignBatch.from_knobs({**knobs, **fixed}, default_knobs(), names)


def random_workload(rng: np.random.Generator, name: str, n_layers: int) -> Workload:
    """Draw a network of layers of every kind; they need not fit one another."""
    kinds = ("conv", "conv", "linear", "linear", "matmul", "pool", "norm")
    layers = [random_layer(rng, f"{name}{i}", str(rng.choice(kinds))) for i in range(n_layers)]
    return Workload(name=name, layers=tuple(layers))


def random_layer(rng: np.random.Generator, name: str, kind: str) -> Layer:
    """Draw a layer of a kind."""

    def whole(low: int, high: int) -> int:
        return int(rng.integers(low, high, endpoint=True))

    groups = whole(2, 6) if rng.random() < 0.5 else 1
    few = 3 if groups > 1 else 12
    signed, count, from_offchip = bool(rng.random() < 0.5), whole(1, 3), bool(rng.random() < 0.3)
    if kind in ("conv", "pool"):
        kernel, stride, channels = whole(1, 3), whole(1, 3), whole(1, few)
        out_h, out_w = whole(1, 7), whole(1, 7)
        is_conv = kind == "conv"
        return Layer(
            name=name,
            kind="conv" if is_conv else "pool",
            operand="weights" if is_conv else "none",
            k=kernel * kernel * (channels if is_conv else 1),
            m=whole(1, few) if is_conv else channels,
            groups=groups,
            out_h=out_h,
            out_w=out_w,
            in_h=(out_h - 1) * stride + kernel,
            in_w=(out_w - 1) * stride + kernel,
            in_channels=channels * groups,
            kernel_h=kernel,
            kernel_w=kernel,
            stride=stride,
            activation="relu",
            count=count,
            from_offchip=from_offchip,
            signed=signed,
        )
    tokens = whole(1, 30)
    if kind == "norm":
        m = whole(1, 20)
        return Layer(
            name=name,
            kind="norm",
            operand="none",
            k=1,
            m=m,
            out_h=tokens,
            in_h=tokens,
            in_channels=m,
            count=count,
            from_offchip=from_offchip,
            signed=signed,
        )
    is_linear = kind == "linear"
    groups = 1 if is_linear else groups
    k, m = (whole(1, 50), whole(1, 30)) if groups == 1 else (whole(1, 8), whole(1, 6))
    return Layer(
        name=name,
        kind="linear" if is_linear else "matmul",
        operand="weights" if is_linear else "dynamic",
        k=k,
        m=m,
        groups=groups,
        out_h=tokens,
        in_h=tokens,
        in_channels=k * groups,
        count=count,
        from_offchip=from_offchip,
        signed=signed,
    )
