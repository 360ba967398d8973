"""Signal-to-noise ratios of layers and workloads: laws, and hand calculations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imctune.config import by_name
from imctune.knobs import DesignBatch
from imctune.simulator.accuracy.cases import Case, Setting, Statistics, product_noise
from imctune.simulator.accuracy.operands import input_operand, weight_operand
from imctune.simulator.accuracy.ratio import Accuracy
from imctune.simulator.simulate import Simulator
from imctune.technology import RramCell, SramCell
from imctune.variation import Variation
from imctune.workload import Layer
from tests.unit.simulator.cases import conv, designs, linear, net, technology, workload

RELU: dict[str, Any] = {"input_zero_share": 0.6, "input_bit_density": 0.18}


def accuracy(layers: list[Layer], memory: str = "sram_32nm", **knobs: Any) -> Accuracy:
    return on(Simulator([net(*layers)], technology(memory)), designs(**knobs))


def on(simulator: Simulator, batch: DesignBatch) -> Accuracy:
    result = simulator.simulate(batch).accuracy
    assert result is not None
    return result


def rounding_db(input_bits: int, weight_bits: int) -> float:
    x = input_operand(input_bits, 0.6, 0.18, False)
    w = weight_operand(weight_bits, 0.5)
    signal = x.true_square * w.true_square
    noise = x.mean_square * w.mean_square + signal - 2.0 * x.product * w.product
    return float(-10.0 * np.log10(noise / signal))


@pytest.mark.parametrize("knobs", [{"compute": "digital"}, {"adc_bits": "lossless"}])
@pytest.mark.parametrize("bits", [(8, 8), (4, 6)])
def test_exact_macros_leave_the_rounding_of_operands_alone(
    knobs: dict[str, Any], bits: tuple[int, int]
) -> None:
    precision: dict[str, Any] = {"input_bits": bits[0], "weight_bits": bits[1]}
    result = accuracy([linear(300, 40, **RELU)], **precision, **knobs)
    np.testing.assert_allclose(result.snr_db, rounding_db(*bits), rtol=1e-9)
    np.testing.assert_allclose(result.snr_mean_db, result.snr_db)


def test_layers_of_the_vector_unit_are_exact_but_for_rounding() -> None:
    # Depthwise: a group of 9 rows would fill a 14th of an array; RRAM holds no dynamic operand.
    layer = conv(64, 64, 14, groups=64, **RELU)
    simulator = Simulator([net(layer)], technology("rram_32nm"))
    batch = designs(adc_bits=1)
    chip = simulator.chip(batch)
    products = simulator.product_results(chip)
    assert not products.mapping.on_arrays.any()
    np.testing.assert_allclose(on(simulator, batch).snr_db, rounding_db(8, 8), rtol=1e-9)


def test_noise_of_a_layer_is_that_of_its_row_groups() -> None:
    # 300 inputs on arrays of 128 rows: 2 x (128 = 2 x 48 + 32) and 44 rows, of bits of SRAM.
    result = accuracy([linear(300, 40, **RELU)], rows_active=48, adc_bits=4, bits_per_cell=1)
    setting = Setting(Statistics(0.6, 0.18, False, 0.5), 8, 8, 1, 1, False)
    case = Case(setting, 4, False, 48)
    noise = product_noise(case, 300, 128, 0.0, None)
    rounded = input_operand(8, 0.6, 0.18, False).mean_square * weight_operand(8, 0.5).mean_square
    true = input_operand(8, 0.6, 0.18, False).true_square * weight_operand(8, 0.5).true_square
    total = noise * rounded / true + 10.0 ** (-rounding_db(8, 8) / 10.0)
    np.testing.assert_allclose(result.snr_db, -10.0 * np.log10(total), rtol=1e-9)


def test_worst_layer_and_mean_noise_over_multiply_accumulates() -> None:
    coarse, fine = linear(512, 10, **RELU), linear(16, 10, tokens=96, **RELU)
    knobs: dict[str, Any] = {"rows": 512, "rows_active": 512, "adc_bits": 6}
    alone = [accuracy([layer], **knobs).snr_db[0, 0] for layer in (coarse, fine)]
    both = accuracy([coarse, fine], **knobs)
    np.testing.assert_allclose(both.snr_db[0, 0], min(alone))
    # 512 x 10 against 96 x 16 x 10 operations: 1 to 3.
    noise = 0.25 * 10.0 ** (-alone[0] / 10.0) + 0.75 * 10.0 ** (-alone[1] / 10.0)
    np.testing.assert_allclose(both.snr_mean_db[0, 0], -10.0 * np.log10(noise))


def test_layers_that_run_more_often_count_more() -> None:
    coarse, fine = linear(512, 10, **RELU), linear(16, 320, **RELU)
    knobs: dict[str, Any] = {"rows": 512, "rows_active": 512, "adc_bits": 6}
    once = accuracy([coarse, fine], **knobs)
    thrice = accuracy([replace(coarse, count=3), fine], **knobs)
    assert thrice.snr_mean_db[0, 0] < once.snr_mean_db[0, 0]
    assert thrice.snr_db[0, 0] == once.snr_db[0, 0]


def test_a_network_without_products_makes_no_error() -> None:
    pool = Layer("pool", "pool", "none", k=4, m=8, out_h=4, out_w=4, in_h=8, in_w=8, in_channels=8)
    assert accuracy([pool]).snr_db.tolist() == [[np.inf]]


@pytest.mark.parametrize("encoding", ["offset", "differential"])
@pytest.mark.parametrize("bits_per_cell", [1, 2, 4])
@pytest.mark.parametrize("rows_active", [8, 64, 512])
def test_more_converter_bits_never_cost_accuracy(
    encoding: str, bits_per_cell: int, rows_active: int
) -> None:
    layers = [linear(1000, 64, **RELU), linear(300, 64, signed=True, input_bit_density=0.4)]
    bits = list(range(1, 15))
    for layer in layers:
        found = accuracy(
            [layer],
            rows=512,
            rows_active=rows_active,
            encoding=encoding,
            bits_per_cell=bits_per_cell,
            adc_bits=bits,
        ).snr_db[:, 0]
        # Below 0 dB nothing is left to tell, and covariances are less sure.
        assert (np.diff(found)[found[1:] > 0.0] > -1e-6).all(), found


@pytest.mark.parametrize("name", ["gaussian", "wan2022_1day", "stuck"])
def test_more_variation_never_helps(name: str) -> None:
    layers = [linear(500, 64, **RELU)]
    batch = designs(bits_per_cell=[1, 2, 4] * 2, encoding=["offset"] * 3 + ["differential"] * 3)
    batch = DesignBatch({**batch.values, "adc_bits": np.full(6, 12)}, batch.workloads)
    full = by_name.load_variation(name)
    last = np.full(6, np.inf)
    for size in (0.0, 0.1, 0.3, 1.0, 2.0):
        scaled = replace(
            full,
            sigma_share=tuple(size * x for x in full.sigma_share),
            stuck_off_share=0.3 * size * full.stuck_off_share,
            stuck_on_share=0.3 * size * full.stuck_on_share,
            read_noise_share=size * full.read_noise_share,
        )
        found = on(Simulator([net(*layers)], technology("rram_32nm"), variation=scaled), batch)
        assert (found.snr_db[:, 0] <= last + 1e-9).all(), size
        last = found.snr_db[:, 0]


def test_loss_in_bit_lines_is_an_error_of_the_gain() -> None:
    layer = linear(256, 16, **RELU)
    simulator = Simulator([net(layer)], technology("rram_32nm"))
    batch = designs(rows=256, rows_active=256, adc_bits="lossless", encoding="differential")
    cell = simulator.technology.cell
    assert isinstance(cell, RramCell)
    result = on(simulator, batch)
    drop = (1.0 + result.ir_drop_excess[0, 0]) * cell.ir_drop_max
    # The products of the rounded operands, too large or too small by what calibration leaves.
    x, w = input_operand(8, 0.6, 0.18, False), weight_operand(8, 0.5)
    share = x.mean_square * w.mean_square / (x.true_square * w.true_square)
    noise = 10.0 ** (-rounding_db(8, 8) / 10.0) + (cell.ir_drop_residual * drop) ** 2 * share
    np.testing.assert_allclose(result.snr_db[0, 0], -10.0 * np.log10(noise), rtol=1e-9)
    assert 1e-3 < drop < 0.1


def test_fewer_active_rows_lose_less_in_bit_lines() -> None:
    found = accuracy([linear(512, 16, **RELU)], "rram_32nm", rows=512, rows_active=[16, 64, 512])
    assert (np.diff(found.ir_drop_excess[:, 0]) > 0.0).all()
    charge = accuracy([linear(512, 16, **RELU)], "sram_32nm", rows=512, rows_active=512)
    assert charge.ir_drop_excess.tolist() == [[-1.0]]


def test_ranges_agree_where_no_bit_is_missing() -> None:
    given = designs(adc_range=["lsb", "full", "full"], adc_bits=[9, 9, 8])
    # 128 rows of 2 bits count to 384: 9 bits.
    assert given["adc_range"].tolist() == ["lsb", "lsb", "full"]
    found = on(Simulator([net(linear(300, 64, **RELU))], technology("sram_32nm")), given)
    assert found.snr_db[0, 0] == found.snr_db[1, 0] > found.snr_db[2, 0]


def test_a_batch_equals_its_designs_one_by_one() -> None:
    variation: Variation = by_name.load_variation("gaussian")
    names = ("resnet18", "mobilebert")
    workloads = [workload(name) for name in names]
    rng = np.random.default_rng(3)
    n = 5
    batch = designs(
        names,
        rows=rng.choice([64, 96, 256], n),
        rows_active=rng.choice([16, 24, 64], n),
        adc_bits=rng.integers(3, 9, n),
        bits_per_cell=rng.integers(1, 4, n),
        dac_bits=rng.integers(1, 3, n),
        encoding=rng.choice(["offset", "differential"], n),
        adc_range=rng.choice(["lsb", "full"], n),
        weight_bits=rng.integers(4, 9, (n, 2)),
        input_bits=rng.integers(4, 9, (n, 2)),
    )
    together = on(Simulator(workloads, technology("rram_32nm"), variation=variation), batch)
    for row in range(n):
        fresh = Simulator(workloads, technology("rram_32nm"), variation=variation)
        alone = on(fresh, batch.take([row]))
        np.testing.assert_array_equal(alone.snr_db[0], together.snr_db[row])
        np.testing.assert_array_equal(alone.snr_mean_db[0], together.snr_mean_db[row])


def test_sram_is_read_as_charge_and_rram_as_current() -> None:
    assert isinstance(technology("sram_32nm").cell, SramCell)
    unset = Simulator([net(linear(8, 8))], technology("rram_32nm")).noise.unset
    np.testing.assert_allclose(unset, 100.0 / 1700.0)
    assert Simulator([net(linear(8, 8))], technology("sram_32nm")).noise.unset == 0.0
