"""The monitor of a quiz: what each student does now. Reading it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, and_, func, select, true

from autograder.site.people import COURSE
from autograder.site.roles import Access, may_see, takes_part
from autograder.site.tables import enrolment, person
from quizzes.store.tables import answer, answer_event, attempt, quiz

__all__ = ["Activity", "StudentActivity", "recent_saves", "student_activity"]


SILENT = 180_000  # milliseconds without a save
MINUTE = 60_000


class Activity(StrEnum):
    """What a student does now."""

    ABSENT = "not started"
    WRITING = "writing"
    SILENT = "silent"
    DONE = "finished"


@dataclass(frozen=True, slots=True)
class StudentActivity:
    """A student and their newest attempt."""

    person: str
    name: str
    activity: Activity
    attempt: str = ""
    number: int = 0
    answered: int = 0
    saves: int = 0
    last_at: int | None = None  # the last save
    deadline_at: int | None = None
    finished_at: int | None = None
    finished_by: str = ""


def student_activity(
    connection: Connection, quiz_id: str, now: int, access: Access | None = None
) -> list[StudentActivity]:
    """All students who may take a quiz, in the order of their names; of `access` those it lets see."""
    newest = (
        select(attempt.c.person, func.max(attempt.c.number).label("number"))
        .where(attempt.c.quiz == quiz_id, attempt.c.preview.is_(False))
        .group_by(attempt.c.person)
        .subquery()
    )
    counted = (
        select(answer_event.c.attempt, func.count().label("saves"), func.max(answer_event.c.at).label("last"))
        .join(attempt, attempt.c.id == answer_event.c.attempt)
        .where(attempt.c.quiz == quiz_id, answer_event.c.problem == "", ~answer_event.c.late)
        .group_by(answer_event.c.attempt)
        .subquery()
    )
    answered = (
        select(answer.c.attempt, func.count().label("answered"))
        .join(attempt, attempt.c.id == answer.c.attempt)
        .where(attempt.c.quiz == quiz_id, answer.c.answered)
        .group_by(answer.c.attempt)
        .subquery()
    )
    rows = connection.execute(
        select(
            person.c.id.label("who"),
            person.c.name,
            attempt,
            counted.c.saves,
            counted.c.last,
            answered.c.answered,
        )
        .select_from(enrolment)
        .join(quiz, and_(quiz.c.course == enrolment.c.course, quiz.c.id == quiz_id))
        .join(person, person.c.id == enrolment.c.person)
        .outerjoin(newest, newest.c.person == person.c.id)
        .outerjoin(
            attempt,
            and_(
                attempt.c.quiz == quiz_id,
                attempt.c.person == person.c.id,
                attempt.c.number == newest.c.number,
            ),
        )
        .outerjoin(counted, counted.c.attempt == attempt.c.id)
        .outerjoin(answered, answered.c.attempt == attempt.c.id)
        .where(takes_part(), true() if access is None else may_see(person.c.id, COURSE, access))
        .order_by(person.c.name, person.c.id)
    )
    students = []
    for row in rows:
        if row.id is None:
            students.append(StudentActivity(row.who, row.name, Activity.ABSENT))
            continue
        quiet = now - (row.last or row.started_at) > SILENT
        activity = Activity.DONE if row.state != "open" else Activity.SILENT if quiet else Activity.WRITING
        student = StudentActivity(
            person=row.who,
            name=row.name,
            activity=activity,
            attempt=row.id,
            number=row.number,
            answered=row.answered or 0,
            saves=row.saves or 0,
            last_at=row.last,
            deadline_at=row.deadline_at,
            finished_at=row.finished_at,
            finished_by=row.finished_by or "",
        )
        students.append(student)
    return students


def recent_saves(connection: Connection, quiz_id: str, now: int, span: int = MINUTE) -> int:
    """How many saves were stored in the last minute."""
    recent = (
        select(func.count())
        .select_from(answer_event)
        .join(attempt, attempt.c.id == answer_event.c.attempt)
        .where(attempt.c.quiz == quiz_id, answer_event.c.at > now - span)
    )
    return int(connection.execute(recent).scalar_one())
