"""A station: what one process needs to grade submissions, and what goes in and comes out.

A job holds the file's bytes, so that a station needs no disk in common with whoever hands out jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.grading.grader import Grader
from autograder.pages.student_page import student_page
from autograder.report import Report, ReportSummary, summarize_report
from autograder.submissions.submission import File, submission_of

__all__ = ["GradedSubmission", "GradingJob", "GradingWorker", "RunConfig"]


@dataclass(frozen=True)
class RunConfig:
    """What is graded, and how; the same for all stations of a run."""

    course: Path
    assignment: str
    seed: int
    dataset: str = ""  # overrides the assignment's choice
    sandbox: str = "good"  # the least that has to hold


@dataclass(frozen=True)
class GradingJob:
    """One submission to grade."""

    number: int
    student: str
    file: File
    before: bytes = b""  # an earlier report, whose results are kept where they still hold


@dataclass(frozen=True)
class GradedSubmission:
    """One submission, graded."""

    number: int
    report: bytes
    page: bytes
    summary: ReportSummary
    sandbox: str
    dataset: str


class GradingWorker:
    """Grades jobs, one after another; a context manager."""

    def __init__(self, setup: RunConfig) -> None:
        course = find_course(setup.course)
        self._assignment = load_assignment(course, setup.assignment)
        self._course = course.title
        self._grader = Grader(self._assignment, setup.seed, setup.dataset, sandbox=setup.sandbox)

    def handle(self, job: GradingJob) -> GradedSubmission:
        """Grade one submission; raises SandboxError when ours, not theirs, is the fault."""
        submission = submission_of(job.student, job.file, self._assignment.id)
        before = Report.from_json(job.before) if job.before else None
        report = self._grader.grade(submission, before)
        page = student_page(report, title=self._assignment.file.title, course=self._course)
        return GradedSubmission(
            job.number,
            report.to_json().encode(),
            page.encode(),
            summarize_report(report),
            self._grader.level,
            self._grader.dataset,
        )

    def close(self) -> None:
        """End the sandbox's processes."""
        self._grader.close()

    def __enter__(self) -> GradingWorker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
