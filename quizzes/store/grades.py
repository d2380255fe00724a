"""Marks as rows: recorded once for what was handed in, kept when a key changes, released after a look.

A mark belongs to an answer's revision, a key and a grader; a later key adds marks beside the old ones, and a
regrade run says what would change before it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, bindparam, func, insert, select, update

from quizzes.attempt import Graded, State
from quizzes.refusal import NotFound
from quizzes.store.attempts import AttemptRow, locked
from quizzes.store.audit import Act, note
from quizzes.store.log import add, step
from quizzes.store.once import put_all
from quizzes.store.outbox import put_out
from quizzes.store.schema import attempt, grade, regrade_run

__all__ = [
    "Change",
    "Given",
    "Run",
    "marks_in",
    "points_of",
    "propose",
    "record",
    "release",
    "runs_of",
    "tell",
    "total",
    "unmarked",
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


@dataclass(frozen=True, slots=True)
class Change:
    """What a regrade does to one attempt."""

    attempt: str
    before: float
    after: float


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


def propose(
    connection: Connection,
    quiz_id: str,
    marks: Mapping[str, Sequence[Given]],
    key_version: str,
    grader_version: str,
    *,
    at: int,
    who: str,
) -> tuple[int, list[Change]]:
    """Note down what another key would give; a run's number and what it would change."""
    changes = []
    for one, given in sorted(marks.items()):
        before = points_of(connection, one) or 0.0
        after = total(given)
        if before != after:
            changes.append(Change(one, before, after))
    values = {
        "quiz": quiz_id,
        "key_version": key_version,
        "grader_version": grader_version,
        "who": who,
        "diff": json.dumps(
            {
                "changes": [asdict(one) for one in changes],
                "marks": {one: [asdict(each) for each in given] for one, given in marks.items()},
            }
        ),
        "at": at,
    }
    run = connection.execute(insert(regrade_run).values(**values).returning(regrade_run.c.id)).scalar_one()
    return int(run), changes


@dataclass(frozen=True, slots=True)
class Run:
    """A regrade that was worked out: what it changes, and since when it counts."""

    id: int
    key_version: str
    who: str
    at: int
    released_at: int | None
    changes: list[Change]


def runs_of(connection: Connection, quiz_id: str) -> list[Run]:
    """The regrades of a quiz, the newest first."""
    theirs = select(regrade_run).where(regrade_run.c.quiz == quiz_id).order_by(regrade_run.c.id.desc())
    return [
        Run(
            row.id,
            row.key_version,
            row.who,
            row.at,
            row.released_at,
            [Change(**one) for one in json.loads(row.diff)["changes"]],
        )
        for row in connection.execute(theirs)
    ]


def release(connection: Connection, run: int, *, at: int, who: str) -> int:
    """Let a proposed regrade count; how many attempts it changed. A second time changes nothing.

    An attempt whose answers changed since is left as it is; raises NotFound for no such run.
    """
    found = connection.execute(
        select(regrade_run).where(regrade_run.c.id == run).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no regrade run {run}.", next_step="Propose one first.")
    if found.released_at is not None:
        return 0
    stored = json.loads(found.diff)
    changed = 0
    for one, given in stored["marks"].items():
        row = locked(connection, one)
        marks = [Given(**each) for each in given]
        marked = select(grade).where(grade.c.attempt == one, grade.c.current)
        now = {mark.pos: mark.answer_rev for mark in connection.execute(marked)}
        if row.state is not State.GRADED or now != {each.pos: each.answer_rev for each in marks}:
            continue
        before, after = points_of(connection, one), total(marks)
        _make_current(connection, one, marks, at)
        if before != after:
            changed += 1
            tell(connection, row, f"regrade:{run}:{one}", at)
    connection.execute(update(regrade_run).where(regrade_run.c.id == run).values(released_at=at))
    note(connection, Act(at, who, "release regrade", found.quiz, {"run": run, "changed": changed}))
    return changed


def _make_current(connection: Connection, one: str, marks: Sequence[Given], at: int) -> None:
    connection.execute(update(grade).where(grade.c.attempt == one).values(current=False))
    put_all(
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
