"""Each question by itself: how hard it is, and whether it tells those who know from those who do not.

Everything takes `x`, points of attempts × questions, and `most`, the points of each question; T is a
student's total and R = T − x what they earned elsewhere. What cannot be computed is NaN, shown as n/a.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Groups",
    "Numbers",
    "difficulty",
    "efficiency",
    "groups",
    "item_rest",
    "pearson",
    "point_biserial",
    "upper_lower",
]

Numbers = NDArray[np.float64]
SHARE = 0.27  # Kelley 1939: groups of this size tell a normal class apart best


@dataclass(frozen=True)
class Groups:
    """Who is in the upper and who in the lower 27 %, as truths for each attempt."""

    upper: NDArray[np.bool_]
    lower: NDArray[np.bool_]


def difficulty(x: Numbers, most: Numbers) -> Numbers:
    """Facility: the mean share of the points, 1 for a question everybody solved."""
    return _mean(x) / most


def groups(x: Numbers) -> Groups:
    """The upper and lower 27 % by total; who is tied goes into the higher group (Canvas)."""
    total = x.sum(axis=1)
    n = round(SHARE * len(total))
    if n == 0:
        return Groups(np.zeros(len(total), bool), np.zeros(len(total), bool))
    ranked = np.sort(total)
    upper = total >= ranked[-n]
    # Those tied with the first one above the lower group belong above it.
    lower = total < ranked[n] if n < len(ranked) else np.zeros(len(total), bool)
    return Groups(upper, lower & ~upper)


def upper_lower(x: Numbers, most: Numbers) -> Numbers:
    """D: mean share of the upper group minus that of the lower one."""
    both = groups(x)
    if not both.upper.any() or not both.lower.any():
        return np.full(x.shape[1], np.nan)
    found: Numbers = (x[both.upper].mean(axis=0) - x[both.lower].mean(axis=0)) / most
    return found


def point_biserial(x: Numbers, most: Numbers) -> Numbers:
    """Canvas's uncorrected r: (M₁ − M₀)/σ_T · √(p(1−p)) with the population's σ.

    M₁ and M₀ are the mean totals of those with full points and of all others.
    """
    total, found = x.sum(axis=1), np.full(x.shape[1], np.nan)
    if len(total) < 2 or np.ptp(total) == 0:
        return found
    for at in range(x.shape[1]):
        right = x[:, at] >= most[at]
        p = right.mean()
        if 0 < p < 1:
            found[at] = (total[right].mean() - total[~right].mean()) / total.std() * np.sqrt(p * (1 - p))
    return found


def item_rest(x: Numbers) -> Numbers:
    """Corrected discrimination: Pearson's r of a question with the rest (Moodle's index, as a fraction)."""
    rest = x.sum(axis=1, keepdims=True) - x
    return np.array([pearson(x[:, at], rest[:, at]) for at in range(x.shape[1])])


def efficiency(x: Numbers) -> Numbers:
    """Moodle's discrimination efficiency: cov(x, R) over the most these two lists could have, both sorted."""
    rest, found = x.sum(axis=1, keepdims=True) - x, np.full(x.shape[1], np.nan)
    for at in range(x.shape[1]):
        could = _covariance(np.sort(x[:, at]), np.sort(rest[:, at]))
        if could > 0:
            found[at] = _covariance(x[:, at], rest[:, at]) / could
    return found


def _mean(x: Numbers) -> Numbers:
    return x.mean(axis=0) if len(x) else np.full(x.shape[1], np.nan)


def _covariance(a: Numbers, b: Numbers) -> float:
    return float(((a - a.mean()) * (b - b.mean())).mean()) if len(a) > 1 else 0.0


def pearson(a: Numbers, b: Numbers) -> float:
    """Pearson's r; NaN where one side does not vary."""
    spread = np.sqrt(_covariance(a, a) * _covariance(b, b))
    # Beside the numbers' own size: a constant column has dust of rounding, no spread.
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) < 1e-12 * max(1.0, np.abs(b).max()):
        return float("nan")
    return float(np.clip(_covariance(a, b) / spread, -1, 1))
