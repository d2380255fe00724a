"""Enrolment and publishing: a course, its people and its quizzes from their files into the store.

The commands and the load test use it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.errors import ContentError
from autograder.site.people import COURSE, add_course, enrol
from quizzes.content.quiz_file import QuizPlan
from quizzes.schedule.accommodations import AccommodationRow
from quizzes.store.overrides import clear_overrides, set_override
from quizzes.store.quizzes import Shortfall, publish

__all__ = ["accommodate", "add_the_course", "publish_plan", "set_quiz_overrides"]


def add_the_course(connection: Connection, course: Course) -> None:
    """Store the course with its current title and time zone."""
    add_course(connection, COURSE, course.title, course.zone.key)


def accommodate(
    connection: Connection,
    students: Collection[str],
    accommodations: Iterable[AccommodationRow],
    quizzes: Collection[str] = (),
) -> None:
    """Store the accommodations of enrolled students: role, label, extra time and other dates.

    Raises ContentError for an unknown student or quiz.
    """
    rows = list(accommodations)
    for row in rows:
        if row.student not in students:
            raise ContentError(
                f"{row.location}: {row.student} is not on the roster.",
                next_step="Add the student to the roster, or correct the student ID.",
            )
        if row.quiz and row.quiz not in quizzes:
            known = ", ".join(quizzes) or "none yet"
            raise ContentError(
                f"{row.location}: {row.quiz!r} is not published.", next_step=f"Choose one of: {known}."
            )
    for person in dict.fromkeys(row.student for row in rows):
        own_rows = [row for row in rows if row.student == person and not row.quiz]
        accommodation = next((row.accommodation for row in own_rows if row.accommodation), None)
        label = next((row.label for row in own_rows if row.label), "")
        role = next((row.role for row in own_rows if row.role != "student"), "student")
        enrol(connection, COURSE, person, role=role, label=label, accommodation=accommodation)
    set_quiz_overrides(connection, rows)


def set_quiz_overrides(connection: Connection, accommodations: Iterable[AccommodationRow]) -> None:
    """Replace the overrides of single students in single quizzes."""
    for row in accommodations:
        if row.quiz:
            clear_overrides(connection, row.quiz, row.student)
            for override in row.overrides:
                set_override(connection, row.quiz, override, person_id=row.student)


def publish_plan(
    connection: Connection, plan: QuizPlan, *, at: int, who: str, slack: int = 0, force: bool = False
) -> list[Shortfall]:
    """Publish the current version of a quiz file; returns who would not get their whole time."""
    return publish(
        connection,
        plan.name,
        course=COURSE,
        title=plan.quiz.title,
        version=plan.quiz,
        schedule=plan.schedule,
        at=at,
        who=who,
        slack=slack,
        force=force,
    )
