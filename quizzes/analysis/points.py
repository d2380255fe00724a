"""The table everything is computed from: students down, questions across, points earned.

`x` has a row for each attempt and a column for each question, `most` the points each question has. An answer
that was not given earns 0 and is counted apart: *omitted* when a later question was answered, *not reached*
when none was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Points", "Response"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """What one student answered to one question."""

    reference: str  # which item, as `topic/id`
    variant: str  # the numbers it was drawn with, as JSON
    points: float
    most: float
    answered: bool
    chosen: tuple[str, ...] = ()  # ids of options
    text: str = ""  # what was typed, for numbers
    key: str = ""  # the right number of this variant


@dataclass(frozen=True)
class Points:
    """The attempts of a class at one quiz: `rows[student][question]`, all rows of one length."""

    names: list[str]  # of the questions, in the quiz's order
    rows: list[list[Response]] = field(default_factory=list)

    @property
    def x(self) -> Numbers:
        """Points, attempts × questions."""
        table = [[one.points for one in row] for row in self.rows]
        return np.array(table, dtype=float).reshape(len(self.rows), len(self.names))

    @property
    def most(self) -> Numbers:
        """The points each question has."""
        return np.array(
            [max((row[at].most for row in self.rows), default=1.0) for at in range(len(self.names))]
        )

    def omitted(self, at: int) -> int:
        """How many gave no answer to a question and one to a later question."""
        return sum(not row[at].answered and any(one.answered for one in row[at + 1 :]) for row in self.rows)

    def not_reached(self, at: int) -> int:
        """How many gave no answer to a question and none after it."""
        return sum(not any(one.answered for one in row[at:]) for row in self.rows)
