"""Regrade runs: the marks that another key would give, proposed first and released by staff.

The regrading service proposes a run; the staff pages and `quizzes regrade` list and release it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select, update

from autograder.errors import NotFound
from autograder.site.audit import Act, record_act
from quizzes.attempts.events import State
from quizzes.store.attempts import locked_attempt
from quizzes.store.marks import MarkRow, _make_current, points_of, queue_score, total
from quizzes.store.tables import mark, regrade_run

__all__ = ["RegradeRun", "ScoreChange", "propose_run", "regrade_runs", "release_run"]


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The score of one attempt before and after a regrade."""

    attempt: str
    before: float
    after: float


def propose_run(
    connection: Connection,
    quiz_id: str,
    marks: Mapping[str, Sequence[MarkRow]],
    key_version: str,
    grader_version: str,
    *,
    at: int,
    who: str,
) -> tuple[int, list[ScoreChange]]:
    """Store the marks that another key would give; returns the run's number and the changed scores."""
    changes = []
    for attempt_id, new_marks in sorted(marks.items()):
        before = points_of(connection, attempt_id) or 0.0
        after = total(new_marks)
        if before != after:
            changes.append(ScoreChange(attempt_id, before, after))
    values = {
        "quiz": quiz_id,
        "key_version": key_version,
        "grader_version": grader_version,
        "who": who,
        "diff": json.dumps(
            {
                "changes": [asdict(change) for change in changes],
                "marks": {
                    attempt_id: [asdict(new_mark) for new_mark in new_marks]
                    for attempt_id, new_marks in marks.items()
                },
            }
        ),
        "at": at,
    }
    run = connection.execute(insert(regrade_run).values(**values).returning(regrade_run.c.id)).scalar_one()
    return int(run), changes


@dataclass(frozen=True, slots=True)
class RegradeRun:
    """A proposed regrade: which scores it changes, and since when it counts."""

    id: int
    key_version: str
    who: str
    at: int
    released_at: int | None
    changes: list[ScoreChange]


def regrade_runs(connection: Connection, quiz_id: str) -> list[RegradeRun]:
    """The regrades of a quiz, the newest first."""
    of_quiz = select(regrade_run).where(regrade_run.c.quiz == quiz_id).order_by(regrade_run.c.id.desc())
    return [
        RegradeRun(
            row.id,
            row.key_version,
            row.who,
            row.at,
            row.released_at,
            [ScoreChange(**change) for change in json.loads(row.diff)["changes"]],
        )
        for row in connection.execute(of_quiz)
    ]


def release_run(connection: Connection, run: int, *, at: int, who: str) -> int:
    """Make a proposed regrade count; returns how many scores changed. A second call changes nothing.

    An attempt whose answers have changed since stays as it is; raises NotFound for an unknown run.
    """
    run_row = connection.execute(
        select(regrade_run).where(regrade_run.c.id == run).with_for_update()
    ).one_or_none()
    if run_row is None:
        raise NotFound(f"There is no regrade run {run}.", next_step="Propose one first.")
    if run_row.released_at is not None:
        return 0
    stored = json.loads(run_row.diff)
    changed = 0
    for attempt_id, values in stored["marks"].items():
        row = locked_attempt(connection, attempt_id)
        marks = [MarkRow(**value) for value in values]
        marked = select(mark).where(mark.c.attempt == attempt_id, mark.c.current)
        current = {mark_row.pos: mark_row.answer_rev for mark_row in connection.execute(marked)}
        proposed = {new_mark.pos: new_mark.answer_rev for new_mark in marks}
        if row.state is not State.GRADED or current != proposed:
            continue
        before, after = points_of(connection, attempt_id), total(marks)
        _make_current(connection, attempt_id, marks, at)
        if before != after:
            changed += 1
            queue_score(connection, row, f"regrade:{run}:{attempt_id}", at)
    connection.execute(update(regrade_run).where(regrade_run.c.id == run).values(released_at=at))
    record_act(connection, Act(at, who, "release regrade", run_row.quiz, {"run": run, "changed": changed}))
    return changed
