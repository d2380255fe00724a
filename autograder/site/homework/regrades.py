"""Regrades of homework: a class graded again in the background, the difference first, then the release.

A regrade queues a grading of each submission that counts, or of all. Each keeps the old and the new result,
with the version of the assignment and the reason. None counts before the release, which applies each in a
transaction of its own; a submission that was graded again meanwhile is left out and named. People's points
stay on top.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import Homework
from autograder.site.homework.grade_records import TASK, TOTAL, GradingResult, record_grading
from autograder.site.homework.queue import enqueue_regrade
from autograder.site.homework.submissions import counts, seed_of
from autograder.site.homework.tables import grading, homework_regrade, submission, submission_owner
from autograder.site.ledger import HOMEWORK
from autograder.site.marks import Mark, current_mark, marks_of_works
from autograder.site.signer import Signer

if TYPE_CHECKING:
    from autograder.site.app_context import AppContext

__all__ = [
    "ALL",
    "COUNTING",
    "Regrade",
    "RegradedSubmission",
    "apply_regrades",
    "discard_regrade",
    "find_regrade",
    "open_regrade",
    "propose_regrade",
    "regraded_submissions",
    "regrades_of",
    "release_regrade",
    "resume_regrade",
    "stop_regrade",
]

COUNTING, ALL = "counting", "all"


@dataclass(frozen=True)
class Regrade:
    """A regrade of an assignment, with how far it is."""

    id: int
    assignment: str
    bundle: str
    scope: str
    reason: str
    who: str
    at: int
    stopped_at: int | None
    discarded_at: int | None
    released_at: int | None
    released_by: str | None
    states: dict[str, int] = field(default_factory=dict)  # gradings by their state
    applied: int = 0  # gradings that the release came to

    @property
    def many(self) -> int:
        """The submissions that are graded."""
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """Those that a grader has still to come to."""
        return self.states.get("waiting", 0) + self.states.get("leased", 0)

    @property
    def done(self) -> int:
        """Those that are graded."""
        return self.states.get("graded", 0)

    @property
    def failed(self) -> int:
        """Those that could not be graded; what counted before still does."""
        return self.states.get("failed", 0)

    @property
    def state(self) -> str:
        """Its state in a word or two."""
        if self.discarded_at is not None:
            return "discarded"
        if self.released_at is not None:
            return "released" if self.applied == self.done else "being released"
        if self.stopped_at is not None:
            return "stopped"
        return "running" if self.left else "waits for its release"


@dataclass(frozen=True)
class RegradedSubmission:
    """A submission in a regrade: its old and its new result, and the points of people on top."""

    submission: str
    number: int
    people: tuple[str, ...]
    state: str
    before: Decimal | None
    after: Decimal | None
    bundle_before: str
    problem: str
    outcome: str
    marks: tuple[Mark, ...] = ()  # of people: they stand, whatever the checks say

    @property
    def changed(self) -> bool:
        """Whether the checks give other points."""
        return self.after is not None and self.before != self.after


def propose_regrade(
    connection: Connection,
    course: str,
    row: Homework,
    submissions: Sequence[tuple[str, str]],
    *,
    scope: str,
    reason: str,
    signer: Signer,
    at: int,
    who: str,
) -> int:
    """Queue the gradings of a regrade; `submissions` are ids and digests. Its number.

    Raises Conflict without a reason or a submission, and while another regrade of the assignment is open.
    """
    if not reason:
        raise Conflict("The reason is missing; it is recorded.", next_step="Give a reason of a few words.")
    if scope not in (COUNTING, ALL):
        raise Conflict(f"Unknown scope {scope[:20]!r}.", next_step="Choose `counting` or `all`.")
    if not submissions:
        raise Conflict("There is nothing to grade again.", next_step="Wait until something is submitted.")
    for regrade in regrades_of(connection, course, row.id):
        if regrade.state in ("running", "stopped", "waits for its release", "being released"):
            raise Conflict(
                f"Regrade {regrade.id} of this assignment is open: it {_is(regrade)}.",
                next_step="Release or discard it first.",
            )
    run = int(
        connection.execute(
            insert(homework_regrade)
            .values(
                course=course,
                assignment=row.id,
                bundle=row.bundle,
                scope=scope,
                reason=reason,
                who=who,
                at=at,
            )
            .returning(homework_regrade.c.id)
        ).scalar_one()
    )
    _queue(connection, course, row.id, row.bundle, submissions, signer, run, at)
    detail: dict[str, object] = {
        "bundle": row.bundle,
        "submissions": len(submissions),
        "scope": scope,
        "reason": reason,
        "run": run,
    }
    record_act(connection, Act(at, who, "regrade homework", row.id, detail))
    return run


def _is(regrade: Regrade) -> str:
    return regrade.state if regrade.state.startswith("waits") else f"is {regrade.state}"


def _queue(
    connection: Connection,
    course: str,
    assignment: str,
    bundle: str,
    submissions: Sequence[tuple[str, str]],
    signer: Signer,
    run: int,
    at: int,
) -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    of_assignment = (
        select(submission_owner)
        .join(submission, submission.c.id == submission_owner.c.submission)
        .where(submission.c.course == course, submission.c.assignment == assignment)
    )
    for row in connection.execute(of_assignment):
        owners[row.submission].append(row.person)
    seeds = {name: seed_of(signer, assignment, owners[name], digest) for name, digest in submissions}
    enqueue_regrade(connection, course, seeds, bundle, run, at)


def regrades_of(connection: Connection, course: str, assignment: str) -> list[Regrade]:
    """The regrades of an assignment, the newest first."""
    rows = connection.execute(
        select(homework_regrade)
        .where(homework_regrade.c.course == course, homework_regrade.c.assignment == assignment)
        .order_by(homework_regrade.c.id.desc())
    ).all()
    many: dict[int, dict[str, int]] = {}
    applied: dict[int, int] = {}
    states = connection.execute(
        select(
            grading.c.regrade,
            grading.c.state,
            (grading.c.applied_at.is_not(None) | (grading.c.outcome != "")).label("applied"),
            func.count().label("many"),
        )
        .where(grading.c.regrade.in_([row.id for row in rows]))
        .group_by(grading.c.regrade, grading.c.state, "applied")
    )
    for state in states:
        known = many.setdefault(state.regrade, {})
        known[state.state] = known.get(state.state, 0) + state.many
        if state.applied:
            applied[state.regrade] = applied.get(state.regrade, 0) + state.many
    return [
        Regrade(
            **{name: value for name, value in row._mapping.items() if name != "course"},
            states=many.get(row.id, {}),
            applied=applied.get(row.id, 0),
        )
        for row in rows
    ]


def open_regrade(connection: Connection, course: str, assignment: str) -> tuple[int, str] | None:
    """The number of the regrade that is neither released nor discarded, and who proposed it."""
    row = connection.execute(
        select(homework_regrade.c.id, homework_regrade.c.who).where(
            homework_regrade.c.course == course,
            homework_regrade.c.assignment == assignment,
            homework_regrade.c.released_at.is_(None),
            homework_regrade.c.discarded_at.is_(None),
        )
    ).first()
    return None if row is None else (row.id, row.who)


def find_regrade(connection: Connection, course: str, assignment: str, run: int) -> Regrade:
    """A regrade of an assignment; raises NotFound."""
    for regrade in regrades_of(connection, course, assignment):
        if regrade.id == run:
            return regrade
    raise NotFound("There is no such regrade.", next_step="Go back to the regrades of the assignment.")


def regraded_submissions(connection: Connection, run: int) -> list[RegradedSubmission]:
    """The submissions of a regrade with their old and new results, those that change most first."""
    rows = connection.execute(
        select(grading, submission.c.number)
        .join(submission, submission.c.id == grading.c.submission)
        .where(grading.c.regrade == run)
        .order_by(grading.c.id)
    ).all()
    owners: dict[str, list[str]] = {}
    of_rows = select(grading.c.submission).where(grading.c.regrade == run)
    owned = select(submission_owner).where(submission_owner.c.submission.in_(of_rows))
    for owner in connection.execute(owned.order_by(submission_owner.c.person)):
        owners.setdefault(owner.submission, []).append(owner.person)
    before = _earlier_gradings(connection, run)
    marks = marks_of_works(connection, HOMEWORK, of_rows)
    found = [
        RegradedSubmission(
            row.submission,
            row.number,
            tuple(owners.get(row.submission, ())),
            row.state,
            before[row.submission].earned if row.submission in before else None,
            row.earned if row.state == "graded" else None,
            before[row.submission].bundle if row.submission in before else "",
            row.problem,
            row.outcome,
            _marks_on_top(marks.get(row.submission, {})),
        )
        for row in rows
    ]
    return sorted(
        found,
        key=lambda item: (
            not item.changed,
            -abs((item.after or Decimal(0)) - (item.before or Decimal(0))) if item.changed else 0,
            item.people,
        ),
    )


def _earlier_gradings(connection: Connection, run: int) -> dict[str, Row[Any]]:
    """The grading that counted before a regrade, by submission."""
    of_rows = select(grading.c.submission).where(grading.c.regrade == run)
    first = select(func.min(grading.c.id)).where(grading.c.regrade == run).scalar_subquery()
    rows = connection.execute(
        select(grading)
        .where(grading.c.submission.in_(of_rows), grading.c.state == "graded", counts(), grading.c.id < first)
        .order_by(grading.c.id)
    )
    return {row.submission: row for row in rows}


def _marks_on_top(of_submission: Mapping[str, Sequence[Mark]]) -> tuple[Mark, ...]:
    """People's points of a submission or of its tasks, which stand in place of what its checks say."""
    marks = []
    for part, given in of_submission.items():
        current = current_mark(given, 0) if part == TOTAL or part.startswith(TASK) else None
        if current is not None:
            marks.append(current.mark)
    return tuple(marks)


def stop_regrade(
    connection: Connection, course: str, assignment: str, run: int, *, at: int, who: str
) -> None:
    """Stop a regrade: what waits is not graded; what is under way ends."""
    regrade = _open(connection, course, assignment, run)
    if regrade.state != "running":
        raise Conflict(f"Regrade {run} {_is(regrade)}.", next_step="Reload the page.")
    connection.execute(delete(grading).where(grading.c.regrade == run, grading.c.state == "waiting"))
    _set(connection, run, stopped_at=at)
    record_act(connection, Act(at, who, "stop regrade", assignment, {"run": run}))


def resume_regrade(
    connection: Connection,
    course: str,
    assignment: str,
    run: int,
    submissions: Sequence[tuple[str, str]],
    signer: Signer,
    *,
    at: int,
    who: str,
) -> None:
    """Go on with a stopped regrade: `submissions` that it has not graded are queued again."""
    regrade = _open(connection, course, assignment, run)
    if regrade.state != "stopped":
        raise Conflict(f"Regrade {run} {_is(regrade)}.", next_step="Reload the page.")
    connection.execute(delete(grading).where(grading.c.regrade == run, grading.c.state == "failed"))
    known = set(connection.execute(select(grading.c.submission).where(grading.c.regrade == run)).scalars())
    missing = [pair for pair in submissions if pair[0] not in known]
    _queue(connection, course, assignment, regrade.bundle, missing, signer, run, at)
    _set(connection, run, stopped_at=None)
    record_act(
        connection, Act(at, who, "resume regrade", assignment, {"run": run, "submissions": len(missing)})
    )


def discard_regrade(
    connection: Connection, course: str, assignment: str, run: int, *, at: int, who: str
) -> None:
    """Discard a regrade: nothing of it will ever count; what it found stays readable."""
    _open(connection, course, assignment, run)
    connection.execute(delete(grading).where(grading.c.regrade == run, grading.c.state == "waiting"))
    _set(connection, run, discarded_at=at)
    record_act(connection, Act(at, who, "discard regrade", assignment, {"run": run}))


def release_regrade(
    connection: Connection, course: str, assignment: str, run: int, *, at: int, who: str
) -> None:
    """Release a regrade: its results count from now on, one submission after another.

    Raises Conflict while graders are at it; what a stopped one has not graded stays as it is.
    """
    regrade = _open(connection, course, assignment, run)
    if regrade.left:
        raise Conflict(
            f"Regrade {run} is still running: {regrade.left} submissions are left.",
            next_step="Wait until it is done, or stop it first.",
        )
    if not regrade.done:
        raise Conflict(f"Regrade {run} has graded nothing.", next_step="Discard it, or resume it.")
    _set(connection, run, released_at=at, released_by=who)
    record_act(
        connection,
        Act(at, who, "release regrade", assignment, {"run": run, "submissions": regrade.done}),
    )


def _open(connection: Connection, course: str, assignment: str, run: int) -> Regrade:
    """A regrade that is neither released nor discarded, its row locked."""
    connection.execute(
        select(homework_regrade.c.id).where(homework_regrade.c.id == run).with_for_update()
    ).first()
    regrade = find_regrade(connection, course, assignment, run)
    if regrade.released_at is not None or regrade.discarded_at is not None:
        raise Conflict(f"Regrade {run} {_is(regrade)} already.", next_step="Reload the page.")
    return regrade


def _set(connection: Connection, run: int, **values: object) -> None:
    connection.execute(update(homework_regrade).where(homework_regrade.c.id == run).values(**values))


def apply_regrades(site: AppContext) -> int:
    """Let the results of released regrades count, each in its own transaction; how many there were."""
    due = (
        select(grading.c.id)
        .join(homework_regrade, homework_regrade.c.id == grading.c.regrade)
        .where(
            homework_regrade.c.course == site.course,
            homework_regrade.c.released_at.is_not(None),
            grading.c.state == "graded",
            grading.c.applied_at.is_(None),
            grading.c.outcome == "",
        )
        .order_by(grading.c.id)
    )
    with site.database.reading() as connection:
        waiting = list(connection.execute(due).scalars())
    for number in waiting:
        site.writer.submit(partial(_apply, number=number, at=site.now()), in_background=True).result()
    return len(waiting)


def _apply(connection: Connection, number: int, at: int) -> None:
    row = connection.execute(select(grading).where(grading.c.id == number).with_for_update()).one()
    if row.applied_at is not None or row.outcome:
        return  # another server was faster
    this = update(grading).where(grading.c.id == number)
    newer = select(grading.c.id).where(
        grading.c.submission == row.submission, grading.c.state == "graded", grading.c.id > number, counts()
    )
    if connection.execute(newer.limit(1)).first() is not None:
        connection.execute(this.values(outcome="It was graded again meanwhile; that result stands."))
        return
    connection.execute(this.values(applied_at=at))
    basis = json.loads(row.basis)
    basis["written"] = {task: tuple(found) for task, found in basis.get("written", {}).items()}
    result = GradingResult(row.report, row.earned, row.possible, row.summary, **basis)
    record_grading(connection, number, result, at)
