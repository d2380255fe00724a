"""What the ledger says of homework: from gradings and people's marks to its lines, one ledger an assignment.

A line is appended in the transaction that stores what it is about, and the row keeps the line's number. The
queue appends gradings, the staff pages people's marks; `verification` compares rows and lines.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from autograder.results.ledger import (
    Graded,
    Line,
    Provenance,
    RegradeSkipped,
    ScoreOverridden,
    TaskMarked,
    WrittenAnswerMarked,
)
from autograder.results.results_folder import report_stem
from autograder.site.homework.tables import grading, submission, submission_owner
from autograder.site.ledger import HOMEWORK, LedgerName, append_lines, instant, open_ledger, pseudonym_of
from autograder.site.marks import Mark, Source
from autograder.site.tables import mark

__all__ = [
    "IMPORTED",
    "TASK",
    "TOTAL",
    "UNGRADED",
    "GradingResult",
    "mark_line",
    "neutral_name",
    "open_homework_ledger",
    "record_grading",
    "record_marks",
    "task_part",
    "ungraded_attempts",
    "whole_work",
    "written_part",
]

IMPORTED = "ledger import"  # the grader of gradings that another ledger brought

TASK = "task:"  # how the part of a mark begins that stands in place of a task's checks
TOTAL = "total"  # the part of a mark that sets the score of a submission
UNGRADED = "attempt:"  # how the part of an imported mark begins whose attempt was never graded
WRITTEN = "written:"  # how the part of a mark begins that is for a written answer


@dataclass(frozen=True)
class GradingResult:
    """What a grader found, and all that it depends on besides submission, bundle and seed."""

    report: str  # digest of the report in the file store
    earned: Decimal
    possible: Decimal
    summary: str = "{}"  # JSON: see `scores.GradingSummary`
    problem: str = ""  # why the submission cannot be graded, for its student
    sandbox: str = ""
    engine: str = ""
    environment: str = ""
    dataset: str = ""
    written: dict[str, tuple[float, str]] = field(default_factory=dict)


def record_grading(connection: Connection, number: int, result: GradingResult, at: int) -> None:
    """Append the lines of a grading that has just ended, one for each owner of its submission."""
    row = _grading(connection, number)
    name = LedgerName(row.course, HOMEWORK, row.assignment)
    open_homework_ledger(connection, name, at)
    newer = select(grading.c.id).where(
        grading.c.submission == row.submission,
        grading.c.state == "graded",
        grading.c.id > number,
        or_(grading.c.regrade.is_(None), grading.c.applied_at.is_not(None)),
    )
    replaced = connection.execute(newer.limit(1)).first() is not None
    _append(connection, name, row, result, at, replaced=replaced)


def record_marks(connection: Connection, work: str, marks: Sequence[Mark]) -> list[int]:
    """Append the lines of people's marks of a submission; for each mark the number of its first line."""
    if ":" in work:
        course, assignment, _ = work.split(":", 2)
        name = LedgerName(course, HOMEWORK, assignment)
    else:
        stored = connection.execute(
            select(submission.c.course, submission.c.assignment).where(submission.c.id == work)
        ).one()
        name = LedgerName(stored.course, HOMEWORK, stored.assignment)
    open_homework_ledger(connection, name, marks[0].at)
    return [append_lines(connection, name, _mark_lines(connection, name, work, given)) for given in marks]


def _mark_lines(connection: Connection, name: LedgerName, work: str, given: Mark) -> list[Line]:
    """The lines of a person's mark, one for each owner of the submission."""
    who = pseudonym_of(connection, name.course, given.who)
    if ":" in work:
        return [mark_line(given, pseudonym_of(connection, name.course, work.split(":", 2)[2]), who, 0)]
    rows = connection.execute(
        select(submission.c.number, submission_owner.c.person)
        .join(submission_owner)
        .where(submission.c.id == work)
        .order_by(submission_owner.c.person)
    )
    return [
        mark_line(given, pseudonym_of(connection, name.course, row.person), who, row.number)
        for row in rows.all()
    ]


def open_homework_ledger(connection: Connection, name: LedgerName, at: int) -> None:
    """Open a ledger; at its beginning come the gradings and marks that are older than the ledger."""
    if not open_ledger(connection, name, at):
        return
    earlier = connection.execute(
        select(grading.c.id)
        .join(submission, submission.c.id == grading.c.submission)
        .where(
            submission.c.course == name.course,
            submission.c.assignment == name.work,
            grading.c.state == "graded",
            grading.c.report.is_not(None),
            grading.c.graded_at < at,
            grading.c.line.is_(None),
            grading.c.regrade.is_(None),
        )
        .order_by(grading.c.id)
    ).scalars()
    for number in earlier.all():
        row = _grading(connection, number)
        known = GradingResult(row.report, row.earned, row.possible, row.summary)
        _append(connection, name, row, known, row.graded_at, replaced=False)
    works = select(submission.c.id).where(
        submission.c.course == name.course, submission.c.assignment == name.work
    )
    marks = connection.execute(
        select(mark)
        .where(mark.c.kind == HOMEWORK, mark.c.work.in_(works), mark.c.line.is_(None))
        .order_by(mark.c.id)
    )
    for row in marks.all():
        given = Mark(row.part, row.points, Source(row.source), row.at, row.who, row.reason, detail=row.detail)
        line = append_lines(connection, name, _mark_lines(connection, name, row.work, given))
        connection.execute(update(mark).where(mark.c.id == row.id).values(line=line))


def _grading(connection: Connection, number: int) -> Row[Any]:
    return connection.execute(
        select(
            grading,
            submission.c.assignment,
            submission.c.digest,
            submission.c.file,
            submission.c.number,
            submission.c.received_at,
        )
        .join(submission, submission.c.id == grading.c.submission)
        .where(grading.c.id == number)
    ).one()


def _append(
    connection: Connection,
    name: LedgerName,
    row: Row[Any],
    result: GradingResult,
    at: int,
    *,
    replaced: bool,
) -> None:
    """Append the lines of a grading; `replaced` is one that ended after a later grading had."""
    owners = select(submission_owner.c.person).where(submission_owner.c.submission == row.submission)
    names = [
        pseudonym_of(connection, name.course, person)
        for person in connection.execute(owners.order_by(submission_owner.c.person)).scalars().all()
    ]
    basis = Provenance(
        bundle=row.bundle, engine=result.engine, environment=result.environment, dataset=result.dataset
    )
    lines: list[Line] = []
    for student in names:
        if replaced:
            lines.append(
                RegradeSkipped(
                    at=instant(at),
                    student=student,
                    submission=row.digest,
                    earned=float(result.earned),
                    basis=basis,
                )
            )
            continue
        lines.append(
            Graded(
                at=instant(at),
                student=student,
                submission=row.digest,
                file=neutral_name(row.assignment, row.file),
                submitted=instant(row.received_at),
                attempt=row.number,
                report=f"{report_stem(student, row.number)}.json",
                report_digest=result.report,
                earned=float(result.earned),
                possible=float(result.possible),
                problem=result.problem,
                sandbox=result.sandbox,
                basis=basis,
                written=result.written,
                seed=row.seed,
            )
        )
    line = append_lines(connection, name, lines)
    connection.execute(update(grading).where(grading.c.id == row.id).values(line=line))


def neutral_name(assignment: str, file: str) -> str:
    """A file's name without what a student may have written into it, such as a name."""
    ending = file.rpartition(".")[2] if "." in file else ""
    return f"{assignment}.{ending}" if ending in ("ipynb", "zip") else assignment


def written_part(task: str) -> str:
    """The part of a mark that is for a written answer."""
    return f"{WRITTEN}{task}"


def task_part(task: str) -> str:
    """The part of a mark that stands in place of a task's checks."""
    return f"{TASK}{task}"


def whole_work(course: str, assignment: str, person: str) -> str:
    """The work of a mark that is for a person's whole assignment, whichever attempt counts."""
    return f"{course}:{assignment}:{person}"


def ungraded_attempts(connection: Connection, course: str, assignment: str, person: str) -> list[int]:
    """The numbers of a person's attempts that have an imported mark and no submission here."""
    parts = select(mark.c.part).where(
        mark.c.kind == HOMEWORK,
        mark.c.work == whole_work(course, assignment, person),
        mark.c.part.startswith(UNGRADED),
    )
    return [int(part.removeprefix(UNGRADED)) for part in connection.execute(parts).scalars()]


def mark_line(
    given: Mark, student: str, who: str, attempt: int
) -> ScoreOverridden | WrittenAnswerMarked | TaskMarked:
    """The line of a person's mark; `attempt` is 0 for one of the whole assignment."""
    more = json.loads(given.detail)
    points = None if given.points is None else float(given.points)
    if given.part == TOTAL or given.part.startswith(UNGRADED):
        return ScoreOverridden(
            at=instant(given.at),
            student=student,
            earned=points,
            comment=str(more.get("comment", "")),
            who=who,
            why=given.reason,
            attempt=attempt,
        )
    if given.part.startswith(TASK):
        return TaskMarked(
            at=instant(given.at),
            student=student,
            attempt=attempt,
            task=given.part.removeprefix(TASK),
            earned=points,
            who=who,
            why=given.reason,
        )
    return WrittenAnswerMarked(
        at=instant(given.at),
        student=student,
        task=given.part.removeprefix(WRITTEN),
        answer=str(more.get("answer", "")),
        earned=points,
        comment=given.reason,
        who=who,
        origin=str(more.get("origin", "")),
    )
