"""Routers and links."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.components import link


def test_router_energy_matches_hand_calculation() -> None:
    # 123 fF * (32/28) * 0.81 V^2
    np.testing.assert_allclose(link.router_energy_fj_per_bit(0.9, 32.0, 123.0), 113.863, rtol=1e-5)


def test_router_energy_is_near_published_routers() -> None:
    # ISAAC 32 nm 20.74 pJ / 256 bits = 81 fJ; a 45 nm mesh at 1.1 V about 200 fJ with its clock.
    isaac = float(link.router_energy_fj_per_bit(0.9, 32.0, 123.0)) / 81.0
    mesh = float(link.router_energy_fj_per_bit(1.1, 45.0, 123.0)) / 200.0
    assert 1.0 / 1.5 < isaac < 1.5
    assert 1.0 / 1.5 < mesh < 1.5


def test_wire_energy_matches_the_published_figure() -> None:
    # 0.2 pF/mm * 0.81 V^2 * 0.5 = 0.08 pJ/bit/mm
    np.testing.assert_allclose(link.wire_energy_fj_per_bit_mm(0.9, 200.0, 0.5), 81.0, rtol=1e-12)


def test_router_area_is_within_published_bounds() -> None:
    # 10,000-40,000 um2 for 128-256 bits at 28-32 nm
    area = link.router_area_um2(np.array([128, 256]), 32.0)
    np.testing.assert_allclose(area, [18750.0, 37500.0], rtol=1e-12)
    assert ((area > 1e4) & (area < 4e4)).all()


@given(st.floats(7.0, 129.0), st.floats(1.0, 1.5))
def test_older_routers_are_never_smaller(node_nm: float, growth: float) -> None:
    new, old = link.router_area_um2(128, np.array([node_nm, node_nm * growth]))
    assert new <= old * (1.0 + 1e-12)
