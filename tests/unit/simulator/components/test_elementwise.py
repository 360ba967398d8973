"""Every component function: elementwise, finite in its domain, a batch equal to its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imctune.simulator.components import (
    buffer,
    cell,
    converter,
    digital,
    driver,
    leakage,
    link,
    scaling,
)

BITS, WIDE = (1.0, 12.0), (1.0, 32.0)
NODE, VOLT, COUNT = (7.0, 130.0), (0.4, 1.2), (1.0, 512.0)
FF, SHARE, KOHM, PS = (0.05, 500.0), (0.0, 1.0), (0.001, 1e4), (1.0, 1e5)
BYTES, PORT = (1024.0, 64.0 * 2**20), (32.0, 2048.0)

DOMAINS: list[tuple[Callable[..., Any], list[tuple[float, float]]]] = [
    (scaling.capacitance_scale, [NODE]),
    (scaling.logic_area_scale, [NODE]),
    (scaling.analog_area_scale, [NODE]),
    (scaling.sram_cell_area_um2, [NODE]),
    (scaling.nominal_supply_v, [NODE]),
    (scaling.logic_delay_scale, [NODE]),
    (scaling.supply_delay_scale, [VOLT, (0.2, 0.39), (1.0, 2.0), (0.7, 1.3)]),
    (scaling.relative_wafer_cost, [NODE]),
    (scaling.wire_resistance_kohm_per_um, [NODE]),
    *(
        (function, [BITS, VOLT, NODE, COUNT])
        for model in converter.CONVERTERS.values()
        for function in (model.energy_fj, model.area_um2, model.delay_ps)
    ),
    *(
        (model.early_energy_fj, [BITS, BITS, VOLT, NODE, COUNT])
        for model in converter.CONVERTERS.values()
    ),
    (driver.word_line_capacitance_ff, [COUNT, FF, SHARE, SHARE]),
    (driver.row_drive_energy_fj, [(1.0, 8.0), SHARE, FF, FF, VOLT]),
    (driver.row_driver_area_um2, [(1.0, 8.0), NODE]),
    (driver.column_periphery_area_um2, [NODE]),
    (driver.sample_hold_area_um2, [NODE]),
    (driver.sample_hold_energy_fj, [VOLT, FF]),
    (cell.mean_level, [(0.0, 1.0), (1.0, 16.0), (1.0, 4.0), SHARE]),
    (cell.rram_conductance_ms, [SHARE, (1.0, 99.0), (100.0, 1e4)]),
    (cell.input_mean_square, [(1.0, 8.0), SHARE]),
    (cell.rram_read_energy_fj, [(1e-4, 0.1), VOLT, VOLT, SHARE, PS]),
    (cell.rram_ir_drop, [COUNT, (1e-4, 0.1), (0.001, 0.02), SHARE]),
    (cell.settle_ps, [BITS, KOHM, FF, KOHM, FF]),
    (
        cell.rram_write_energy_fj,
        [(1.0, 4.0), (1.0, 3.0), PS, (1e-4, 0.1), (1.0, 4.0), FF, (0.1, 1.0)],
    ),
    (cell.rram_write_time_ps_per_row, [(1.0, 4.0), PS, PS, (1.0, 4.0)]),
    (cell.sram_column_energy_fj, [COUNT, FF, VOLT]),
    (cell.sram_multiply_energy_fj, [FF, VOLT, SHARE]),
    (cell.sram_write_energy_fj_per_bit, [COUNT, FF, VOLT, FF, COUNT]),
    (digital.adder_tree_full_adders, [COUNT, WIDE]),
    (digital.adder_tree_delay_ps, [COUNT, WIDE, NODE]),
    (digital.full_adder_energy_fj, [VOLT, NODE]),
    (digital.full_adder_area_um2, [NODE]),
    (digital.gate_energy_fj, [VOLT, NODE]),
    (digital.gate_area_um2, [NODE]),
    (digital.register_energy_fj_per_bit, [VOLT, NODE]),
    (digital.register_area_um2_per_bit, [NODE]),
    (digital.adder_energy_fj, [WIDE, VOLT, NODE]),
    (digital.adder_area_um2, [WIDE, NODE]),
    (digital.mac_energy_fj, [WIDE, WIDE, VOLT, NODE]),
    (digital.mac_area_um2, [WIDE, WIDE, NODE]),
    (digital.mac_delay_ps, [NODE]),
    (buffer.read_energy_fj, [BYTES, PORT, NODE]),
    (buffer.write_energy_fj, [BYTES, PORT, NODE]),
    (buffer.area_um2, [BYTES, PORT, NODE]),
    (buffer.access_time_ps, [BYTES, PORT, NODE]),
    (buffer.leakage_mw, [BYTES, PORT, NODE]),
    (link.router_energy_fj_per_bit, [VOLT, NODE, FF]),
    (link.wire_energy_fj_per_bit_mm, [VOLT, FF, SHARE]),
    (link.router_area_um2, [PORT, NODE]),
    (leakage.leakage_mw, [(0.0, 1e9), SHARE, VOLT, VOLT]),
]
WHOLE = (BITS, WIDE, COUNT, (1.0, 8.0), (1.0, 4.0), (1.0, 16.0))


def _draw(domain: list[tuple[float, float]], size: int) -> list[np.ndarray[Any, Any]]:
    """Values over each range with both of its ends, whole numbers where they count something."""
    random = np.random.default_rng(7)
    columns = [
        np.concatenate([ends, random.uniform(*ends, size - 2)])[random.permutation(size)]
        for ends in domain
    ]
    return [
        np.rint(column) if ends in WHOLE else column
        for column, ends in zip(columns, domain, strict=True)
    ]


@pytest.mark.parametrize(
    ("function", "domain"), DOMAINS, ids=[function.__name__ for function, _ in DOMAINS]
)
def test_function_is_elementwise(
    function: Callable[..., Any], domain: list[tuple[float, float]]
) -> None:
    columns = _draw(domain, 61)
    batch = function(*columns)
    assert batch.dtype == np.float64
    assert batch.shape == (61,)
    assert np.isfinite(batch).all()
    assert (batch >= 0.0).all()
    single = [function(*(column[i : i + 1] for column in columns))[0] for i in range(61)]
    np.testing.assert_array_equal(batch, single)
    # Scalars and broadcasting along another axis give the same values.
    assert function(*(float(column[3]) for column in columns)) == pytest.approx(batch[3], rel=1e-12)
    table = function(columns[0][:, None], *(column[None, :5] for column in columns[1:]))
    assert table.shape == ((61, 5) if len(columns) > 1 else (61, 1))


def test_every_public_function_is_listed() -> None:
    listed = {function.__name__ for function, _ in DOMAINS}
    modules = (buffer, cell, digital, driver, leakage, link, scaling)
    public = {name for module in modules for name in module.__all__}
    assert public - listed == {"interpolate_log", "Costs", "costs"}


def test_all_costs_of_a_buffer_are_those_of_the_single_functions() -> None:
    where = (np.array([2048.0, 65536.0, 4e6]), np.array([64.0, 256.0, 2048.0]), 32.0)
    all_at_once = buffer.costs(*where)
    for name in ("read_energy_fj", "write_energy_fj", "area_um2", "leakage_mw"):
        one = getattr(buffer, name)(*where)
        assert getattr(all_at_once, name.replace("_energy", "")).tolist() == one.tolist()
