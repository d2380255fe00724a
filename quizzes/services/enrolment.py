"""Enrolment and publishing: a course, accommodations and quizzes from their files into the store.

The commands, the page of imports and the load test use it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, select

from autograder.course.course import Course
from autograder.course.local_time import later_wall, shown, span
from autograder.course.roster import Person
from autograder.errors import ContentError, choose_one
from autograder.site.audit import Act, record_acts
from autograder.site.people import COURSE, Change, add_course, factor_text
from autograder.site.roles import Role, role_name
from autograder.site.tables import enrolment
from autograder.site.upsert import upsert_all
from quizzes.content.quiz_file import QuizPlan
from quizzes.schedule.accommodations import COLUMNS, AccommodationRow, check_consistent
from quizzes.schedule.timing import Accommodation, Override, Schedule, Terms, terms_for
from quizzes.store.extensions import move_ends
from quizzes.store.overrides import override_in, schedule_of, terms_of
from quizzes.store.quizzes import Shortfall, publish
from quizzes.store.tables import override, quiz

__all__ = [
    "QuizAccommodations",
    "accommodate",
    "add_the_course",
    "opened_now",
    "plan_accommodations",
    "plan_extension",
    "publish_plan",
]

MINUTE = 60_000  # milliseconds
# Each may do more than the one before.
ROLES = (Role.STUDENT.value, Role.STAFF.value, Role.TA.value, Role.INSTRUCTOR.value)
WORDS = {
    "opens_at": "opening",
    "due_at": "due date",
    "closes_at": "close",
    "limit": "time limit",
    "multiplier": "time",
    "extra": "extra time",
}
Find = Callable[[Person, str], str | None]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The role, label and extra time of a person."""

    role: str = "student"
    label: str = ""
    multiplier: Fraction = Fraction(1)
    extra: int = 0


@dataclass(frozen=True)
class QuizAccommodations:
    """What a table of accommodations changes; see `autograder.site.extensions.AccommodationPlan`."""

    changes: tuple[Change, ...]
    columns: frozenset[str] = COLUMNS
    _enrolments: dict[str, Enrolment] = field(default_factory=dict, repr=False)
    _set: tuple[dict[str, str], ...] = ()
    _removed: tuple[tuple[str, str, str], ...] = ()  # quiz, person, field
    _terms: Mapping[tuple[str, str], Terms] = field(default_factory=dict, repr=False)  # by quiz and person
    _stored: str = ""  # the digest of what the table was compared with

    def is_current(self, connection: Connection) -> bool:
        """Whether what the table was compared with is still stored."""
        return self._stored == _Stored(connection).digest

    def apply(self, connection: Connection, at: int, who: str) -> None:
        """Store the changes, audit them person by person, and give open attempts their time at once."""
        upsert_all(
            connection,
            enrolment,
            [
                {
                    "course": COURSE,
                    "person": student,
                    "role": new.role,
                    "label": new.label,
                    "multiplier": str(new.multiplier),
                    "extra": new.extra,
                }
                for student, new in self._enrolments.items()
            ],
        )
        upsert_all(connection, override, list(self._set))
        for quiz_id, student, name in self._removed:
            connection.execute(
                delete(override).where(
                    override.c.quiz == quiz_id,
                    override.c.scope == "person",
                    override.c.who == student,
                    override.c.field == name,
                )
            )
        sentences: dict[str, list[str]] = {}
        for change in self.changes:
            sentences.setdefault(change.student, []).append(change.sentence)
        record_acts(
            connection,
            [Act(at, who, "accommodate", student, {"changes": many}) for student, many in sentences.items()],
        )

        def end_of(row: Any) -> int | None:
            changed = row.person in sentences and not row.preview
            terms = self._terms.get((row.quiz, row.person)) if changed else None
            return None if terms is None else terms.deadline_at(row.started_at)

        move_ends(connection, end_of, at=at, who=who, reason="new terms")


class _Stored:
    """What accommodations are compared with: the schedules, the enrolments and the overrides."""

    def __init__(self, connection: Connection) -> None:
        of_course = select(quiz).where(quiz.c.course == COURSE).order_by(quiz.c.id)
        self.quizzes = {row.id: schedule_of(row) for row in connection.execute(of_course)}
        enrolments = select(enrolment).where(enrolment.c.course == COURSE).order_by(enrolment.c.person)
        self._enrolments = connection.execute(enrolments).all()
        key = override.c.quiz, override.c.scope, override.c.who, override.c.field
        self._overrides = connection.execute(select(override).order_by(*key)).all()

    @property
    def digest(self) -> str:
        """The same for the same rows."""
        rows = [tuple(row) for row in (*self._enrolments, *self._overrides)]
        return hashlib.sha256(repr((self.quizzes, rows)).encode()).hexdigest()

    def enrolled(self) -> dict[str, Enrolment]:
        """The enrolments by person."""
        return {
            row.person: Enrolment(row.role, row.label, Fraction(row.multiplier), row.extra)
            for row in self._enrolments
        }

    def overrides(self) -> dict[tuple[str, str, str], list[Override]]:
        """The overrides by quiz, scope and person or label."""
        stored: dict[tuple[str, str, str], list[Override]] = {}
        for row in self._overrides:
            stored.setdefault((row.quiz, row.scope, row.who), []).append(override_in(row))
        return stored


def add_the_course(connection: Connection, course: Course) -> None:
    """Store the course with its current title and time zone."""
    add_course(connection, COURSE, course.title, course.zone.key)


def accommodate(connection: Connection, rows: Iterable[AccommodationRow], *, at: int, who: str) -> None:
    """Store the accommodations of enrolled students; raises ContentError for an unknown student or quiz."""
    plan = plan_accommodations(connection, rows, lambda person, _: person.student_id, ZoneInfo("UTC"))
    plan.apply(connection, at, who)


def plan_accommodations(
    connection: Connection,
    rows: Iterable[AccommodationRow],
    find: Find,
    zone: ZoneInfo,
    *,
    take_away: bool = True,
) -> QuizAccommodations:
    """What the rows change; nothing is written. Without `take_away`, nobody loses time, a date or a role.

    Raises ContentError for an unknown student or quiz, and for two rows that contradict each other.
    """
    stored = _Stored(connection)
    quizzes, enrolled, overrides = stored.quizzes, stored.enrolled(), stored.overrides()
    found_rows = [_found(row, find, quizzes) for row in rows]
    check_consistent(found_rows)
    by_student: dict[str, list[AccommodationRow]] = {}
    for row in found_rows:
        by_student.setdefault(row.student, []).append(row)
    students = {
        student: _StudentPlan(
            student,
            enrolled.get(student, Enrolment()),
            rows_of_student,
            quizzes,
            overrides,
            zone,
            take_away=take_away,
        )
        for student, rows_of_student in by_student.items()
    }
    plans = students.values()
    return QuizAccommodations(
        tuple(change for plan in plans for change in plan.changes),
        COLUMNS,
        {student: plan.after for student, plan in students.items() if plan.after != plan.before},
        tuple(values for plan in plans for values in plan.to_set),
        tuple(key for plan in plans for key in plan.removed),
        {(quiz_id, plan.student): terms for plan in plans for quiz_id, terms in plan.terms.items()},
        stored.digest,
    )


class _StudentPlan:
    """What the rows of one student change; without `take_away`, what they would take away stays."""

    def __init__(
        self,
        student: str,
        before: Enrolment,
        rows: Sequence[AccommodationRow],
        quizzes: Mapping[str, Schedule],
        stored: Mapping[tuple[str, str, str], list[Override]],
        zone: ZoneInfo,
        *,
        take_away: bool,
    ) -> None:
        self.student, self.before, self._rows, self._stored, self._zone = student, before, rows, stored, zone
        stated = _stated(before, rows)
        self.after = stated if take_away else _without_losses(before, stated)
        self._compare(quizzes, take_away=take_away)
        if not take_away and any(change.loses for change in self.changes):
            self.after = before  # the label of a group that has less time than the student
            self._compare(quizzes, take_away=take_away)

    def _compare(self, quizzes: Mapping[str, Schedule], *, take_away: bool) -> None:
        self.changes = _enrolment_changes(self.student, self.before, self.after)
        self.to_set: list[dict[str, str]] = []
        self.removed: list[tuple[str, str, str]] = []
        self.terms: dict[str, Terms] = {}  # of a student with changes, by quiz
        for quiz_id, schedule in quizzes.items():
            stored_rows = self._stored.get((quiz_id, "person", self.student), [])
            old = {known.field: known for known in stored_rows}
            new = _overridden(old, [row for row in self._rows if row.quiz == quiz_id])
            kept = self._terms(quiz_id, schedule, self.after, old)
            self.terms[quiz_id] = self._terms(quiz_id, schedule, self.after, new)
            loses = _loses(kept, self.terms[quiz_id])
            if loses and not take_away:
                new, loses, self.terms[quiz_id] = old, False, kept
            self._note(quiz_id, old, new, loses=loses)
            # A role and extra time are compared as such; another label may bring other times along.
            unlabelled = replace(self.after, label=self.before.label)
            terms_before = self._terms(quiz_id, schedule, unlabelled, old)
            if _loses(terms_before, kept):
                words = [_terms_shown(terms, self._zone) for terms in (terms_before, kept)]
                self.changes.append(
                    Change(self.student, f"times in {quiz_id}", words[0], words[1], loses=True)
                )

    def _note(
        self, quiz_id: str, old: Mapping[str, Override], new: Mapping[str, Override], *, loses: bool
    ) -> None:
        """Note the overrides of a quiz that change, for people and for the table."""
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) == new.get(name):
                continue
            before, after = _shown(old.get(name), self._zone), _shown(new.get(name), self._zone)
            what = f"{WORDS.get(name, name)} in {quiz_id}"
            self.changes.append(Change(self.student, what, before, after, loses))
            if name in new:
                self.to_set.append(_override_values(quiz_id, self.student, new[name]))
            else:
                self.removed.append((quiz_id, self.student, name))

    def _terms(
        self, quiz_id: str, schedule: Schedule, state: Enrolment, personal: Mapping[str, Override]
    ) -> Terms:
        of_label = self._stored.get((quiz_id, "label", state.label), [])
        accommodation = Accommodation(state.multiplier, state.extra)
        return terms_for(schedule, accommodation, [*of_label, *personal.values()])


def plan_extension(
    connection: Connection,
    quiz_id: str,
    people: Sequence[str],
    zone: ZoneInfo,
    *,
    days: int,
    minutes: int,
    until: int | None,
) -> QuizAccommodations | None:
    """What a later due date and close would change for some students; None for an unknown quiz.

    The close moves as far as the due date does, so that nobody is shut out before it.
    """
    if connection.execute(select(quiz.c.id).where(quiz.c.id == quiz_id)).first() is None:
        return None
    rows = []
    for person in people:
        terms = terms_of(connection, quiz_id, person)
        due, closes = (
            None if date is None else _later(date, days, minutes, until, zone)
            for date in (terms.due_at, terms.closes_at)
        )
        overrides = [Override("due_at", due)] if due is not None else []
        overrides += [Override("closes_at", closes)] if closes is not None else []
        rows.append(AccommodationRow("The form", person, quiz_id, overrides=tuple(overrides)))
    return plan_accommodations(connection, rows, lambda known, _: known.student_id, zone, take_away=False)


def _later(instant: int, days: int, minutes: int, until: int | None, zone: ZoneInfo) -> int:
    moment = later_wall(datetime.fromtimestamp(instant / 1000, zone), days, zone)
    return max(int(moment.timestamp() * 1000) + minutes * MINUTE, until or 0)


def _overridden(old: Mapping[str, Override], rows: Iterable[AccommodationRow]) -> dict[str, Override]:
    """The overrides of a student in a quiz as its rows leave them; those that no row names stay."""
    new = dict(old)
    for row in rows:
        new |= {stated.field: stated for stated in row.overrides}
        for name in row.removed:
            new.pop(name, None)
    return new


def _override_values(quiz_id: str, student: str, known: Override) -> dict[str, str]:
    """The row of an override's table."""
    value = "" if known.value is None else str(known.value)
    return {"quiz": quiz_id, "scope": "person", "who": student, "field": known.field, "value": value}


def _found(row: AccommodationRow, find: Find, quizzes: Iterable[str]) -> AccommodationRow:
    """The row with the stored ID of its student."""
    student = find(row.person if row.person.student_id else Person(row.student), row.location)
    if student is None:
        raise ContentError(
            f"{row.location}: {row.student} is not on the roster.",
            next_step="Add the student to the roster, or correct the student ID.",
        )
    if row.quiz and row.quiz not in quizzes:
        raise ContentError(
            f"{row.location}: {row.quiz!r} is not published.",
            next_step=choose_one(quizzes, f"Publish it first: `quizzes publish {row.quiz}`."),
        )
    return replace(row, student=student)


def _stated(before: Enrolment, rows: Iterable[AccommodationRow]) -> Enrolment:
    """The enrolment as the rows of its student leave it; they do not contradict each other."""
    after = before
    for row in rows:
        after = Enrolment(
            after.role if row.role is None else row.role,
            after.label if row.label is None else row.label,
            after.multiplier if row.multiplier is None else row.multiplier,
            after.extra if row.extra is None else row.extra,
        )
    return after


def _without_losses(before: Enrolment, after: Enrolment) -> Enrolment:
    """The later enrolment, except for what it takes away."""
    return Enrolment(
        max(before.role, after.role, key=ROLES.index),
        before.label or after.label,
        max(before.multiplier, after.multiplier),
        max(before.extra, after.extra),
    )


def _enrolment_changes(student: str, before: Enrolment, after: Enrolment) -> list[Change]:
    changes = []
    if before.role != after.role:
        lower = ROLES.index(after.role) < ROLES.index(before.role)
        changes.append(Change(student, "role", role_name(before.role), role_name(after.role), lower))
    if before.label != after.label:
        changes.append(
            Change(student, "label", before.label or "none", after.label or "none", bool(before.label))
        )
    if before.multiplier != after.multiplier:
        old, new = (f"× {factor_text(each.multiplier)}" for each in (before, after))
        changes.append(Change(student, "time", old, new, after.multiplier < before.multiplier))
    if before.extra != after.extra:
        old, new = (f"+ {span(each.extra)}" if each.extra else "none" for each in (before, after))
        changes.append(Change(student, "extra time", old, new, after.extra < before.extra))
    return changes


def _loses(before: Terms, after: Terms) -> bool:
    """Whether the terms of a quiz give less than before: later, earlier, shorter or fewer."""

    def less(old: int | None, new: int | None) -> bool:
        return new is not None and (old is None or new < old)

    return (
        after.opens_at > before.opens_at
        or less(before.due_at, after.due_at)
        or less(before.closes_at, after.closes_at)
        or less(before.time_allowed, after.time_allowed)
        or less(before.attempts, after.attempts)
    )


def _shown(known: Override | None, zone: ZoneInfo) -> str:
    if known is None:
        return "as for everybody"
    if known.value is None:
        return "none"
    if known.field.endswith("_at"):
        return shown(int(known.value), zone)
    if known.field in ("limit", "extra", "grace"):
        return span(int(known.value))
    return f"{float(known.value):g}"


def _terms_shown(terms: Terms, zone: ZoneInfo) -> str:
    allowed = "no limit" if terms.time_allowed is None else span(terms.time_allowed)
    return allowed if terms.closes_at is None else f"{allowed} until {shown(terms.closes_at, zone)}"


def opened_now(plan: QuizPlan, now: int) -> QuizPlan:
    """The same quiz, opened a minute ago: what a demonstration publishes."""
    times = plan.schedule
    shift = now - MINUTE - times.opens_at
    moved = replace(
        times,
        opens_at=times.opens_at + shift,
        due_at=None if times.due_at is None else times.due_at + shift,
        closes_at=None if times.closes_at is None else times.closes_at + shift,
    )
    return replace(plan, schedule=moved)


def publish_plan(
    connection: Connection, plan: QuizPlan, *, at: int, who: str, slack: int = 0, force: bool = False
) -> list[Shortfall]:
    """Publish the current version of a quiz file; returns who would not get their whole time."""
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
        force=force,
    )
