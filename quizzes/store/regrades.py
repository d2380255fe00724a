"""Regrades as rows: a proposal with one row per attempt, its release, and what became of each attempt.

A proposal changes nothing. After its release each attempt is changed in a transaction of its own; what has
changed since the proposal is left alone and named. The regrading service writes both; the staff pages and
`quizzes regrade` list them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.marks import Mark
from autograder.site.tables import mark, points_text
from quizzes.attempts.events import State
from quizzes.store.attempts import AttemptRow, answers_of, locked_attempt
from quizzes.store.marks import (
    QUIZ,
    MarkRow,
    add_automatic_marks,
    history_of,
    points_of,
    queue_score,
    total,
)
from quizzes.store.quizzes import current_version, set_current_version
from quizzes.store.tables import attempt, regrade_change, regrade_run

__all__ = [
    "AttemptRegrade",
    "RegradeRun",
    "ScoreChange",
    "apply_change",
    "key_for",
    "open_proposal",
    "regrade_runs",
    "release_run",
    "require_none_running",
    "skip_change",
    "store_proposal",
    "unapplied_changes",
]


OLD_MANUAL = ("hand ", "manual ")  # how version 0.1 named the grader of a person's mark


@dataclass(frozen=True, slots=True)
class AttemptRegrade:
    """What a regrade proposes for one attempt."""

    attempt: str
    key_before: str
    before: Decimal
    after: Decimal
    marks: Sequence[MarkRow] = ()
    seen: Sequence[int | None] = ()  # for each mark the number of the newest one before it; 0 for none
    note: str = ""  # which questions keep their marks, and why


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The score of one attempt before and after a regrade, and what was or will be left alone."""

    attempt: str
    before: Decimal
    after: Decimal
    note: str = ""
    outcome: str = ""  # what was skipped at the release, and why


@dataclass(frozen=True, slots=True)
class RegradeRun:
    """A regrade: which scores it changes, and since when it counts."""

    id: int
    quiz: str
    key_version: str
    who: str
    at: int
    released_at: int | None
    changes: list[ScoreChange] = field(default_factory=list)
    remarks: list[ScoreChange] = field(default_factory=list)  # scores that stay, with a note
    skipped: list[ScoreChange] = field(default_factory=list)  # what the release left alone
    attempts: int = 0
    done: int = 0  # attempts that the release has come to
    refusal: str = ""  # why it cannot be released
    missed: int = 0  # attempts marked since the proposal, by an earlier key

    @property
    def running(self) -> bool:
        """Whether the release is still at work."""
        return self.released_at is not None and self.done < self.attempts


def store_proposal(
    connection: Connection,
    quiz_id: str,
    regrades: Sequence[AttemptRegrade],
    key_version: str,
    grader_version: str,
    *,
    base: str,
    at: int,
    who: str,
) -> int:
    """Store a proposal, made when `base` was the quiz's version; returns its number."""
    values = {
        "quiz": quiz_id,
        "key_version": key_version,
        "grader_version": grader_version,
        "who": who,
        "diff": "",
        "at": at,
        "base": base,
    }
    run = connection.execute(insert(regrade_run).values(**values).returning(regrade_run.c.id)).scalar_one()
    _insert_changes(connection, run, regrades)
    return int(run)


def _insert_changes(connection: Connection, run: int, regrades: Sequence[AttemptRegrade]) -> None:
    rows = [
        {
            "run": run,
            "attempt": regrade.attempt,
            "key_before": regrade.key_before,
            "points_before": regrade.before,
            "points_after": regrade.after,
            "marks": json.dumps(
                [
                    {
                        "pos": row.pos,
                        "answer_rev": row.answer_rev,
                        "points": points_text(row.points),
                        "detail": row.detail,
                        "seen": seen,
                    }
                    for row, seen in zip(regrade.marks, regrade.seen, strict=True)
                ],
                ensure_ascii=False,
            ),
            "note": regrade.note,
            "outcome": "",
        }
        for regrade in regrades
    ]
    if rows:
        connection.execute(insert(regrade_change), rows)


def regrade_runs(connection: Connection, quiz_id: str) -> list[RegradeRun]:
    """The regrades of a quiz, the newest first."""
    of_quiz = select(regrade_run).where(regrade_run.c.quiz == quiz_id).order_by(regrade_run.c.id.desc())
    rows = connection.execute(of_quiz).all()
    counts = select(
        regrade_change.c.run,
        func.count().label("attempts"),
        func.count(regrade_change.c.done_at).label("done"),
    )
    runs_of_quiz = select(regrade_run.c.id).where(regrade_run.c.quiz == quiz_id)
    counts = counts.where(regrade_change.c.run.in_(runs_of_quiz)).group_by(regrade_change.c.run)
    counted = {row.run: row for row in connection.execute(counts)}
    rows_of_run = select(regrade_change).where(
        regrade_change.c.run.in_(runs_of_quiz),
        (regrade_change.c.points_before != regrade_change.c.points_after)
        | (regrade_change.c.note != "")
        | (regrade_change.c.outcome != ""),
    )
    changes: dict[int, list[ScoreChange]] = {}
    for row in connection.execute(rows_of_run.order_by(regrade_change.c.attempt)):
        change = ScoreChange(row.attempt, row.points_before, row.points_after, row.note, row.outcome)
        changes.setdefault(row.run, []).append(change)
    runs = []
    for place, row in enumerate(rows):
        run = RegradeRun(row.id, quiz_id, row.key_version, row.who, row.at, row.released_at)
        if row.id in counted:
            run = replace(run, attempts=counted[row.id].attempts, done=counted[row.id].done)
        listed = changes.get(row.id) or _old_changes(row)
        run = replace(
            run,
            changes=[change for change in listed if change.before != change.after],
            remarks=[change for change in listed if change.before == change.after and change.note],
            skipped=[change for change in listed if change.outcome],
        )
        if row.released_at is None:
            run = replace(run, refusal=_refusal(connection, row))
        elif place == 0 and row.base is not None:
            run = replace(run, missed=_missed(connection, row))
        runs.append(run)
    return runs


def open_proposal(connection: Connection, quiz_id: str) -> tuple[int, str] | None:
    """The number of the newest proposal, where it can still be released, and who made it."""
    newest = (
        select(regrade_run).where(regrade_run.c.quiz == quiz_id).order_by(regrade_run.c.id.desc()).limit(1)
    )
    row = connection.execute(newest).first()
    if row is None or row.released_at is not None or _refusal(connection, row):
        return None
    return row.id, row.who


def _old_changes(row: Row[Any]) -> list[ScoreChange]:
    """What version 0.1 proposed."""
    if not row.diff:
        return []
    return [
        ScoreChange(change["attempt"], Decimal(str(change["before"])), Decimal(str(change["after"])))
        for change in json.loads(row.diff)["changes"]
    ]


def _refusal(connection: Connection, row: Row[Any]) -> str:
    """Why a proposal cannot be released; empty if it can."""
    newest = connection.execute(
        select(func.max(regrade_run.c.id)).where(regrade_run.c.quiz == row.quiz)
    ).scalar_one()
    if newest != row.id:
        return f"Regrade {newest} is newer, and an older one is never released over it."
    if row.base is not None and current_version(connection, row.quiz) != row.base:
        return "The quiz was published again after this proposal."
    return ""


def _missed(connection: Connection, row: Row[Any]) -> int:
    """How many attempts began before the release, but were marked by an earlier key and not proposed."""
    by_key = exists().where(
        mark.c.kind == QUIZ, mark.c.work == attempt.c.id, mark.c.key_version == row.key_version
    )
    proposed = exists().where(regrade_change.c.run == row.id, regrade_change.c.attempt == attempt.c.id)
    statement = (
        select(func.count())
        .select_from(attempt)
        .where(
            attempt.c.quiz == row.quiz,
            attempt.c.state == "graded",
            attempt.c.preview.is_(False),
            attempt.c.started_at <= row.released_at,
            ~by_key,
            ~proposed,
        )
    )
    return int(connection.execute(statement).scalar_one())


def require_none_running(connection: Connection, quiz_id: str) -> None:
    """Raise Conflict while a release of the quiz is at work."""
    running = (
        select(regrade_run.c.id, func.count())
        .join(regrade_change, regrade_change.c.run == regrade_run.c.id)
        .where(
            regrade_run.c.quiz == quiz_id,
            regrade_run.c.released_at.is_not(None),
            regrade_change.c.done_at.is_(None),
        )
        .group_by(regrade_run.c.id)
    )
    row = connection.execute(running).first()
    if row is not None:
        raise Conflict(
            f"Regrade {row[0]} is still at work; {row[1]} attempts are left.",
            next_step="Wait until it is done, then propose again.",
        )


def release_run(connection: Connection, quiz_id: str, run: int, *, at: int, who: str) -> bool:
    """Release a proposal: its changes are due, and its key is the quiz's; False if it was released before.

    Raises NotFound for an unknown run, Conflict for one that something newer has overtaken.
    """
    row = connection.execute(
        select(regrade_run).where(regrade_run.c.id == run, regrade_run.c.quiz == quiz_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no regrade {run} of {quiz_id}.", next_step="Propose one first.")
    if row.released_at is not None:
        return False
    if refusal := _refusal(connection, row):
        raise Conflict(
            f"Regrade {run} cannot be released. {refusal}",
            next_step="Propose a regrade again and release that.",
        )
    require_none_running(connection, quiz_id)
    if row.diff:
        _insert_changes(connection, run, _old_regrades(row))
    released = update(regrade_run).where(regrade_run.c.id == run)
    connection.execute(released.values(released_at=at, released_by=who))
    set_current_version(connection, quiz_id, row.key_version)
    record_act(connection, Act(at, who, "release regrade", quiz_id, {"run": run}))
    return True


def _old_regrades(row: Row[Any]) -> list[AttemptRegrade]:
    """The marks that version 0.1 proposed; those of people and of the sandbox are in the table already."""
    stored = json.loads(row.diff)
    changes = {change["attempt"]: change for change in stored["changes"]}
    regrades = []
    for attempt_id, values in stored["marks"].items():
        rows = [MarkRow(**{**value, "points": Decimal(str(value["points"]))}) for value in values]
        whole = total(rows)
        new = [
            mark_row
            for mark_row in rows
            if mark_row.key_version == row.key_version and not mark_row.grader_version.startswith(OLD_MANUAL)
        ]
        change = changes.get(attempt_id, {"before": whole, "after": whole})
        before, after = Decimal(str(change["before"])), Decimal(str(change["after"]))
        regrades.append(AttemptRegrade(attempt_id, "", before, after, new, [None] * len(new)))
    return regrades


def unapplied_changes(connection: Connection, run: int | None = None) -> list[tuple[int, str]]:
    """The runs and attempts that releases still have to come to, of one run or of all."""
    due = (
        select(regrade_change.c.run, regrade_change.c.attempt)
        .join(regrade_run, regrade_run.c.id == regrade_change.c.run)
        .where(regrade_change.c.done_at.is_(None), regrade_run.c.released_at.is_not(None))
        .order_by(regrade_change.c.run, regrade_change.c.attempt)
    )
    if run is not None:
        due = due.where(regrade_change.c.run == run)
    return [(row.run, row.attempt) for row in connection.execute(due)]


def apply_change(connection: Connection, run: int, attempt_id: str, at: int) -> bool:
    """Give one attempt its new marks, once, but for what changed since; returns whether its score changed."""
    row = locked_attempt(connection, attempt_id)
    this = regrade_change.c.run == run, regrade_change.c.attempt == attempt_id
    change = connection.execute(
        select(
            regrade_change, regrade_run.c.key_version, regrade_run.c.grader_version, regrade_run.c.released_by
        )
        .join(regrade_run, regrade_run.c.id == regrade_change.c.run)
        .where(*this, regrade_change.c.done_at.is_(None))
    ).one_or_none()
    if change is None:
        return False
    before = points_of(connection, attempt_id)
    marks, outcome = _still_fitting(connection, row, change)
    after = before
    if marks:
        after = add_automatic_marks(
            connection, attempt_id, marks, at, who=change.released_by or "", reason=f"Regrade {run}."
        )
        if after != before:
            queue_score(connection, row, f"regrade:{run}:{attempt_id}", at)
    connection.execute(update(regrade_change).where(*this).values(done_at=at, outcome=outcome))
    return after != before


def skip_change(connection: Connection, run: int, attempt_id: str, outcome: str, at: int) -> None:
    """Leave an attempt alone in a release, once, with the reason for staff; the run can end without it."""
    this = regrade_change.c.run == run, regrade_change.c.attempt == attempt_id
    skipped = update(regrade_change).where(*this, regrade_change.c.done_at.is_(None))
    connection.execute(skipped.values(done_at=at, outcome=outcome))


def _still_fitting(connection: Connection, row: AttemptRow, change: Row[Any]) -> tuple[list[MarkRow], str]:
    """The marks of a change that still fit, and sentences about the others."""
    if row.state is not State.GRADED:
        what = "was reopened" if row.state is State.OPEN else "is marked again, with a late answer"
        return [], f"The attempt {what} after the proposal; nothing was changed."
    answers, history = answers_of(connection, row.id), history_of(connection, row.id)
    fitting: list[MarkRow] = []
    sentences: list[str] = []
    for value in json.loads(change.marks):
        pos = value["pos"]
        if (answers[pos].rev if pos in answers else 0) != value["answer_rev"]:
            number = pos + 1
            return [], f"The answer to question {number} changed after the proposal; nothing was changed."
        known = history.get(pos, [])
        if value["seen"] is not None and (known[-1].id if known else 0) != value["seen"]:
            sentences.append(_marked_since(pos, known[-1]))
            continue
        fitting.append(
            MarkRow(
                pos,
                value["answer_rev"],
                Decimal(value["points"]),
                value["detail"],
                change.key_version,
                change.grader_version,
            )
        )
    return fitting, " ".join(sentences)


def _marked_since(pos: int, newest: Mark) -> str:
    by = f"by {newest.who}" if newest.who else "in the sandbox" if newest.source == "sandbox" else "again"
    return f"Question {pos + 1} was marked {by} after the proposal; that mark stands."


def key_for(connection: Connection, row: AttemptRow) -> str:
    """The version whose key marks an attempt: of the newest regrade released since it began, else its own.

    Version 0.1 marked by the attempt's own key also after a release; an attempt that it had regraded keeps
    the key of that regrade.
    """
    regraded = exists().where(
        mark.c.kind == QUIZ, mark.c.work == row.id, mark.c.key_version == regrade_run.c.key_version
    )
    released = (
        select(regrade_run.c.key_version)
        .where(
            regrade_run.c.quiz == row.quiz,
            regrade_run.c.released_at >= row.started_at,
            regrade_run.c.base.is_not(None) | regraded,
        )
        .order_by(regrade_run.c.id.desc())
        .limit(1)
    )
    key = connection.execute(released).scalar_one_or_none()
    return str(key or row.version)
