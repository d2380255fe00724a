"""The log of an attempt: its events as rows, and their numbering.

The store adds events here; the exam service, staff pages and load test read them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, not_, select, update

from autograder.site.clock_correction import WrongSpan
from autograder.site.tables import points_text
from quizzes.attempts.events import (
    Accepted,
    EditLockTaken,
    Event,
    Extended,
    Finished,
    FinishedBy,
    Graded,
    Reopened,
    Saved,
    Started,
)
from quizzes.store.tables import answer_event, attempt, attempt_event

__all__ = [
    "NEXT_SEQ_IF_OPEN",
    "add_event",
    "add_events",
    "events_of",
    "instants_after",
    "latest_instant",
    "next_seq",
]


KINDS = {
    "started": Started,
    "edit lock taken": EditLockTaken,
    "extended": Extended,
    "finished": Finished,
    "reopened": Reopened,
    "accepted": Accepted,
    "graded": Graded,
}
NAMES = {kind: name for name, kind in KINDS.items()}
# Version 0.1 called the edit lock a pen; stored events are never rewritten.
OLD_KINDS = {"pen taken": "edit lock taken"}
OLD_FIELDS = {"pen": "lock"}
NEXT_SEQ = (
    update(attempt)
    .where(attempt.c.id == bindparam("attempt_id"))
    .values(seq=attempt.c.seq + 1)
    .returning(attempt.c.seq)
)
NEXT_SEQ_IF_OPEN = NEXT_SEQ.where(attempt.c.state == "open")
ADD = insert(attempt_event)


def next_seq(
    connection: Connection, attempt_id: str, *, only_open: bool = False, **changes: Any
) -> int | None:
    """Number the next event of an attempt and change its row along with it; None if it is not open.

    The row is locked from here to the end of the transaction, so the numbers have no gaps and no doubles.
    """
    statement = NEXT_SEQ_IF_OPEN if only_open else NEXT_SEQ
    if changes:
        statement = statement.values(**changes)
    return connection.execute(statement, {"attempt_id": attempt_id}).scalar_one_or_none()


def add_event(connection: Connection, attempt_id: str, seq: int, event: Event) -> None:
    """Store an event that is not a save."""
    add_events(connection, [(attempt_id, seq, event)])


def add_events(connection: Connection, events: Iterable[tuple[str, int, Event]]) -> None:
    """Store one event of each of many attempts, with its number, in one statement."""
    rows = []
    for attempt_id, seq, event in events:
        data = asdict(event)
        at = data.pop("at")
        written = json.dumps(data, default=str)
        rows.append(
            {"attempt": attempt_id, "seq": seq, "at": at, "kind": NAMES[type(event)], "data": written}
        )
    if rows:
        connection.execute(ADD, rows if len(rows) > 1 else rows[0])


def events_of(connection: Connection, attempt_id: str) -> list[Event]:
    """All events of an attempt, in order."""
    numbered: list[tuple[int, Event]] = []
    for row in connection.execute(select(attempt_event).where(attempt_event.c.attempt == attempt_id)):
        data = {OLD_FIELDS.get(name, name): value for name, value in json.loads(row.data).items()}
        if row.kind == "finished":
            data["by"] = FinishedBy(data["by"])
        elif row.kind == "graded":
            # Version 0.1 wrote a number.
            data["points"] = Decimal(points_text(Decimal(str(data["points"]))))
        kind = KINDS[OLD_KINDS.get(row.kind, row.kind)]
        numbered.append((row.seq, kind(at=row.at, **data)))
    rows = connection.execute(select(answer_event).where(answer_event.c.attempt == attempt_id))
    numbered.extend((row.seq, _saved(row)) for row in rows)
    return [event for _, event in sorted(numbered, key=lambda pair: pair[0])]


def latest_instant(connection: Connection, wrong: Sequence[WrongSpan] = ()) -> int:
    """The latest instant in any log, for a clock to start from; 0 without events.

    Instants that a wrong clock stored are left out.
    """
    latest = 0
    for table in (attempt_event, answer_event):
        right = [not_(table.c.at.between(span.first, span.last)) for span in wrong]
        instant = connection.execute(select(func.max(table.c.at)).where(*right)).scalar_one()
        latest = max(latest, int(instant or 0))
    return latest


def instants_after(connection: Connection, instant: int) -> list[int]:
    """The first and the last instant in each log after `instant`."""
    ends = [
        connection.execute(
            select(func.min(table.c.at), func.max(table.c.at)).where(table.c.at > instant)
        ).one()
        for table in (attempt_event, answer_event)
    ]
    return [int(end) for row in ends for end in row if end is not None]


def _saved(row: Row[tuple[object, ...]]) -> Saved:
    return Saved(
        at=row.at,
        pos=row.pos,
        rev=row.rev,
        base_rev=row.base_rev,
        save_id=row.save_id,
        response=row.response,
        valid=not row.problem,
        in_grace=row.in_grace,
        late=row.late,
        began_at=row.began_at,
    )
