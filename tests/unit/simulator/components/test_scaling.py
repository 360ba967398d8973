"""Scaling with node and supply."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.components import scaling

NODES = st.floats(7.0, 130.0)


@pytest.mark.parametrize(
    "scale",
    [
        scaling.capacitance_scale,
        scaling.logic_area_scale,
        scaling.analog_area_scale,
        scaling.logic_delay_scale,
    ],
)
def test_scales_are_one_at_28_nm(scale) -> None:  # type: ignore[no-untyped-def]
    assert scale(28.0) == pytest.approx(1.0, rel=1e-12)


def test_capacitance_scale_matches_hand_calculation() -> None:
    # 32/28; 22/28; 22/28 * (7/22)**0.4 = 0.785714 * 0.632514
    np.testing.assert_allclose(
        scaling.capacitance_scale([32.0, 22.0, 7.0]), [1.142857, 0.785714, 0.496975], rtol=1e-5
    )


def test_logic_area_holds_the_table_of_stillmaker() -> None:
    # 65 nm to 7 nm: 0.0092 / 0.23 = 1/25
    ratio = scaling.logic_area_scale(65.0) / scaling.logic_area_scale(7.0)
    np.testing.assert_allclose(ratio, 25.0, rtol=1e-9)


def test_tables_return_their_entries() -> None:
    np.testing.assert_allclose(scaling.sram_cell_area_um2(22.0), 0.092, rtol=1e-12)
    np.testing.assert_allclose(scaling.nominal_supply_v(45.0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(scaling.relative_wafer_cost(10.0), 2.243076923, rtol=1e-12)
    np.testing.assert_allclose(scaling.wire_resistance_kohm_per_um(65.0), 0.00143, rtol=1e-12)


def test_sram_cell_is_140_to_200_squared_feature_sizes_in_planar_nodes() -> None:
    nodes = np.array([22.0, 28.0, 32.0, 45.0, 65.0, 90.0, 130.0])
    squares = scaling.sram_cell_area_um2(nodes) / (nodes * 1e-3) ** 2
    assert ((squares > 120.0) & (squares < 200.0)).all()


@given(NODES, NODES)
def test_older_nodes_are_never_smaller_or_faster(one: float, other: float) -> None:
    nodes = sorted((one, other))
    for scale in (
        scaling.capacitance_scale,
        scaling.logic_area_scale,
        scaling.analog_area_scale,
        scaling.logic_delay_scale,
        scaling.sram_cell_area_um2,
        scaling.nominal_supply_v,
    ):
        new, old = scale(nodes)
        assert new <= old * (1.0 + 1e-12)


def test_supply_delay_matches_hand_calculation() -> None:
    # (0.7 / 0.35**1.4) / (0.9 / 0.55**1.4) = 3.04370 / 2.07843
    at = scaling.supply_delay_scale(0.7, 0.35, 1.4, 0.9)
    np.testing.assert_allclose(at, 1.46443, rtol=1e-5)


def test_supply_at_or_below_threshold_never_works() -> None:
    slowness = scaling.supply_delay_scale([0.0, 0.2, 0.35, 0.351], 0.35, 1.4, 0.9)
    assert np.isinf(slowness[:3]).all()
    assert np.isfinite(slowness[3])


@given(st.floats(0.36, 1.3), st.floats(0.36, 1.3))
def test_lower_supply_is_never_faster(one: float, other: float) -> None:
    low, high = sorted((one, other))
    slow, fast = scaling.supply_delay_scale([low, high], 0.35, 1.4, 0.9)
    assert slow >= fast * (1.0 - 1e-12)


def test_interpolation_holds_the_ends() -> None:
    table = ((10.0, 40.0), (1.0, 4.0))
    np.testing.assert_allclose(
        scaling.interpolate_log([1.0, 20.0, 400.0], *table), [1.0, 2.0, 4.0], rtol=1e-12
    )
