"""The course and its people: who takes part, in which role, with how much extra time."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from autograder.site.tables import course, enrolment, person
from autograder.site.upsert import upsert

__all__ = ["COURSE", "ExtraTime", "add_course", "add_person", "course_of", "enrol", "names_in", "students_in"]


COURSE = "course"  # a database holds one


class ExtraTime(Protocol):
    """How much more time somebody has, in whatever is timed."""

    @property
    def multiplier(self) -> Fraction:
        """What their time is multiplied by."""

    @property
    def extra(self) -> int:
        """Milliseconds on top."""


def add_course(connection: Connection, name: str, title: str, tz: str) -> None:
    """A course, or its new title and zone."""
    upsert(connection, course, {"id": name, "title": title, "tz": tz})


def course_of(connection: Connection, name: str) -> tuple[str, ZoneInfo]:
    """A course's title and zone."""
    row = connection.execute(select(course).where(course.c.id == name)).one()
    return row.title, ZoneInfo(row.tz)


def add_person(connection: Connection, name: str, full_name: str, email: str | None = None) -> None:
    """A person, or their new name."""
    upsert(connection, person, {"id": name, "name": full_name, "email": email})


def enrol(
    connection: Connection,
    course_id: str,
    person_id: str,
    *,
    role: str = "student",
    label: str = "",
    accommodation: ExtraTime | None = None,
) -> None:
    """Somebody takes part; a second time changes role, label and accommodation."""
    values = {
        "course": course_id,
        "person": person_id,
        "role": role,
        "label": label,
        "multiplier": str(accommodation.multiplier) if accommodation else "1",
        "extra": accommodation.extra if accommodation else 0,
    }
    upsert(connection, enrolment, values)


def names_in(connection: Connection, course_id: str) -> dict[str, str]:
    """Everybody who takes part, by their id with their name."""
    theirs = select(person.c.id, person.c.name).join_from(enrolment, person).order_by(person.c.id)
    rows = connection.execute(theirs.where(enrolment.c.course == course_id))
    return {row.id: row.name for row in rows}


def students_in(connection: Connection, course_id: str) -> list[str]:
    """The ids of everybody who is marked, in order."""
    theirs = select(enrolment.c.person).where(enrolment.c.course == course_id, enrolment.c.role == "student")
    return list(connection.execute(theirs.order_by(enrolment.c.person)).scalars())
