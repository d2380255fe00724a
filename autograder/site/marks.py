"""Marks of all work: rows that are only ever added, and the rule by which one of them counts.

A mark belongs to a part of a piece of work: to a question of an attempt at a quiz. The newest mark of a
person stands until a person changes or withdraws it; without one the newest automatic mark counts. The store
of quizzes adds and reads its marks here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select

from autograder.site.extensions import extensions
from autograder.site.tables import mark, waiting_mark

__all__ = [
    "Current",
    "Mark",
    "Source",
    "Waiting",
    "add_marks",
    "current_mark",
    "mark_of",
    "marks_of_work",
    "marks_of_works",
    "set_waiting",
]


class Source(StrEnum):
    """What gave a mark: the key, a person, the sandbox, or a table that a person imported."""

    AUTO = "auto"
    MANUAL = "manual"
    SANDBOX = "sandbox"
    IMPORT = "import"

    @property
    def personal(self) -> bool:
        """Whether a person decided."""
        return self in (Source.MANUAL, Source.IMPORT)


class Waiting(StrEnum):
    """Why a part waits for a mark."""

    PENDING = "pending"
    TROUBLE = "trouble"  # its check is broken
    CHANGED = "changed"  # the answer changed after a person marked it


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of the table; `points` is None where a person withdraws their mark."""

    part: str
    points: Decimal | None
    source: Source
    at: int
    who: str = ""
    reason: str = ""
    key_version: str = ""
    grader_version: str = ""
    answer_rev: int = 0  # 0 for no answer
    pending: bool = False
    detail: str = "{}"
    line: int | None = None  # of the ledger, for a person's mark
    id: int = 0  # its number in the table; 0 before it is added


@dataclass(frozen=True, slots=True)
class Current:
    """The mark that counts."""

    mark: Mark
    points: Decimal
    pending: bool  # waits for a person or for the sandbox
    changed: bool  # a person's mark of another answer than the stored one


NAMES = [field.name for field in fields(Mark)]
OF_WORK = (
    select(mark)
    .where(mark.c.kind == bindparam("of_kind"), mark.c.work == bindparam("of_work"))
    .order_by(mark.c.id)
)
ADD, WAIT = insert(mark), insert(waiting_mark)
FORGET = delete(waiting_mark).where(
    waiting_mark.c.kind == bindparam("of_kind"), waiting_mark.c.work == bindparam("of_work")
)


def add_marks(connection: Connection, kind: str, work: str, marks: Sequence[Mark]) -> None:
    """Add marks to a piece of work, whose row the caller has locked; people's get a line in the ledger."""
    rows: list[dict[str, Any]] = []
    for new_mark in _with_lines(connection, kind, work, marks):
        values = asdict(new_mark)
        del values["id"]
        rows.append({**values, "kind": kind, "work": work, "source": new_mark.source.value})
    if rows:
        connection.execute(ADD, rows)


def marks_of_work(connection: Connection, kind: str, work: str) -> dict[str, list[Mark]]:
    """All marks of a piece of work by its parts, the oldest first."""
    rows = connection.execute(OF_WORK, {"of_kind": kind, "of_work": work})
    by_part: dict[str, list[Mark]] = defaultdict(list)
    for row in rows:
        by_part[row.part].append(mark_of(row))
    return by_part


def marks_of_works(
    connection: Connection, kind: str, works: Select[tuple[str]]
) -> dict[str, dict[str, list[Mark]]]:
    """The same for all pieces of work that a query selects, by their ids."""
    rows = connection.execute(
        select(mark).where(mark.c.kind == kind, mark.c.work.in_(works)).order_by(mark.c.id)
    )
    by_work: dict[str, dict[str, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_work[row.work][row.part].append(mark_of(row))
    return by_work


def current_mark(marks: Sequence[Mark], answer_rev: int) -> Current | None:
    """The mark of one part that counts, with the revision of its stored answer; None without any.

    An automatic mark that waits takes nothing away: an earlier one of the same answer counts until then.
    """
    personal = next((row for row in reversed(marks) if row.source.personal), None)
    if personal is not None and personal.points is not None:
        return Current(personal, personal.points, False, personal.answer_rev != answer_rev)
    automatic = [row for row in marks if not row.source.personal]
    if not automatic:
        return None
    newest = automatic[-1]
    settled = next(
        (row for row in reversed(automatic) if not row.pending and row.answer_rev == newest.answer_rev),
        newest,
    )
    points = settled.points
    assert points is not None  # only a person's mark is withdrawn
    return Current(settled, points, newest.pending, False)


def set_waiting(
    connection: Connection, kind: str, work: str, waiting: Collection[tuple[str, int, Waiting]]
) -> None:
    """Say which parts of a piece of work wait for a mark: the part, since when, and why."""
    connection.execute(FORGET, {"of_kind": kind, "of_work": work})
    rows = [
        {"kind": kind, "work": work, "part": part, "at": at, "why": why.value} for part, at, why in waiting
    ]
    if rows:
        connection.execute(WAIT, rows)


def _with_lines(connection: Connection, kind: str, work: str, marks: Sequence[Mark]) -> list[Mark]:
    """The marks, people's with the number of the line that the part of the course appends for each."""
    personal = [item for item in marks if item.source.personal and item.line is None]
    if not personal:
        return list(marks)
    (extension,) = (extension for extension in extensions() if extension.work_kind == kind)
    lines = iter(extension.record_marks(connection, work, personal))
    return [
        replace(item, line=next(lines)) if item.source.personal and item.line is None else item
        for item in marks
    ]


def mark_of(row: Row[Any]) -> Mark:
    """The mark in a row that has the table's columns."""
    values = {name: row._mapping[name] for name in NAMES}
    return Mark(**{**values, "source": Source(values["source"])})
