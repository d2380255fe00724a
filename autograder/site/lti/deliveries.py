"""Scores on their way to platforms: one row for each recipient, a user's entry in one line item.

A row is `waiting` to be sent, `held` while the student may not see the score, `sent`, `failed` until the next
try, or `retired` when its recipient is none any more. A new score makes the row wait again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from autograder.site.audit import Act, record_act
from autograder.site.lti.users import Link, recipients_of
from autograder.site.outbox import LEASE, wait_after
from autograder.site.tables import lti_score, person
from autograder.site.upsert import insert_once

__all__ = [
    "Delivery",
    "claim_deliveries",
    "held_work",
    "mark_delivered",
    "mark_failed",
    "mark_held",
    "mark_retired",
    "queue_deliveries",
    "release_held",
    "resume_deliveries",
    "retry",
    "send_scores_again",
    "undelivered",
]

KEYS = ("issuer", "client", "deployment", "resource", "subject")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A score that is due at a recipient."""

    key: tuple[str, ...]  # issuer, client, deployment, resource, subject
    person: str
    kind: str  # `quiz` or `assignment`
    work: str
    rev: int  # counts the changes of the score
    tries: int

    @property
    def subject(self) -> str:
        """The user's id on the platform."""
        return self.key[-1]

    def is_for(self, link: Link, subject: str) -> bool:
        """Whether this is the recipient of a link and a user."""
        return self.key == (link.issuer, link.client, link.deployment, link.resource, subject)


def queue_deliveries(connection: Connection, who: str, work: str, now: int, *, kind: str = "quiz") -> None:
    """Let a person's score in a quiz or an assignment wait for each of its recipients."""
    for link, subject in recipients_of(connection, who, work, kind):
        key = dict(
            zip(KEYS, (link.issuer, link.client, link.deployment, link.resource, subject), strict=True)
        )
        new = {"person": who, "kind": kind, "work": work, "state": "waiting", "tries": 0, "next_at": now}
        new |= {"problem": ""}
        if not insert_once(connection, lti_score, {**key, **new, "rev": 1, "sent": ""}):
            this = and_(*(lti_score.c[name] == value for name, value in key.items()))
            other_work = or_(lti_score.c.kind != kind, lti_score.c.work != work)
            connection.execute(update(lti_score).where(this, other_work).values(sent=""))
            connection.execute(update(lti_score).where(this).values(**new, rev=lti_score.c.rev + 1))


def claim_deliveries(
    connection: Connection, now: int, limit: int, *, without: Collection[str] = ()
) -> list[Delivery]:
    """The deliveries that are due, oldest first; no other sender gets them for a minute.

    Those of the issuers in `without` stay where they are.
    """
    due = [lti_score.c.state.in_(["waiting", "failed"]), lti_score.c.next_at <= now]
    due += [lti_score.c.issuer.not_in(list(without))] if without else []
    rows = connection.execute(
        select(lti_score)
        .where(*due)
        .order_by(lti_score.c.next_at, *(lti_score.c[name] for name in KEYS))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [
        Delivery(
            tuple(row._mapping[name] for name in KEYS), row.person, row.kind, row.work, row.rev, row.tries
        )
        for row in rows
    ]
    for delivery in found:
        _set(connection, delivery, next_at=now + LEASE)
    return found


def mark_delivered(connection: Connection, delivery: Delivery, now: int, sent: str) -> None:
    """Record which score arrived, and that nothing is left to send unless it changed meanwhile."""
    _set(connection, delivery, state="sent", tries=delivery.tries + 1, problem="")
    connection.execute(update(lti_score).where(*_this(delivery)).values(sent_at=now, sent=sent))


def mark_failed(connection: Connection, delivery: Delivery, now: int, problem: str) -> None:
    """Record a failed try with the platform's answer; the pause before the next doubles, up to an hour."""
    wait = wait_after(delivery.tries)
    values = {"state": "failed", "tries": delivery.tries + 1, "next_at": now + wait}
    _set(connection, delivery, **values, problem=problem[:500])


def mark_held(connection: Connection, delivery: Delivery, due_at: int | None) -> None:
    """Hold a score that its student may not see; nothing looks at it before `release_held`."""
    _set(connection, delivery, state="held", due_at=due_at, problem="")


def mark_retired(connection: Connection, delivery: Delivery) -> None:
    """Record that there is nothing to send to this recipient."""
    _set(connection, delivery, state="retired", problem="")


def resume_deliveries(connection: Connection, person: str, now: int) -> None:
    """Let the scores of somebody who takes part again wait for their recipients."""
    theirs = lti_score.c.person == person, lti_score.c.state == "retired"
    values = {"state": "waiting", "tries": 0, "next_at": now}
    connection.execute(update(lti_score).where(*theirs).values(**values, rev=lti_score.c.rev + 1))


def held_work(connection: Connection) -> list[tuple[str, str]]:
    """The quizzes and assignments of which scores are held, each as its kind and its name."""
    held = select(lti_score.c.kind, lti_score.c.work).where(lti_score.c.state == "held").distinct()
    rows = connection.execute(held.order_by(lti_score.c.kind, lti_score.c.work))
    return [(row.kind, row.work) for row in rows]


def release_held(
    connection: Connection, work: str, now: int, *, before_due: bool, kind: str = "quiz"
) -> None:
    """Let the held scores of a work wait; only those past their student's due date unless `before_due`."""
    past = or_(lti_score.c.due_at.is_(None), lti_score.c.due_at <= now)
    chosen = [lti_score.c.kind == kind, lti_score.c.work == work, lti_score.c.state == "held"]
    chosen += [] if before_due else [past]
    connection.execute(update(lti_score).where(*chosen).values(state="waiting", next_at=now))


def undelivered(
    connection: Connection, states: Collection[str] = ("waiting", "failed", "held")
) -> list[Row[Any]]:
    """The deliveries in these states with the person's name, failed ones first."""
    rows = select(lti_score, person.c.name).join_from(lti_score, person)
    rows = rows.where(lti_score.c.state.in_(states))
    order = lti_score.c.state, lti_score.c.work, lti_score.c.person, lti_score.c.resource
    return list(connection.execute(rows.order_by(*order)).all())


def retry(connection: Connection, now: int, *, kind: str = "", work: str = "", who: str = "") -> int:
    """Try failed deliveries again now: all of them, or those of a work or a person; how many."""
    failed = update(lti_score).where(lti_score.c.state == "failed")
    for column, value in ((lti_score.c.kind, kind), (lti_score.c.work, work), (lti_score.c.person, who)):
        if value:
            failed = failed.where(column == value)
    return connection.execute(failed.values(next_at=now)).rowcount


def send_scores_again(
    connection: Connection, now: int, by: str, *, kind: str = "", work: str = "", student: str = ""
) -> int:
    """The same as an act of a member of staff, with its line in the log; how many scores are tried."""
    many = retry(connection, now, kind=kind, work=work, who=student)
    detail: dict[str, object] = {"scores": many, "work": work, "student": student}
    record_act(connection, Act(now, by, "send scores again", work or "gradebook", detail))
    return many


def _this(delivery: Delivery) -> list[ColumnElement[bool]]:
    return [lti_score.c[name] == value for name, value in zip(KEYS, delivery.key, strict=True)]


def _set(connection: Connection, delivery: Delivery, **values: object) -> None:
    """Change a delivery, unless its score has changed since it was claimed."""
    unchanged = lti_score.c.rev == delivery.rev
    connection.execute(update(lti_score).where(*_this(delivery), unchanged).values(**values))
