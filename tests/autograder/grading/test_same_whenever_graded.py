"""What a submission earns and is told depends on no clock and on nothing that was graded before it."""

from __future__ import annotations

import inspect
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from correct_notebook import SOURCE, notebook
from examples import shared_out
from repository_assignments import NAMES, assignment
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course
from autograder.grading import backends
from autograder.grading.grader import Grader
from autograder.submissions.submission import Submission

LIMITS = "limits:\n  call_seconds: 0.5\n"
CHECK = '''

@check(task="mean_square", points=0)
def mean_square_of_many(student, reference, rng):
    """mean_square averages over many entries."""
    assert_same(student.mean_square, reference.mean_square, rng.normal(size=5000))
'''
SLOW = """
import time

def slowly(x):
    until = time.process_time() + 1.0
    while time.process_time() < until:
        pass
    return x
"""


class Clock:
    """A processor clock that runs as fast as it is told."""

    def __init__(self) -> None:
        self.speed: Callable[[], float] = lambda: 1.0
        self._now, self._read = 0.0, time.process_time()

    def process_time(self) -> float:
        """As `time.process_time`."""
        read = time.process_time()
        self._now += (read - self._read) * self.speed()
        self._read = read
        return self._now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the reference is timed by."""
    clock = Clock()
    monkeypatch.setattr(backends, "time", clock)
    return clock


@pytest.fixture
def tiny_course(tmp_path: Path) -> Course:
    """A tiny course of its own, which a test may write into."""
    return write_tiny_course(tmp_path / "course")


@pytest.fixture
def tiny(tiny_course: Course) -> Assignment:
    """The tiny assignment with tight limits, and a call that is too large to be remembered."""
    folder = tiny_course.root / "assignments" / ASSIGNMENT
    with (folder / "assignment.yaml").open("a") as file:
        file.write(LIMITS)
    with (tiny_course.root / "solutions" / ASSIGNMENT / "checks.py").open("a") as file:
        file.write(CHECK)
    return load_assignment(tiny_course, ASSIGNMENT)


def submitted(text: str) -> Submission:
    """A notebook as a student hands it in."""
    return Submission("student", f"{ASSIGNMENT}.ipynb", text.encode())


def test_the_first_submission_has_the_time_that_later_ones_have(tiny: Assignment) -> None:
    """A slow moment of the reference while others are graded gives nobody more time for a call."""
    right, is_slow = tiny.reference["mean_square"], False

    def mean_square(x: Any) -> Any:
        until = time.process_time() + 0.1 * is_slow
        while time.process_time() < until:
            pass
        return right(x)

    slow = submitted(notebook(SOURCE.replace("return float(", "return slowly(") + SLOW))
    with Grader(replace(tiny, reference={**tiny.reference, "mean_square": mean_square}), 15) as grader:
        first = grader.grade(slow)
        is_slow = True
        grader.grade(submitted(notebook(SOURCE)))
        is_slow = False
        assert grader.grade(slow).to_json() == first.to_json()
    assert first.score.earned < first.score.possible


WRITES = '''

@check(task="mean_square", points=0)
def mean_square_of_one_array(student, reference, rng):
    """mean_square averages whatever stands in the array."""
    x = rng.normal(size=6)
    for place in range(4):
        x[place] = 10.0 * place
        assert_same(student.mean_square, reference.mean_square, x)
        for values in reference.double(x), student.double(x):
            values *= np.nan
'''


def test_a_check_may_write_into_its_arrays(tiny_course: Course) -> None:
    """What a check does with arrays that it gave or got changes no other call, and no other submission."""
    path = tiny_course.root / "solutions" / ASSIGNMENT / "checks.py"
    path.write_text(
        path.read_text().replace("from autograder", "import numpy as np\nfrom autograder", 1) + WRITES
    )
    wrong = submitted(notebook(SOURCE.replace("np.mean(", "np.sum(")))
    with Grader(load_assignment(tiny_course, ASSIGNMENT), 15) as grader:
        reports = [grader.grade(each) for each in (submitted(notebook(SOURCE)), wrong) * 2]
    assert reports[0].score.earned == reports[0].score.possible
    assert "add the squares" in reports[1].to_json()
    assert [each.to_json() for each in reports[:2]] == [each.to_json() for each in reports[2:]]


@pytest.mark.parametrize("name", shared_out(NAMES, NAMES[:3]))
def test_training_gives_later_submissions_no_more_time(name: str) -> None:
    """Each function's limit is known before the first submission is graded, training included."""
    course = assignment(name)
    solved = Submission("student", course.handout.name, to_bytes(filled_in(course)))
    with Grader(course, 15, "digits", sandbox="weak") as grader:
        seen: list[dict[str, float]] = []
        run_task = grader._run_task

        def looking(*arguments: Any) -> Any:
            seen.append({function: grader.seconds_of_call(function) for function in course.functions})
            return run_task(*arguments)

        grader._run_task = looking  # type: ignore[method-assign, assignment]
        grader.grade(solved)
    assert len(seen) > 1
    assert all(limits == seen[0] for limits in seen)


SPEEDS = {
    "ten times as slow": lambda: 10.0,
    "a tenth of the time": lambda: 0.1,
    "uneven": random.Random(15).random,
}
#: Functions that take long, so that few calls and few versions of them are tried.
WRONG = {
    "tune_sgd": ("np.logspace(-3, 1, 161)", "np.logspace(-3, 0, 161)"),
    "rmsprop_update": ("np.sqrt(mean_sq)", "np.sqrt(mean_sq + 1)"),
}


@pytest.fixture(scope="module")
def reports() -> dict[str, str]:
    """The report on wrong functions, by the clock as it is."""
    return {function: report_on(function) for function in WRONG}


def report_on(function: str) -> str:
    """The report on homework 4 with one wrong function, by a new grader."""
    course = assignment("hw4-optimizers")
    source = inspect.getsource(course.reference[function])
    right, wrong = WRONG[function]
    assert right in source
    data = to_bytes(filled_in(course, {function: source.replace(right, wrong)}))
    with Grader(course, 15, "digits", sandbox="weak") as grader:
        return grader.grade(Submission("student", course.handout.name, data)).to_json()


@pytest.mark.full
@pytest.mark.parametrize("function", WRONG)
@pytest.mark.parametrize("speed", shared_out(SPEEDS, ["ten times as slow"]))
def test_no_clock_decides_what_is_told(
    clock: Clock, reports: dict[str, str], function: str, speed: str
) -> None:
    """However long the reference seems to take, the report is the same."""
    clock.speed = SPEEDS[speed]
    assert report_on(function) == reports[function]


GRADED = """
from repository_assignments import assignment
from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.grading.grader import Grader
from autograder.submissions.submission import Submission

course = assignment("hw2-losses")
sources = {
    "softmax": "def softmax(logits):\\n    e = np.exp(logits - logits.max())\\n"
    "    return e / e.sum(axis=1, keepdims=True)",
    "cross_entropy": "def cross_entropy(probs, labels):\\n    return -np.log(probs.max(axis=1)).mean()",
    "softmax_squared_error": "def softmax_squared_error(logits, labels):\\n    p = softmax(logits)\\n"
    "    return np.linalg.norm(p - np.eye(logits.shape[1])[labels]) / len(labels)",
}
with Grader(course, 15, "digits", sandbox="weak") as grader:
    report = grader.grade(Submission("s", course.handout.name, to_bytes(filled_in(course, sources))))
print(report.to_json())
"""


@pytest.mark.full
def test_no_hash_decides_what_is_told() -> None:
    """Graders whose sets and dictionaries of texts have another order write the same report."""
    support = Path(__file__).parents[2] / "support"
    reports = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        environment["PYTHONPATH"] = os.pathsep.join([str(support), environment.get("PYTHONPATH", "")])
        run = subprocess.run(
            [sys.executable, "-c", GRADED], env=environment, cwd=support, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        reports.append(run.stdout)
    assert '"cause": "named"' in reports[0]
    assert reports[0] == reports[1]
