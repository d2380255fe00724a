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

from autograder.course.assignment import AssignmentFile, assignment_file
from autograder.course.course import Course
from autograder.course.lateness import days_late, due_for, late_share
from autograder.report import Report, ReportSummary, summarize_report
from autograder.results.attempts import Attempt, attempts_of
from autograder.results.ledger import (
    Line,
    ScoreOverridden,
    TaskMarked,
    UnmatchedFile,
    WrittenAnswerMarked,
    read_ledger,
    run_started,
    unmatched_files,
)
from autograder.results.results_folder import Results, read_report
from autograder.submissions.collecting import natural

__all__ = ["FinalScore", "GradedAssignment", "MarkedAnswer"]


@dataclass(frozen=True)
class MarkedAnswer:
    """A written answer of the counted attempt and its mark, if a person has marked it."""

    task: str
    points: float
    digest: str
    mark: WrittenAnswerMarked | None

    @property
    def changed(self) -> bool:
        """Whether the answer is not the one that was marked: the mark stands, a person should look again."""
        return self.mark is not None and self.mark.answer != self.digest


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
    unmarked: float = 0.0  # points of answers that a person has to mark; not in `possible`
    written: tuple[MarkedAnswer, ...] = ()  # the counted attempt's answers in words
    may_change: bool = False  # another attempt may turn out to be the best one once it is marked

    @property
    def is_final(self) -> bool:
        """Whether every part is marked that could change the score."""
        return not self.unmarked and not self.may_change

    @property
    def waiting(self) -> str:
        """Why the score is not final yet, as a sentence; empty when it is."""
        waiting = sum(answer.mark is None for answer in self.written)
        if self.is_final:
            return ""
        if not self.unmarked:
            return "A written answer of another attempt, which may be the best one, is not marked yet."
        return f"{waiting} written {'answer is' if waiting == 1 else 'answers are'} not marked yet."


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
        return {
            student: self._final_score(student, self._overrides.get((student, 0)))
            for student in sorted(self.attempts, key=natural)
        }

    @cached_property
    def _overrides(self) -> dict[tuple[str, int], ScoreOverridden]:
        """The latest override by student and attempt; 0 stands for the whole assignment."""
        return {
            (line.student, line.attempt): line for line in self.lines if isinstance(line, ScoreOverridden)
        }

    def _points_by_hand(self, attempt: Attempt) -> float | None:
        """What a person gave an attempt in place of its own points; None without that."""
        override = self._overrides.get((attempt.student, attempt.number))
        return None if override is None else override.earned

    @cached_property
    def _task_marks(self) -> dict[tuple[str, int], dict[str, TaskMarked]]:
        """The latest marks of tasks by student and attempt, without those that were withdrawn."""
        latest: dict[tuple[str, int], dict[str, TaskMarked]] = {}
        for line in self.lines:
            if isinstance(line, TaskMarked):
                latest.setdefault((line.student, line.attempt), {})[line.task] = line
        return {
            attempt: {task: line for task, line in lines.items() if line.earned is not None}
            for attempt, lines in latest.items()
        }

    def _by_tasks(self, attempt: Attempt) -> float:
        """What an attempt's checks earned, with people's points of a task in place of the task's checks."""
        marks = self._task_marks.get((attempt.student, attempt.number))
        if not marks:
            return attempt.earned
        by_checks = {
            task.task: task.earned for task in _read_summary(self.results.reports / attempt.report).tasks
        }
        return attempt.earned + sum(
            (mark.earned or 0.0) - by_checks.get(task, 0.0) for task, mark in marks.items()
        )

    def summaries(self, known: Mapping[str, ReportSummary] = MappingProxyType({})) -> list[ReportSummary]:
        """Summaries of the counted reports, in the order of `final_scores`.

        `known` are summaries by report file name that need not be read again.
        """
        paths = [score.report for score in self.final_scores.values() if score.report is not None]
        return [known.get(path.name) or _read_summary(path) for path in paths]

    def counted_reports(self) -> Iterator[tuple[FinalScore, Report]]:
        """Every student's final score with the counted report; raises UsageError for one that is damaged."""
        for score in self.final_scores.values():
            assert score.report is not None  # every final score is of some attempt
            yield score, read_report(score.report)

    def due_for(self, student: str) -> datetime | None:
        """Until when a student may submit at no cost, the grace period left out; None without a due date."""
        return due_for(self.course, self.id, self.file, student)

    def days_late(self, attempt: Attempt) -> int:
        """Started days after the due date; 0 without a due date or a known time of submission."""
        due = self.due_for(attempt.student)
        if due is None or attempt.submitted is None:
            return 0
        return days_late(attempt.submitted, due, self.file.late, self.course.zone)

    @cached_property
    def _marks(self) -> dict[tuple[str, str], list[WrittenAnswerMarked]]:
        """All marks by student and task, in the order they were given."""
        marks: dict[tuple[str, str], list[WrittenAnswerMarked]] = {}
        for line in self.lines:
            if isinstance(line, WrittenAnswerMarked):
                marks.setdefault((line.student, line.task), []).append(line)
        return marks

    def marked_answers(self, attempt: Attempt) -> tuple[MarkedAnswer, ...]:
        """An attempt's written answers; the latest mark of these words counts, else the latest of others."""
        answers = []
        for task, (points, digest) in attempt.written.items():
            marks = self._marks.get((attempt.student, task), [])
            same = [mark for mark in marks if mark.answer == digest]
            mark = next(reversed([*marks, *same]), None)
            withdrawn = mark is not None and mark.earned is None
            answers.append(MarkedAnswer(task, points, digest, None if withdrawn else mark))
        return tuple(answers)

    def _final_score(self, student: str, override: ScoreOverridden | None) -> FinalScore:
        attempts, late = self.attempts[student], self.file.late
        written = [self.marked_answers(attempt) for attempt in attempts]
        earned = [
            self._by_tasks(attempt) + sum(answer.mark.earned or 0 for answer in answers if answer.mark)
            for attempt, answers in zip(attempts, written, strict=True)
        ]
        extension = self.course.extension(student, self.id)
        days = [self.days_late(attempt) for attempt in attempts]
        penalties = [
            late_share(late, count, no_penalty=extension.no_penalty) * points
            for count, points in zip(days, earned, strict=True)
        ]
        given = [self._points_by_hand(attempt) for attempt in attempts]
        penalties = [
            penalty if points is None else 0.0 for penalty, points in zip(penalties, given, strict=True)
        ]
        scores = [
            points - penalty if by_hand is None else by_hand
            for points, penalty, by_hand in zip(earned, penalties, given, strict=True)
        ]
        counted = {
            "first": 0,
            "last": len(attempts) - 1,
            "best": max(range(len(attempts)), key=lambda index: scores[index]),
        }[extension.attempts or self.course.attempts]
        attempt, answers = attempts[counted], written[counted]
        by_hand = override.earned if override is not None else None
        by_hand = given[counted] if by_hand is None else by_hand
        # A score that a person set is for the whole assignment: nothing of it waits.
        waiting = [answer.points for answer in answers if answer.mark is None and by_hand is None]
        marked = sum(answer.points for answer in answers) - sum(waiting)
        return FinalScore(
            student=student,
            earned=round(scores[counted], 4) if by_hand is None else by_hand,
            possible=round(attempt.possible + marked, 4),
            raw=earned[counted],
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
            unmarked=sum(waiting),
            may_change=by_hand is None
            and (extension.attempts or self.course.attempts) == "best"
            and any(
                points + sum(answer.points for answer in others if answer.mark is None) > scores[counted]
                for points, others, set_by_hand in zip(scores, written, given, strict=True)
                if others is not answers
                and set_by_hand is None
                and any(answer.mark is None for answer in others)
            ),
            written=answers,
        )


def _read_summary(path: Path) -> ReportSummary:
    return summarize_report(read_report(path)).shared()
