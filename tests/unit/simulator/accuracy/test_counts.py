"""Tails of counts, counts one by one, and noise through a rounding converter."""

import math

import numpy as np
import pytest

from imctune.simulator.accuracy import normal
from imctune.simulator.accuracy.counts import count_cumulants, excess
from imctune.simulator.accuracy.lattice import converter_error, count_shares, row_spectrum
from imctune.simulator.accuracy.rounding import rounded_noise

BIT = np.array([[0.75, 0.25]])  # a bit that is one with probability 1/4
LEVELS = np.full((1, 4), 0.25)  # an even distribution over four levels
PAIR = np.array([[0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1]])  # levels -3 to 3


def moments(shares: np.ndarray, lowest: int = 0) -> np.ndarray:
    values = np.arange(shares.shape[1]) + lowest
    return np.array([[(shares[0] * values**order).sum() for order in range(1, 5)]])


def shares_of(rows: int, slices: np.ndarray, lowest: int, n_counts: int) -> np.ndarray:
    spectrum = row_spectrum(BIT, slices, lowest, n_counts)
    return np.asarray(count_shares(np.array([rows]), spectrum[0])[0])


def test_normal_functions_match_the_error_function() -> None:
    points = np.linspace(-8.0, 30.0, 777)
    exact = [0.5 * math.erfc(x / math.sqrt(2.0)) for x in points]
    np.testing.assert_allclose(normal.upper_tail(points), exact, rtol=2e-6)
    far = normal.mills_ratio([50.0, 1000.0])
    np.testing.assert_allclose(far, [1.0 / 50.0 - 1.0 / 50.0**3, 1e-3], rtol=1e-5)


def test_counts_of_bits_are_binomial() -> None:
    shares = shares_of(12, BIT, 0, 16)
    exact = [math.comb(12, n) * (1 / 16) ** n * (15 / 16) ** (12 - n) for n in range(13)]
    np.testing.assert_allclose(shares[:13], exact, atol=1e-14)


@pytest.mark.parametrize(("slices", "lowest"), [(LEVELS, 0), (PAIR, -3)])
def test_few_counts_have_the_spectrum_of_many(slices: np.ndarray, lowest: int) -> None:
    many = row_spectrum(BIT, slices, lowest, 64)
    np.testing.assert_allclose(many[..., ::4], row_spectrum(BIT, slices, lowest, 16), atol=1e-15)


@pytest.mark.parametrize(("slices", "lowest"), [(LEVELS, 0), (PAIR, -3)])
def test_cumulants_are_those_of_the_counts(slices: np.ndarray, lowest: int) -> None:
    rows, n_counts = 20, 256
    shares = shares_of(rows, slices, lowest, n_counts)
    counts = np.arange(n_counts)
    counts = np.where(counts >= n_counts // 2, counts - n_counts, counts) if lowest else counts
    mean = (shares * counts).sum()
    variance = (shares * (counts - mean) ** 2).sum()
    skewness = (shares * (counts - mean) ** 3).sum() / variance**1.5
    kurtosis = (shares * (counts - mean) ** 4).sum() / variance**2 - 3.0
    found = count_cumulants(float(rows), moments(BIT), moments(slices, lowest))
    parts = (found.mean, found.deviation, found.skewness, found.kurtosis)
    expected = [mean, math.sqrt(variance), skewness, kurtosis]
    np.testing.assert_allclose([x[0, 0] for x in parts], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rows", [64, 256])
@pytest.mark.parametrize(("slices", "lowest"), [(BIT, 0), (LEVELS, 0), (PAIR, -3)])
def test_tails_are_within_half_a_decibel_of_exact_sums(
    rows: int, slices: np.ndarray, lowest: int
) -> None:
    n_counts = 2048
    shares = shares_of(rows, slices, lowest, n_counts)
    counts = np.arange(n_counts)
    counts = np.where(counts >= n_counts // 2, counts - n_counts, counts) if lowest else counts
    cumulants = count_cumulants(float(rows), moments(BIT), moments(slices, lowest))
    mean, deviation = float(cumulants.mean[0, 0]), float(cumulants.deviation[0, 0])
    for threshold in range(math.floor(mean - deviation), math.ceil(mean + 4.5 * deviation)):
        beyond = np.maximum(counts - threshold, 0)
        tail = excess(cumulants, float(threshold), is_difference=lowest < 0)
        exact = (shares * beyond**2).sum()
        if exact > 1e-7:
            assert abs(10.0 * math.log10(tail.square[0, 0] / exact)) < 0.5, threshold


def test_converter_takes_the_nearest_code_and_saturates() -> None:
    assert converter_error([0, 7, 8, 20], 1, 0, 7).tolist() == [0.0, 0.0, -1.0, -13.0]
    # Codes 0, 3, 6, ...: 1 is nearest to 0 and 2 to 3; codes -4 to 3 for differences.
    assert converter_error([1, 2, 4], 3, 0, 7).tolist() == [-1.0, 1.0, -1.0]
    assert converter_error([-6, -4, 3, 5], 1, -4, 3).tolist() == [2.0, 0.0, 0.0, -2.0]


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("deviation", [0.15, 0.3, 0.6, 1.5, 5.0])
def test_noise_through_a_converter_matches_drawn_noise(step: int, deviation: float) -> None:
    rng = np.random.default_rng(step)
    counts = rng.integers(0, 6 * step, 400_000)
    noise = deviation * rng.standard_normal(len(counts))
    told = np.rint((counts + noise) / step) * step - counts
    without = np.rint(counts / step) * step - counts
    square = np.mean(told**2) - np.mean(without**2)
    product = np.mean(noise * told)
    found = rounded_noise(1, 1.0, deviation**2, step % 2 == 0)
    np.testing.assert_allclose(found.square, square, rtol=0.03, atol=0.01)
    np.testing.assert_allclose(found.product, product, rtol=0.03, atol=0.01)


def test_noise_is_averaged_over_the_active_rows() -> None:
    # 8 rows, each active with 1/2, each adding a variance of 0.04: a mean over binomial numbers.
    shares = [math.comb(8, n) / 256.0 for n in range(9)]
    alone = [float(rounded_noise(1, 1.0, 0.04 * n, False).square) for n in range(9)]
    found = rounded_noise(8, 0.5, 0.04, False).square
    np.testing.assert_allclose(found, np.dot(shares, alone), rtol=1e-9)
