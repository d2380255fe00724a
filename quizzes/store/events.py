"""The log of an attempt: its events as rows, and the step that adds one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from quizzes.attempts.events import (
    Accepted,
    Event,
    Extended,
    Finished,
    FinishedBy,
    Graded,
    PenTaken,
    Reopened,
    Saved,
    Started,
)
from quizzes.store.tables import answer_event, attempt, attempt_event

__all__ = ["OPEN_STEP", "add", "events_of", "latest", "step"]


KINDS = {
    "started": Started,
    "pen taken": PenTaken,
    "extended": Extended,
    "finished": Finished,
    "reopened": Reopened,
    "accepted": Accepted,
    "graded": Graded,
}
NAMES = {kind: name for name, kind in KINDS.items()}
STEP = (
    update(attempt)
    .where(attempt.c.id == bindparam("one"))
    .values(seq=attempt.c.seq + 1)
    .returning(attempt.c.seq)
)
OPEN_STEP = STEP.where(attempt.c.state == "open")
ADD = insert(attempt_event)


def step(connection: Connection, one: str, *, only_open: bool = False, **changes: Any) -> int | None:
    """Number the next event of an attempt and change its row along with it; None if it is not open.

    The row is locked from here to the end of the transaction, so the numbers have no gaps and no doubles.
    """
    statement = OPEN_STEP if only_open else STEP
    if changes:
        statement = statement.values(**changes)
    return connection.execute(statement, {"one": one}).scalar_one_or_none()


def add(connection: Connection, one: str, seq: int, event: Event) -> None:
    """Write down an event that is not a save."""
    data = asdict(event)
    at = data.pop("at")
    connection.execute(
        ADD, {"attempt": one, "seq": seq, "at": at, "kind": NAMES[type(event)], "data": json.dumps(data)}
    )


def events_of(connection: Connection, one: str) -> list[Event]:
    """Everything that happened to an attempt, in order."""
    numbered: list[tuple[int, Event]] = []
    for row in connection.execute(select(attempt_event).where(attempt_event.c.attempt == one)):
        data = json.loads(row.data)
        if row.kind == "finished":
            data["by"] = FinishedBy(data["by"])
        numbered.append((row.seq, KINDS[row.kind](at=row.at, **data)))
    rows = connection.execute(select(answer_event).where(answer_event.c.attempt == one))
    numbered.extend((row.seq, _saved(row)) for row in rows)
    return [event for _, event in sorted(numbered, key=lambda one: one[0])]


def latest(connection: Connection) -> int:
    """The latest instant the log knows of, for a clock to start from; 0 for an empty log."""
    tables = (attempt_event, answer_event)
    found = [connection.execute(select(func.max(table.c.at))).scalar_one() for table in tables]
    return max((int(at) for at in found if at is not None), default=0)


def _saved(row: Row[tuple[object, ...]]) -> Saved:
    return Saved(
        at=row.at,
        pos=row.pos,
        rev=row.rev,
        base_rev=row.base_rev,
        save_id=row.save_id,
        raw=row.raw,
        valid=not row.problem,
        in_grace=row.in_grace,
        late=row.late,
    )
