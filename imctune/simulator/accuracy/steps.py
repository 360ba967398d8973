r"""Rounding of counts to steps of several counts, where counts may fill few of the steps.

The error is periodic in the count. With s counts a step and :math:`w = 2 \pi m / s`,

.. math:: e(n) = \sum_m (-1)^m b_m \sin(w n), \quad
          e^2(n) = \frac{s^2 + c}{12} + \sum_m (-1)^m b_m d_m \cos(w n),

with :math:`b_m = 1 / \sin(\pi m / s)`, :math:`d_m = \cot(\pi m / s)` and c = -1 for odd s, and
:math:`b_m = \cot`, :math:`b_m d_m = 1 / \sin^2` and c = 2 for even s, where a count halfway between
two steps goes to either. Means over normal counts follow term by term.
"""

from __future__ import annotations

__all__ = ["step_errors"]

import math

import numpy as np

from imctune.simulator.arrays import FloatArray

TERMS = 8
SURE = 4.0  # standard deviations within which counts have to be nearer to one code than to others


def step_errors(
    mean: FloatArray, deviation: FloatArray, step: FloatArray, n_orders: int
) -> tuple[list[FloatArray], FloatArray]:
    """Mean products of the error with the Hermite polynomials of the counts, and mean square.

    Parameters
    ----------
    mean, deviation : ndarray
        Of the counts. [1]
    step : ndarray
        Whole counts from one code to the next; no error where it is 1. [1]
    n_orders : int
        Number of orthonormal polynomials, from order 0 on.

    Examples
    --------
    Counts that spread over many steps err evenly; those that are all nearest to 0 err by
    themselves:

    >>> spread, few = np.array([20.0]), np.array([0.5])
    >>> _, square = step_errors(np.zeros(1), spread, np.array([5.0]), 2)
    >>> coefficients, own = step_errors(np.zeros(1), few, np.array([5.0]), 2)
    >>> float(square[0].round(6)), coefficients[1].tolist(), own.tolist()
    (2.0, [-0.5], [0.25])
    """
    is_even = np.fmod(step, 2.0) < 1.0
    square = (np.square(step) + np.where(is_even, 2.0, -1.0)) / 12.0 + 0.0 * mean
    coefficients = [np.zeros_like(square) for _ in range(n_orders)]
    for term in range(1, TERMS + 1):
        occurs = 2.0 * term <= step
        angle = np.where(occurs, math.pi * term / step, 0.5 * math.pi)
        sine, cosine = np.sin(angle), np.cos(angle)
        sign = (-1.0) ** term
        # The highest wave of an even step has half the weight of the others.
        weight = np.where(occurs, np.where(2.0 * term == step, 0.5, 1.0), 0.0)
        wave = 2.0 * angle * deviation
        damped = weight * np.exp(-0.5 * np.square(wave))
        turned = 2.0 * angle * mean
        first = sign * damped * np.where(is_even, cosine, 1.0) / sine
        square += sign * damped * np.where(is_even, 1.0, cosine) / np.square(sine) * np.cos(turned)
        power = first
        quarters = (np.sin(turned), np.cos(turned), -np.sin(turned), -np.cos(turned))
        for order in range(n_orders):
            coefficients[order] += power * quarters[order % 4] / math.sqrt(math.factorial(order))
            power = power * wave
    is_sure = np.abs(mean) + SURE * deviation < 0.5 * step
    own = [-mean, -deviation]
    coefficients = [
        np.where(is_sure, own[order] if order < 2 else 0.0, x)
        for order, x in enumerate(coefficients)
    ]
    square = np.where(is_sure, np.square(mean) + np.square(deviation), square)
    is_wide = step > 1.0
    return [np.where(is_wide, x, 0.0) for x in coefficients], np.where(is_wide, square, 0.0)
