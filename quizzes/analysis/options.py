"""Options of choices: who took which, and which of them do their work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from quizzes.analysis.items import Groups, Numbers, pearson
from quizzes.analysis.points import Response

__all__ = ["Choice", "choices"]

RARE = 0.05  # an option fewer take does not work as a distractor (Haladyna)


@dataclass(frozen=True)
class Choice:
    """One option."""

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
    rest = total - np.array([one.points for one in column])
    found = []
    for option in options:
        took = np.array([option in one.chosen for one in column])
        share = float(took.mean()) if len(took) else float("nan")
        upper = float(took[both.upper].mean()) if both.upper.any() else float("nan")
        lower = float(took[both.lower].mean()) if both.lower.any() else float("nan")
        r = pearson(took.astype(float), rest)
        mean = float(total[took].mean()) if took.any() else float("nan")
        flags = _flags(option in right, share, upper, lower, r)
        found.append(Choice(option, option in right, int(took.sum()), share, upper, lower, mean, r, flags))
    return found


def _flags(right: bool, share: float, upper: float, lower: float, r: float) -> tuple[str, ...]:
    said = []
    if right and r < 0:
        said.append("check the key: those who chose it did worse elsewhere")
    if not right and r > 0:
        said.append("those who chose it did better elsewhere")
    if not right and upper > lower:
        said.append("chosen more by the upper group than by the lower")
    if not right and share < RARE:
        said.append("hardly anybody chose it")
    return tuple(said)
