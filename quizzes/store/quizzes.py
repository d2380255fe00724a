"""Quizzes and their published versions; a version never changes, and an attempt stays with its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, update

from autograder.errors import Conflict, NotFound, Refused
from autograder.site.audit import Act, note
from autograder.site.tables import enrolment
from autograder.site.upsert import insert_once, upsert
from quizzes.attempts.events import State
from quizzes.content.version import QuizVersion
from quizzes.schedule.timing import Accommodation, Schedule, Terms, terms_for
from quizzes.store.attempts import AttemptRow, attempts_at, refusal_of
from quizzes.store.overrides import override_in, place_of, schedule_of, terms_of
from quizzes.store.tables import attempt, override, quiz, quiz_version

__all__ = [
    "Availability",
    "Published",
    "Shortfall",
    "availability_for",
    "content_of",
    "current_version",
    "is_closed_for_everyone",
    "keep_version",
    "make_current",
    "publish",
    "published_in",
]


# Asked at every start, so they are built once.
OFFERED = select(quiz).where(quiz.c.course == bindparam("one")).order_by(quiz.c.opens_at, quiz.c.id)
NEWEST = select(quiz.c.version).where(quiz.c.id == bindparam("one"))


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A student who could not get their whole time."""

    person: str
    missing: int  # milliseconds


def publish(
    connection: Connection,
    quiz_id: str,
    *,
    course: str,
    title: str,
    version: QuizVersion,
    schedule: Schedule,
    at: int,
    who: str,
    slack: int = 0,
    despite_shortfalls: bool = False,
) -> list[Shortfall]:
    """Publish a version with its times; who, starting `slack` after the opening, would not get all of theirs.

    Raises Conflict for impossible times, and for shortfalls unless told to publish despite them.
    """
    if problem := schedule.problem():
        raise Conflict(f"{title}: {problem}", next_step="Correct its times.")
    keep_version(connection, version, at)
    upsert(
        connection,
        quiz,
        {
            "id": quiz_id,
            "course": course,
            "slug": quiz_id,
            "title": title,
            "version": version.hash,
            "opens_at": schedule.opens_at,
            "due_at": schedule.due_at,
            "closes_at": schedule.closes_at,
            "time_limit": schedule.limit,
            "grace": schedule.grace,
            "extend_close": schedule.extend_close,
            "attempts": schedule.attempts,
        },
    )
    students = select(enrolment.c.person).where(enrolment.c.course == course, enrolment.c.role == "student")
    short = [
        Shortfall(one, missing)
        for (one,) in connection.execute(students.order_by(enrolment.c.person)).all()
        if (missing := terms_of(connection, quiz_id, one).shortfall(slack))
    ]
    if short and not despite_shortfalls:
        most = max(one.missing for one in short)
        raise Conflict(
            f"{len(short)} of the enrolled students could not get their whole time, up to "
            f"{most / 60_000:.0f} minutes of it are missing: {', '.join(one.person for one in short[:5])}.",
            next_step="Close the quiz later, let the close move with the accommodations, or insist on it.",
        )
    note(connection, Act(at, who, "publish", quiz_id, {"version": version.hash, "short": len(short)}))
    return short


def keep_version(connection: Connection, version: QuizVersion, at: int) -> None:
    """Keep a version's content, once."""
    insert_once(
        connection, quiz_version, {"hash": version.hash, "content": version.content, "published_at": at}
    )


def make_current(connection: Connection, quiz_id: str, version: str) -> None:
    """Let new attempts, and what results show, be of this version."""
    connection.execute(update(quiz).where(quiz.c.id == quiz_id).values(version=version))


@dataclass(frozen=True, slots=True)
class Published:
    """A quiz as it is offered now."""

    id: str
    title: str
    version: str
    schedule: Schedule


def published_in(connection: Connection, course: str) -> list[Published]:
    """The quizzes of a course, the first to open first, also those that are not open yet."""
    rows = connection.execute(OFFERED, {"one": course})
    return [Published(row.id, row.title, row.version, schedule_of(row)) for row in rows]


def current_version(connection: Connection, quiz_id: str) -> str:
    """The hash of what a new attempt gets; raises NotFound for no such quiz."""
    found = connection.execute(NEWEST, {"one": quiz_id}).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such quiz.", next_step="Take one from the list of quizzes.")
    return str(found)


def content_of(connection: Connection, version: str) -> bytes:
    """The content of a published version, byte for byte."""
    content = select(quiz_version.c.content).where(quiz_version.c.hash == version)
    return bytes(connection.execute(content).scalar_one())


def is_closed_for_everyone(connection: Connection, quiz_id: str, now: int) -> bool:
    """Whether every student's own close has passed and nobody is writing; never true without a close."""
    still = (
        select(func.count())
        .select_from(attempt)
        .where(attempt.c.quiz == quiz_id, attempt.c.state == "open", attempt.c.preview.is_(False))
    )
    if connection.execute(still).scalar_one():
        return False
    row = connection.execute(select(quiz).where(quiz.c.id == quiz_id)).one()
    schedule = schedule_of(row)
    # Whoever has no line of their own closes with everybody; the others are asked one by one.
    special = connection.execute(
        select(enrolment, override)
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
        .where(
            enrolment.c.course == row.course,
            enrolment.c.role == "student",
            or_(enrolment.c.multiplier != "1", enrolment.c.extra != 0, override.c.quiz.is_not(None)),
        )
    )
    own: dict[str, tuple[Accommodation, list[Row[Any]]]] = {}
    for one in special:
        given = Accommodation(Fraction(one.multiplier), one.extra)
        _, lines = own.setdefault(one.person, (given, []))
        if one.field is not None:
            lines.append(one)
    closes = [terms_for(schedule).closes_at]
    closes += [
        terms_for(schedule, given, [override_in(one) for one in lines]).closes_at
        for given, lines in own.values()
    ]
    return all(one is not None and one <= now for one in closes)


@dataclass(frozen=True, slots=True)
class Availability:
    """A quiz as one student may take it at one instant."""

    terms: Terms
    at: int
    attempts: list[AttemptRow]  # their own, previews too
    staff: bool  # they may preview it
    refusal: Refused | None  # why it cannot be started now

    @property
    def used(self) -> int:
        """How many attempts count against the allowed ones."""
        return sum(not one.preview for one in self.attempts)

    @property
    def running(self) -> AttemptRow | None:
        """The open one, to go on with."""
        return next((one for one in self.attempts if one.state is State.OPEN), None)

    @property
    def deadline_at(self) -> int | None:
        """When an attempt started at this instant ends."""
        return self.terms.deadline_at(self.at)

    @property
    def cut(self) -> int:
        """By how much the close cuts the student's time, in milliseconds, if they start now."""
        if self.terms.allot is None or self.deadline_at is None:
            return 0
        return max(0, self.at + self.terms.allot - self.deadline_at)


def availability_for(connection: Connection, quiz_id: str, person: str, at: int) -> Availability:
    """The offer; raises NotFound for no such quiz and Forbidden for somebody not enrolled."""
    terms, role = place_of(connection, quiz_id, person)
    attempts = attempts_at(connection, quiz_id, person)
    offer = Availability(terms, at, attempts, role != "student", None)
    return offer if offer.running else replace(offer, refusal=refusal_of(terms, offer.used, at))
