"""Accuracy of a real network against the predicted signal-to-noise ratio.

``python -m tests.validation.digits [--designs N] [--chips N] [--markdown] [--csv FILE]`` trains a
small network on scikit-learn's handwritten digits, quantises it, runs it through the bit-level
crossbar for random designs, and prints how its accuracy follows the SNR of the closed form.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import imctune
from imctune.config import by_name
from imctune.knobs import lossless_bits
from imctune.technology import RramCell, Technology
from imctune.variation import Variation
from imctune.workload import Layer, Workload
from tests.twin.crossbar import Array, drawn_cells, multiplied
from tests.validation.statistics import spearman
from tests.validation.tables import Table, rendered

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HIDDEN = (48, 24)
N_TRAIN = 1200
MAGNITUDE_BITS = 7
FLOOR_DB = 30.0
EDGES_DB = (-np.inf, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, FLOOR_DB, np.inf)


@dataclass(frozen=True)
class Network:
    """A trained network of dense layers with ReLU between them, and what it is tested on.

    Attributes
    ----------
    weights, biases : list of ndarray
        (inputs, outputs) and (outputs,) of each layer.
    full_scale : list of float
        Largest input of each layer over the training images.
    images, labels : ndarray
        Test images (n, 64) from 0 to 1, and their digits.
    layers : list of Workload
        Each layer as a network of its own, with the statistics of its operands.
    """

    weights: list[FloatArray]
    biases: list[FloatArray]
    full_scale: list[float]
    images: FloatArray
    labels: IntArray
    layers: list[Workload]

    def accuracy(self, products: Sequence[Any]) -> float:
        """Share of test images told right, where each layer's product is a function of inputs."""
        values = self.images
        for product, bias in zip(products, self.biases, strict=True):
            values = product(values) + bias
            if bias is not self.biases[-1]:
                values = np.maximum(values, 0.0)
        return float((values.argmax(axis=1) == self.labels).mean())

    def exact_accuracy(self) -> float:
        """Accuracy in floating point."""
        return self.accuracy([lambda x, w=w: x @ w for w in self.weights])


@dataclass(frozen=True)
class Outcome:
    """A design, what the closed form says of it, and how the network does on it.

    Attributes
    ----------
    snr_db : float
        Predicted ratio of the worst layer.
    accuracy : float
        Mean over the drawn chips.
    """

    array: Array
    variation: str
    snr_db: float
    accuracy: float


@cache
def trained() -> Network:
    """Train the network: the same weights each time."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 -- heavy, and only in extra dev
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415

    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    images, labels = pixels[order] / pixels.max(), digits[order]
    model = MLPClassifier(HIDDEN, random_state=1, max_iter=600, alpha=1e-3)
    model.fit(images[:N_TRAIN], labels[:N_TRAIN])
    full_scale, layers, inputs = [], [], images[:N_TRAIN]
    for place, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        full_scale.append(float(inputs.max()))
        layers.append(_as_workload(f"layer{place + 1}", inputs, weights))
        inputs = np.maximum(inputs @ weights + bias, 0.0)
    return Network(
        weights=list(model.coefs_),
        biases=list(model.intercepts_),
        full_scale=full_scale,
        images=images[N_TRAIN:],
        labels=labels[N_TRAIN:],
        layers=layers,
    )


def _as_workload(name: str, inputs: FloatArray, weights: FloatArray) -> Workload:
    """One dense layer with the statistics of its operands, as the files of networks state them."""
    density = _magnitude_density(inputs)
    layer = Layer(
        name=name,
        kind="linear",
        operand="weights",
        k=weights.shape[0],
        m=weights.shape[1],
        in_channels=weights.shape[0],
        input_zero_share=float((inputs == 0.0).mean()),
        input_bit_density=density,
        input_twos_complement_density=density,
    )
    return Workload(name, (layer,), weight_magnitude_density=_magnitude_density(weights))


def _magnitude_density(values: FloatArray) -> float:
    """Share of ones among the magnitude bits."""
    top = 2**MAGNITUDE_BITS - 1
    whole = np.rint(np.abs(values) / np.abs(values).max() * top).astype(np.int64)
    return float(((whole[..., None] >> np.arange(MAGNITUDE_BITS)) & 1).mean())


def drawn_designs(n: int, seed: int = 1) -> list[tuple[Array, Variation]]:
    """Random arrays and devices, from harmless to useless."""
    rng = np.random.default_rng(seed)
    technology = imctune.load_technology("rram_32nm")
    assert isinstance(technology, Technology)
    assert isinstance(technology.cell, RramCell)
    unset = technology.cell.r_low_kohm / technology.cell.r_high_kohm
    gaussian = by_name.load_variation("gaussian")
    devices = [
        *[by_name.load_variation("none")] * 5,
        *(replace(gaussian, name=f"{s:.0%}", sigma_share=(s,)) for s in (0.02, 0.05, 0.1, 0.2)),
        *map(by_name.load_variation, ("wan2022_1s", "wan2022_1day", "cmo_hfox_1day", "lognormal")),
    ]
    drawn = []
    for _ in range(n):
        array = Array(
            rows=64,
            rows_active=int(rng.choice([8, 16, 32, 64])),
            bits_per_cell=int(rng.choice([1, 2, 4])),
            dac_bits=int(rng.choice([1, 2])),
            adc_bits=0,
            weight_bits=int(rng.choice([3, 4, 5, 6, 7, 8, 8])),
            input_bits=int(rng.choice([2, 3, 4, 5, 6, 8, 8])),
            is_differential=bool(rng.integers(2)),
            unset=unset,
        )
        lossless = lossless_bits(
            array.rows_active, array.bits_per_cell, array.dac_bits, array.is_differential
        )
        fewer = int(rng.choice([0, 0, 0, 1, 2, 3]))
        array = replace(array, adc_bits=max(2, int(lossless) - fewer))
        drawn.append((array, devices[int(rng.integers(len(devices)))]))
    return drawn


def accuracy_on_chip(
    network: Network, array: Array, variation: Variation, rng: np.random.Generator
) -> float:
    """Accuracy of the network on one drawn chip, bit by bit."""
    top = 2 ** (array.weight_bits - 1) - 1
    most = 2**array.input_bits - 1
    products = []
    for weights, full_scale in zip(network.weights, network.full_scale, strict=True):
        step = np.abs(weights).max() / top
        stored = np.rint(weights / step).astype(np.int64)
        cells = drawn_cells(stored, array, variation, rng)

        def product(
            values: FloatArray,
            stored: IntArray = stored,
            cells: Any = cells,
            scale: float = full_scale / most,
            step: float = float(step),
        ) -> FloatArray:
            inputs = np.clip(np.rint(values / scale), 0, most).astype(np.int64)
            return scale * step * multiplied(inputs, stored, array, cells, rng)

        products.append(product)
    return network.accuracy(products)


def predicted_db(network: Network, array: Array, variation: Variation) -> float:
    """SNR of the worst layer, from the model's closed form. [dB]."""
    knobs = {
        "rows": array.rows,
        "cols": 64,
        "rows_active": array.rows_active,
        "bits_per_cell": array.bits_per_cell,
        "dac_bits": array.dac_bits,
        "adc_bits": array.adc_bits,
        "adc_range": array.adc_range,
        "weight_bits": array.weight_bits,
        "input_bits": array.input_bits,
        "encoding": "differential" if array.is_differential else "offset",
    }
    metrics = imctune.evaluate(knobs, network.layers, "rram_32nm", variation=variation)
    assert metrics.snr_db is not None
    return float(metrics.snr_db.min())


def outcomes(n_designs: int = 64, n_chips: int = 3, seed: int = 1) -> list[Outcome]:
    """Run the network on random designs, in ascending order of the predicted ratio."""
    network = trained()
    found = []
    for place, (array, variation) in enumerate(drawn_designs(n_designs, seed)):
        rng = np.random.default_rng([seed, place])
        chips = [accuracy_on_chip(network, array, variation, rng) for _ in range(n_chips)]
        predicted = predicted_db(network, array, variation)
        found.append(Outcome(array, variation.name, predicted, float(np.mean(chips))))
    return sorted(found, key=lambda outcome: outcome.snr_db)


def table_of(found: Sequence[Outcome], exact: float) -> Table:
    """Accuracy by predicted ratio, with the rank correlation below."""
    rows = []
    for low, high in itertools.pairwise(EDGES_DB):
        kept = [x.accuracy for x in found if low <= x.snr_db < high]
        label = f"{low:.0f} to {high:.0f}"
        label = (
            f"below {high:.0f}"
            if np.isinf(low)
            else f"{low:.0f} or more"
            if np.isinf(high)
            else label
        )
        if kept:
            figures = (np.mean(kept), min(kept), max(0.0, exact - min(kept)))
            rows.append((label, str(len(kept)), *(f"{100.0 * x:.1f}" for x in figures)))
    return Table(
        "Digits on a bit-level crossbar, by predicted SNR of the worst layer",
        ("predicted SNR, dB", "designs", "mean accuracy, %", "worst, %", "most lost, %"),
        tuple(rows),
    )


def main(arguments: list[str] | None = None) -> int:
    """Print how accuracy follows the predicted ratio."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.digits", description=__doc__)
    parser.add_argument("--designs", type=int, default=64, help="random designs")
    parser.add_argument("--chips", type=int, default=3, help="chips drawn of each design")
    parser.add_argument("--markdown", action="store_true", help="table as Markdown")
    parser.add_argument("--csv", type=Path, help="file for all designs")
    options = parser.parse_args(arguments)
    found, exact = outcomes(options.designs, options.chips), trained().exact_accuracy()
    print(rendered(table_of(found, exact), markdown=options.markdown))
    correlation = spearman([x.snr_db for x in found], [x.accuracy for x in found])
    print(f"accuracy in floating point {100.0 * exact:.1f} %; rank correlation {correlation:.3f}")
    if options.csv is not None:
        lines = [f"{x.snr_db:.3f},{x.accuracy:.5f},{x.variation},{x.array}" for x in found]
        options.csv.write_text("\n".join(["snr_db,accuracy,variation,array", *lines]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
