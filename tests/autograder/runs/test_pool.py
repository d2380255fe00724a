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
from autograder.errors import UsageError
from autograder.runs.pool import AbandonedJob, grade_here, grade_on_workers
from autograder.runs.worker import GradedSubmission, GradingJob, RunConfig
from autograder.submissions.submission import File


def jobs(count: int, size: int = 0) -> Iterator[GradingJob]:
    """So many honest notebooks, each with a comment of so many bytes."""
    for number in range(count):
        data = notebook(f"# {number}{'x' * size}", SOURCE).encode()
        yield GradingJob(number, f"s{number}", File("x.ipynb", data))


@pytest.fixture
def setup(tiny_course: Course) -> RunConfig:
    """The tiny assignment."""
    return RunConfig(tiny_course.root, ASSIGNMENT, seed=1)


def test_every_job_comes_back_once(setup: RunConfig) -> None:
    """In any order, with the same reports as one process gives."""
    here = {one.number: one for one in grade_here(setup, jobs(7)) if isinstance(one, GradedSubmission)}
    done = [one for one in grade_on_workers(setup, 2, jobs(7)) if isinstance(one, GradedSubmission)]
    assert sorted(one.number for one in done) == sorted(here) == list(range(7))
    assert all(one.report == here[one.number].report for one in done)


def test_no_job_is_taken_before_it_is_needed(setup: RunConfig) -> None:
    """A class of any size is read as it is graded: a few jobs are on their way at any time."""
    taken = 0

    def counted() -> Iterator[GradingJob]:
        nonlocal taken
        for job in jobs(20):
            taken += 1
            yield job

    for number, _ in enumerate(grade_on_workers(setup, 2, counted())):
        assert taken <= number + 1 + 2 * 2


def test_large_jobs(setup: RunConfig) -> None:
    """Notebooks larger than any pipe: neither side waits for the other."""
    assert (
        len(
            [
                one
                for one in grade_on_workers(setup, 2, jobs(6, 5_000_000))
                if isinstance(one, GradedSubmission)
            ]
        )
        == 6
    )


def children() -> set[int]:
    """The processes that this one started."""
    pid = os.getpid()
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_a_worker_that_is_killed(setup: RunConfig) -> None:
    """Another takes its jobs: each comes back once, and nobody is left without."""
    before = children()
    numbers = []
    for one in grade_on_workers(setup, 2, jobs(12)):
        assert isinstance(one, GradedSubmission)
        numbers.append(one.number)
        if len(numbers) in (2, 6):
            os.kill(max(children() - before), signal.SIGKILL)
    assert sorted(numbers) == list(range(12))


def test_a_job_that_ends_every_worker(
    setup: RunConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is given up after the third time, and the others are graded."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "from autograder.runs.worker import Station\n"
        "handle = Station.handle\n"
        "def deadly(self, job):\n"
        "    return os._exit(9) if job.number == 3 else handle(self, job)\n"
        "Station.handle = deadly\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    outcomes = list(grade_on_workers(setup, 2, jobs(8)))
    given_up = [one for one in outcomes if isinstance(one, AbandonedJob)]
    assert sorted(one.number for one in outcomes if isinstance(one, GradedSubmission)) == [
        0,
        1,
        2,
        4,
        5,
        6,
        7,
    ]
    assert [one.job.number for one in given_up] == [3] and "three times" in given_up[0].why


def test_what_concerns_every_job(tiny_course: Course) -> None:
    """A fault of the assignment ends the run with its own sentence, from whichever process it comes."""
    with pytest.raises(UsageError, match="no assignment"):
        list(grade_on_workers(RunConfig(tiny_course.root, "other", 1), 2, jobs(3)))
