"""Designs, layers and networks for the tests of the simulator, and what is worked out of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from imctune.api import load_technology, load_workload
from imctune.config import by_name
from imctune.knobs import DesignBatch, KnobSpace
from imctune.simulator.actions import ArraySteps, array_steps
from imctune.simulator.geometry import ArrayGeometry, array_geometry
from imctune.simulator.knob_columns import KnobColumns
from imctune.simulator.layers import LayerTable
from imctune.simulator.simulate import Simulator
from imctune.technology import Technology
from imctune.workload import Layer, Workload

NINE = (
    "alexnet",
    "vgg16",
    "resnet18",
    "resnet50",
    "mobilenet_v3",
    "densenet201",
    "vit_b16",
    "mobilebert",
    "gpt2_medium",
)
TECHNOLOGIES = ("rram_32nm", "sram_32nm")

# A plain chip of round numbers: 4 x 8 x 16 = 512 arrays of 128 x 128 cells.
PLAIN: dict[str, Any] = {
    "rows": 128,
    "cols": 128,
    "rows_active": 128,
    "bits_per_cell": 2,
    "encoding": "offset",
    "compute": "analog",
    "adc_bits": 8,
    "adc_range": "lsb",
    "columns_per_adc": 8,
    "dac_bits": 1,
    "sample_hold": True,
    "weight_bits": 8,
    "input_bits": 8,
    "macros_per_tile": 16,
    "tiles_per_group": 8,
    "router_groups": 4,
    "tile_buffer_kib": 16.0,
    "glb_kib": 4096.0,
    "glb_port_bits": 1024,
    "router_bits": 256,
    "vector_lanes": 1024,
    "offchip_gb_per_s": 12.8,
    "supply_v": 0.9,
    "cycle_time_ns": 2.0,
    "replication": "none",
    "schedule": "sequential",
    "ping_pong": False,
    "zero_skipping": False,
    "residency": "one",
    "node_nm": 32.0,
}


@cache
def technology(name: str) -> Technology:
    record = load_technology(name)
    assert isinstance(record, Technology)
    return record


@cache
def workload(name: str) -> Workload:
    return load_workload(name)


@cache
def space(name: str, workloads: tuple[str, ...] = NINE) -> KnobSpace:
    return by_name.load_knobs(name, workloads)


@cache
def nine_on(name: str) -> Simulator:
    return Simulator([workload(each) for each in NINE], technology(name))


def drawn(name: str, n_designs: int, seed: int, workloads: tuple[str, ...] = NINE) -> DesignBatch:
    """Return random designs of a shipped space."""
    knobs = space(name, workloads)
    return knobs.decode(knobs.draw(np.random.default_rng(seed), n_designs))


def designs(workloads: tuple[str, ...] = ("net",), **knobs: Any) -> DesignBatch:
    """Return the plain chip, or others that differ from it in the given knobs."""
    return DesignBatch.from_knobs(knobs, PLAIN, workloads)


def changed(batch: DesignBatch, **knobs: Any) -> DesignBatch:
    """Return the same designs but for some knobs, given for all designs or one by one."""
    values = {knob: np.broadcast_to(value, len(batch)) for knob, value in knobs.items()}
    return DesignBatch({**batch.values, **values}, batch.workloads)


def conv(
    channels: int,
    outputs: int,
    size: int,
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
    **fields: Any,
) -> Layer:
    """Return a convolution with 'same' padding on a square image; outputs of all groups."""
    return Layer(
        name="conv",
        kind="conv",
        operand="weights",
        k=channels // groups * kernel * kernel,
        m=outputs // groups,
        groups=groups,
        out_h=-(-size // stride),
        out_w=-(-size // stride),
        in_h=size,
        in_w=size,
        in_channels=channels,
        kernel_h=kernel,
        kernel_w=kernel,
        stride=stride,
        **fields,
    )


def linear(inputs: int, outputs: int, tokens: int = 1, **fields: Any) -> Layer:
    """Return a product of every token with a matrix of weights."""
    return Layer(
        name="linear",
        kind="linear",
        operand="weights",
        k=inputs,
        m=outputs,
        out_h=tokens,
        in_h=tokens,
        in_channels=inputs,
        **fields,
    )


def attention(inner: int, outputs: int, heads: int, tokens: int, **fields: Any) -> Layer:
    """Return a product of activations with activations, once per head."""
    return Layer(
        name="attention",
        kind="matmul",
        operand="dynamic",
        k=inner,
        m=outputs,
        groups=heads,
        out_h=tokens,
        in_h=tokens,
        in_channels=inner * heads,
        **fields,
    )


def pool(channels: int, size: int, kernel: int = 2, **fields: Any) -> Layer:
    """Return a pooling of square windows that do not overlap."""
    return Layer(
        name="pool",
        kind="pool",
        operand="none",
        k=kernel * kernel,
        m=channels,
        out_h=size // kernel,
        out_w=size // kernel,
        in_h=size,
        in_w=size,
        in_channels=channels,
        kernel_h=kernel,
        kernel_w=kernel,
        stride=kernel,
        **fields,
    )


def sweep(kind: Literal["softmax", "norm", "add"], features: int, tokens: int) -> Layer:
    """Return a function that goes over all features of every token."""
    inputs = 2 * features if kind == "add" else features
    return Layer(
        name=kind,
        kind=kind,
        operand="none",
        k=1,
        m=features,
        out_h=tokens,
        in_h=tokens,
        in_channels=inputs,
    )


def net(*layers: Layer, name: str = "net", **fields: Any) -> Workload:
    return Workload(name=name, layers=layers, **fields)


@dataclass(frozen=True)
class Case:
    """Layers on designs: what the first stages of the simulator make of them."""

    table: LayerTable
    designs: DesignBatch
    knobs: KnobColumns
    geometry: ArrayGeometry
    steps: ArraySteps

    @classmethod
    def of(cls, *layers: Layer, **knobs: Any) -> Case:
        table = LayerTable.from_workloads([net(*layers)])
        batch = designs(**knobs)
        columns = KnobColumns.from_designs(batch, table)
        geometry = array_geometry(table, columns)
        return cls(table, batch, columns, geometry, array_steps(table, columns, geometry))


def values(record: object, *names: str) -> list[float]:
    """Return fields of the first design and layer as plain numbers."""
    return [float(np.ravel(getattr(record, name))[0]) for name in names]
