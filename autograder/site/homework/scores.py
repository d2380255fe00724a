"""Scores of homework: from stored submissions and gradings to what counts, with late penalty and marks.

Nothing of this is stored: it follows from submissions, gradings, people's marks and course.yaml.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from autograder.course.assignment import Late
from autograder.course.course import Course
from autograder.course.lateness import days_late, late_share
from autograder.report import Report, summarize_report
from autograder.site.homework.assignments import Homework, due_for_student
from autograder.site.homework.grade_records import TASK, TOTAL, whole_work, written_part
from autograder.site.homework.submissions import (
    Grading,
    StoredSubmission,
    latest_gradings,
    submissions_of,
    submissions_of_all,
)
from autograder.site.homework.tables import submission
from autograder.site.ledger import HOMEWORK
from autograder.site.marks import Mark, current_mark, marks_of_work, marks_of_works
from autograder.site.roles import Access
from autograder.site.tables import mark as mark_table
from autograder.site.tables import points_text

__all__ = [
    "KIND",
    "Attempt",
    "GradingSummary",
    "MarkedAnswer",
    "attempts_of",
    "attempts_of_class",
    "counted",
    "days_late_at",
    "is_final",
    "late_rule",
    "used_times",
]

KIND = HOMEWORK  # of marks


@dataclass(frozen=True)
class GradingSummary:
    """What pages of a class need of a report without reading it."""

    tasks: Mapping[str, float]  # points by task
    mistakes: Sequence[tuple[str, str]]  # known mistakes and their hints
    headline: str
    unreadable: bool
    broken: Sequence[str]  # ids of checks that are broken
    #: Written answers that a person marks: task, title, points, digest of the words.
    written: Sequence[tuple[str, str, float, str]] = ()

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
            tuple(
                (answer.task, answer.title, answer.points, answer.digest)
                for answer in report.written
                if not answer.blank
            ),
        )

    @classmethod
    def from_json(cls, text: str) -> GradingSummary:
        """The summary as it is stored; an empty one before a grading has ended."""
        stored = {name: value for name, value in json.loads(text).items() if name in SUMMARY_FIELDS}
        return cls(**{**EMPTY_SUMMARY, **stored})

    def to_json(self) -> str:
        """The summary as it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)


SUMMARY_FIELDS = {field.name for field in fields(GradingSummary)}
EMPTY_SUMMARY = asdict(GradingSummary({}, (), "", False, ()))


@dataclass(frozen=True)
class MarkedAnswer:
    """A written answer of a submission, and the mark that a person gave it."""

    task: str
    title: str
    points: Decimal  # what a full answer earns
    digest: str  # of its words
    mark: Mark | None
    #: Whether the mark is for other words: it counts, and a person should look again.
    changed: bool = False
    newest: int = 0  # the number of the newest mark for it, withdrawn ones included

    @property
    def earned(self) -> Decimal | None:
        """The points of the mark; None without one."""
        return None if self.mark is None else self.mark.points


@dataclass(frozen=True)
class Attempt:
    """A submission of a person, with what it earns."""

    submission: StoredSubmission
    person: str
    grading: Grading
    summary: GradingSummary
    days_late: int
    in_grace: bool  # it arrived after the due time and counts as in time
    earned: Decimal | None  # by checks and by marks of written answers; None before it is graded
    final: Decimal | None  # after the late penalty, or a person's mark; None while there is neither
    mark: Mark | None  # a person's, of the whole submission
    answers: tuple[MarkedAnswer, ...] = ()
    whole: Mark | None = None  # a person's, of the whole assignment: it counts, whichever attempt does
    #: People's marks that stand in place of a task's checks, by task.
    task_marks: Mapping[str, Mark] = field(default_factory=dict)
    #: The number of the newest mark of a task, withdrawn ones included.
    newest_task_marks: Mapping[str, int] = field(default_factory=dict)

    def task_points(self, task: str) -> Decimal:
        """What a task earns: by its checks, or by a person."""
        mark = self.task_marks.get(task)
        if mark is not None and mark.points is not None:
            return mark.points
        return Decimal(str(self.summary.tasks.get(task, 0)))

    @property
    def unmarked(self) -> Decimal:
        """The points of written answers that wait for a person; a mark of the whole leaves none."""
        if self.mark is not None:
            return Decimal(0)
        return sum((answer.points for answer in self.answers if answer.mark is None), Decimal(0))

    @property
    def possible(self) -> Decimal | None:
        """What it could have earned: by its checks, and by the written answers that are marked."""
        if self.grading.possible is None:
            return None
        marked = (answer.points for answer in self.answers if answer.mark is not None)
        return self.grading.possible + sum(marked, Decimal(0))

    @property
    def score(self) -> str:
        """Its score in words: `17.5 of 20`, and `16 of 18 points so far` while an answer is not marked."""
        if self.final is None:
            return ""
        possible = sum((answer.points for answer in self.answers), self.grading.possible or Decimal(0))
        out_of = possible if self.mark is not None else self.possible
        so_far = " so far" if self.unmarked else ""
        return f"{points_text(round(self.final, 4))} of {points_text(out_of or possible)} points{so_far}"

    @property
    def state(self) -> str:
        """The state of its grading in a word or two."""
        words = {"waiting": "Waiting for grading", "leased": "Being graded", "failed": "Not graded yet"}
        return words.get(self.grading.state, "Graded")


def attempts_of(connection: Connection, course: Course, of: str, row: Homework, person: str) -> list[Attempt]:
    """A person's attempts at an assignment of the course with the id `of`, the oldest first."""
    stored = submissions_of(connection, of, row.id, person)
    gradings = latest_gradings(connection, [item.id for item in stored])
    works = [*(item.id for item in stored), whole_work(of, row.id, person)]
    marks = {work: marks_of_work(connection, KIND, work) for work in works}
    return _attempts(course, row, person, stored, gradings, marks, whole_work(of, row.id, person))


def attempts_of_class(
    connection: Connection, course: Course, of: str, row: Homework, access: Access | None = None
) -> dict[str, list[Attempt]]:
    """Everybody's attempts, by person; of `access` those of the people it lets see."""
    gradings = latest_gradings(connection, None, course=of, assignment=row.id)
    works = select(submission.c.id).where(submission.c.course == of, submission.c.assignment == row.id)
    of_whole = select(mark_table.c.work).where(
        mark_table.c.work.startswith(whole_work(of, row.id, ""), autoescape=True)
    )
    marks = marks_of_works(connection, KIND, works) | marks_of_works(connection, KIND, of_whole)
    stored: dict[str, list[StoredSubmission]] = defaultdict(list)
    for person, item in submissions_of_all(connection, of, row.id, access):
        stored[person].append(item)
    return {
        person: _attempts(course, row, person, items, gradings, marks, whole_work(of, row.id, person))
        for person, items in stored.items()
    }


def counted(course: Course, row: Homework, person: str, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that counts; None before any has a score.

    course.yaml may name another rule for a student. Of `last_on_time` without one in time, the last counts.
    A person's mark of the whole assignment stands in place of its score.
    """
    chosen = _chosen(course, row, person, attempts)
    if chosen is None or chosen.whole is None:
        return chosen
    return replace(chosen, final=chosen.whole.points, mark=chosen.whole)


def _chosen(course: Course, row: Homework, person: str, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that counts by its own score."""
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


def is_final(course: Course, row: Homework, person: str, attempts: Sequence[Attempt]) -> bool:
    """Whether no mark of a written answer can change a person's score any more.

    An answer of another attempt may still make that the best one.
    """
    chosen = counted(course, row, person, attempts)
    if chosen is None or chosen.unmarked:
        return False
    rule = course.extension_as_written(person, row.id).get("attempts") or row.facts.counts
    return rule != "best" or not any(
        attempt.unmarked and (attempt.final or Decimal(0)) + attempt.unmarked > (chosen.final or Decimal(0))
        for attempt in attempts
    )


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


def _attempts(
    course: Course,
    row: Homework,
    person: str,
    stored: Sequence[StoredSubmission],
    gradings: Mapping[str, Grading],
    marks: Mapping[str, Mapping[str, Sequence[Mark]]],
    whole: str,
) -> list[Attempt]:
    """A person's submissions with what they earn; a mark of a written answer is for all with its words."""
    of_answers: dict[str, list[Mark]] = defaultdict(list)
    for work in (*(item.id for item in stored), whole):
        for part, given in marks.get(work, {}).items():
            of_answers[part] += given
    of_whole = current_mark(marks.get(whole, {}).get(TOTAL, ()), 0)
    for given in of_answers.values():
        given.sort(key=lambda mark: mark.id)
    due_at = due_for_student(course, row, person)
    no_penalty = course.extension(person, row.id).no_penalty
    return [
        _attempt(
            course,
            row,
            person,
            due_at,
            no_penalty,
            item,
            gradings[item.id],
            marks.get(item.id, {}),
            of_answers,
            None if of_whole is None else of_whole.mark,
        )
        for item in stored
    ]


def _attempt(
    course: Course,
    row: Homework,
    person: str,
    due_at: int | None,
    no_penalty: bool,
    stored: StoredSubmission,
    grading: Grading,
    marks: Mapping[str, Sequence[Mark]],
    of_answers: Mapping[str, Sequence[Mark]],
    whole: Mark | None,
) -> Attempt:
    days = days_late_at(course, row, due_at, stored.received_at)
    is_after = due_at is not None and stored.received_at // 1000 * 1000 > due_at
    summary = GradingSummary.from_json(grading.summary)
    answers = tuple(_answer(values, of_answers) for values in summary.written)
    task_marks = {
        part.removeprefix(TASK): newest.mark
        for part, rows in marks.items()
        if part.startswith(TASK) and (newest := current_mark(rows, 0)) is not None
    }
    earned = final = None
    if grading.earned is not None:
        earned = sum((answer.earned or Decimal(0) for answer in answers), grading.earned)
        for task, given in task_marks.items():
            earned += (given.points or Decimal(0)) - Decimal(str(summary.tasks.get(task, 0)))
        final = earned * (1 - Decimal(str(late_share(late_rule(row), days, no_penalty=no_penalty))))
    current = current_mark(marks.get(TOTAL, ()), 0)
    mark = current.mark if current is not None else None
    if mark is not None and mark.points is not None:
        final = mark.points
    return Attempt(
        stored,
        person,
        grading,
        summary,
        days,
        is_after and not days,
        earned,
        final,
        mark,
        answers,
        whole,
        task_marks,
        {
            part.removeprefix(TASK): rows[-1].id
            for part, rows in marks.items()
            if part.startswith(TASK) and rows
        },
    )


def _answer(values: tuple[str, str, float, str], of_answers: Mapping[str, Sequence[Mark]]) -> MarkedAnswer:
    """An answer with its mark: the latest for its words, else the latest for others."""
    task, title, points, digest = values
    given = of_answers.get(written_part(task), ())
    same = [mark for mark in given if json.loads(mark.detail).get("answer") == digest]
    others = [mark for mark in given if mark.points is not None]
    mark = same[-1] if same else others[-1] if others else None
    if mark is not None and mark.points is None:  # it was taken back
        mark = None
    return MarkedAnswer(
        task,
        title,
        Decimal(str(points)),
        digest,
        mark,
        mark is not None and not same,
        max((row.id for row in given), default=0),
    )
