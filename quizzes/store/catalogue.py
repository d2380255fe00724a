"""Quizzes and their published versions; a version never changes, and an attempt stays with its own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from quizzes.paper import QuizVersion
from quizzes.refusal import Conflict, NotFound
from quizzes.store.audit import Act, note
from quizzes.store.once import insert_once, put
from quizzes.store.people import schedule_of, terms_of
from quizzes.store.schema import enrolment, quiz, quiz_version
from quizzes.timing import Schedule

__all__ = [
    "Published",
    "Shortfall",
    "content_of",
    "current_version",
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
    put(
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
