"""The summary of a quiz: all statistics that the page and the table show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quizzes.analysis.class_statistics import Fairness, Reliability, benjamini_hochberg, fairness, reliability
from quizzes.analysis.data import Points
from quizzes.analysis.item_statistics import (
    Choice,
    Groups,
    Numbers,
    WrongNumber,
    choices,
    difficulty,
    efficiency,
    groups,
    item_rest,
    point_biserial,
    upper_lower,
    wrong_numbers,
)
from quizzes.content.version import AttemptItem

__all__ = ["FEW", "Item", "Summary", "summary"]


FEW = 30  # below this number of students, intervals and no verdicts
UNFAIR = 0.05


@dataclass(frozen=True)
class Item:
    """The statistics of one question."""

    name: str
    kind: str
    most: float
    p: float
    p_answered: float  # Canvas leaves blanks out of its statistics, which raises p
    sd: float
    d: float
    biserial: float
    r: float
    r_interval: tuple[float, float]
    efficiency: float
    omitted: int
    not_reached: int
    options: list[tuple[str, Choice]]  # their HTML, and who took them
    wrong: list[WrongNumber]
    fairness: Fairness
    p_unfair: float

    @property
    def verdict(self) -> str:
        """A verdict in words; conventions differ, so it is only a hint."""
        if np.isnan(self.r):
            return "nothing to tell apart"
        words = "tells apart well" if self.r >= 0.3 else "fair" if self.r >= 0.2 else "look at it"
        if self.r < 0:
            words = "probably a wrong key"
        ease = "" if 0.3 <= self.p <= 0.9 else ", too hard" if self.p < 0.3 else ", very easy"
        unfair = ", variants differ" if self.p_unfair < UNFAIR else ""
        return f"{words}{ease}{unfair}"


@dataclass(frozen=True)
class Summary:
    """The statistics of a whole quiz."""

    students: int
    mean: float
    sd: float
    out_of: float
    totals: list[float]
    upper: int  # the groups' real sizes
    lower: int
    reliability: Reliability
    items: list[Item]

    @property
    def few(self) -> bool:
        """Whether there are too few students for verdicts."""
        return self.students < FEW


def summary(points: Points, items_by_row: Sequence[Sequence[AttemptItem]]) -> Summary:
    """All statistics; `items_by_row` are the questions of each row, as `read_points` gives them."""
    x, most, both = points.x, points.most, groups(points.x)
    total = x.sum(axis=1)
    columns = [[row[at] for row in points.rows] for at in range(len(points.names))]
    fair = [fairness(column) for column in columns]
    unfair = benjamini_hochberg([fairness_of_item.p for fairness_of_item in fair])
    p, d, biserial, r = difficulty(x, most), upper_lower(x, most), point_biserial(x, most), item_rest(x)
    efficient = efficiency(x)
    items = []
    for at, column in enumerate(columns):
        answered = np.array([response.answered for response in column], bool)
        items.append(
            Item(
                name=points.names[at],
                kind=items_by_row[0][at].view.kind if items_by_row else "",
                most=float(most[at]),
                p=float(p[at]),
                p_answered=float(x[answered, at].mean() / most[at]) if answered.any() else float("nan"),
                sd=float(x[:, at].std()) if len(x) else float("nan"),
                d=float(d[at]),
                biserial=float(biserial[at]),
                r=float(r[at]),
                r_interval=_interval(float(r[at]), len(x)),
                efficiency=float(efficient[at]),
                omitted=points.omitted(at),
                not_reached=points.not_reached(at),
                options=_options(points, items_by_row, at, both, total),
                wrong=wrong_numbers(column),
                fairness=fair[at],
                p_unfair=unfair[at],
            )
        )
    return Summary(
        students=len(x),
        mean=float(total.mean()) if len(x) else float("nan"),
        sd=float(total.std()) if len(x) else float("nan"),
        out_of=float(most.sum()),
        totals=[float(points) for points in total],
        upper=int(both.upper.sum()),
        lower=int(both.lower.sum()),
        reliability=reliability(x),
        items=items,
    )


def _interval(r: float, n: int) -> tuple[float, float]:
    """95 % of a correlation, by Fisher's z."""
    if np.isnan(r) or n < 4:
        return float("nan"), float("nan")
    z, width = np.arctanh(np.clip(r, -0.999999, 0.999999)), 1.96 / np.sqrt(n - 3)
    return float(np.tanh(z - width)), float(np.tanh(z + width))


def _options(
    points: Points, items_by_row: Sequence[Sequence[AttemptItem]], at: int, both: Groups, total: Numbers
) -> list[tuple[str, Choice]]:
    """The options, if all students had the same item; options of different items cannot be compared."""
    if (
        not items_by_row
        or len({row[at].reference for row in items_by_row}) > 1
        or not items_by_row[0][at].view.options
    ):
        return []
    first = items_by_row[0][at]
    names = {option.id: option.html for option in first.view.options}
    key = first.question.key_answer
    match first.view.kind:
        case "choice" | "true_false":  # more than one may be accepted after a correction
            right = {option for option in names if first.question.mark(option).points > 0}
        case "choices":
            right = set(key) if isinstance(key, list) else set()
        case _:
            return []
    column = [row[at] for row in points.rows]
    option_rows = choices(column, right, sorted(names), total, both)
    return [(names[choice.id], choice) for choice in option_rows]
