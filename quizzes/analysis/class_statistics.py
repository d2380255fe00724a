"""Statistics of a whole quiz: its reliability, and the fairness of the variants of its questions.

Cronbach's α; for questions with 0 or 1 point it is Kuder and Richardson's formula 20. With eight questions it
is low by nature: look at the interval, and at the reliability of a longer quiz. `summary` uses this module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quizzes.analysis.data import Response

__all__ = [
    "Fairness",
    "Reliability",
    "alpha",
    "benjamini_hochberg",
    "fairness",
    "reliability",
    "spearman_brown",
]


Numbers = NDArray[np.float64]
SAMPLES = 1000
INTERVAL = (2.5, 97.5)  # percent


@dataclass(frozen=True)
class Reliability:
    """α with a bootstrap interval of 95 %, the standard error of a total, and α of a longer quiz."""

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
    """The reliability; the interval is a bootstrap over students."""
    whole = alpha(x)
    if np.isnan(whole):
        nan = float("nan")
        return Reliability(nan, nan, nan, nan, nan, nan)
    rng = np.random.default_rng(seed)
    drawn = [alpha(x[rng.integers(0, len(x), len(x))]) for _ in range(SAMPLES)]
    low, high = np.nanpercentile(drawn, INTERVAL)
    left = np.sqrt(max(0.0, 1 - whole))
    spread = float(x.sum(axis=1).std())
    return Reliability(whole, float(low), float(high), spread * left, 100 * left, spearman_brown(whole, 2))


FEWEST = 5  # students of a variant


@dataclass(frozen=True)
class Fairness:
    """The variants of one question that enough students had; p is NaN if it cannot be computed."""

    variants: dict[str, tuple[int, float]]  # how many had it, and their share of full points
    p: float


def fairness(column: Sequence[Response]) -> Fairness:
    """The fairness of one question."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for response in column:
        seen[f"{response.reference} {response.variant}"].append(response.points >= response.most)
    enough = {name: many for name, many in seen.items() if len(many) >= FEWEST}
    shares = {name: (len(many), sum(many) / len(many)) for name, many in sorted(enough.items())}
    table = np.array([[sum(many), len(many) - sum(many)] for many in enough.values()], dtype=float)
    if len(table) < 2 or (table.sum(axis=0) == 0).any():
        return Fairness(shares, float("nan"))
    from scipy.special import chdtrc  # when it is needed: a server imports this module, too

    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    return Fairness(shares, float(chdtrc(len(table) - 1, statistic)))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number, so that of those below 5 % at most 5 % are by chance."""
    known = sorted((value, at) for at, value in enumerate(p) if not np.isnan(value))
    corrected, lowest = [float("nan")] * len(p), 1.0
    for rank in range(len(known), 0, -1):
        value, at = known[rank - 1]
        lowest = min(lowest, value * len(known) / rank)
        corrected[at] = lowest
    return corrected
