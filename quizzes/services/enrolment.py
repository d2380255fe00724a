"""Bringing a course, its people and its quizzes from their files into the store."""

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

__all__ = ["accommodate", "add_the_course", "grant_all", "publish_plan"]


def add_the_course(connection: Connection, course: Course) -> None:
    """The course itself, with its title and zone of today."""
    add_course(connection, COURSE, course.title, course.zone.key)


def accommodate(
    connection: Connection,
    students: Collection[str],
    granted: Iterable[AccommodationRow],
    quizzes: Collection[str] = (),
) -> None:
    """Give enrolled students what the rows grant: role, label, extra time, other dates.

    Raises ContentError for a student or quiz that is unknown.
    """
    granted = list(granted)
    for one in granted:
        if one.student not in students:
            raise ContentError(
                f"{one.place}: {one.student} is not on the roster.",
                next_step="Add them, or correct the name.",
            )
        if one.quiz and one.quiz not in quizzes:
            known = ", ".join(quizzes) or "none yet"
            raise ContentError(
                f"{one.place}: {one.quiz!r} is not published.", next_step=f"Take one of: {known}."
            )
    for person in dict.fromkeys(row.student for row in granted):
        own = [one for one in granted if one.student == person and not one.quiz]
        given = next((one.accommodation for one in own if one.accommodation), None)
        label = next((one.label for one in own if one.label), "")
        role = next((one.role for one in own if one.role != "student"), "student")
        enrol(connection, COURSE, person, role=role, label=label, accommodation=given)
    grant_all(connection, granted)


def grant_all(connection: Connection, granted: Iterable[AccommodationRow]) -> None:
    """What single students are given in single quizzes, instead of what they were given before."""
    for one in granted:
        if one.quiz:
            clear_overrides(connection, one.quiz, one.student)
            for override in one.overrides:
                set_override(connection, one.quiz, override, person_id=one.student)


def publish_plan(
    connection: Connection, plan: QuizPlan, *, at: int, who: str, slack: int = 0, insist: bool = False
) -> list[Shortfall]:
    """Publish a quiz as its file has it now; who could not get their whole time."""
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
        despite_shortfalls=insist,
    )
