"""Scores of homework: from stored submissions and gradings to what counts, with late penalty and marks.

Nothing of this is stored: it follows from submissions, gradings, people's marks and course.yaml.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from autograder.course.assignment import Late
from autograder.course.course import Course
from autograder.course.lateness import days_late, late_share
from autograder.report import Report, summarize_report
from autograder.site.homework.assignments import Homework, due_for_student
from autograder.site.homework.submissions import (
    Grading,
    StoredSubmission,
    latest_gradings,
    submissions_of,
    submissions_of_all,
)
from autograder.site.homework.tables import submission
from autograder.site.marks import Mark, current_mark, marks_of_work, marks_of_works

__all__ = [
    "KIND",
    "TOTAL",
    "Attempt",
    "GradingSummary",
    "attempts_of",
    "attempts_of_class",
    "counted",
    "days_late_at",
    "late_rule",
    "used_times",
]

KIND, TOTAL = "homework", "total"  # of marks, and the part that a person overrides


@dataclass(frozen=True)
class GradingSummary:
    """What pages of a class need of a report without reading it."""

    tasks: Mapping[str, float]  # points by task
    mistakes: Sequence[tuple[str, str]]  # known mistakes and their hints
    headline: str
    unreadable: bool
    broken: Sequence[str]  # ids of checks that are broken
    unmarked: float = 0.0  # points of answers that a person has to mark

    @classmethod
    def of(cls, report: Report) -> GradingSummary:
        """The summary of a report."""
        whole = summarize_report(report)
        mistakes = {check.mistake: check.hint for check in whole.checks if check.mistake}
        return cls(
            {task.task: task.earned for task in whole.tasks},
            tuple(mistakes.items()),
            whole.headline,
            bool(whole.problem),
            tuple(whole.broken),
            whole.unmarked,
        )

    @classmethod
    def from_json(cls, text: str) -> GradingSummary:
        """The summary as it is stored; an empty one before a grading has ended."""
        empty = cls({}, (), "", False, ())
        return cls(**{**asdict(empty), **json.loads(text)})

    def to_json(self) -> str:
        """The summary as it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class Attempt:
    """A submission of a person, with what it earns."""

    submission: StoredSubmission
    person: str
    grading: Grading
    summary: GradingSummary
    days_late: int
    final: Decimal | None  # after the late penalty, or a person's mark; None while there is neither
    mark: Mark | None  # a person's

    @property
    def state(self) -> str:
        """The state of its grading in a word or two."""
        words = {"waiting": "Waiting for grading", "leased": "Being graded", "failed": "Not graded yet"}
        return words.get(self.grading.state, "Graded")


def attempts_of(connection: Connection, course: Course, of: str, row: Homework, person: str) -> list[Attempt]:
    """A person's attempts at an assignment of the course with the id `of`, the oldest first."""
    stored = submissions_of(connection, of, row.id, person)
    gradings = latest_gradings(connection, [item.id for item in stored])
    return [
        _attempt(
            course,
            row,
            person,
            item,
            gradings[item.id],
            marks_of_work(connection, KIND, item.id).get(TOTAL, []),
        )
        for item in stored
    ]


def attempts_of_class(
    connection: Connection, course: Course, of: str, row: Homework
) -> dict[str, list[Attempt]]:
    """Everybody's attempts, by person."""
    stored = submissions_of_all(connection, of, row.id)
    gradings = latest_gradings(connection, None, course=of, assignment=row.id)
    works = select(submission.c.id).where(submission.c.course == of, submission.c.assignment == row.id)
    marks = marks_of_works(connection, KIND, works)
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    for person, item in stored:
        given = marks.get(item.id, {}).get(TOTAL, [])
        attempts[person].append(_attempt(course, row, person, item, gradings[item.id], given))
    return attempts


def counted(course: Course, row: Homework, person: str, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that counts; None before any has a score.

    course.yaml may name another rule for a student. Of `last_on_time` without one in time, the last counts.
    """
    rule = course.extension_as_written(person, row.id).get("attempts") or row.facts.counts
    scored = [attempt for attempt in attempts if attempt.final is not None]
    if not scored:
        return None
    if rule == "best":
        return max(scored, key=lambda attempt: (attempt.final or Decimal(0), attempt.submission.number))
    if rule == "first":
        return scored[0]
    in_time = [attempt for attempt in scored if not attempt.days_late]
    return in_time[-1] if rule == "last_on_time" and in_time else scored[-1]


def used_times(attempts: Sequence[Attempt]) -> list[int]:
    """When the attempts were made that a limit counts: not those we failed to grade, nor unreadable files."""
    return [
        attempt.submission.received_at
        for attempt in attempts
        if attempt.grading.state != "failed" and not attempt.summary.unreadable
    ]


def late_rule(row: Homework) -> Late:
    """The late rule as it was published."""
    facts = row.facts
    return Late(per_day=facts.late_per_day, at_most=facts.late_at_most, grace_minutes=facts.grace_minutes)


def days_late_at(course: Course, row: Homework, due_at: int | None, at: int) -> int:
    """The started days after a due time."""
    if due_at is None:
        return 0
    moment, due = (datetime.fromtimestamp(time / 1000, UTC).astimezone(course.zone) for time in (at, due_at))
    return days_late(moment, due, late_rule(row), course.zone)


def _attempt(
    course: Course,
    row: Homework,
    person: str,
    stored: StoredSubmission,
    grading: Grading,
    marks: Sequence[Mark],
) -> Attempt:
    days = days_late_at(course, row, due_for_student(course, row, person), stored.received_at)
    final = None
    if grading.earned is not None:
        no_penalty = course.extension(person, row.id).no_penalty
        final = grading.earned * (1 - Decimal(str(late_share(late_rule(row), days, no_penalty=no_penalty))))
    current = current_mark(marks, 0)
    mark = current.mark if current is not None else None
    if mark is not None and mark.points is not None:
        final = mark.points
    return Attempt(stored, person, grading, GradingSummary.from_json(grading.summary), days, final, mark)
