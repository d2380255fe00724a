"""A grader of a site keeps what it graded the last submission with, and nothing of that submission."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from correct_notebook import SOURCE, notebook
from repository_assignments import COURSE
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.checks import convergence_checks
from autograder.course.assignment import load_assignment
from autograder.errors import SandboxError
from autograder.grading.grader import Grader
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, LatestWorker, RunConfig
from autograder.sandbox import sandbox_process
from autograder.sandbox.zygote_process import start_zygote
from autograder.submissions.submission import Submission

WRONG = SOURCE.replace("return 2 * x\n", "return 3 * x\n")
SEEDED = SOURCE.replace("return 2 * x\n", "return 2 * x + np.random.rand()\n")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An entry for each zygote that is started."""
    started: list[int] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        started.append(len(started))
        return start_zygote(*arguments, **options)

    monkeypatch.setattr(sandbox_process, "start_zygote", counted)
    return started


@pytest.fixture
def latest() -> Iterator[LatestWorker]:
    """A worker that keeps its latest."""
    with LatestWorker() as worker:
        yield worker


def config(folder: Path, seed: int) -> RunConfig:
    """The tiny assignment of a course, graded with this seed."""
    return RunConfig(folder, ASSIGNMENT, seed)


def job(source: str = SOURCE) -> GradingJob:
    """A notebook to grade."""
    return GradingJob(Submission("student", "tiny.ipynb", notebook(source).encode()))


def test_reports_are_those_of_a_new_worker(latest: LatestWorker, tmp_path: Path, starts: list[int]) -> None:
    """Whatever was graded before, and with whatever seed; for all of them one sandbox is started."""
    root = write_tiny_course(tmp_path / "course").root
    cases = [(source, seed) for seed in (1, 2, 1) for source in (WRONG, SEEDED, SOURCE)]
    kept = [latest.grade(config(root, seed), job(source)) for source, seed in cases]
    assert len(starts) == 1
    expected = {}
    for source, seed in set(cases):
        with GradingWorker(config(root, seed)) as worker:
            expected[source, seed] = worker.grade(job(source))
    assert kept == [expected[case] for case in cases]


def test_another_course_is_loaded(latest: LatestWorker, tmp_path: Path) -> None:
    """The bundle of an assignment that was published anew is another directory, with its own checks."""
    roots = [write_tiny_course(tmp_path / name).root for name in ("first", "second")]
    checks = roots[1] / "solutions" / ASSIGNMENT / "checks.py"
    checks.write_text(checks.read_text().replace("right values", "values of the second course"))
    for root, words in zip(roots * 2, ("right values", "values of the second course") * 2, strict=True):
        result = latest.grade(config(root, 1), job())
        assert isinstance(result, GradedSubmission)
        assert f"double has the {words}" in result.report.decode()


@pytest.mark.parametrize("fault", [SandboxError("ours"), RuntimeError("nobody's")])
def test_after_a_fault_all_is_new(
    latest: LatestWorker,
    tmp_path: Path,
    starts: list[int],
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
) -> None:
    """A fault of ours may have left anything behind: the next submission gets another sandbox."""
    root = write_tiny_course(tmp_path / "course").root
    latest.grade(config(root, 1), job())

    def fails(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(Grader, "grade", fails)
        if isinstance(fault, SandboxError):
            assert latest.grade(config(root, 1), job()) is fault
        else:
            with pytest.raises(RuntimeError):
                latest.grade(config(root, 1), job())
    assert isinstance(latest.grade(config(root, 1), job()), GradedSubmission)
    assert len(starts) == 2


def test_the_reference_is_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each convergence check compares with the run that was made to know what the reference takes."""
    trained: list[tuple[str, int]] = []
    train = convergence_checks._reference_training

    def counted(body: Any, reference: Any, seed: int, images: Any, attempt: int) -> Any:
        key = ("training", body.__name__, images.name, seed, attempt)
        if key not in reference.context_.memory:
            trained.append((body.__name__, attempt))
        return train(body, reference, seed, images, attempt)

    monkeypatch.setattr(convergence_checks, "_reference_training", counted)
    name = "hw1-activations"
    data = to_bytes(filled_in(load_assignment(COURSE, name)))
    with GradingWorker(RunConfig(COURSE.root, name, 5, dataset="digits")) as worker:
        for _ in range(2):
            worker.grade(GradingJob(Submission("student", "notebook.ipynb", data)))
    assert trained and len(set(trained)) == len(trained)
