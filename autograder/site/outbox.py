"""Messages to other systems, put in with the change they tell of, sent afterwards until they arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from autograder.site.tables import outbox
from autograder.site.upsert import insert_once

__all__ = ["Message", "claim", "failed", "later", "put_out", "sent"]


FIRST_WAIT = 10_000
LONGEST_WAIT = 3_600_000
LEASE = 60_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message that waits."""

    id: int
    kind: str  # which sender takes it: a grade for an LMS, mail, xAPI
    payload: dict[str, object]
    tries: int


def put_out(connection: Connection, kind: str, once: str, payload: dict[str, object], at: int) -> bool:
    """Put a message in; False when `once` names one that was put in before."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True)
    values = {"kind": kind, "once": once, "payload": text, "tries": 0, "next_at": at}
    return insert_once(connection, outbox, values)


def claim(connection: Connection, now: int, limit: int = 50) -> list[Message]:
    """Messages whose time has come, oldest first; no other sender gets them for a minute.

    Whoever dies before it says `sent` lets them go out a second time: receivers see the same `id` again.
    """
    rows = connection.execute(
        select(outbox)
        .where(outbox.c.done_at.is_(None), outbox.c.next_at <= now)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    messages = [Message(row.id, row.kind, json.loads(row.payload), row.tries) for row in rows]
    mine = outbox.c.id.in_([one.id for one in messages])
    connection.execute(update(outbox).where(mine).values(next_at=now + LEASE))
    return messages


def sent(connection: Connection, message: Message, now: int) -> None:
    """It arrived."""
    connection.execute(
        update(outbox).where(outbox.c.id == message.id).values(done_at=now, tries=message.tries + 1)
    )


def later(connection: Connection, message: Message, at: int) -> None:
    """It is not its time yet; that is no failed try."""
    connection.execute(update(outbox).where(outbox.c.id == message.id).values(next_at=at))


def failed(connection: Connection, message: Message, now: int, problem: str) -> None:
    """It did not; it is tried again after a wait that doubles, up to an hour."""
    wait = min(FIRST_WAIT * 2 ** min(message.tries, 20), LONGEST_WAIT)
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(tries=message.tries + 1, next_at=now + wait, last_problem=problem[:500])
    )
