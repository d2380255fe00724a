"""Statistics of single questions: difficulty, discrimination, options and wrong numbers.

Everything takes `x`, points of attempts × questions, and `most`, the points of each question; T is a
student's total and R = T − x the rest. A value that cannot be computed is NaN, shown as n/a.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quizzes.analysis.data import Response
from quizzes.content.written_numbers import NumberProblem, parse_number

__all__ = [
    "Choice",
    "Groups",
    "Numbers",
    "WrongNumber",
    "choices",
    "difficulty",
    "efficiency",
    "groups",
    "item_rest",
    "pearson",
    "point_biserial",
    "relation",
    "upper_lower",
    "wrong_numbers",
]


Numbers = NDArray[np.float64]
SHARE = 0.27  # Kelley 1939: groups of this size tell a normal class apart best


@dataclass(frozen=True)
class Groups:
    """The upper and the lower 27 %, as a boolean for each attempt."""

    upper: NDArray[np.bool_]
    lower: NDArray[np.bool_]


def difficulty(x: Numbers, most: Numbers) -> Numbers:
    """Facility: the mean share of the points, 1 for a question everybody solved."""
    return _mean(x) / most


def groups(x: Numbers) -> Groups:
    """The upper and lower 27 % by total; ties go into the higher group (Canvas)."""
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
    difference: Numbers = (x[both.upper].mean(axis=0) - x[both.lower].mean(axis=0)) / most
    return difference


def point_biserial(x: Numbers, most: Numbers) -> Numbers:
    """Canvas's uncorrected r: (M₁ − M₀)/σ_T · √(p(1−p)) with the population's σ.

    M₁ and M₀ are the mean totals of those with full points and of all others.
    """
    total, coefficients = x.sum(axis=1), np.full(x.shape[1], np.nan)
    if len(total) < 2 or np.ptp(total) == 0:
        return coefficients
    for at in range(x.shape[1]):
        right = x[:, at] >= most[at]
        p = right.mean()
        if 0 < p < 1:
            coefficients[at] = (
                (total[right].mean() - total[~right].mean()) / total.std() * np.sqrt(p * (1 - p))
            )
    return coefficients


def item_rest(x: Numbers) -> Numbers:
    """Corrected discrimination: Pearson's r of a question with the rest (Moodle's index, as a fraction)."""
    rest = x.sum(axis=1, keepdims=True) - x
    return np.array([pearson(x[:, at], rest[:, at]) for at in range(x.shape[1])])


def efficiency(x: Numbers) -> Numbers:
    """Moodle's discrimination efficiency: cov(x, R) over the most these two lists could have, both sorted."""
    rest, efficiencies = x.sum(axis=1, keepdims=True) - x, np.full(x.shape[1], np.nan)
    for at in range(x.shape[1]):
        could = _covariance(np.sort(x[:, at]), np.sort(rest[:, at]))
        if could > 0:
            efficiencies[at] = _covariance(x[:, at], rest[:, at]) / could
    return efficiencies


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


RARE = 0.05  # an option fewer take does not work as a distractor (Haladyna)


@dataclass(frozen=True)
class Choice:
    """The statistics of one option."""

    id: str
    right: bool
    count: int
    share: float
    upper: float  # share among the upper 27 %
    lower: float
    mean: float  # mean total of those who chose it
    r: float  # of choosing it with what was earned elsewhere
    flags: tuple[str, ...]


def choices(
    column: Sequence[Response], right: Collection[str], options: Sequence[str], total: Numbers, both: Groups
) -> list[Choice]:
    """The options of one question; `total` are the students' totals, `both` the upper and lower group."""
    rest = total - np.array([response.points for response in column])
    rows = []
    for option in options:
        took = np.array([option in response.chosen for response in column])
        share = float(took.mean()) if len(took) else float("nan")
        upper = float(took[both.upper].mean()) if both.upper.any() else float("nan")
        lower = float(took[both.lower].mean()) if both.lower.any() else float("nan")
        r = pearson(took.astype(float), rest)
        mean = float(total[took].mean()) if took.any() else float("nan")
        flags = _flags(option in right, share, upper, lower, r)
        rows.append(Choice(option, option in right, int(took.sum()), share, upper, lower, mean, r, flags))
    return rows


def _flags(right: bool, share: float, upper: float, lower: float, r: float) -> tuple[str, ...]:
    flags = []
    if right and r < 0:
        flags.append("check the key: those who chose it did worse elsewhere")
    if not right and r > 0:
        flags.append("those who chose it did better elsewhere")
    if not right and upper > lower:
        flags.append("chosen more by the upper group than by the lower")
    if not right and share < RARE:
        flags.append("hardly anybody chose it")
    return tuple(flags)


MOST = 10
NEAR = 0.005  # a slip is recognised within half a percent
POWERS = {
    10.0: "ten times the key",
    0.1: "a tenth of the key",
    100.0: "100 times the key",
    0.01: "1/100 of the key",
}


@dataclass(frozen=True)
class WrongNumber:
    """A wrong value, or a slip that several students made with their own numbers."""

    value: str
    count: int
    relation: str


def relation(value: float, key: float) -> str:
    """The slip that leads from the key to a wrong value; empty for no known slip."""
    slips = {
        "the sign": -key,
        "the reciprocal of the key": 1 / key if key else None,
        "the root is missing": key**2,
        "a root too much": key**0.5 if key > 0 else None,
        "half of the key": key / 2,
        "twice the key": 2 * key,
        "one minus the key": 1 - key,
        **{name: key * factor for factor, name in POWERS.items()},
    }
    for name, slip in slips.items():
        if slip is not None and slip != key and abs(value - slip) <= NEAR * abs(slip):
            return name
    return ""


def wrong_numbers(column: Iterable[Response]) -> list[WrongNumber]:
    """The most common wrong values of a question; equal slips with different numbers are counted together."""
    counted: Counter[tuple[str, str]] = Counter()
    for response in column:
        if not response.answered or response.points >= response.most or not response.key:
            continue
        try:
            value, key = float(parse_number(response.text)), float(parse_number(response.key))
        except (NumberProblem, OverflowError):
            continue
        slip = relation(value, key)
        counted["" if slip else response.text.strip(), slip] += 1
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST]
    return [WrongNumber(value, count, slip) for (value, slip), count in ranked]
