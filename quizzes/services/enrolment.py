"""Bringing a course, its people and its quizzes from their files into the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.course.roster import read_roster
from autograder.errors import ContentError
from autograder.site.audit import Act, note
from autograder.site.people import COURSE, add_course, add_person, enrol
from quizzes.content.quiz_file import QuizPlan
from quizzes.schedule.accommodations import AccommodationRow
from quizzes.store.overrides import clear_overrides, set_override
from quizzes.store.quizzes import Shortfall, publish

__all__ = ["add_the_course", "enrol_all", "grant_all", "publish_plan", "read_people"]


def add_the_course(connection: Connection, course: Course) -> None:
    """The course itself, with its title and zone of today."""
    add_course(connection, COURSE, course.title, course.zone.key)


def read_people(path: Path) -> dict[str, tuple[str, str]]:
    """The people of a roster: their ids with name and e-mail address."""
    return {one.student_id: (one.name, one.email) for one in read_roster(path).people}


def enrol_all(
    connection: Connection,
    people: dict[str, tuple[str, str]],
    granted: Iterable[AccommodationRow],
    *,
    at: int,
    who: str,
    quizzes: Sequence[str] = (),
) -> list[str]:
    """Everybody on the roster with their accommodations; who was added, or has changed.

    Whoever left the roster stays: their attempts do. Raises ContentError for somebody or some quiz unknown.
    """
    granted = list(granted)
    for one in granted:
        if one.student not in people:
            raise ContentError(
                f"{one.place}: {one.student} is not on the roster.",
                next_step="Add them, or correct the name.",
            )
        if one.quiz and one.quiz not in quizzes:
            known = ", ".join(quizzes) or "none yet"
            raise ContentError(
                f"{one.place}: {one.quiz!r} is not published.", next_step=f"Take one of: {known}."
            )
    for person, (name, email) in people.items():
        add_person(connection, person, name, email or None)
        own = [one for one in granted if one.student == person and not one.quiz]
        given = next((one.accommodation for one in own if one.accommodation), None)
        label = next((one.label for one in own if one.label), "")
        role = next((one.role for one in own if one.role != "student"), "student")
        enrol(connection, COURSE, person, role=role, label=label, accommodation=given)
    grant_all(connection, granted)
    note(connection, Act(at, who, "roster import", COURSE, {"people": len(people)}))
    return list(people)


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
