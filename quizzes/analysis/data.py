"""The table everything is computed from: students down, questions across, points earned.

`x` has a row for each attempt and a column for each question, `most` the points each question has. An answer
that was not given earns 0 and is counted apart: *omitted* when a later question was answered, *not reached*
when none was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from quizzes.attempts.events import State
from quizzes.attempts.response import is_blank, response_of
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.question import Answer
from quizzes.content.version import AttemptItem
from quizzes.services.exam import ExamService
from quizzes.store.attempts import AttemptRow, answers_of, attempts_at
from quizzes.store.marks import Given, marks_in

__all__ = ["Points", "Response", "Which", "read_points"]


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


Which = Literal["first", "last", "all"]
CHOICES = ("choice", "choices", "true_false")


def read_points(
    proctor: ExamService, quiz: str, which: Which = "first"
) -> tuple[Points, list[Sequence[AttemptItem]]]:
    """The table and, for each of its rows, the questions in the table's order.

    Questions stand in the order of their items' references, so that students who had them shuffled share
    columns. Attempts with another number of questions, of an earlier version, are left out.
    """
    with proctor.database.reading() as connection:
        rows = _chosen(attempts_at(connection, quiz), which)
        dealt = [sorted(enumerate(proctor.paper(row.id)), key=lambda one: one[1].reference) for row in rows]
        length = max((len(items) for items in dealt), default=0)
        kept = [(row, items) for row, items in zip(rows, dealt, strict=True) if len(items) == length]
        table = [_row(connection, row, items) for row, items in kept]
    columns = [{row[at].reference for row in table} for at in range(length)]
    names = [" or ".join(sorted(one)) if len(one) < 3 else f"{min(one)} or others" for one in columns]
    return Points(names, table), [[item for _, item in items] for _, items in kept]


def _chosen(rows: Sequence[AttemptRow], which: Which) -> list[AttemptRow]:
    marked = [row for row in rows if row.state is State.GRADED and not row.preview]
    if which == "all":
        return marked
    ordered = sorted(marked, key=lambda row: row.number, reverse=which == "first")
    return list({row.person: row for row in ordered}.values())


def _row(connection: Connection, row: AttemptRow, items: list[tuple[int, AttemptItem]]) -> list[Response]:
    answers, marks = answers_of(connection, row.id), marks_in(connection, row.id)
    return [
        _response(item, response_of(answers.get(pos, StoredAnswer()).raw), marks.get(pos))
        for pos, item in items
    ]


def _response(item: AttemptItem, answer: Answer, mark: Given | None) -> Response:
    options = {one.id for one in item.view.options}
    chosen = [answer] if isinstance(answer, str) else answer if isinstance(answer, list) else []
    return Response(
        reference=item.reference,
        variant=item.params,
        points=mark.points if mark else 0.0,
        most=float(item.points),
        answered=not is_blank(answer),
        chosen=tuple(one for one in chosen if one in options) if item.view.kind in CHOICES else (),
        text=answer if isinstance(answer, str) else "",
        key=item.question.key_text if item.view.kind == "numeric" else "",
    )
