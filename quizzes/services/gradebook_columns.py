"""The columns of the gradebook for published quizzes: of each student the attempt that counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from cachetools import LRUCache
from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.gradebook.columns import QuizAttempt, counted_quiz_attempt, quiz_column, why_waiting
from autograder.site.extensions import GradedWork
from autograder.site.integrity.cases import held_people
from quizzes.attempts.events import State
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz, Release
from quizzes.services.scores import Score, scores_at
from quizzes.store.overrides import due_now, later_due, terms_of_class
from quizzes.store.quizzes import Published, content_of, is_closed_for_everyone, published_in

__all__ = ["graded_work"]

KIND = "quiz"
NOT_YET = "The score is not shown yet."
HELD = "The course's staff look at the results before you see them."
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
    hidden = _hidden(connection, of, scores, release, published, at)
    staff_page = f"/staff/{name}"
    return GradedWork(KIND, column, f"/quizzes/{name}", staff_page, links, staff_page, hidden)


def _hidden(
    connection: Connection, of: str, scores: Sequence[Score], release: Release, published: Published, at: int
) -> dict[str, str]:
    """The students who may not see their scores now, and why."""
    closed = is_closed_for_everyone(connection, published.id, at)
    held = held_people(connection, of, published.id)
    people = {score.student for score in scores if score.attempt}
    terms = terms_of_class(connection, published.id) if len(people) > 1 else {}
    hidden = {}
    for score in scores:
        if not score.attempt:
            continue
        student_terms = terms.get(score.student)
        due_at = (
            due_now(connection, published.id, score.student, score.due_at)
            if student_terms is None
            else later_due(score.due_at, student_terms)
        )
        over, due = score.state is not State.OPEN, due_at is None or due_at <= at
        if score.student in held:
            hidden[score.student] = HELD
        elif over and not Visibility.of(release, over=over, due=due, closed=closed).score:
            hidden[score.student] = NOT_YET
    return hidden


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
