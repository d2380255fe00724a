"""The quiz as a whole: would the same class come out in the same order again?

Cronbach's α; for questions with 0 or 1 point it is Kuder and Richardson's formula 20. With eight questions it
is low by nature: look at the interval, and at what more questions of the kind would give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reliability", "alpha", "reliability", "spearman_brown"]

Numbers = NDArray[np.float64]
SAMPLES = 1000
INTERVAL = (2.5, 97.5)  # percent


@dataclass(frozen=True)
class Reliability:
    """α with a bootstrap interval of 95 %, the error of a total, and what a longer quiz would have."""

    alpha: float
    low: float
    high: float
    error: float  # SEM: SD_T·√(1−α)
    error_ratio: float  # Moodle's: 100·√(1−α)
    doubled: float  # α of a quiz twice as long


def alpha(x: Numbers) -> float:
    """k/(k−1)·(1 − Σ var(x)/var(T)); NaN for fewer than two questions or equal totals."""
    k = x.shape[1]
    if k < 2 or len(x) < 2 or np.ptp(x.sum(axis=1)) < 1e-12:
        return float("nan")
    return float(k / (k - 1) * (1 - x.var(axis=0).sum() / x.sum(axis=1).var()))


def spearman_brown(reliability: float, times: float) -> float:
    """The reliability of a quiz so many times as long (Spearman 1910, Brown 1910)."""
    return times * reliability / (1 + (times - 1) * reliability)


def reliability(x: Numbers, seed: int = 0) -> Reliability:
    """All of it; the interval is drawn from students, with replacement."""
    found = alpha(x)
    if np.isnan(found):
        nan = float("nan")
        return Reliability(nan, nan, nan, nan, nan, nan)
    rng = np.random.default_rng(seed)
    drawn = [alpha(x[rng.integers(0, len(x), len(x))]) for _ in range(SAMPLES)]
    low, high = np.nanpercentile(drawn, INTERVAL)
    left = np.sqrt(max(0.0, 1 - found))
    spread = float(x.sum(axis=1).std())
    return Reliability(found, float(low), float(high), spread * left, 100 * left, spearman_brown(found, 2))
