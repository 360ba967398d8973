"""Idle power of logic."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.components.leakage import leakage_mw


def test_leakage_matches_hand_calculation() -> None:
    # 2 mm2 * 5 mW/mm2 * 0.6 / 0.9
    np.testing.assert_allclose(leakage_mw(2e6, 5.0, 0.6, 0.9), 6.6667, rtol=1e-4)


@given(st.floats(1.0, 1e9), st.floats(1.0, 1e9))
def test_parts_leak_as_much_as_the_whole(one: float, other: float) -> None:
    parts = leakage_mw(one, 5.0, 0.8, 0.9) + leakage_mw(other, 5.0, 0.8, 0.9)
    np.testing.assert_allclose(parts, leakage_mw(one + other, 5.0, 0.8, 0.9), rtol=1e-12)
