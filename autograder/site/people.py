"""The course, its people, and their enrolment with role and extra time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select

from autograder.site.roles import takes_part
from autograder.site.tables import course, credential, enrolment, person, session
from autograder.site.upsert import upsert, upsert_all

__all__ = [
    "COURSE",
    "ERASED",
    "Change",
    "ExtraTime",
    "add_course",
    "add_person",
    "course_of",
    "enrol",
    "enrol_all",
    "erased_people",
    "extra_time_in",
    "factor_text",
    "labels_in",
    "names_in",
    "names_of",
    "not_counted",
    "not_erased",
    "people_named",
    "remove_person",
    "students_in",
]


ERASED = "erased-"  # how the names begin under which the work of erased people stays
COURSE = "course"  # the id of the only course in a database


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one value of a person by an import; `loses` if it takes time, a right or a date away.

    `before` is empty for somebody who is new to the course.
    """

    student: str
    what: str
    before: str
    after: str
    loses: bool = False

    @property
    def sentence(self) -> str:
        """The change as text."""
        before = f"{self.before} → " if self.before else ""
        return f"{self.student}: {self.what} {before}{self.after}"


class ExtraTime(Protocol):
    """The extra time of a person."""

    @property
    def multiplier(self) -> Fraction:
        """The factor of their time."""

    @property
    def extra(self) -> int:
        """The milliseconds that are added."""


def factor_text(factor: Fraction) -> str:
    """A factor of time as people write it: exactly, so that what is read again is no other one.

    Whatever was typed has an end as a decimal number; one that has none is shown with twelve digits.
    """
    whole = Context(prec=60)
    exact = whole.divide(Decimal(factor.numerator), Decimal(factor.denominator))
    text = exact if Fraction(exact) == factor else Context(prec=12).plus(exact)
    return f"{text.normalize(whole):f}"


def add_course(connection: Connection, name: str, title: str, tz: str) -> None:
    """Add a course, or set its title and time zone."""
    upsert(connection, course, {"id": name, "title": title, "tz": tz})


def not_erased(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a column names somebody who was not erased."""
    return ~column.startswith(ERASED)


def erased_people(connection: Connection) -> int:
    """How many people were erased: what was read of people before is not true of another number."""
    erased = select(func.count()).select_from(person).where(person.c.id.startswith(ERASED))
    return connection.execute(erased).scalar_one()


def course_of(connection: Connection, name: str) -> tuple[str, ZoneInfo]:
    """The title and time zone of a course."""
    row = connection.execute(select(course).where(course.c.id == name)).one()
    return row.title, ZoneInfo(row.tz)


def add_person(connection: Connection, name: str, full_name: str, email: str | None = None) -> None:
    """Add a person, or set their name and e-mail address."""
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
    """Enrol a person, or set their role, label and extra time."""
    values = {
        "course": course_id,
        "person": person_id,
        "role": role,
        "label": label,
        "multiplier": str(accommodation.multiplier) if accommodation else "1",
        "extra": accommodation.extra if accommodation else 0,
    }
    upsert(connection, enrolment, values)


def enrol_all(connection: Connection, course_id: str, people: Sequence[str]) -> None:
    """Enrol people as students without extra time."""
    common = {"course": course_id, "role": "student", "label": "", "multiplier": "1", "extra": 0}
    upsert_all(connection, enrolment, [{**common, "person": person_id} for person_id in people])


def names_in(connection: Connection, course_id: str) -> dict[str, str]:
    """The names of all people in a course, by student ID."""
    enrolled = select(person.c.id, person.c.name).join_from(enrolment, person).order_by(person.c.id)
    rows = connection.execute(enrolled.where(enrolment.c.course == course_id))
    return {row.id: row.name for row in rows}


def names_of(connection: Connection, people: Collection[str]) -> dict[str, str]:
    """The names of these people, whether or not they are still in a course; an unknown ID names itself."""
    rows = connection.execute(select(person.c.id, person.c.name).where(person.c.id.in_(people)))
    return {name: name for name in people} | {row.id: row.name for row in rows}


def people_named(text: str, known: Collection[str]) -> list[str]:
    """The IDs in a field of a form: on lines of their own, or separated by semicolons, commas or spaces.

    An ID may have any of these signs: one that is `known` is not divided.
    """
    names: dict[str, None] = {}

    def add(part: str, separators: str) -> None:
        part = part.strip()
        if part in known or (part and not separators):
            names[part] = None
        elif part:
            for piece in part.split(separators[0]) if separators != " " else part.split():
                add(piece, separators[1:])

    add(text, "\n;, ")
    return list(names)


def students_in(connection: Connection, course_id: str) -> list[str]:
    """The student IDs of a course in order, without staff, dropped students and test students."""
    enrolled = select(enrolment.c.person).where(enrolment.c.course == course_id, takes_part())
    return list(connection.execute(enrolled.order_by(enrolment.c.person)).scalars())


def labels_in(connection: Connection, course_id: str) -> list[str]:
    """The labels that people of a course have, in order."""
    labels = select(enrolment.c.label).where(enrolment.c.course == course_id, enrolment.c.label != "")
    return sorted(connection.execute(labels.distinct()).scalars())


def not_counted(connection: Connection, course_id: str) -> frozenset[str]:
    """Who has an enrolment and is in no statistic: dropped students, and test students."""
    excluded = or_(enrolment.c.dropped_at.is_not(None), enrolment.c.is_test)
    rows = connection.execute(select(enrolment.c.person).where(enrolment.c.course == course_id, excluded))
    return frozenset(rows.scalars())


def extra_time_in(connection: Connection, course_id: str) -> int:
    """How many people of a course have extra time in all quizzes."""
    more = or_(enrolment.c.multiplier != "1", enrolment.c.extra > 0)
    counted = select(func.count()).select_from(enrolment).where(enrolment.c.course == course_id, more)
    return connection.execute(counted).scalar_one()


def remove_person(connection: Connection, course_id: str, person_id: str) -> None:
    """Remove a person from a course and end their sessions; what they wrote stays."""
    connection.execute(
        delete(enrolment).where(enrolment.c.course == course_id, enrolment.c.person == person_id)
    )
    for table in (session, credential):
        connection.execute(delete(table).where(table.c.person == person_id))
