"""The table of points that the analysis starts from: a row per student, a column per question.

`x` has a row for each attempt and a column for each question, `most` the points each question has. A missing
answer earns 0 and is counted separately: *omitted* if a later question was answered, else *not reached*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from autograder.site.marks import Current
from quizzes.attempts.events import State
from quizzes.attempts.response import answer_from, is_blank
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.question import Answer
from quizzes.content.version import AttemptItem
from quizzes.services.exam import ExamService
from quizzes.store.attempts import AttemptRow, answers_of, attempts_at
from quizzes.store.marks import marks_in
from quizzes.store.regrades import key_for

__all__ = ["Points", "Response", "Which", "read_points"]


Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """The answer of one student to one question."""

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
        table = [[response.points for response in row] for row in self.rows]
        return np.array(table, dtype=float).reshape(len(self.rows), len(self.names))

    @property
    def most(self) -> Numbers:
        """The points each question has."""
        return np.array(
            [max((row[at].most for row in self.rows), default=1.0) for at in range(len(self.names))]
        )

    def omitted(self, at: int) -> int:
        """How many students answered a later question, but not this one."""
        return sum(
            not row[at].answered and any(response.answered for response in row[at + 1 :]) for row in self.rows
        )

    def not_reached(self, at: int) -> int:
        """How many students answered neither this question nor a later one."""
        return sum(not any(response.answered for response in row[at:]) for row in self.rows)


Which = Literal["first", "last", "all"]
CHOICES = ("choice", "choices", "true_false")


def read_points(
    exam: ExamService, quiz: str, which: Which = "first"
) -> tuple[Points, list[Sequence[AttemptItem]]]:
    """The table and, for each of its rows, the questions in the table's order.

    Questions stand in the order of their items' references, so that students who had them shuffled share
    columns; their key is the one that counts, after corrections. Attempts with another number of questions,
    of an earlier version, are left out.
    """
    with exam.database.reading() as connection:
        rows = _chosen(attempts_at(connection, quiz), which)
    read, pace = [], exam.pace()
    for row in rows:
        # Each in a snapshot of its own: while one is open, SQLite's log only grows.
        with exam.database.reading() as connection:
            items = sorted(
                enumerate(exam.questions(row, key_for(connection, row))),
                key=lambda numbered: numbered[1].reference,
            )
            read.append((items, _row(connection, row, items)))
        pace.step()
    length = max((len(items) for items, _ in read), default=0)
    complete = [(items, responses) for items, responses in read if len(items) == length]
    table = [responses for _, responses in complete]
    columns = [{row[at].reference for row in table} for at in range(length)]
    names = [
        " or ".join(sorted(references)) if len(references) < 3 else f"{min(references)} or others"
        for references in columns
    ]
    return Points(names, table), [[item for _, item in items] for items, _ in complete]


def _chosen(rows: Sequence[AttemptRow], which: Which) -> list[AttemptRow]:
    marked = [row for row in rows if row.state is State.GRADED and not row.preview]
    if which == "all":
        return marked
    ordered = sorted(marked, key=lambda row: row.number, reverse=which == "first")
    return list({row.person: row for row in ordered}.values())


def _row(connection: Connection, row: AttemptRow, items: list[tuple[int, AttemptItem]]) -> list[Response]:
    answers, marks = answers_of(connection, row.id), marks_in(connection, row.id)
    return [
        _response(item, answer_from(answers.get(pos, StoredAnswer()).response), marks.get(pos))
        for pos, item in items
    ]


def _response(item: AttemptItem, answer: Answer, mark: Current | None) -> Response:
    options = {option.id for option in item.view.options}
    chosen = [answer] if isinstance(answer, str) else answer if isinstance(answer, list) else []
    return Response(
        reference=item.reference,
        variant=item.params,
        points=float(mark.points) if mark else 0.0,
        most=float(item.points),
        answered=not is_blank(answer),
        chosen=tuple(option for option in chosen if option in options) if item.view.kind in CHOICES else (),
        text=answer if isinstance(answer, str) else "",
        key=item.question.key_text if item.view.kind == "numeric" else "",
    )
