"""The columns of the gradebook for published quizzes: of each student the attempt that counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.gradebook.columns import QuizAttempt, counted_quiz_attempt, quiz_column, why_waiting
from autograder.site.extensions import GradedWork
from quizzes.attempts.events import State
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz, Release
from quizzes.services.scores import Score, scores_at
from quizzes.store.quizzes import Published, content_of, is_closed_for_everyone, published_in

__all__ = ["graded_work"]

KIND = "quiz"
NOT_YET = "The score is not shown yet."
CONTENTS: LRUCache[str, tuple[float, Release]] = LRUCache(256)  # points and release rules, by version


def graded_work(
    connection: Connection, course: Course, of: str, at: int, student: str | None
) -> list[GradedWork]:
    """The published quizzes; see `autograder.site.extensions.Extension.graded_work`."""
    return [
        _work(connection, course, of, at, published, student)
        for published in sorted(published_in(connection, of), key=lambda published: published.id)
    ]


def _work(
    connection: Connection, course: Course, of: str, at: int, published: Published, student: str | None
) -> GradedWork:
    name = published.id
    scores = scores_at(connection, of, name, student)
    possible, release = _content(connection, published.version)
    attempts = [_attempt(score) for score in scores]
    column = quiz_column(name, published.title, possible, attempts, course)
    ids = {(score.student, score.attempt): score.id for score in scores}
    links, by_student = {}, defaultdict(list)
    for attempt in attempts:
        if attempt.number:
            by_student[attempt.student].append(attempt)
    for person, taken in by_student.items():
        chosen = taken[counted_quiz_attempt(taken, person, name, course)]
        path = ids[person, chosen.number]
        links[person] = f"/staff/attempts/{path}" if student is None else f"/attempts/{path}/results"
    if student is not None:
        column = replace(column, **_as_student(connection, column, scores, release, published, at))
    return GradedWork(KIND, column, f"/quizzes/{name}", f"/staff/{name}", links, f"/staff/{name}")


def _as_student(
    connection: Connection,
    column: Any,
    scores: Sequence[Score],
    release: Release,
    published: Published,
    at: int,
) -> dict[str, Any]:
    """A column without the score while its student may not see it."""
    closed = is_closed_for_everyone(connection, published.id, at)
    hidden = {
        score.student
        for score in scores
        if score.attempt
        and not Visibility.of(
            release,
            over=score.state is not State.OPEN,
            due=score.due_at is None or score.due_at <= at,
            closed=closed,
        ).score
    }
    if not hidden:
        return {}
    left = {person: score for person, score in column.final_scores.items() if person not in hidden}
    return {"final_scores": left, "waiting": {**column.waiting, **dict.fromkeys(hidden, NOT_YET)}}


def _content(connection: Connection, version: str) -> tuple[float, Release]:
    if version not in CONTENTS:
        quiz = Quiz.read(content_of(connection, version))
        CONTENTS[version] = float(quiz.points), quiz.release
    return CONTENTS[version]


def _attempt(score: Score) -> QuizAttempt:
    return QuizAttempt(
        score.student,
        score.attempt,
        None if score.points is None else float(score.points),
        float(score.out_of),
        _moment(score.finished_at),
        _moment(score.due_at),
        why_waiting(
            is_open=score.state is State.OPEN,
            is_marked=score.points is not None or not score.attempt,
            unmarked=score.waiting,
        ),
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC)
