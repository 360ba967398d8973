import math

import numpy as np
import pytest

from imctune.assumptions import Assumptions
from imctune.simulator.detail import layer_rows
from imctune.simulator.peaks import peak_rates
from imctune.simulator.simulate import Simulator
from imctune.workload import Workload
from tests.unit.simulator.cases import (
    NINE,
    TECHNOLOGIES,
    changed,
    designs,
    drawn,
    linear,
    nine_on,
    technology,
    workload,
)


def net(**fields: int) -> Workload:
    return Workload(name="net", layers=(linear(128, 32, tokens=8, **fields),))


def test_peaks_of_a_plain_chip() -> None:
    simulator = Simulator([net()], technology("rram_32nm"))
    chip = simulator.chip(designs())
    peaks = peak_rates(simulator, [net()], designs())
    assert peaks is not None
    # Eight input steps, each of which converts eight columns on every converter.
    read, convert, add = (
        float(x[0, 0]) for x in (chip.macro.read_ps, chip.macro.convert_ps, chip.macro.add_ps)
    )
    time = read + 7 * max(read, 8 * convert) + 8 * convert + add
    cycles = math.ceil(time / 2000)
    # 512 arrays of 128 rows hold 128 / 4 = 32 outputs each; a cycle takes 2 ns.
    expected = 2 * 512 * 128 * 32 / (cycles * 2e-9)
    assert peaks.arrays_op_per_s == {"net": pytest.approx(expected)}
    assert peaks.vector_unit_op_per_s == pytest.approx(2 * 1024 / 2e-9)
    assert peaks.global_buffer_bit_per_s == pytest.approx(1024 / 2e-9)
    assert peaks.offchip_bit_per_s <= 12.8e9 * 8


def test_without_time_for_transfers_the_ports_have_no_peak() -> None:
    simulator = Simulator([net()], technology("rram_32nm"), Assumptions(transfer_time=False))
    peaks = peak_rates(simulator, [net()], designs())
    assert peaks is not None
    assert math.isinf(peaks.global_buffer_bit_per_s)
    assert math.isfinite(peaks.arrays_op_per_s["net"])


@pytest.mark.parametrize("name", TECHNOLOGIES)
@pytest.mark.parametrize("seed", range(6))
def test_no_layer_rises_above_the_roofs(name: str, seed: int) -> None:
    # Skipping zero bits depends on the data and may lift a layer above the peak of the arrays; so
    # does a layer that the chip cannot hold.
    design = changed(drawn(name, 1, seed), zero_skipping=False)
    counts = ("macros_per_tile", "tiles_per_group", "router_groups")
    n_arrays = np.prod([design[knob][0] for knob in counts])
    nine = [workload(each) for each in NINE]
    peaks = peak_rates(nine_on(name), nine, design)
    assert peaks is not None
    for network, rows in layer_rows(nine_on(name), nine, design).items():
        seconds = np.array([row["latency_ps"] for row in rows]) * 1e-12
        on_arrays = np.array([row["unit"] == "arrays" for row in rows])
        peak = np.where(on_arrays, peaks.arrays_op_per_s[network], peaks.vector_unit_op_per_s)
        operations = np.array([row["operations"] for row in rows])
        fits = np.array([row.get("arrays", 0) for row in rows]) <= n_arrays
        assert (operations <= (1.0 + 1e-12) * peak * seconds)[fits].all()
        for key, rate in (
            ("bits_moved", peaks.global_buffer_bit_per_s),
            ("offchip_bits_moved", peaks.offchip_bit_per_s),
        ):
            moved = np.array([row[key] for row in rows])
            assert (moved <= (1.0 + 1e-12) * rate * seconds).all()
