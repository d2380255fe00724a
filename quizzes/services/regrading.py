"""Marks for submitted attempts, by the key of their own version or of a later one.

Marks are given only for questions with the same numbers and options that the student saw: a changed
generator would otherwise mark answers to one question by the key of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from autograder.errors import Conflict
from quizzes.attempts.events import State
from quizzes.attempts.response import answer_from
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.version import AttemptItem, QuizVersion
from quizzes.store.attempts import AttemptRow, answers_of, attempts_at, shown_items
from quizzes.store.marks import MarkRow, marks_in
from quizzes.store.regrades import ScoreChange, propose_run

__all__ = ["marks_of", "propose_regrade"]


def marks_of(
    connection: Connection,
    row: AttemptRow,
    items: Sequence[AttemptItem],
    key_version: str,
    grader_version: str,
) -> list[MarkRow]:
    """The marks of an attempt's answers; raises Conflict if `items` are not the questions that it showed."""
    built = [(item.params, item.option_order) for item in items]
    if built != shown_items(connection, row.id):
        raise Conflict(
            f"Attempt {row.id} showed other numbers or options than these questions have.",
            next_step="Mark it with the version it was taken with.",
        )
    answers = answers_of(connection, row.id)
    marks = []
    for pos, item in enumerate(items):
        stored_answer = answers.get(pos, StoredAnswer())
        mark = (
            item.question.full() if item.dropped else item.question.mark(answer_from(stored_answer.response))
        )
        points = float(mark.points)
        marks.append(MarkRow(pos, stored_answer.rev, points, mark.as_json(), key_version, grader_version))
    return marks


def propose_regrade(
    connection: Connection, quiz: str, version: QuizVersion, grader_version: str, *, at: int, who: str
) -> tuple[int, list[ScoreChange]]:
    """Mark all graded attempts of a quiz by another version's key; returns the run's number and the changes.

    Nothing counts before the run is released. Raises Conflict if that version has other questions.
    """
    marks = {}
    for row in attempts_at(connection, quiz):
        if row.state is State.GRADED and not row.preview:
            new_marks = marks_of(
                connection, row, version.build_questions(row.seed), version.hash, grader_version
            )
            marks[row.id] = _keep_manual(new_marks, marks_in(connection, row.id))
    return propose_run(connection, quiz, marks, version.hash, grader_version, at=at, who=who)


def _keep_manual(new_marks: Sequence[MarkRow], before: Mapping[int, MarkRow]) -> list[MarkRow]:
    """Keep manual marks and marks of the sandbox: they do not depend on the key."""
    return [
        old
        if (old := before.get(mark.pos)) is not None
        and old.answer_rev == mark.answer_rev
        and (old.manual or (mark.pending and not old.pending))
        else mark
        for mark in new_marks
    ]
