r"""Operands: how inputs and weights are distributed, and what their digits look like then.

The model, from which bit densities, moments and the quantisation noise follow:

* An input is zero with a network's zero share; else its magnitude is half-normal, clipped at full
  scale, of either sign where inputs are signed.
* A weight is normal with mean zero, clipped at full scale.
* The scale is the one at which 7 magnitude bits hold the share of ones that is measured for the
  network (statistics of `imctune.workload`). Rounding is to the nearest of the whole numbers
  :math:`0 \ldots 2^b - 1`, or :math:`\pm(2^{b-1} - 1)` where there is a sign.
* Operands are independent of one another.
"""

from __future__ import annotations

__all__ = [
    "Digits",
    "Operand",
    "input_digits",
    "input_operand",
    "rounding_noise",
    "weight_digits",
    "weight_operand",
]

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray

MEASURED_BITS = 7  # magnitude bits of the histograms behind the statistics of the networks
SCALES = (1e-3, 1e3)  # of a magnitude before clipping, over full scale
STEPS = 60  # at most, towards the scale; a handful is enough
LEAST_EXCESS = 1e-15  # of the share of ones
ORDERS = 4


@dataclass(frozen=True, eq=False)
class Operand:
    """Distribution of the whole numbers that stand for one operand.

    Attributes
    ----------
    values : ndarray of int
        Whole numbers, ascending.
    probabilities : ndarray
        Of each; they sum to one.
    mean, mean_square : float
        Of the whole numbers. [1]
    true_square, product : float
        Mean square of the operand before rounding, and mean of its product with the rounded one,
        in steps of the whole numbers. [1]
    """

    values: npt.NDArray[np.int64]
    probabilities: FloatArray
    mean: float
    mean_square: float
    true_square: float
    product: float


@dataclass(frozen=True, eq=False)
class Digits:
    """The digits of an operand: input steps, or the slices of a weight that cells hold.

    Attributes
    ----------
    weights : ndarray
        What a one of each digit counts in the operand, (digits,); negative for a sign bit.
    values : ndarray of int
        Digits of every number that the operand can be, (digits, numbers).
    shares : ndarray
        Probability of each number, (numbers,).
    lowest : int
        Smallest value of a digit: 0, or below for a pair of cells that is subtracted.
    probabilities : ndarray
        Of the values from `lowest` on, (digits, values).
    moments : ndarray
        Means of a digit to the powers 1 to 4, (digits, 4).
    joint : ndarray
        Mean product of two digits of the same operand, (digits, digits).
    mean, square : float
        Mean and mean square of the whole operand, or of the code that stands for it.
    """

    weights: FloatArray
    values: npt.NDArray[np.int64]
    shares: FloatArray
    lowest: int
    probabilities: FloatArray
    moments: FloatArray
    joint: FloatArray
    mean: float
    square: float

    @property
    def n_digits(self) -> int:
        """Number of digits."""
        return len(self.weights)


@lru_cache(4096)
def input_operand(bits: int, zero_share: float, bit_density: float, is_signed: bool) -> Operand:
    """Distribution of inputs.

    Parameters
    ----------
    bits : int
        Precision, a sign included. [bit]
    zero_share : float
        Share of inputs that are zero before rounding. [1]
    bit_density : float
        Share of ones among magnitude bits. [1]
    is_signed : bool
        Whether inputs may be negative.

    Examples
    --------
    >>> operand = input_operand(8, 0.57, 0.19, False)
    >>> float(operand.probabilities[0].round(2)), len(operand.values)
    (0.57, 256)
    """
    return _operand(bits, zero_share, bit_density, is_signed)


@lru_cache(1024)
def weight_operand(bits: int, magnitude_density: float) -> Operand:
    """Distribution of weights of so many bits, with that share of ones among magnitude bits.

    >>> operand = weight_operand(8, 0.4)
    >>> operand.values[[0, -1]].tolist(), round(operand.mean_square**0.5)
    ([-127, 127], 39)
    """
    return _operand(bits, 0.0, magnitude_density, True)


def rounding_noise(x: Operand, w: Operand) -> float:
    """Mean square of the error of a product whose two operands are rounded, in its steps. [1]."""
    true = x.true_square * w.true_square
    return x.mean_square * w.mean_square + true - 2.0 * x.product * w.product


@lru_cache(4096)
def input_digits(operand: Operand, bits: int, dac_bits: int, is_signed: bool) -> Digits:
    """Digits of inputs, in the steps in which an array applies them.

    Signed inputs come as two's complement where a step takes one bit, whose last is subtracted;
    else as their positive and their negative part, one after the other.

    Parameters
    ----------
    operand : Operand
    bits, dac_bits : int
        Precision, and bits of a step. [bit]
    is_signed : bool
    """
    steps = -(-bits // dac_bits)
    scale = np.exp2(dac_bits * np.arange(steps, dtype=np.float64))
    shifts = dac_bits * np.arange(steps)[:, None]
    values, top = operand.values, 2**dac_bits - 1
    if not is_signed or dac_bits == 1:
        if is_signed:
            scale[-1] = -scale[-1]
        return _digits(operand, scale, (values >> shifts) & top, 0, top)
    parts = [(np.maximum(x, 0) >> shifts) & top for x in (values, -values)]
    return _digits(operand, np.concatenate([scale, -scale]), np.concatenate(parts), 0, top)


@lru_cache(1024)
def weight_digits(operand: Operand, bits: int, bits_per_cell: int, is_differential: bool) -> Digits:
    """Digits of weights, as cells hold them: of the offset code, or of magnitudes with the sign.

    Parameters
    ----------
    operand : Operand
    bits, bits_per_cell : int
        Precision with the sign, and bits of a cell. [bit]
    is_differential : bool
        Whether two cells of a slice are subtracted: each digit then carries the weight's sign.
    """
    stored = max(1, bits - 1) if is_differential else bits
    slices = -(-stored // bits_per_cell)
    scale = np.exp2(bits_per_cell * np.arange(slices, dtype=np.float64))
    shifts = bits_per_cell * np.arange(slices)[:, None]
    top = 2**bits_per_cell - 1
    if not is_differential:
        codes = operand.values + 2 ** (bits - 1)
        return _digits(operand, scale, (codes >> shifts) & top, 0, top)
    magnitudes = (np.abs(operand.values) >> shifts) & top
    return _digits(operand, scale, np.sign(operand.values) * magnitudes, -top, top)


def _digits(
    operand: Operand, weights: FloatArray, digits: npt.NDArray[np.int64], lowest: int, top: int
) -> Digits:
    """Collect the statistics of digits (digits, values of the operand)."""
    shares = operand.probabilities
    levels = np.arange(lowest, top + 1)
    probabilities = [
        np.bincount(row - lowest, weights=shares, minlength=len(levels)) for row in digits
    ]
    numbers = digits.astype(np.float64)
    whole = (weights[:, None] * numbers).sum(axis=0)
    powers = np.stack([numbers**order for order in range(1, ORDERS + 1)], axis=1)
    return Digits(
        weights=weights,
        values=digits,
        shares=shares,
        lowest=lowest,
        probabilities=np.stack(probabilities),
        moments=(powers * shares).sum(axis=-1),
        joint=np.einsum("av,bv,v->ab", numbers, numbers, shares),
        mean=float((whole * shares).sum()),
        square=float((whole * whole * shares).sum()),
    )


def _operand(bits: int, zero_share: float, density: float, is_signed: bool) -> Operand:
    """Round a clipped half-normal magnitude with a share of zeros."""
    top = 2 ** (bits - 1) - 1 if is_signed else 2**bits - 1
    scale = _scale(zero_share, density)
    shares, means, true_square = _magnitudes(top, scale)
    shares, true_square = (1.0 - zero_share) * shares, (1.0 - zero_share) * true_square
    shares[0] += zero_share
    whole = np.arange(top + 1)
    product = (1.0 - zero_share) * float((whole * means).sum())
    if is_signed:
        shares = np.concatenate([shares[:0:-1] / 2.0, shares[:1], shares[1:] / 2.0])
        whole = np.arange(-top, top + 1)
    numbers = whole.astype(np.float64)
    return Operand(
        values=whole,
        probabilities=shares,
        mean=float((numbers * shares).sum()),
        mean_square=float((numbers * numbers * shares).sum()),
        true_square=true_square,
        product=product,
    )


def _magnitudes(top: int, scale: float) -> tuple[FloatArray, FloatArray, float]:
    """Shares of the rounded magnitudes 0 to `top`, parts of the mean in each, and mean square."""
    if top == 0:  # nothing but zero is left of the number, whose full scale is one step
        top, shares, means = 1, np.ones(1), np.zeros(1)
    else:
        edges = (np.arange(1, top + 1) - 0.5) / (top * scale)
        below = np.array([0.0, *(math.erf(x / math.sqrt(2.0)) for x in edges), 1.0])
        shares = np.diff(below)
        falls = np.exp(-0.5 * np.square(np.array([0.0, *edges])))
        limit = 1.0 / scale
        least = math.exp(-0.5 * limit * limit)
        means = top * scale * math.sqrt(2.0 / math.pi) * (falls - np.array([*falls[1:], least]))
        means[-1] += top * math.erfc(limit / math.sqrt(2.0))
    return shares, means, top * top * _clipped_square(scale)


def _clipped_square(scale: float) -> float:
    """Mean square of a half-normal number of that scale, clipped at one."""
    limit = 1.0 / scale
    inside = math.erf(limit / math.sqrt(2.0)) - limit * math.sqrt(2.0 / math.pi) * math.exp(
        -0.5 * limit * limit
    )
    return scale * scale * inside + math.erfc(limit / math.sqrt(2.0))


@lru_cache(1024)
def _scale(zero_share: float, density: float) -> float:
    """Scale of a magnitude over full scale whose bits hold that share of ones."""
    top = 2**MEASURED_BITS - 1
    ones = np.array([value.bit_count() for value in range(top + 1)]) / MEASURED_BITS

    def excess(log_scale: float) -> float:
        shares = _magnitudes(top, math.exp(log_scale))[0]
        return (1.0 - zero_share) * float((ones * shares).sum()) - density

    low, high = map(math.log, SCALES)
    below, above = excess(low), excess(high)
    if below >= 0.0 or above <= 0.0:
        return math.exp(low if below >= 0.0 else high)
    # Regula falsi (Illinois): an end that stays twice counts half.
    middle, side = low, 0
    for _ in range(STEPS):
        middle = (low * above - high * below) / (above - below)
        found = excess(middle)
        if abs(found) <= LEAST_EXCESS:
            break
        if found < 0.0:
            low, below, above = middle, found, above / 2.0 if side < 0 else above
            side = -1
        else:
            high, above, below = middle, found, below / 2.0 if side > 0 else below
            side = 1
    return math.exp(middle)
