"""From the store to the table: the marked attempts of a quiz, one for each student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection

from quizzes.analysis.points import Points, Response
from quizzes.attempt import State
from quizzes.paper import Dealt
from quizzes.proctor import Proctor
from quizzes.question import Answer
from quizzes.raw import as_answer, is_blank
from quizzes.revisions import Held
from quizzes.store.attempts import AttemptRow, answers_of, attempts_at
from quizzes.store.grades import Given, marks_in

__all__ = ["Which", "read_points"]

Which = Literal["first", "last", "all"]
CHOICES = ("choice", "choices", "true_false")


def read_points(proctor: Proctor, quiz: str, which: Which = "first") -> tuple[Points, list[Sequence[Dealt]]]:
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


def _row(connection: Connection, row: AttemptRow, items: list[tuple[int, Dealt]]) -> list[Response]:
    answers, marks = answers_of(connection, row.id), marks_in(connection, row.id)
    return [_response(item, as_answer(answers.get(pos, Held()).raw), marks.get(pos)) for pos, item in items]


def _response(item: Dealt, answer: Answer, mark: Given | None) -> Response:
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
