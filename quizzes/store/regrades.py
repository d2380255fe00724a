"""Marks as rows: recorded once for what was handed in, kept when a key changes, released after a look.

A mark belongs to an answer's revision, a key and a grader; a later key adds marks beside the old ones, and a
regrade run says what would change before it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select, update

from autograder.errors import NotFound
from autograder.site.audit import Act, note
from quizzes.attempts.events import State
from quizzes.store.attempts import locked
from quizzes.store.marks import Given, _make_current, points_of, tell, total
from quizzes.store.tables import grade, regrade_run

__all__ = ["Change", "Run", "propose", "release", "runs_of"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a regrade does to one attempt."""

    attempt: str
    before: float
    after: float


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
