"""How attempts end: by the student, by the server, by staff; once, with a receipt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select

from autograder.site.signer import Signer
from quizzes.attempts.events import Finished, FinishedBy, State
from quizzes.schedule.timing import Arrival, arrival
from quizzes.store.attempts import AttemptRow, locked
from quizzes.store.events import OPEN_STEP, add
from quizzes.store.receipts import Receipt, issue, last_receipt
from quizzes.store.tables import attempt

__all__ = ["CLOSE_IF_OVERDUE", "Ending", "close_if_overdue", "close_overdue", "finish", "overdue"]


# A save stamped in time may still be queued, here or in another server, when the grace ends.
CLOSE_IF_OVERDUE = 2_000
END = OPEN_STEP.values(
    state=State.FINISHED.value, finished_at=bindparam("instant"), finished_by=bindparam("by")
)


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that is over, and its receipt."""

    attempt: AttemptRow
    receipt: Receipt
    now: bool  # ended by this call; False for one that was over already


def finish(connection: Connection, one: str, at: int, by: FinishedBy, signer: Signer) -> Ending:
    """End an attempt; a second time returns the first receipt.

    It never ends after its deadline. Asked for after the grace, the attempt had ended by itself.
    """
    row = locked(connection, one)
    if row.state is not State.OPEN:
        receipt = last_receipt(connection, one)
        assert receipt is not None  # written in the transaction that ended it
        return Ending(row, receipt, now=False)
    if by is not FinishedBy.STAFF and arrival(at, row.deadline_at, row.grace) is Arrival.LATE:
        by = FinishedBy.SWEEPER
    finished_at = at if row.deadline_at is None else min(at, row.deadline_at)
    values = {"one": one, "instant": finished_at, "by": by.value}
    seq: int = connection.execute(END, values).scalar_one()  # the row is locked
    add(connection, one, seq, Finished(at, finished_at, by))
    row = replace(row, state=State.FINISHED, finished_at=finished_at, finished_by=by, seq=seq)
    return Ending(row, issue(connection, row, signer), now=True)


def overdue(row: AttemptRow, now: int) -> bool:
    """Whether the server ends this attempt itself."""
    open_ = row.state is State.OPEN and row.deadline_at is not None
    return open_ and now > (row.deadline_at or 0) + row.grace + CLOSE_IF_OVERDUE


def close_if_overdue(connection: Connection, one: str, now: int, signer: Signer) -> AttemptRow:
    """The attempt as it is at this instant: ended, if it is overdue."""
    row = locked(connection, one)
    return finish(connection, one, now, FinishedBy.SWEEPER, signer).attempt if overdue(row, now) else row


def close_overdue(connection: Connection, now: int, signer: Signer, limit: int = 50) -> list[str]:
    """End up to `limit` attempts whose deadline and grace are over; which ones."""
    rows = connection.execute(
        select(attempt.c.id)
        .where(
            attempt.c.state == "open",
            attempt.c.deadline_at < now,
            attempt.c.deadline_at + attempt.c.grace + CLOSE_IF_OVERDUE < now,
        )
        .order_by(attempt.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        ending.attempt.id
        for (one,) in rows.all()
        if (ending := finish(connection, one, now, FinishedBy.SWEEPER, signer)).now
    ]
