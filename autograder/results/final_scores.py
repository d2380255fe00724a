"""Where a student stands in one assignment: which attempt counts, what lateness and people changed.

A standing is worked out whenever it is asked for, from the ledger, the course's rules and the
assignment's; it is never stored, so a later extension or a corrected deadline needs no regrading.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autograder.course.assignment import AssignmentFile
from autograder.course.course import Course, Extension
from autograder.results.ledger import Graded, Line, ScoreOverridden

__all__ = ["FinalScore", "attempts_of", "due_for", "final_scores"]

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class FinalScore:
    """One student's standing in one assignment."""

    student: str
    earned: float  # what counts, after a person's change and the late penalty
    possible: float
    raw: float  # what the counted attempt earned by itself
    attempts: int
    report: Path | None  # the counted attempt's report
    attempt: int = 1  # the counted one, in the order of handing in
    submitted: datetime | None = None  # with its zone; None when nobody knows
    marked_late: bool = False  # by a platform that gives no time: it costs nothing by itself
    days_late: int = 0  # started days after the due date, the extension and the grace
    penalty: float = 0.0  # points taken off for lateness
    changed: bool = False  # a person set the score
    comment: str = ""  # what a person wrote to the student
    problem: str = ""  # why the submission could not be read, if so


def attempts_of(lines: Iterable[Line]) -> dict[str, list[Graded]]:
    """Every student's attempts in the order of handing in, each as it was graded last.

    Workers finish in any order: where times are the same, or not known, the order of finding counts.
    """
    latest: dict[str, dict[str, Graded]] = {}
    for line in lines:
        if isinstance(line, Graded):
            own = latest.setdefault(line.student, {})
            own[line.submission] = line  # keeps its first place
    return {
        student: sorted(own.values(), key=lambda line: (line.submitted or LONG_AGO, line.attempt))
        for student, own in latest.items()
    }


def final_scores(
    lines: Sequence[Line],
    course: Course,
    assignment: str,
    file: AssignmentFile,
    reports: Path,
) -> dict[str, FinalScore]:
    """Every student's standing; `reports` is the folder that the reports are in."""
    changes: dict[str, ScoreOverridden] = {}
    for line in lines:
        if isinstance(line, ScoreOverridden):
            changes[line.student] = line
    return {
        student: _final_score(
            student,
            attempts,
            changes.get(student),
            course.granted(student, assignment),
            course,
            file,
            reports,
        )
        for student, attempts in attempts_of(lines).items()
    }


def _final_score(
    student: str,
    attempts: list[Graded],
    change: ScoreOverridden | None,
    granted: Extension,
    course: Course,
    file: AssignmentFile,
    reports: Path,
) -> FinalScore:
    late = [days_late(line.submitted, granted, course, file) for line in attempts]
    costs = [
        0.0 if granted.no_penalty else min(file.late.at_most, file.late.per_day * days) * line.earned
        for days, line in zip(late, attempts, strict=True)
    ]
    worth = [line.earned - cost for line, cost in zip(attempts, costs, strict=True)]
    counted = {
        "first": 0,
        "last": len(attempts) - 1,
        "best": max(range(len(attempts)), key=lambda place: worth[place]),
    }[granted.attempts or course.attempts]
    line = attempts[counted]
    by_hand = change is not None and change.earned is not None
    return FinalScore(
        student=student,
        earned=change.earned if change and change.earned is not None else round(worth[counted], 4),
        possible=line.possible,
        raw=line.earned,
        attempts=len(attempts),
        report=reports / line.report,
        attempt=counted + 1,
        submitted=line.submitted,
        marked_late=line.marked_late and line.submitted is None,
        days_late=late[counted],
        penalty=0.0 if by_hand else round(costs[counted], 4),
        changed=by_hand,
        comment=change.comment if change else "",
        problem=line.problem,
    )


def due_for(granted: Extension, course: Course, file: AssignmentFile) -> datetime | None:
    """Until when a student may hand in at no cost, the grace left out; None without a due date."""
    due = granted.due or file.due
    if due is None:
        return None
    # Days are added on the wall clock: an hour that the clocks skip costs nobody one.
    local = (
        due.replace(tzinfo=None) if due.tzinfo is None else due.astimezone(course.zone).replace(tzinfo=None)
    )
    return (local + timedelta(days=granted.extra_days)).replace(tzinfo=course.zone)


def days_late(submitted: datetime | None, granted: Extension, course: Course, file: AssignmentFile) -> int:
    """Started days after the due date; 0 where there is no due date, or nobody knows when it came."""
    end = due_for(granted, course, file)
    if end is None or submitted is None:
        return 0
    seconds = (submitted - end).total_seconds() - 60 * file.late.grace_minutes
    return max(0, math.ceil(seconds / 86400))
