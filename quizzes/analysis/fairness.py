"""Are the variants of a question equally hard? Unequal ones are unfair to whoever drew the harder numbers.

Pearson's χ² on full points against the rest, variant by variant; with many questions some would stand out by
chance, so the p-values are corrected (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from quizzes.analysis.points import Response

__all__ = ["Fairness", "benjamini_hochberg", "fairness"]

FEWEST = 5  # students of a variant


@dataclass(frozen=True)
class Fairness:
    """The variants of one question that enough students had; p is NaN where nothing can be said."""

    variants: dict[str, tuple[int, float]]  # how many had it, and their share of full points
    p: float


def fairness(column: Sequence[Response]) -> Fairness:
    """One question."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for one in column:
        seen[f"{one.reference} {one.variant}"].append(one.points >= one.most)
    enough = {name: many for name, many in seen.items() if len(many) >= FEWEST}
    shares = {name: (len(many), sum(many) / len(many)) for name, many in sorted(enough.items())}
    table = np.array([[sum(many), len(many) - sum(many)] for many in enough.values()], dtype=float)
    if len(table) < 2 or (table.sum(axis=0) == 0).any():
        return Fairness(shares, float("nan"))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    return Fairness(shares, float(chi2.sf(statistic, len(table) - 1)))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number, so that of those below 5 % at most 5 % are by chance."""
    known = sorted((one, at) for at, one in enumerate(p) if not np.isnan(one))
    found, lowest = [float("nan")] * len(p), 1.0
    for rank in range(len(known), 0, -1):
        value, at = known[rank - 1]
        lowest = min(lowest, value * len(known) / rank)
        found[at] = lowest
    return found
