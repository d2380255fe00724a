"""Overrides of a quiz for students and labels, and the terms of one student that they lead to."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from autograder.errors import Forbidden, NotFound, Refused
from autograder.site.tables import enrolment
from autograder.site.upsert import upsert
from quizzes.schedule.timing import Accommodation, Override, Schedule, Terms, terms_for
from quizzes.store.tables import override, quiz

__all__ = [
    "due_now",
    "later_due",
    "override_in",
    "schedule_of",
    "set_override",
    "terms_and_role",
    "terms_and_row",
    "terms_of",
    "terms_of_class",
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

# Run at every start, so they are built once: a row for each override, or one row without any.
TERMS = (
    select(quiz, enrolment.c.role, enrolment.c.label, enrolment.c.multiplier, enrolment.c.extra)
    .add_columns(enrolment.c.dropped_at, enrolment.c.is_test)
    .add_columns(override.c.scope, override.c.who, override.c.field, override.c.value)
    .outerjoin(
        enrolment, and_(enrolment.c.course == quiz.c.course, enrolment.c.person == bindparam("person"))
    )
    .outerjoin(
        override,
        and_(
            override.c.quiz == quiz.c.id,
            # What the next condition says already, but as SQLite finds it in the index.
            or_(override.c.scope == "person", override.c.scope == "label"),
            override.c.who.in_((enrolment.c.person, enrolment.c.label)),
            or_(
                and_(override.c.scope == "person", override.c.who == enrolment.c.person),
                and_(override.c.scope == "label", override.c.who == enrolment.c.label),
            ),
        ),
    )
    .where(quiz.c.id == bindparam("quiz_id"))
)
LOCKED_TERMS = TERMS.with_for_update(read=True, of=quiz)


def set_override(
    connection: Connection, quiz_id: str, override_value: Override, *, person_id: str = "", label: str = ""
) -> None:
    """Set one value of a quiz for a person, or for everybody with a label."""
    if override_value.field not in FIELDS:
        raise ValueError(f"{override_value.field} cannot be overridden; take one of {', '.join(FIELDS)}")
    scope, who = ("person", person_id) if override_value.personal else ("label", label)
    value = "" if override_value.value is None else str(override_value.value)
    upsert(
        connection,
        override,
        {"quiz": quiz_id, "scope": scope, "who": who, "field": override_value.field, "value": value},
    )


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
    """The terms of a student; raises NotFound for an unknown quiz, Forbidden for an unenrolled person."""
    return terms_and_role(connection, quiz_id, person_id)[0]


def terms_and_role(connection: Connection, quiz_id: str, person_id: str) -> tuple[Terms, str]:
    """The terms of a person in a quiz, and their role in its course; raises as `terms_of` does."""
    terms, row = terms_and_row(connection, quiz_id, person_id)
    return terms, row.role


def terms_and_row(
    connection: Connection, quiz_id: str, person_id: str, *, lock: bool = False
) -> tuple[Terms, Row[Any]]:
    """The terms of a person in a quiz, and its row with their role; raises as `terms_of` does.

    With `lock` nobody changes the quiz until the transaction ends.
    """
    statement = LOCKED_TERMS if lock else TERMS
    rows = connection.execute(statement, {"quiz_id": quiz_id, "person": person_id}).all()
    if not rows:
        raise NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
    row = rows[0]
    if row.label is None:
        raise Forbidden("You are not enrolled in this course.", next_step="Ask the course's staff.")
    accommodation = Accommodation(Fraction(row.multiplier), row.extra)
    overrides = [override_in(line) for line in rows if line.field is not None]
    return terms_for(schedule_of(row), accommodation, overrides), row


def due_now(connection: Connection, quiz_id: str, person_id: str, stored: int | None) -> int | None:
    """The due date of an attempt by now: the one that it has `stored`, or a later one of its student.

    Whoever submitted before a due date was moved sees what is shown after it no sooner than all others.
    """
    try:
        return later_due(stored, terms_of(connection, quiz_id, person_id))
    except Refused:  # nobody of the course any more
        return stored


def later_due(stored: int | None, terms: Terms) -> int | None:
    """The same with the student's terms at hand."""
    return max((due for due in (stored, terms.due_at) if due is not None), default=None)


def terms_of_class(connection: Connection, quiz_id: str) -> dict[str, Terms]:
    """The terms of everybody in the quiz's course, by person; equal terms are computed once."""
    schedule = schedule_of(connection.execute(select(quiz).where(quiz.c.id == quiz_id)).one())
    rows = connection.execute(
        select(
            enrolment.c.person,
            enrolment.c.multiplier,
            enrolment.c.extra,
            override.c.scope,
            override.c.who,
            override.c.field,
            override.c.value,
        )
        .select_from(enrolment)
        .join(quiz, and_(quiz.c.course == enrolment.c.course, quiz.c.id == quiz_id))
        .outerjoin(
            override,
            and_(
                override.c.quiz == quiz_id,
                or_(
                    and_(override.c.scope == "person", override.c.who == enrolment.c.person),
                    and_(override.c.scope == "label", override.c.who == enrolment.c.label),
                ),
            ),
        )
        .order_by(enrolment.c.person, override.c.scope, override.c.field)
    )
    people: dict[str, tuple[tuple[str, int], list[Any]]] = {}
    for row in rows:
        _, lines = people.setdefault(row.person, ((row.multiplier, row.extra), []))
        if row.field is not None:
            lines.append(row)
    common: dict[tuple[str, int], Terms] = {}
    terms = {}
    for person_id, (extra, lines) in people.items():
        if lines or extra not in common:
            accommodation = Accommodation(Fraction(extra[0]), extra[1])
            own_terms = terms_for(schedule, accommodation, [override_in(line) for line in lines])
            if not lines:
                common[extra] = own_terms
        terms[person_id] = own_terms if lines else common[extra]
    return terms


def override_in(row: Row[Any]) -> Override:
    """The override in a row of its table."""
    return Override(row.field, FIELDS[row.field](row.value) if row.value else None, row.scope == "person")
