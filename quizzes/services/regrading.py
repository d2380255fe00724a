"""Marking what was handed in, by the key it was taken with or by a later one.

Marks are only given for questions that are, number for number, those the student saw: a changed generator
would otherwise mark answers to one question by the key of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from autograder.errors import Conflict
from quizzes.attempts.events import State
from quizzes.attempts.response import response_of
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.version import AttemptItem, QuizVersion
from quizzes.store.attempts import AttemptRow, answers_of, attempts_at, shown_in
from quizzes.store.marks import HAND, Given, marks_in
from quizzes.store.regrades import Change, propose

__all__ = ["marks_of", "propose_regrade"]


def marks_of(
    connection: Connection,
    row: AttemptRow,
    items: Sequence[AttemptItem],
    key_version: str,
    grader_version: str,
) -> list[Given]:
    """The marks of an attempt's answers; raises Conflict if these are not the questions it showed."""
    shown = [(item.params, item.option_order) for item in items]
    if shown != shown_in(connection, row.id):
        raise Conflict(
            f"Attempt {row.id} showed other numbers or options than these questions have.",
            next_step="Mark it with the version it was taken with.",
        )
    answers = answers_of(connection, row.id)
    marks = []
    for pos, item in enumerate(items):
        held = answers.get(pos, StoredAnswer())
        mark = item.question.full() if item.dropped else item.question.mark(response_of(held.raw))
        points = float(mark.points)
        marks.append(Given(pos, held.rev, points, mark.as_json(), key_version, grader_version))
    return marks


def propose_regrade(
    connection: Connection, quiz: str, version: QuizVersion, grader_version: str, *, at: int, who: str
) -> tuple[int, list[Change]]:
    """Mark all graded attempts of a quiz by another version's key; a run's number and what it would change.

    Nothing counts before `release`. Raises Conflict if that version asks other questions.
    """
    marks = {}
    for row in attempts_at(connection, quiz):
        if row.state is State.GRADED and not row.preview:
            given = marks_of(connection, row, version.deal(row.seed), version.hash, grader_version)
            marks[row.id] = _kept(given, marks_in(connection, row.id))
    return propose(connection, quiz, marks, version.hash, grader_version, at=at, who=who)


def _kept(given: Sequence[Given], before: Mapping[int, Given]) -> list[Given]:
    """What a person or the sandbox gave stays: a key says nothing about it."""
    return [
        old
        if (old := before.get(one.pos)) is not None
        and old.answer_rev == one.answer_rev
        and (old.grader_version.startswith(HAND) or (one.pending and not old.pending))
        else one
        for one in given
    ]
