"""Courses, people, who takes part with how much time, and what one student's terms in a quiz are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, or_, select

from autograder.errors import Forbidden, NotFound
from autograder.site.tables import enrolment
from autograder.site.upsert import upsert
from quizzes.schedule.timing import Accommodation, Override, Schedule, Terms, terms_for
from quizzes.store.tables import override, quiz

__all__ = [
    "clear_overrides",
    "is_staff",
    "override_in",
    "place_of",
    "schedule_of",
    "set_override",
    "terms_of",
]


FIELDS = {
    "opens_at": int,
    "due_at": int,
    "closes_at": int,
    "limit": int,
    "grace": int,
    "attempts": int,
    "extra": int,
    "multiplier": Fraction,
}

# Asked at every start, so they are built once.
PLACE = (
    select(quiz, enrolment.c.role, enrolment.c.label, enrolment.c.multiplier, enrolment.c.extra)
    .outerjoin(
        enrolment, and_(enrolment.c.course == quiz.c.course, enrolment.c.person == bindparam("person"))
    )
    .where(quiz.c.id == bindparam("one"))
)
OVERRIDES = select(override).where(
    override.c.quiz == bindparam("one"),
    or_(
        and_(override.c.scope == "person", override.c.who == bindparam("person")),
        and_(override.c.scope == "label", override.c.who == bindparam("label")),
    ),
)


def set_override(
    connection: Connection, quiz_id: str, one: Override, *, person_id: str = "", label: str = ""
) -> None:
    """One value of a quiz for a person, or for everybody with a label."""
    if one.field not in FIELDS:
        raise ValueError(f"{one.field} cannot be overridden; take one of {', '.join(FIELDS)}")
    scope, who = ("person", person_id) if one.personal else ("label", label)
    value = "" if one.value is None else str(one.value)
    upsert(
        connection,
        override,
        {"quiz": quiz_id, "scope": scope, "who": who, "field": one.field, "value": value},
    )


def clear_overrides(connection: Connection, quiz_id: str, person_id: str) -> None:
    """Take away what one person was given in a quiz."""
    own = override.c.scope == "person", override.c.who == person_id
    connection.execute(delete(override).where(override.c.quiz == quiz_id, *own))


def is_staff(connection: Connection, quiz_id: str, person_id: str) -> bool:
    """Whether somebody takes part in the quiz's course as anything but a student."""
    row = connection.execute(PLACE, {"one": quiz_id, "person": person_id}).one_or_none()
    return row is not None and row.role not in (None, "student")


def schedule_of(row: Row[tuple[object, ...]]) -> Schedule:
    """The schedule in a row of `quiz`."""
    return Schedule(
        opens_at=row.opens_at,
        due_at=row.due_at,
        closes_at=row.closes_at,
        limit=row.time_limit,
        grace=row.grace,
        extend_close=row.extend_close,
        attempts=row.attempts,
    )


def terms_of(connection: Connection, quiz_id: str, person_id: str) -> Terms:
    """What holds for one student; raises NotFound for no such quiz, Forbidden for somebody not enrolled."""
    return place_of(connection, quiz_id, person_id)[0]


def place_of(connection: Connection, quiz_id: str, person_id: str) -> tuple[Terms, str]:
    """What holds for somebody in a quiz, and their role in its course; raises as `terms_of` does."""
    row = connection.execute(PLACE, {"one": quiz_id, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such quiz.", next_step="Take one from the list of quizzes.")
    if row.label is None:
        raise Forbidden("You are not enrolled in this course.", next_step="Ask the course's staff.")
    given = Accommodation(Fraction(row.multiplier), row.extra)
    found = connection.execute(OVERRIDES, {"one": quiz_id, "person": person_id, "label": row.label})
    return terms_for(schedule_of(row), given, [override_in(one) for one in found]), row.role


def override_in(row: Row[Any]) -> Override:
    """The override in a row of its table."""
    return Override(row.field, FIELDS[row.field](row.value) if row.value else None, row.scope == "person")
