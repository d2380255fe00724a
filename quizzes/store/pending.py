"""Marks that wait: given as pending when an attempt was marked, settled later, each once.

A pending mark is a current row of `grade` whose detail, as `Mark.as_json` writes it, is pending. It has no
points yet, so settling it fills in that row; what a regrade has put in its place meanwhile is left alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select, update

from quizzes.store.attempts import locked
from quizzes.store.grades import points_of
from quizzes.store.outbox import put_out
from quizzes.store.schema import answer, grade

__all__ = ["Waiting", "put_off", "settle_mark", "waiting"]


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
