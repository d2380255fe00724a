"""A grading worker: what one process needs to grade submissions, and what goes in and comes out.

A job goes in, the report and the student's page come out. A job brings the submission's bytes along, so a
worker shares no disk with the process that sends jobs. `pool` runs workers on this machine, `cluster` on
others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.errors import SandboxError
from autograder.grading.grader import Grader
from autograder.pages.student_page import student_page
from autograder.report import Report, ReportSummary, summarize_report
from autograder.results.ledger import Graded
from autograder.submissions.submission import Submission

__all__ = ["GradedSubmission", "GradingJob", "GradingWorker", "LatestWorker", "RunConfig"]


@dataclass(frozen=True)
class RunConfig:
    """What is graded, and how; the same for all workers of a run."""

    course: Path
    assignment: str
    seed: int
    dataset: str = ""  # overrides the assignment's choice
    sandbox: str = "good"  # minimum isolation level


@dataclass(frozen=True)
class GradingJob:
    """A submission to grade, and how it was graded before."""

    submission: Submission
    attempt: int = 1  # which of the student's, in the order collected
    earlier: Graded | None = None  # its line in the ledger, if it has one
    earlier_report: bytes = b""  # the report of that line, unless it was altered
    reuse: bool = True  # results of the earlier report are kept where they still hold
    seed: int | None = None  # of its random inputs, if not the run's


@dataclass(frozen=True)
class GradedSubmission:
    """A report as it is stored, with the student's page and what the class page needs of it."""

    report: bytes
    page: bytes
    summary: ReportSummary
    sandbox: str


class LatestWorker:
    """Grades jobs of any assignment and keeps the worker of the latest; a context manager.

    Each submission of a site has a seed of its own, and most that wait are of one assignment.
    """

    def __init__(self) -> None:
        self._content: RunConfig | None = None  # what the worker grades by; its seed says nothing
        self._worker: GradingWorker | None = None

    def grade(self, config: RunConfig, job: GradingJob) -> GradedSubmission | SandboxError:
        """Grade one submission; a SandboxError when ours, not the student's, is the fault."""
        job = replace(job, seed=config.seed if job.seed is None else job.seed)
        content = replace(config, seed=0)
        try:
            if self._worker is None or content != self._content:
                self.close()
                self._content, self._worker = content, GradingWorker(config)
            result = self._worker.grade(job)
        except BaseException:
            self.close()  # the next submission gets one in which nothing went wrong
            raise
        if isinstance(result, SandboxError):
            self.close()
        return result

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
        self._worker = None

    def __enter__(self) -> LatestWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _earlier(job: GradingJob) -> Report | None:
    """The report whose results may be kept; none of another version of the format."""
    if not job.reuse or not job.earlier_report:
        return None
    try:
        return Report.from_json(job.earlier_report)
    except ValidationError:
        return None


class GradingWorker:
    """Grades jobs, one after another; a context manager."""

    def __init__(self, config: RunConfig, assignment: Assignment | None = None) -> None:
        """`assignment` is the one that `config` names, where it is loaded already."""
        course = find_course(config.course)
        self._assignment = assignment or load_assignment(course, config.assignment)
        self._course_title = course.title
        self._config = config
        self._grader = Grader(self._assignment, config.seed, config.dataset, sandbox=config.sandbox)

    def grade(self, job: GradingJob) -> GradedSubmission | SandboxError:
        """Grade one submission; a SandboxError when ours, not the student's, is the fault."""
        earlier = _earlier(job)
        seed = self._config.seed if job.seed is None else job.seed
        try:
            if seed != self._grader.seed:
                self._grader = self._grader.with_seed(seed)
            report = self._grader.grade(job.submission, earlier)
        except SandboxError as problem:
            return problem
        page = student_page(report, title=self._assignment.file.title, course=self._course_title)
        return GradedSubmission(
            report.to_json().encode(), page.encode(), summarize_report(report), report.sandbox
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
