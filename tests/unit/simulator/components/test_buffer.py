"""Buffers against CACTI and published memories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.components import buffer

CACTI_TABLE = Path(__file__).parents[5] / "shared" / "data" / "cacti_table.csv"
KIB = 1024.0
FUNCTIONS = [
    buffer.read_energy_fj,
    buffer.write_energy_fj,
    buffer.area_um2,
    buffer.access_time_ps,
    buffer.leakage_mw,
]


@pytest.fixture(scope="module")
def cacti() -> Any:
    if not CACTI_TABLE.exists():
        pytest.skip("the CACTI table lies beside the project, not in it")
    return np.genfromtxt(CACTI_TABLE, delimiter=",", names=True)


@pytest.mark.parametrize(
    ("function", "column", "factor", "mean", "largest", "outlier"),
    [
        (buffer.read_energy_fj, "rd_pJ", 1e3, 0.07, 0.22, 0.44),
        (buffer.write_energy_fj, "wr_pJ", 1e3, 0.07, 0.22, 0.22),
        (buffer.area_um2, "area_mm2", 1e6, 0.07, 0.23, 0.26),
        (buffer.access_time_ps, "acc_ns", 1e3, 0.05, 0.15, 0.15),
        (buffer.leakage_mw, "leak_mW", 1.0, 0.05, 0.15, 0.15),
    ],
)
def test_surfaces_fit_cacti_up_to_one_bank(
    cacti: Any,
    function: Callable[..., Any],
    column: str,
    factor: float,
    mean: float,
    largest: float,
    outlier: float,
) -> None:
    # The fit errors of the module's docstring: smooth surfaces through CACTI's discrete choices.
    # `largest` holds at 22-45 nm; older nodes have one outlier each.
    runs = cacti[cacti["size_B"] <= 512 * KIB]
    error = np.abs(
        function(runs["size_B"], runs["bits"], runs["node"]) / (factor * runs[column]) - 1.0
    )
    assert error.mean() < mean
    assert error[runs["node"] <= 45].max() < largest
    assert error.max() < outlier


def test_banks_cost_less_energy_and_the_same_area_as_one_large_array(cacti: Any) -> None:
    runs = cacti[cacti["size_B"] > 512 * KIB]
    where = (runs["size_B"], runs["bits"], runs["node"])
    energy = buffer.read_energy_fj(*where) / (1e3 * runs["rd_pJ"])
    area = buffer.area_um2(*where) / (1e6 * runs["area_mm2"])
    assert ((energy > 0.25) & (energy < 0.75)).all()
    assert ((area > 0.8) & (area < 1.2)).all()


def test_reads_are_near_published_memories() -> None:
    # Horowitz, 45 nm, 64 bits: 8 KiB 10, 32 KiB 20, 1 MiB 100 pJ, with cells leakier and faster
    # than CACTI's: within 2.5 x. ISAAC eDRAM, 64 KiB, 32 nm, 256 bits: 20.45 pJ.
    cache = buffer.read_energy_fj(np.array([8, 32, 1024]) * KIB, 64, 45.0)
    assert (np.abs(np.log(cache / np.array([1e4, 2e4, 1e5]))) < np.log(2.5)).all()
    assert abs(np.log(float(buffer.read_energy_fj(64 * KIB, 256, 32.0)) / 20450.0)) < np.log(1.5)
    # (ZigZag-IMC books 0.81 pJ a bit for 256 KiB, six times CACTI with these cells.)


def test_area_per_bit_is_near_published_densities() -> None:
    # CACTI at 22 nm: 0.108 um2 a bit at 128 KiB, 0.103 at 2 MiB.
    sizes = np.array([128.0, 2048.0]) * KIB
    density = buffer.area_um2(sizes, 256, 22.0) / (8.0 * sizes)
    np.testing.assert_allclose(density, [0.108, 0.103], rtol=0.15)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(
    kib=st.floats(1.0, 32768.0),
    growth=st.floats(1.0, 2.0),
    bits=st.integers(32, 2048),
    node_nm=st.floats(7.0, 90.0),
)
def test_a_larger_buffer_never_costs_less(
    function: Callable[..., Any], kib: float, growth: float, bits: int, node_nm: float
) -> None:
    small, large = function(np.array([kib, kib * growth]) * KIB, bits, node_nm)
    assert small <= large * (1.0 + 1e-9)


@pytest.mark.parametrize("function", [buffer.read_energy_fj, buffer.write_energy_fj])
@given(kib=st.floats(1.0, 65536.0), bits=st.integers(32, 1024), node_nm=st.floats(7.0, 90.0))
def test_a_wider_port_costs_more_per_access(
    function: Callable[..., Any], kib: float, bits: int, node_nm: float
) -> None:
    narrow, wide = function(kib * KIB, np.array([bits, 2 * bits]), node_nm)
    assert narrow < wide


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bits", [64.0, 1024.0, 2048.0])
def test_banking_begins_without_a_jump(function: Callable[..., Any], bits: float) -> None:
    edge = 512 * KIB * max(bits / 1024.0, 1.0)
    below, above = function(np.array([edge * (1 - 1e-9), edge * (1 + 1e-9)]), bits, 32.0)
    np.testing.assert_allclose(below, above, rtol=1e-3)


def test_nodes_below_22_nm_follow_the_published_rule() -> None:
    # Energy times (n/22)^0.5 (wires between banks apart), area times n/22.
    energy = buffer.read_energy_fj(64 * KIB, 256, np.array([5.5, 22.0]))
    area = buffer.area_um2(64 * KIB, 256, np.array([5.5, 22.0]))
    np.testing.assert_allclose(energy[0] / energy[1], 0.5, rtol=1e-12)
    np.testing.assert_allclose(area[0] / area[1], 0.25, rtol=1e-12)
