"""Random layers on random designs: signal-to-noise ratio bit by bit, and in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from imctune.config import by_name
from imctune.knobs import lossless_bits
from imctune.simulator.accuracy import cases as accuracy
from imctune.simulator.accuracy.operands import input_operand, weight_operand
from imctune.variation import Variation
from tests.twin.crossbar import Array, FloatArray, drawn_cells, ideal_cells, multiplied
from tests.twin.operands import drawn_operands

POSITIONS, COLUMNS = 32, 192  # many columns: their sums of weights are part of the signal
LEAST, MOST = 3, 12  # chips with inputs of their own
PRECISION = 0.05  # wanted standard error of the mean noise, relative: 0.2 dB

# Zero share, density of ones and sign of inputs; ReLU networks, the image, MobileNet, transformers.
INPUTS = (
    (0.61, 0.15, False),
    (0.52, 0.20, False),
    (0.67, 0.14, False),
    (0.02, 0.50, False),
    (0.08, 0.37, True),
    (0.29, 0.30, True),
    (0.01, 0.40, True),
)
PRECISIONS = (3, 4, 5, 6, 7, 8, 8, 9, 10)
FEWER_BITS = (0, 0, 1, 2, 3, 4)
WEIGHT_DENSITIES = (0.38, 0.40, 0.43)
DEVICES = ("none", "none", "gaussian", "lognormal", "wan2022_1s", "wan2022_1day", "cmo_hfox_1day")


@dataclass(frozen=True)
class Case:
    """One layer of reduction length `k` on one design."""

    k: int
    array: Array
    zero_share: float
    input_density: float
    weight_density: float
    variation: Variation

    def measured_db(self, seed: int) -> float:
        """Ratio for products before rounding of the operands, over drawn operands and cells.

        Chips are drawn until the mean of their noise is known well, which rare saturation delays.
        """
        rng = np.random.default_rng(seed)
        signal, noise = [], []
        for n in range(1, MOST + 1):
            wanted, got = self.products(rng)
            signal.append(float(np.var(wanted)))
            noise.append(float(np.mean((got - wanted) ** 2)))
            if n >= LEAST and np.std(noise, ddof=1) <= PRECISION * np.sqrt(n) * np.mean(noise):
                break
        return float(10.0 * np.log10(np.mean(signal) / np.mean(noise)))

    def predicted_db(self) -> float:
        """The same ratio from the closed form."""
        array = self.array
        statistics = accuracy.Statistics(
            self.zero_share, self.input_density, array.is_signed, self.weight_density
        )
        setting = accuracy.Setting(
            statistics,
            array.input_bits,
            array.weight_bits,
            array.bits_per_cell,
            array.dac_bits,
            array.is_differential,
        )
        is_full = array.adc_range == "full"
        case = accuracy.Case(setting, array.adc_bits, is_full, array.rows_active)
        inputs = input_operand(array.input_bits, *statistics[:3])
        weights = weight_operand(array.weight_bits, self.weight_density)
        signal = inputs.true_square * weights.true_square
        whole = inputs.mean_square * weights.mean_square
        rounding = whole + signal - 2.0 * inputs.product * weights.product
        noise = accuracy.product_noise(case, self.k, array.rows, array.unset, self.variation)
        return float(-10.0 * np.log10((noise * whole + rounding) / signal))

    def products(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Products on one drawn chip: of the operands before rounding, and of the crossbar."""
        array = self.array
        inputs = drawn_operands(
            rng,
            (POSITIONS, self.k),
            array.input_bits,
            self.input_density,
            zero_share=self.zero_share,
            is_signed=array.is_signed,
        )
        weights = drawn_operands(
            rng, (self.k, COLUMNS), array.weight_bits, self.weight_density, is_signed=True
        )
        if self.variation.is_none:
            cells = ideal_cells(weights.whole, array)
        else:
            cells = drawn_cells(weights.whole, array, self.variation, rng)
        got = multiplied(inputs.whole, weights.whole, array, cells, rng)
        return inputs.exact @ weights.exact, got


def drawn_case(rng: np.random.Generator) -> Case:
    """Draw a layer and a design: most are of use, some are not."""
    zero_share, density, is_signed = INPUTS[rng.integers(len(INPUTS))]
    rows = int(rng.choice([32, 64, 128, 256]))
    array = Array(
        rows=rows,
        rows_active=min(rows, int(rng.choice([4, 8, 16, 32, 64, 128, 256]))),
        bits_per_cell=int(rng.integers(1, 5)),
        dac_bits=int(rng.integers(1, 3)),
        adc_bits=0,
        weight_bits=int(rng.choice(PRECISIONS)),
        input_bits=int(rng.choice(PRECISIONS)),
        is_differential=bool(rng.integers(2)),
        is_signed=is_signed,
        adc_range=str(rng.choice(["lsb", "lsb", "lsb", "full"])),
        unset=float(rng.choice([1.0 / 17.0, 1.0 / 50.0])),
    )
    lossless = lossless_bits(
        array.rows_active, array.bits_per_cell, array.dac_bits, array.is_differential
    )
    array = replace(array, adc_bits=max(1, int(lossless) - int(rng.choice(FEWER_BITS))))
    variation = by_name.load_variation(str(rng.choice(DEVICES)))
    return Case(
        k=int(np.exp(rng.uniform(np.log(16), np.log(1000)))),
        array=array,
        zero_share=zero_share,
        input_density=density,
        weight_density=float(rng.choice(WEIGHT_DENSITIES)),
        variation=variation,
    )
