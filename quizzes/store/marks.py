"""Marks as rows: recorded when an attempt is marked, replaced by regrades, and set manually by staff.

A mark belongs to an answer's revision, a key and a grader; a later key adds marks beside the old ones, and a
regrade run says what would change before it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.outbox import queue_message
from autograder.site.upsert import upsert, upsert_all
from quizzes.attempts.events import Graded, State
from quizzes.store.attempts import AttemptRow, locked_attempt
from quizzes.store.events import add_event, next_seq
from quizzes.store.tables import answer, attempt, attempt_item, mark

__all__ = [
    "MarkRow",
    "PendingMark",
    "marks_in",
    "pending_marks",
    "points_of",
    "queue_score",
    "record_marks",
    "record_trouble",
    "set_points",
    "settle_mark",
    "total",
    "unmarked_attempts",
]


DIGITS = 4  # of points, after the decimal point
TOTAL = select(func.sum(mark.c.points)).where(mark.c.attempt == bindparam("attempt_id"), mark.c.current)


@dataclass(frozen=True, slots=True)
class MarkRow:
    """The mark of one answer, with the key and the grader that gave it."""

    pos: int
    answer_rev: int  # 0 for no answer
    points: float
    detail: str
    key_version: str
    grader_version: str

    @property
    def manual(self) -> bool:
        """Whether a person gave it."""
        return self.grader_version.startswith((MANUAL, OLD_MANUAL))

    @property
    def pending(self) -> bool:
        """Whether it waits for a manual mark or for the sandbox."""
        return bool(json.loads(self.detail).get("pending"))


def unmarked_attempts(connection: Connection) -> list[str]:
    """The ids of submitted attempts that wait for their marks."""
    ended = attempt.c.state == "finished"
    rows = connection.execute(select(attempt.c.id).where(ended).order_by(attempt.c.finished_at))
    return [attempt_id for (attempt_id,) in rows]


def points_of(connection: Connection, attempt_id: str) -> float | None:
    """The current points of an attempt; None before it was marked."""
    points = connection.execute(TOTAL, {"attempt_id": attempt_id}).scalar_one()
    return None if points is None else round(float(points), DIGITS)


def total(marks: Iterable[MarkRow]) -> float:
    """The sum of the points of marks, rounded to remove errors of binary fractions."""
    return round(sum(mark.points for mark in marks), DIGITS)


def marks_in(connection: Connection, attempt_id: str) -> dict[int, MarkRow]:
    """The current marks, by the position of their question."""
    rows = connection.execute(select(mark).where(mark.c.attempt == attempt_id, mark.c.current))
    names = [field.name for field in fields(MarkRow)]
    return {row.pos: MarkRow(**{name: row._mapping[name] for name in names}) for row in rows}


def record_marks(connection: Connection, seen: AttemptRow, marks: Sequence[MarkRow], at: int) -> bool:
    """Record the marks of an attempt; False, and nothing is recorded, if it changed since it was `seen`.

    So two servers that mark the same attempt record one set of marks and send one message.
    """
    row = locked_attempt(connection, seen.id)
    if row.state is not State.FINISHED or row.seq != seen.seq:
        return False
    seq = next_seq(connection, row.id, state=State.GRADED.value)
    assert seq is not None
    points = total(marks)
    add_event(connection, row.id, seq, Graded(at, points))
    _make_current(connection, row.id, marks, at)
    if not row.preview:
        queue_score(connection, row, f"marked:{row.id}:{seq}", at)
    return True


def _make_current(connection: Connection, attempt_id: str, marks: Sequence[MarkRow], at: int) -> None:
    connection.execute(update(mark).where(mark.c.attempt == attempt_id).values(current=False))
    upsert_all(
        connection,
        mark,
        [{"attempt": attempt_id, **asdict(row), "at": at, "current": True} for row in marks],
    )


def queue_score(connection: Connection, row: AttemptRow, once: str, at: int) -> None:
    """Queue the current score of an attempt for the gradebook, once."""
    payload: dict[str, object] = {
        "attempt": row.id,
        "quiz": row.quiz,
        "person": row.person,
        "points": points_of(connection, row.id),
        "finished_at": row.finished_at,
    }
    queue_message(connection, "score", once, payload, at)


@dataclass(frozen=True, slots=True)
class PendingMark:
    """An answer whose mark is pending, with the trouble that a grader had with it."""

    attempt: str
    pos: int
    answer_rev: int
    key_version: str
    grader_version: str
    response: str
    trouble: str = ""


def pending_marks(connection: Connection, *, again: bool = False) -> list[PendingMark]:
    """The answers that wait for a mark, the oldest first; with `again` also those that had trouble."""
    same = and_(
        answer.c.attempt == mark.c.attempt,
        answer.c.pos == mark.c.pos,
        answer.c.rev == mark.c.answer_rev,
    )
    rows = connection.execute(
        select(mark, answer.c.response)
        .join(answer, same)
        .where(mark.c.current, mark.c.detail.like('%"pending": true%'))
        .order_by(mark.c.at, mark.c.attempt, mark.c.pos)
    )
    waiting = []
    for row in rows:
        detail = _read(row.detail)
        more = detail.get("detail")
        trouble = str(more.get("trouble", "")) if isinstance(more, dict) else ""
        if detail.get("pending") is True and (again or not trouble):
            keys = row.attempt, row.pos, row.answer_rev, row.key_version, row.grader_version
            waiting.append(PendingMark(*keys, row.response, trouble))
    return waiting


def settle_mark(connection: Connection, pending: PendingMark, points: float, detail: str, at: int) -> bool:
    """Give a pending mark and queue the new score; False, and no change, if it is not pending any more."""
    row = locked_attempt(connection, pending.attempt)
    if not _is_pending(connection, pending):
        return False
    connection.execute(_row(pending).values(points=points, detail=detail, at=at))
    if not row.preview:
        version = f"{pending.answer_rev}:{pending.key_version}:{pending.grader_version}"
        payload: dict[str, object] = {
            "attempt": row.id,
            "quiz": row.quiz,
            "person": row.person,
            "points": points_of(connection, row.id),
            "finished_at": row.finished_at,
        }
        queue_message(connection, "grade", f"settled:{row.id}:{pending.pos}:{version}", payload, at)
    return True


def record_trouble(connection: Connection, pending: PendingMark, detail: str) -> bool:
    """Record for staff why a mark is still pending; False if it is not pending any more."""
    locked_attempt(connection, pending.attempt)
    if not _is_pending(connection, pending):
        return False
    connection.execute(_row(pending).values(detail=detail))
    return True


def _is_pending(connection: Connection, pending: PendingMark) -> bool:
    statement = select(mark.c.detail).where(mark.c.current, *_keys(pending))
    detail = connection.execute(statement).scalar_one_or_none()
    return _read(detail or "").get("pending") is True


def _row(pending: PendingMark) -> Any:
    return update(mark).where(*_keys(pending))


def _keys(pending: PendingMark) -> tuple[Any, ...]:
    names = ("attempt", "pos", "answer_rev", "key_version", "grader_version")
    return tuple(mark.c[name] == getattr(pending, name) for name in names)


def _read(detail: str) -> dict[str, Any]:
    try:
        content = json.loads(detail)
    except ValueError:  # a detail may be text
        return {}
    return content if isinstance(content, dict) else {}


# How the `grader_version` of a manual mark begins; version 0.1 wrote "hand".
MANUAL, OLD_MANUAL = "manual", "hand"


def set_points(
    connection: Connection, attempt_id: str, pos: int, points: str, *, reason: str, at: int, who: str
) -> None:
    """Set the points of one answer; raises Conflict unless they are from 0 to the question's points."""
    row, marks = locked_attempt(connection, attempt_id), marks_in(connection, attempt_id)
    if row.state is not State.GRADED or pos not in marks:
        raise Conflict("This attempt is not marked yet.", next_step="Wait until it is submitted and marked.")
    this_item = attempt_item.c.attempt == attempt_id, attempt_item.c.pos == pos
    most = connection.execute(select(attempt_item.c.points).where(*this_item)).scalar_one_or_none()
    if most is None:
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    try:
        number = Decimal(points)
    except InvalidOperation:
        number = Decimal(-1)
    if not 0 <= number <= Decimal(str(most)):
        raise Conflict(
            f"{points[:20]!r} is not a number from 0 to {most:g}.", next_step="Correct the points."
        )
    old = marks[pos]
    share = number / Decimal(str(most)) if most else Decimal(0)
    detail = {"share": str(share), "pending": False, "feedback": "", "detail": {"by": who, "reason": reason}}
    new_mark = MarkRow(
        pos,
        old.answer_rev,
        float(number),
        json.dumps(detail, ensure_ascii=False),
        old.key_version,
        f"{MANUAL} {at}",
    )
    current = mark.c.attempt == attempt_id, mark.c.pos == pos
    connection.execute(update(mark).where(*current).values(current=False))
    upsert(connection, mark, {"attempt": attempt_id, **asdict(new_mark), "at": at, "current": True})
    detail = {"question": pos + 1, "before": old.points, "after": float(number), "reason": reason}
    record_act(connection, Act(at, who, "set points", attempt_id, dict(detail)))
    queue_score(connection, row, f"manual:{attempt_id}:{pos}:{at}", at)
