"""The outbox: messages to other systems, queued with a change and sent afterwards until they arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from autograder.site.tables import outbox
from autograder.site.upsert import insert_once

__all__ = [
    "LEASE",
    "MAIL",
    "Message",
    "claim",
    "mark_failed",
    "mark_sent",
    "queue_message",
    "wait_after",
]


MAIL = "mail"
FIRST_WAIT = 10_000
LONGEST_WAIT = 3_600_000
LEASE = 60_000  # milliseconds in which no other sender gets a message


@dataclass(frozen=True, slots=True)
class Message:
    """A queued message."""

    id: int
    kind: str  # which sender sends it, such as a score for a learning platform
    payload: dict[str, object]
    tries: int


def queue_message(connection: Connection, kind: str, once: str, payload: dict[str, object], at: int) -> bool:
    """Queue a message; False if one with the same `once` was queued before."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True)
    values = {"kind": kind, "once": once, "payload": text, "tries": 0, "next_at": at}
    return insert_once(connection, outbox, values)


def claim(connection: Connection, now: int, limit: int = 50, *, mail: bool = False) -> list[Message]:
    """The messages that are due, oldest first; no other sender gets them for a minute.

    `mail` are those that the sender of mail takes; all others are scores.

    If the sender dies before `mark_sent`, they are sent a second time: receivers see the same `id` again.
    """
    rows = connection.execute(
        select(outbox)
        .where(outbox.c.done_at.is_(None), outbox.c.next_at <= now)
        .where(outbox.c.kind == MAIL if mail else outbox.c.kind != MAIL)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    messages = [Message(row.id, row.kind, json.loads(row.payload), row.tries) for row in rows]
    claimed = outbox.c.id.in_([message.id for message in messages])
    connection.execute(update(outbox).where(claimed).values(next_at=now + LEASE))
    return messages


def mark_sent(connection: Connection, message: Message, now: int) -> None:
    """Record that a message arrived."""
    connection.execute(
        update(outbox).where(outbox.c.id == message.id).values(done_at=now, tries=message.tries + 1)
    )


def mark_failed(connection: Connection, message: Message, now: int, problem: str) -> None:
    """Record a failed try; the next one is after a pause that doubles, up to an hour."""
    wait = wait_after(message.tries)
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(tries=message.tries + 1, next_at=now + wait, last_problem=problem[:500])
    )


def wait_after(tries: int) -> int:
    """The milliseconds before the next try, after so many others."""
    return min(FIRST_WAIT << min(tries, 20), LONGEST_WAIT)
