"""A crew: jobs on several processes, whatever happens to these."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from correct_notebook import SOURCE, notebook
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.errors import SandboxError, UsageError
from autograder.runs.pool import grade_here, grade_on_workers
from autograder.runs.worker import GradedSubmission, GradingJob, RunConfig
from autograder.submissions.submission import Submission


def jobs(count: int, size: int = 0) -> Iterator[GradingJob]:
    """So many honest notebooks, each with a comment of so many bytes."""
    for number in range(count):
        data = notebook(f"# {number}{'x' * size}", SOURCE).encode()
        yield GradingJob(Submission(f"s{number}", "x.ipynb", data))


@pytest.fixture
def config(tiny_course: Course) -> RunConfig:
    """The tiny assignment."""
    return RunConfig(tiny_course.root, ASSIGNMENT, seed=1)


def students(count: int, without: int | None = None) -> list[str]:
    """The students of so many jobs, in alphabetical order."""
    return sorted(f"s{number}" for number in range(count) if number != without)


def test_every_job_comes_back_once(config: RunConfig) -> None:
    """In any order, with the same reports as one process gives."""
    here = {job.submission.student: result for job, result in grade_here(config, jobs(7))}
    results = [(job.submission.student, result) for job, result in grade_on_workers(config, 2, jobs(7))]
    assert sorted(student for student, _ in results) == sorted(here) == students(7)
    for student, result in results:
        expected = here[student]
        assert isinstance(result, GradedSubmission) and isinstance(expected, GradedSubmission)
        assert result.report == expected.report


def test_no_job_is_taken_before_it_is_needed(config: RunConfig) -> None:
    """A class of any size is read as it is graded: a few jobs are on their way at any time."""
    taken = 0

    def counted() -> Iterator[GradingJob]:
        nonlocal taken
        for job in jobs(20):
            taken += 1
            yield job

    for number, _ in enumerate(grade_on_workers(config, 2, counted())):
        assert taken <= number + 1 + 2 * 2


def test_large_jobs(config: RunConfig) -> None:
    """Notebooks larger than any pipe: neither side waits for the other."""
    results = [result for _, result in grade_on_workers(config, 2, jobs(6, 5_000_000))]
    assert [type(result) for result in results] == [GradedSubmission] * 6


def children() -> set[int]:
    """The processes that this one started."""
    pid = os.getpid()
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_a_worker_that_is_killed(config: RunConfig) -> None:
    """Another takes its jobs: each comes back once, and nobody is left without."""
    before = children()
    graded = []
    for job, result in grade_on_workers(config, 2, jobs(12)):
        assert isinstance(result, GradedSubmission)
        graded.append(job.submission.student)
        if len(graded) in (2, 6):
            os.kill(max(children() - before), signal.SIGKILL)
    assert sorted(graded) == students(12)


@pytest.mark.full
def test_a_job_that_ends_every_worker(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is abandoned after the third time, and the others are graded."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "from autograder.runs.worker import GradingWorker\n"
        "grade = GradingWorker.grade\n"
        "def deadly(self, job):\n"
        "    return os._exit(9) if job.submission.student == 's3' else grade(self, job)\n"
        "GradingWorker.grade = deadly\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    results = [(job.submission.student, result) for job, result in grade_on_workers(config, 2, jobs(8))]
    graded = [student for student, result in results if isinstance(result, GradedSubmission)]
    abandoned = [(student, result) for student, result in results if isinstance(result, SandboxError)]
    assert sorted(graded) == students(8, without=3)
    assert [student for student, _ in abandoned] == ["s3"] and "three times" in abandoned[0][1].message


def test_what_concerns_every_job(tiny_course: Course) -> None:
    """A fault of the assignment ends the run with its own sentence, from whichever process it comes."""
    with pytest.raises(UsageError, match="no assignment"):
        list(grade_on_workers(RunConfig(tiny_course.root, "other", 1), 2, jobs(3)))
