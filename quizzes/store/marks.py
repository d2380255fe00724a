"""Marks as rows: recorded once for what was handed in, kept when a key changes, released after a look.

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
from autograder.site.audit import Act, note
from autograder.site.outbox import put_out
from autograder.site.upsert import upsert, upsert_all
from quizzes.attempts.events import Graded, State
from quizzes.store.attempts import AttemptRow, locked
from quizzes.store.events import add, step
from quizzes.store.tables import answer, attempt, attempt_item, grade

__all__ = [
    "HAND",
    "Given",
    "Waiting",
    "give_points",
    "marks_in",
    "points_of",
    "put_off",
    "record",
    "settle_mark",
    "tell",
    "total",
    "unmarked",
    "waiting",
]


DIGITS = 4  # of points, after the decimal point
TOTAL = select(func.sum(grade.c.points)).where(grade.c.attempt == bindparam("one"), grade.c.current)


@dataclass(frozen=True, slots=True)
class Given:
    """What one answer was given, and by which key and grader."""

    pos: int
    answer_rev: int  # 0 for no answer
    points: float
    detail: str
    key_version: str
    grader_version: str

    @property
    def pending(self) -> bool:
        """Whether a person, or the homework engine, has yet to mark it."""
        return bool(json.loads(self.detail).get("pending"))


def unmarked(connection: Connection) -> list[str]:
    """Attempts that ended and wait for their marks."""
    ended = attempt.c.state == "finished"
    rows = connection.execute(select(attempt.c.id).where(ended).order_by(attempt.c.finished_at))
    return [one for (one,) in rows]


def points_of(connection: Connection, one: str) -> float | None:
    """The points an attempt has now; None before it was marked."""
    points = connection.execute(TOTAL, {"one": one}).scalar_one()
    return None if points is None else round(float(points), DIGITS)


def total(marks: Iterable[Given]) -> float:
    """The points of marks together, without the dust of binary fractions."""
    return round(sum(one.points for one in marks), DIGITS)


def marks_in(connection: Connection, one: str) -> dict[int, Given]:
    """The marks that count now, by the place of their question."""
    rows = connection.execute(select(grade).where(grade.c.attempt == one, grade.c.current))
    names = [one.name for one in fields(Given)]
    return {row.pos: Given(**{name: row._mapping[name] for name in names}) for row in rows}


def record(connection: Connection, seen: AttemptRow, marks: Sequence[Given], at: int) -> bool:
    """Record the marks of an attempt as it was `seen`; False, and nothing, if it changed since.

    So two servers that mark the same attempt give one grade and send one message.
    """
    row = locked(connection, seen.id)
    if row.state is not State.FINISHED or row.seq != seen.seq:
        return False
    seq = step(connection, row.id, state=State.GRADED.value)
    assert seq is not None
    points = total(marks)
    add(connection, row.id, seq, Graded(at, points))
    _make_current(connection, row.id, marks, at)
    if not row.preview:
        tell(connection, row, f"grade:{row.id}:{seq}", at)
    return True


def _make_current(connection: Connection, one: str, marks: Sequence[Given], at: int) -> None:
    connection.execute(update(grade).where(grade.c.attempt == one).values(current=False))
    upsert_all(
        connection,
        grade,
        [{"attempt": one, **asdict(given), "at": at, "current": True} for given in marks],
    )


def tell(connection: Connection, row: AttemptRow, once: str, at: int) -> None:
    """Let the gradebook know, once, of the points an attempt has now."""
    payload: dict[str, object] = {
        "attempt": row.id,
        "quiz": row.quiz,
        "person": row.person,
        "points": points_of(connection, row.id),
        "finished_at": row.finished_at,
    }
    put_out(connection, "grade", once, payload, at)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer whose mark is pending, with what was noted when it could not be given."""

    attempt: str
    pos: int
    answer_rev: int
    key_version: str
    grader_version: str
    raw: str
    trouble: str = ""


def waiting(connection: Connection, *, again: bool = False) -> list[Waiting]:
    """The answers that wait for their mark, the oldest first; with `again` those that had trouble too."""
    same = and_(
        answer.c.attempt == grade.c.attempt,
        answer.c.pos == grade.c.pos,
        answer.c.rev == grade.c.answer_rev,
    )
    rows = connection.execute(
        select(grade, answer.c.raw)
        .join(answer, same)
        .where(grade.c.current, grade.c.detail.like('%"pending": true%'))
        .order_by(grade.c.at, grade.c.attempt, grade.c.pos)
    )
    found = []
    for row in rows:
        detail = _read(row.detail)
        more = detail.get("detail")
        trouble = str(more.get("trouble", "")) if isinstance(more, dict) else ""
        if detail.get("pending") is True and (again or not trouble):
            keys = row.attempt, row.pos, row.answer_rev, row.key_version, row.grader_version
            found.append(Waiting(*keys, row.raw, trouble))
    return found


def settle_mark(connection: Connection, one: Waiting, points: float, detail: str, at: int) -> bool:
    """Give a pending mark and tell of the new total; False, and nothing, if it is not pending any more."""
    row = locked(connection, one.attempt)
    if not _still(connection, one):
        return False
    connection.execute(_row(one).values(points=points, detail=detail, at=at))
    if not row.preview:
        version = f"{one.answer_rev}:{one.key_version}:{one.grader_version}"
        payload: dict[str, object] = {
            "attempt": row.id,
            "quiz": row.quiz,
            "person": row.person,
            "points": points_of(connection, row.id),
            "finished_at": row.finished_at,
        }
        put_out(connection, "grade", f"settled:{row.id}:{one.pos}:{version}", payload, at)
    return True


def put_off(connection: Connection, one: Waiting, detail: str) -> bool:
    """Note for staff why the mark is pending still; False if it is not pending any more."""
    locked(connection, one.attempt)
    if not _still(connection, one):
        return False
    connection.execute(_row(one).values(detail=detail))
    return True


def _still(connection: Connection, one: Waiting) -> bool:
    statement = select(grade.c.detail).where(grade.c.current, *_keys(one))
    found = connection.execute(statement).scalar_one_or_none()
    return _read(found or "").get("pending") is True


def _row(one: Waiting) -> Any:
    return update(grade).where(*_keys(one))


def _keys(one: Waiting) -> tuple[Any, ...]:
    names = ("attempt", "pos", "answer_rev", "key_version", "grader_version")
    return tuple(grade.c[name] == getattr(one, name) for name in names)


def _read(detail: str) -> dict[str, Any]:
    try:
        found = json.loads(detail)
    except ValueError:  # a detail may be text
        return {}
    return found if isinstance(found, dict) else {}


HAND = "hand"  # how their `grader_version` begins


def give_points(
    connection: Connection, one: str, pos: int, points: str, *, reason: str, at: int, who: str
) -> None:
    """Set the points of one answer; raises Conflict for what is no number from 0 to the question's."""
    row, marks = locked(connection, one), marks_in(connection, one)
    if row.state is not State.GRADED or pos not in marks:
        raise Conflict("This attempt is not marked yet.", next_step="Wait until it is over and marked.")
    place = attempt_item.c.attempt == one, attempt_item.c.pos == pos
    most = connection.execute(select(attempt_item.c.points).where(*place)).scalar_one_or_none()
    if most is None:
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    try:
        number = Decimal(points)
    except InvalidOperation:
        number = Decimal(-1)
    if not 0 <= number <= Decimal(str(most)):
        raise Conflict(f"{points[:20]!r} is no number from 0 to {most:g}.", next_step="Correct the points.")
    old = marks[pos]
    share = number / Decimal(str(most)) if most else Decimal(0)
    detail = {"share": str(share), "pending": False, "feedback": "", "detail": {"by": who, "reason": reason}}
    given = Given(
        pos,
        old.answer_rev,
        float(number),
        json.dumps(detail, ensure_ascii=False),
        old.key_version,
        f"{HAND} {at}",
    )
    current = grade.c.attempt == one, grade.c.pos == pos
    connection.execute(update(grade).where(*current).values(current=False))
    upsert(connection, grade, {"attempt": one, **asdict(given), "at": at, "current": True})
    told = {"question": pos + 1, "before": old.points, "after": float(number), "reason": reason}
    note(connection, Act(at, who, "set points", one, dict(told)))
    tell(connection, row, f"hand:{one}:{pos}:{at}", at)
