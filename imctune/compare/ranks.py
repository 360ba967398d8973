"""Whether two samples differ: the rank-sum test of Wilcoxon, Mann and Whitney, in plain numpy."""

from __future__ import annotations

__all__ = ["holm", "rank_sum_test"]

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MOST_EXACT = 40
"""Values in both samples together up to which the distribution is counted out."""


class RankSum(NamedTuple):
    """Result of the test: share of pairs in which the first is lower, and two-sided p value."""

    share: float
    p_value: float


def rank_sum_test(first: npt.ArrayLike, second: npt.ArrayLike) -> RankSum:
    r"""Test whether one of two independent samples tends to lower values [1]_.

    Without ties and with few values the distribution of :math:`U` is counted out; otherwise it is
    taken as normal, with the variance that ties leave and a continuity correction.

    Parameters
    ----------
    first, second : array_like
        The samples; infinite values are allowed and tie with each other.

    Returns
    -------
    share : float
        Share of pairs in which the first is lower, ties counted half: 0.5 where nothing differs.
    p_value : float
        Two-sided.

    References
    ----------
    .. [1] H. B. Mann, D. R. Whitney, Ann. Math. Statist. 18(1), 1947, doi:10.1214/aoms/1177730491

    Examples
    --------
    >>> share, p_value = rank_sum_test([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    >>> share, round(p_value, 3)
    (1.0, 0.1)
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, m = len(one), len(two)
    if n == 0 or m == 0:
        return RankSum(0.5, 1.0)
    lower = (one[:, None] < two[None, :]).sum() + 0.5 * (one[:, None] == two[None, :]).sum()
    _, counts = np.unique(np.concatenate([one, two]), return_counts=True)
    if n + m <= MOST_EXACT and (counts == 1).all():
        p_value = _exact(float(lower), n, m)
    else:
        p_value = _normal(float(lower), n, m, counts.astype(np.float64))
    return RankSum(float(lower) / (n * m), p_value)


def _exact(u: float, n: int, m: int) -> float:
    """Return the two-sided p value, from the number of orders with each value of U."""
    # Orders of i and j values by their U, built up from those of one value less.
    ways = [[np.ones(1) for _ in range(m + 1)] for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            total = np.zeros(i * j + 1)
            total[j:] += ways[i - 1][j]
            total[: i * (j - 1) + 1] += ways[i][j - 1]
            ways[i][j] = total
    counts = ways[n][m]
    tail = counts[: int(min(u, n * m - u)) + 1].sum() / counts.sum()
    return min(1.0, 2.0 * float(tail))


def _normal(u: float, n: int, m: int, ties: FloatArray) -> float:
    """Return the two-sided p value of the normal approximation."""
    total = n + m
    lost = float((ties**3 - ties).sum()) / (total * (total - 1))
    variance = n * m / 12.0 * (total + 1 - lost)
    if variance <= 0.0:
        return 1.0
    z = (abs(u - n * m / 2.0) - 0.5) / math.sqrt(variance)
    return min(1.0, math.erfc(z / math.sqrt(2.0)))


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """Return p values corrected for testing several hypotheses at once [1]_.

    References
    ----------
    .. [1] S. Holm, Scand. J. Statist. 6(2), 1979, p. 65-70

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return adjusted
