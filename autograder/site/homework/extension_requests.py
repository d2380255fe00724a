"""Requests for extensions: a student asks with a reason, staff grant them or say why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, insert, select, update

from autograder.course.course import Course
from autograder.course.due_rules import Scope
from autograder.course.local_time import later_wall
from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import due_for_student, published
from autograder.site.homework.due_dates import RuleForm, plan_rules
from autograder.site.homework.tables import extension_request
from autograder.site.roles import Access, may_see

__all__ = ["ExtensionRequest", "answer_request", "ask_for_extension", "open_requests", "requests_of"]

LONGEST_TEXT = 1000
MOST_DAYS = 60


@dataclass(frozen=True)
class ExtensionRequest:
    """A request, with its answer if it has one."""

    id: int
    person: str
    assignment: str
    days: int
    text: str
    at: int
    answered_at: int | None
    approved: bool
    reply: str


def ask_for_extension(
    connection: Connection, of: str, person: str, assignment: str, days: int, text: str, *, at: int
) -> int:
    """Store a request; its number. Raises Conflict for a second open one, and without a reason."""
    text = text.strip()[:LONGEST_TEXT]
    if not text:
        raise Conflict("The reason is missing.", next_step="Say in a few words why you need more time.")
    if not 1 <= days <= MOST_DAYS:
        raise Conflict(f"An extension has 1 to {MOST_DAYS} days.", next_step="Correct the number of days.")
    waiting = [
        item
        for item in requests_of(connection, of, person)
        if item.assignment == assignment and item.answered_at is None
    ]
    if waiting:
        raise Conflict("You have asked already.", next_step="Wait for the answer; it comes on this page.")
    values = {"course": of, "person": person, "assignment": assignment, "days": days, "text": text, "at": at}
    number = connection.execute(
        insert(extension_request).returning(extension_request.c.id),
        {**values, "by_whom": "", "approved": False, "reply": ""},
    ).scalar_one()
    detail: dict[str, object] = {"assignment": assignment, "days": days}
    record_act(connection, Act(at, person, "ask for extension", person, detail))
    return int(number)


def requests_of(connection: Connection, of: str, person: str) -> list[ExtensionRequest]:
    """A student's requests, the newest first."""
    owned = extension_request.c.course == of, extension_request.c.person == person
    rows = connection.execute(select(extension_request).where(*owned).order_by(extension_request.c.id.desc()))
    return [_request(row) for row in rows]


def open_requests(connection: Connection, of: str, access: Access) -> list[ExtensionRequest]:
    """The requests without an answer of the students whom a member of staff may see, the oldest first."""
    waiting = extension_request.c.course == of, extension_request.c.answered_at.is_(None)
    seen = may_see(extension_request.c.person, of, access)
    rows = connection.execute(
        select(extension_request).where(*waiting, seen).order_by(extension_request.c.id)
    )
    return [_request(row) for row in rows]


def answer_request(
    connection: Connection,
    course: Course,
    of: str,
    number: int,
    *,
    days: int | None,
    reply: str,
    at: int,
    who: str,
) -> ExtensionRequest:
    """Grant a request with so many days after the student's present due date, or with None decline it.

    Returns the request with its answer. The student keeps what an earlier extension gave.

    Raises NotFound for an unknown one, Conflict for one that was answered, granted with no days, or declined
    without a reply.
    """
    row = connection.execute(
        select(extension_request).where(extension_request.c.id == number, extension_request.c.course == of)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such request.", next_step="Reload the page.")
    request, reply = _request(row), reply.strip()[:LONGEST_TEXT]
    if request.answered_at is not None:
        raise Conflict("This request was answered meanwhile.", next_step="Reload the page.")
    if days == 0:
        raise Conflict("The number of days is missing.", next_step="Write it, or press Decline.")
    if days is None and not reply:
        raise Conflict("The reply is missing; the student reads it.", next_step="Say why in a few words.")
    if days:
        form = _rule_form(connection, course, of, request, days)
        plan_rules(connection, course, of, form, who=who).apply(connection, course, at, who)
    values = {"answered_at": at, "by_whom": who, "approved": bool(days), "reply": reply}
    connection.execute(update(extension_request).where(extension_request.c.id == number).values(**values))
    detail: dict[str, object] = {"assignment": request.assignment, "days": days or 0, "reply": reply}
    record_act(connection, Act(at, who, "answer extension request", request.person, detail))
    return ExtensionRequest(
        number,
        request.person,
        request.assignment,
        days or request.days,
        request.text,
        request.at,
        at,
        bool(days),
        reply,
    )


def _rule_form(
    connection: Connection, course: Course, of: str, request: ExtensionRequest, days: int
) -> RuleForm:
    """So many days more than the student has; late days come on top of a due date and are not part of it."""
    row = published(connection, of, request.assignment)
    without = course.with_due_rules(replace(course.due_rules, late_days={}))
    class_due, own_due = (due_for_student(without, row, who) for who in ("", request.person))
    held = without.due_rules.extensions(request.person, request.assignment)
    form = RuleForm(
        Scope.PERSON,
        (request.person,),
        request.assignment,
        request.text,
        days=days,
        no_penalty=any(rule.no_penalty for rule in held),
        excused=any(rule.excused for rule in held),
    )
    if own_due is None or own_due == class_due:
        return form
    later = later_wall(datetime.fromtimestamp(own_due / 1000, UTC), days, course.zone)
    return replace(form, days=0, until=int(later.timestamp() * 1000))


def _request(row: Row[tuple[object, ...]]) -> ExtensionRequest:
    return ExtensionRequest(
        row.id,
        row.person,
        row.assignment,
        row.days,
        row.text,
        row.at,
        row.answered_at,
        row.approved,
        row.reply,
    )
