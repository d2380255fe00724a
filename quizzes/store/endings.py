"""Closing attempts: by the student, the server or staff; once, with a receipt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select

from autograder.site.signer import Signer
from quizzes.attempts.events import Finished, FinishedBy, State
from quizzes.schedule.timing import Arrival, arrival
from quizzes.store.attempts import AttemptRow, locked_attempt
from quizzes.store.events import NEXT_SEQ_IF_OPEN, add_event
from quizzes.store.receipts import Receipt, issue_receipt, last_receipt
from quizzes.store.tables import attempt

__all__ = [
    "QUEUE_MARGIN",
    "Ending",
    "close_if_overdue",
    "close_overdue",
    "finish",
    "overdue",
    "overdue_attempts",
]


# Milliseconds: a save stamped in time may still be queued, here or in another server, when the grace ends.
QUEUE_MARGIN = 2_000
END = NEXT_SEQ_IF_OPEN.values(
    state=State.FINISHED.value, finished_at=bindparam("instant"), finished_by=bindparam("by")
)


@dataclass(frozen=True, slots=True)
class Ending:
    """A closed attempt and its receipt."""

    attempt: AttemptRow
    receipt: Receipt
    now: bool  # closed by this call; False if it was closed before


def finish(connection: Connection, attempt_id: str, at: int, by: FinishedBy, signer: Signer) -> Ending:
    """Close an attempt; a second call returns the first receipt.

    It never ends after its deadline. Asked for after the grace, the attempt had ended by itself.
    """
    row = locked_attempt(connection, attempt_id)
    if row.state is not State.OPEN:
        receipt = last_receipt(connection, attempt_id)
        assert receipt is not None  # written in the transaction that closed it
        return Ending(row, receipt, now=False)
    if by is not FinishedBy.STAFF and arrival(at, row.deadline_at, row.grace) is Arrival.LATE:
        by = FinishedBy.DEADLINE
    finished_at = at if row.deadline_at is None else min(at, row.deadline_at)
    values = {"attempt_id": attempt_id, "instant": finished_at, "by": by.value}
    seq: int = connection.execute(END, values).scalar_one()  # the row is locked
    add_event(connection, attempt_id, seq, Finished(at, finished_at, by))
    row = replace(row, state=State.FINISHED, finished_at=finished_at, finished_by=by, seq=seq)
    return Ending(row, issue_receipt(connection, row, signer), now=True)


def overdue(row: AttemptRow, now: int) -> bool:
    """Whether the server closes this attempt itself."""
    open_ = row.state is State.OPEN and row.deadline_at is not None
    return open_ and now > (row.deadline_at or 0) + row.grace + QUEUE_MARGIN


def close_if_overdue(connection: Connection, attempt_id: str, now: int, signer: Signer) -> AttemptRow:
    """Close an attempt if it is overdue; returns it as it is then."""
    row = locked_attempt(connection, attempt_id)
    return (
        finish(connection, attempt_id, now, FinishedBy.DEADLINE, signer).attempt if overdue(row, now) else row
    )


def close_overdue(connection: Connection, attempt_id: str, now: int, signer: Signer) -> bool:
    """The same; returns whether this call closed it, and not another server's."""
    row = locked_attempt(connection, attempt_id)
    return overdue(row, now) and finish(connection, attempt_id, now, FinishedBy.DEADLINE, signer).now


def overdue_attempts(connection: Connection, now: int) -> list[str]:
    """The ids of the attempts that the server has to close: deadline, grace and margin are over."""
    rows = connection.execute(
        select(attempt.c.id)
        .where(
            attempt.c.state == "open",
            attempt.c.deadline_at < now,
            attempt.c.deadline_at + attempt.c.grace + QUEUE_MARGIN < now,
        )
        .order_by(attempt.c.deadline_at, attempt.c.id)
    )
    return list(rows.scalars())
