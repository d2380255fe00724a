"""A graded assignment and its final scores: the counted attempt, late penalty and manual override.

`GradedAssignment` joins a results directory, its ledger and the rules of the course and the assignment.
Final scores are derived from these whenever they are asked for and never stored, so a later extension or a
corrected due date needs no regrading. Pages, tables, the gradebook and `autograder verify` start from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from autograder.course.assignment import AssignmentFile, assignment_file
from autograder.course.course import Course
from autograder.course.lateness import days_late, due_for, late_share
from autograder.errors import UsageError
from autograder.report import Report, ReportSummary, summarize_report
from autograder.results.attempts import Attempt, attempts_of
from autograder.results.ledger import (
    Line,
    ScoreOverridden,
    UnmatchedFile,
    read_ledger,
    run_started,
    unmatched_files,
)
from autograder.results.results_folder import Results
from autograder.submissions.collecting import natural

__all__ = ["FinalScore", "GradedAssignment"]


@dataclass(frozen=True)
class FinalScore:
    """One student's score in one assignment, and how it came about."""

    student: str
    earned: float  # what counts, after a manual override and the late penalty
    possible: float
    raw: float  # what the counted attempt earned by itself
    attempts: int
    report: Path | None  # the counted attempt's report
    attempt: int = 1  # the counted one, in the order of submission
    submitted: datetime | None = None  # with its zone; None when it is not known
    marked_late: bool = False  # by a platform that gives no time: it costs nothing by itself
    #: Why the time is not known, where the source should say it and a due date makes it count.
    time_problem: str = ""
    days_late: int = 0  # started days after the due date, the extension and the grace period
    penalty: float = 0.0  # points taken off for lateness
    changed: bool = False  # a person set the score
    comment: str = ""  # what a person wrote to the student
    problem: str = ""  # why the submission could not be read, if so
    origin: str = ""  # what the platform calls the counted submission; the way back


@dataclass(frozen=True)
class GradedAssignment:
    """One assignment of a course, as one results directory holds it."""

    results: Results
    course: Course
    id: str
    file: AssignmentFile  # assignment.yaml
    lines: Sequence[Line]  # the ledger's

    @classmethod
    def read(cls, results: Results, course: Course) -> GradedAssignment:
        """Read a directory's ledger and its assignment's rules as they are now.

        Raises UsageError where there is no sound ledger, or for an assignment that the course does not have.
        """
        lines, _ = read_ledger(results.ledger)
        return cls.of(results, course, lines)

    @classmethod
    def of(cls, results: Results, course: Course, lines: Sequence[Line]) -> GradedAssignment:
        """The same, of a ledger that has been read."""
        name = run_started(lines, results.ledger).assignment
        return cls(results, course, name, assignment_file(course, name), lines)

    @cached_property
    def attempts(self) -> dict[str, list[Attempt]]:
        """Every student's attempts, see `attempts_of`."""
        return attempts_of(self.lines)

    @property
    def unmatched(self) -> list[UnmatchedFile]:
        """What was collected and is not graded, in natural order of names."""
        files = {file for files in unmatched_files(self.lines).values() for file in files}
        return sorted(files, key=lambda file: (natural(file.name), file.reason))

    @cached_property
    def final_scores(self) -> dict[str, FinalScore]:
        """Every student's final score, in natural order of names."""
        overrides: dict[str, ScoreOverridden] = {}
        for line in self.lines:
            if isinstance(line, ScoreOverridden):
                overrides[line.student] = line
        return {
            student: self._final_score(student, overrides.get(student))
            for student in sorted(self.attempts, key=natural)
        }

    def summaries(self, known: Mapping[str, ReportSummary] = MappingProxyType({})) -> list[ReportSummary]:
        """Summaries of the counted reports, in the order of `final_scores`.

        `known` are summaries by report file name that need not be read again.
        """
        paths = [score.report for score in self.final_scores.values() if score.report is not None]
        return [known.get(path.name) or _read_summary(path) for path in paths]

    def counted_reports(self) -> Iterator[tuple[FinalScore, Report]]:
        """Every student's final score with the counted report; raises UsageError for one that is damaged."""
        for score in self.final_scores.values():
            try:
                assert score.report is not None  # every final score is of some attempt
                yield score, Report.from_json(score.report.read_bytes())
            except (OSError, ValidationError) as problem:
                fault = "is missing" if isinstance(problem, FileNotFoundError) else "is not a report"
                raise UsageError(
                    f"{score.report} {fault}.",
                    next_step="Run `autograder regrade` to write it again.",
                ) from problem

    def due_for(self, student: str) -> datetime | None:
        """Until when a student may submit at no cost, the grace period left out; None without a due date."""
        return due_for(self.course, self.id, self.file, student)

    def days_late(self, attempt: Attempt) -> int:
        """Started days after the due date; 0 without a due date or a known time of submission."""
        due = self.due_for(attempt.student)
        if due is None or attempt.submitted is None:
            return 0
        return days_late(attempt.submitted, due, self.file.late, self.course.zone)

    def _final_score(self, student: str, override: ScoreOverridden | None) -> FinalScore:
        attempts, late = self.attempts[student], self.file.late
        extension = self.course.extension(student, self.id)
        days = [self.days_late(attempt) for attempt in attempts]
        penalties = [
            late_share(late, count, no_penalty=extension.no_penalty) * attempt.earned
            for count, attempt in zip(days, attempts, strict=True)
        ]
        scores = [attempt.earned - penalty for attempt, penalty in zip(attempts, penalties, strict=True)]
        counted = {
            "first": 0,
            "last": len(attempts) - 1,
            "best": max(range(len(attempts)), key=lambda index: scores[index]),
        }[extension.attempts or self.course.attempts]
        attempt = attempts[counted]
        by_hand = override.earned if override is not None else None
        return FinalScore(
            student=student,
            earned=round(scores[counted], 4) if by_hand is None else by_hand,
            possible=attempt.possible,
            raw=attempt.earned,
            attempts=len(attempts),
            report=self.results.reports / attempt.report,
            attempt=counted + 1,
            submitted=attempt.submitted,
            marked_late=attempt.marked_late and attempt.submitted is None,
            time_problem=attempt.time_problem if self.due_for(student) else "",
            days_late=days[counted],
            penalty=round(penalties[counted], 4) if by_hand is None else 0.0,
            changed=by_hand is not None,
            comment=override.comment if override else "",
            problem=attempt.problem,
            origin=attempt.origin,
        )


def _read_summary(path: Path) -> ReportSummary:
    return summarize_report(Report.from_json(path.read_bytes())).shared()
