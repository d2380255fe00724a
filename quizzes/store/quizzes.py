"""Published quizzes, their versions, and their availability for a student.

A version never changes, and an attempt stays with the version it was started with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, update

from autograder.errors import Conflict, NotFound, Refused
from autograder.site.audit import Act, acts_on, record_act
from autograder.site.extensions import LinkTarget
from autograder.site.roles import dropped, takes_part
from autograder.site.tables import enrolment
from autograder.site.upsert import insert_once, upsert
from quizzes.attempts.events import State
from quizzes.content.quiz import Quiz
from quizzes.content.version import QuizVersion
from quizzes.schedule.timing import Accommodation, Schedule, Terms, terms_for
from quizzes.store.attempts import AttemptRow, attempts_at, start_refusal
from quizzes.store.extensions import follow_terms
from quizzes.store.overrides import override_in, schedule_of, terms_and_row, terms_of, terms_of_class
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
    "last_close",
    "link_targets",
    "not_started",
    "publish",
    "published_in",
    "reschedule",
    "set_current_version",
    "times_seen",
]


# Run at every start, so they are built once.
PUBLISHED = select(quiz).where(quiz.c.course == bindparam("course_id")).order_by(quiz.c.opens_at, quiz.c.id)
CURRENT_VERSION = select(quiz.c.version).where(quiz.c.id == bindparam("quiz_id"))
STILL_OPEN = select(
    func.count().label("many"),
    func.count(attempt.c.deadline_at).label("ending"),
    func.max(attempt.c.deadline_at).label("last"),
).where(attempt.c.quiz == bindparam("quiz_id"), attempt.c.state == "open", attempt.c.preview.is_(False))
POINTS: LRUCache[str, float] = LRUCache(256)  # by version
TIMES = ("opens_at", "due_at", "closes_at")  # that staff move, of a schedule


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A student who would not get their whole time."""

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
    force: bool = False,
) -> list[Shortfall]:
    """Publish a version with its times; returns who would lose time by starting `slack` after the opening.

    Times that staff have moved since stand, extensions for the whole class too: an opening, a due date or a
    close that the file has as it had when it was published last does not move back. Raises Conflict for
    impossible times, and for shortfalls unless told to publish despite them.
    """
    if problem := schedule.problem():
        raise Conflict(f"{title}: {problem}", next_step="Correct its times.")
    keep_version(connection, version, at)
    written = {name: getattr(schedule, name) for name in TIMES}
    schedule = _as_moved(connection, quiz_id, schedule)
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
    short = _shortfalls(connection, course, quiz_id, slack)
    if short and not force:
        raise Conflict(
            _short_sentence(short),
            next_step="Close the quiz later, let the close move with the accommodations, or use --force.",
        )
    detail: dict[str, object] = {"version": version.hash, "short": len(short), **written}
    record_act(connection, Act(at, who, "publish", quiz_id, detail))
    return short


def _as_moved(connection: Connection, quiz_id: str, schedule: Schedule) -> Schedule:
    """The schedule with the times that are stored, where its file still says what it said."""
    row = connection.execute(select(quiz).where(quiz.c.id == quiz_id).with_for_update()).one_or_none()
    published = [act for act in acts_on(connection, quiz_id) if act.act == "publish"]
    if row is None or not published:
        return schedule
    last, stored = published[-1].detail, schedule_of(row)
    kept = {
        name: getattr(stored, name)
        for name in TIMES
        if name in last and last[name] == getattr(schedule, name)
    }
    moved = replace(schedule, **kept)
    return schedule if moved.problem() else moved


def reschedule(
    connection: Connection,
    quiz_id: str,
    *,
    opens_at: int,
    due_at: int | None,
    closes_at: int | None,
    reason: str,
    at: int,
    who: str,
    force: bool = False,
    seen: str = "",
) -> bool:
    """Move the times of a published quiz; open attempts only gain time by it, and get it at once.

    `seen` are the times that the form began with, as `times_seen` has them. Returns whether the times were
    others before. Raises Conflict for impossible times, without a reason, where somebody else has moved them
    since, where an attempt is open and it would lose time, and for shortfalls unless forced.
    """
    if not reason:
        raise Conflict("The reason is missing; it is recorded.", next_step="Give a reason of a few words.")
    row = connection.execute(select(quiz).where(quiz.c.id == quiz_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
    before = schedule_of(row)
    if seen and seen != times_seen(before):
        raise Conflict(
            "Somebody else has moved the times of this quiz meanwhile.",
            next_step="Go back, reload the page, and decide which times stand.",
        )
    schedule = replace(before, opens_at=opens_at, due_at=due_at, closes_at=closes_at)
    if problem := schedule.problem():
        raise Conflict(problem, next_step="Correct the times.")
    started = select(func.count()).where(
        attempt.c.quiz == quiz_id, attempt.c.state == "open", attempt.c.preview.is_(False)
    )
    running = connection.execute(started).scalar_one()
    earlier = closes_at is not None and (before.closes_at is None or closes_at < before.closes_at)
    if running and (earlier or opens_at > before.opens_at):
        raise Conflict(
            f"{running} attempts are open: the quiz cannot open later or close earlier now.",
            next_step="Wait until they are submitted, or close them on their own pages.",
        )
    values = {name: getattr(schedule, name) for name in TIMES}
    connection.execute(update(quiz).where(quiz.c.id == quiz_id).values(**values))
    short = _shortfalls(connection, row.course, quiz_id, 0)
    if short and not force:
        raise Conflict(
            _short_sentence(short), next_step="Close the quiz later, or tick the box to move it anyway."
        )
    detail: dict[str, object] = {
        "reason": reason,
        "before": {name: getattr(before, name) for name in values},
        "after": values,
        "short": len(short),
    }
    record_act(connection, Act(at, who, "reschedule", quiz_id, detail))
    follow_terms(connection, quiz_id, terms_of_class(connection, quiz_id), at=at, who=who, reason=reason)
    return schedule != before


def times_seen(schedule: Schedule) -> str:
    """The times of a quiz in one text, for a form that says which it began with."""
    return " ".join(str(getattr(schedule, name)) for name in TIMES)


def _shortfalls(connection: Connection, course: str, quiz_id: str, slack: int) -> list[Shortfall]:
    """Who would lose time by starting `slack` after the opening."""
    students = select(enrolment.c.person).where(enrolment.c.course == course, takes_part())
    return [
        Shortfall(student, missing)
        for (student,) in connection.execute(students.order_by(enrolment.c.person)).all()
        if (missing := terms_of(connection, quiz_id, student).shortfall(slack))
    ]


def _short_sentence(short: Sequence[Shortfall]) -> str:
    most = max(shortfall.missing for shortfall in short)
    return (
        f"{len(short)} of the enrolled students would not get their whole time; up to "
        f"{most / 60_000:.0f} minutes are missing: {', '.join(row.person for row in short[:5])}."
    )


def keep_version(connection: Connection, version: QuizVersion, at: int) -> None:
    """Store a version's content, once."""
    insert_once(
        connection, quiz_version, {"hash": version.hash, "content": version.content, "published_at": at}
    )


def set_current_version(connection: Connection, quiz_id: str, version: str) -> None:
    """Make a version the current one: new attempts and results use it."""
    connection.execute(update(quiz).where(quiz.c.id == quiz_id).values(version=version))


@dataclass(frozen=True, slots=True)
class Published:
    """A published quiz."""

    id: str
    title: str
    version: str
    schedule: Schedule


def published_in(connection: Connection, course: str) -> list[Published]:
    """The published quizzes of a course in the order in which they open, also those not open yet."""
    rows = connection.execute(PUBLISHED, {"course_id": course})
    return [Published(row.id, row.title, row.version, schedule_of(row)) for row in rows]


def link_targets(connection: Connection, course: str) -> list[LinkTarget]:
    """The published quizzes as what a learning platform's link may open, with their points and dates."""
    return [
        LinkTarget(
            "quiz",
            published.id,
            f"/quizzes/{published.id}",
            published.title,
            _points(connection, published.version),
            published.schedule.opens_at,
            published.schedule.due_at,
            published.schedule.closes_at,
        )
        for published in published_in(connection, course)
    ]


def _points(connection: Connection, version: str) -> float:
    """All points of a version, which never changes."""
    if version not in POINTS:
        POINTS[version] = float(Quiz.read(content_of(connection, version)).points)
    return POINTS[version]


def not_started(connection: Connection, quiz_id: str) -> int:
    """How many students of the course have no attempt at a quiz yet."""
    started = select(attempt.c.person).where(attempt.c.quiz == quiz_id)
    students = (
        select(func.count())
        .select_from(enrolment)
        .join(quiz, quiz.c.course == enrolment.c.course)
        .where(quiz.c.id == quiz_id, takes_part(), enrolment.c.person.not_in(started))
    )
    return int(connection.execute(students).scalar_one())


def current_version(connection: Connection, quiz_id: str) -> str:
    """The hash of the version that a new attempt gets; raises NotFound for an unknown quiz."""
    version = connection.execute(CURRENT_VERSION, {"quiz_id": quiz_id}).scalar_one_or_none()
    if version is None:
        raise NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
    return str(version)


def content_of(connection: Connection, version: str) -> bytes:
    """The content of a published version, byte for byte."""
    content = select(quiz_version.c.content).where(quiz_version.c.hash == version)
    return bytes(connection.execute(content).scalar_one())


def is_closed_for_everyone(connection: Connection, quiz_id: str, now: int) -> bool:
    """Whether the quiz has closed for every student and no attempt is open; never true without a close."""
    if connection.execute(STILL_OPEN, {"quiz_id": quiz_id}).one().many:
        return False
    last = last_close(connection, quiz_id)
    return last is not None and last <= now


def last_close(connection: Connection, quiz_id: str) -> int | None:
    """When the quiz closes for the last student, open attempts included; None if it never does."""
    open_now = connection.execute(STILL_OPEN, {"quiz_id": quiz_id}).one()
    if open_now.many > open_now.ending:
        return None
    row = connection.execute(select(quiz).where(quiz.c.id == quiz_id)).one()
    schedule = schedule_of(row)
    # Students without extra time and overrides share the schedule's close; the others have their own.
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
            takes_part(),
            or_(enrolment.c.multiplier != "1", enrolment.c.extra != 0, override.c.quiz.is_not(None)),
        )
    )
    special_students: dict[str, tuple[Accommodation, list[Row[Any]]]] = {}
    for student_row in special:
        accommodation = Accommodation(Fraction(student_row.multiplier), student_row.extra)
        _, lines = special_students.setdefault(student_row.person, (accommodation, []))
        if student_row.field is not None:
            lines.append(student_row)
    closes = [terms_for(schedule).closes_at]
    closes += [
        terms_for(schedule, accommodation, [override_in(row) for row in lines]).closes_at
        for accommodation, lines in special_students.values()
    ]
    closes += [open_now.last] if open_now.many else []
    known = [close for close in closes if close is not None]
    return max(known) if len(known) == len(closes) else None


@dataclass(frozen=True, slots=True)
class Availability:
    """A quiz as one student may take it at one instant."""

    published: Published
    terms: Terms
    at: int
    attempts: list[AttemptRow]  # of this student, previews too
    staff: bool  # whether they may preview it
    refusal: Refused | None  # why it cannot be started now; None if it can

    @property
    def used(self) -> int:
        """How many attempts count against the limit."""
        return sum(not attempt.preview for attempt in self.attempts)

    @property
    def running(self) -> AttemptRow | None:
        """The open attempt, to resume."""
        return next((attempt for attempt in self.attempts if attempt.state is State.OPEN), None)

    @property
    def deadline_at(self) -> int | None:
        """When an attempt started at this instant ends."""
        return self.terms.deadline_at(self.at)

    @property
    def cut_short(self) -> int:
        """By how much the close cuts the student's time, in milliseconds, if they start now."""
        if self.terms.time_allowed is None or self.deadline_at is None:
            return 0
        return max(0, self.at + self.terms.time_allowed - self.deadline_at)


def availability_for(connection: Connection, quiz_id: str, person: str, at: int) -> Availability:
    """The availability; raises NotFound for an unknown quiz, Forbidden for an unenrolled person."""
    terms, row = terms_and_row(connection, quiz_id, person)
    published = Published(row.id, row.title, row.version, schedule_of(row))
    attempts = attempts_at(connection, quiz_id, person)
    availability = Availability(published, terms, at, attempts, row.role != "student", None)
    if availability.running:
        return availability
    refusal = dropped() if row.dropped_at is not None else start_refusal(terms, availability.used, at)
    return replace(availability, refusal=refusal)
