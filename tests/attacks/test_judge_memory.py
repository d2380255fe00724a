"""What a submission returns or asks cannot make the judge large; what tries costs its own task."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from correct_notebook import SOURCE, notebook
from examples import one_in
from tiny_course import ASSIGNMENT

from autograder.checks import memory
from autograder.checks.calls import MOST_KEPT, Answer, Call, Findings, Functions
from autograder.checks.definition import Check
from autograder.checks.failures import fail
from autograder.checks.memory import limited_memory, unlimited_memory
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course, find_course
from autograder.grading import grader as grader_module
from autograder.grading.grader import Grader
from autograder.report import Report, Status
from autograder.submissions.submission import Submission

MOST_GROWTH = 300  # MB over an honest submission's peak; the attacks below would take one to three GB

# Grades a solved notebook with one function replaced, in a process of its own, since a peak never falls.
GRADE = """
import json, resource, sys
from pathlib import Path
from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.grading.grader import Grader
from autograder.submissions.submission import Submission

def graded(replaced):
    data = to_bytes(filled_in(assignment, replaced))
    report = grader.grade(Submission("student", "notebook.ipynb", data))
    points = {task.task: [task.earned, task.possible] for task in report.tasks}
    return points, [result.message for result in report.results()]

folder, name, function, source = sys.argv[1:]
assignment = load_assignment(find_course(Path(folder)), name)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
with Grader(assignment, 1, "digits") as grader:
    honest, _ = graded({})
    before = peak()
    attacked, messages = graded({function: source})
    growth = peak() - before
    again, _ = graded({})
print(json.dumps([honest, attacked, messages, again, growth]))
"""
WIDE = """
def train(x, y, seed):
    sizes = [x.shape[1], 1, 200_000, 1, 10]
    return [(np.zeros((n, m)) + seed, np.zeros(m)) for n, m in zip(sizes, sizes[1:])]
"""
DEEP = """
def train(x, y, seed):
    sizes = [x.shape[1], *[1, 10_000] * 30, 1, 10]
    return [(np.zeros((n, m)) + seed, np.zeros(m)) for n, m in zip(sizes, sizes[1:])]
"""
ASKS = """
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    if x.shape[1] > 10:
        return theta  # the check that trains keeps nothing
    large = np.zeros((1_000_000, x.shape[1]))
    for _ in range(100):
        try:
            gradient(theta, large, y)
        except ValueError:
            pass
    return theta
"""
ASKS_OFTEN = """
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    if x.shape[1] > 10:
        return theta
    middling = np.zeros((60_000 // x.shape[1] // 8, x.shape[1]))
    for _ in range(6_000):
        try:
            gradient(theta, middling, y)
        except ValueError:
            pass
    return theta
"""
ATTACKS = [
    pytest.param("hw5-mnist", "train", WIDE, id="wide"),
    pytest.param("hw5-mnist", "train", DEEP, id="deep", marks=pytest.mark.full),
    pytest.param("hw3-minibatch", "train_epoch", ASKS, id="asks"),
    pytest.param("hw3-minibatch", "train_epoch", ASKS_OFTEN, id="asks often", marks=pytest.mark.full),
]


@pytest.mark.full
@pytest.mark.parametrize(("name", "function", "source"), ATTACKS)
def test_it_stays_small(name: str, function: str, source: str) -> None:
    """The judge grows by little, the function's own task earns less, and all others what they did."""
    command = [sys.executable, "-c", GRADE, str(Path(__file__).parent), name, function, source]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)
    before_attack, attacked, messages, again, growth = json.loads(completed.stdout)
    assert growth < MOST_GROWTH, f"{growth} MB; {messages}"
    assert again == before_attack
    lost = {task for task in before_attack if attacked[task] != before_attack[task]}
    assert lost == {function}
    assert attacked[function][0] <= 0.25 * attacked[function][1]
    assert attacked[function][1] == before_attack[function][1]  # no check of it is called broken


def hoards(student: Functions, reference: Functions, rng: np.random.Generator) -> None:
    """A check that keeps what it gets."""
    kept: list[Any] = []
    for number in range(250):
        kept.append(student.double(rng.normal(size=4) + number))
        reference.double(rng.normal(size=500_000) + number)


def grows(student: Functions) -> None:
    """A check that computes with what it gets."""
    value = student.double(np.ones(3))
    np.outer(value, value)


def grade(grader: Grader, source: str) -> Report:
    """The report on a source."""
    return grader.grade(Submission("s", "x.ipynb", notebook(source).encode()))


def graded_in_little_memory(root: Path, body: Callable[..., None], sources: list[str]) -> list[Report]:
    """The reports on sources, with one more check, and 250 MB for what the checks keep."""
    assignment = load_assignment(find_course(root), ASSIGNMENT)
    parameters = ("student", "reference", "rng")[: 3 if body is hoards else 1]
    added_check = Check("own", "A check of its own.", "double", 1, (), parameters, body)
    with (
        pytest.MonkeyPatch.context() as patch,
        Grader(replace(assignment, hidden_checks=[added_check, *assignment.hidden_checks]), 1) as grader,
    ):
        patch.setattr(grader_module, "limited_memory", lambda: limited_memory(250 * 2**20))
        return [grade(grader, source) for source in sources]


@pytest.mark.parametrize("body", one_in(2, [grows, hoards]))
def test_a_breach_costs_that_submission(tiny_course: Course, body: Callable[..., None]) -> None:
    """It fails the check for want of memory, with its points in the denominator; the next one is graded.

    In a new process: address space that earlier tests gave back to malloc is counted as taken already.
    """
    large = SOURCE.replace("return 2 * x\n", "return np.zeros(500_000) if x.ndim == 1 else 2 * x\n")
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        work = process.submit(graded_in_little_memory, tiny_course.root, body, [SOURCE, large, SOURCE])
        before_attack, report, afterwards = work.result()
    assert before_attack.score.earned == before_attack.score.possible == 7
    added_check = report.results()[0]
    assert (added_check.status, added_check.earned, added_check.possible) == (Status.MEMORY, 0, 1)
    assert "memory" in added_check.message
    assert report.tasks[1].earned == report.tasks[1].possible
    assert afterwards.to_json() == before_attack.to_json()


def crowded(student: Functions) -> None:
    """A check that has filled the memory before it asks."""
    student.double(np.ones(3))
    ballast = []
    with contextlib.suppress(MemoryError):
        for _ in range(4000):  # MB that nobody touches, to the last one that fits
            ballast.append(np.empty(2**17))  # noqa: PERF401
    del ballast[:2]
    student.double(np.ones(5))


def test_an_answer_that_does_not_fit(tiny: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that the judge has no memory for is that function's, as if it had asked for the memory."""
    monkeypatch.setattr(grader_module, "limited_memory", lambda: limited_memory(200 * 2**20))
    check = Check("crowded", "It fits.", "double", 1, (), ("student",), crowded)
    large = SOURCE.replace("return 2 * x\n", "return np.zeros(4_000_000) if len(x) == 5 else 2 * x\n")
    with Grader(replace(tiny, hidden_checks=[check, *tiny.hidden_checks]), 1) as grader:
        report = grade(grader, large)
    first = report.results()[0]
    assert (first.status, first.message) == (
        Status.MEMORY,
        "double returned or asked for more than there is memory for.",
    )
    assert report.tasks[1].earned == report.tasks[1].possible


def talks(student: Functions) -> None:
    """A check whose sentence holds what it was given."""
    fail(f"{student.double(np.ones(3)).tolist()} is wrong.")


def test_a_sentence_is_bounded(tiny: Assignment) -> None:
    """What a check says of an answer is cut, however long the answer is."""
    check = Check("talks", "It is short.", "double", 1, (), ("student",), talks)
    with Grader(replace(tiny, hidden_checks=[check, *tiny.hidden_checks]), 1) as grader:
        report = grade(grader, SOURCE.replace("return 2 * x\n", "return np.zeros(100_000)\n"))
    message = report.results()[0].message
    assert len(message) <= 1000
    assert message.startswith("[0.0, 0.0") and message.endswith("…")


class TestLimit:
    """The limit itself."""

    def test_beyond_it_an_allocation_fails(self) -> None:
        """Within it memory is there, beyond it is a MemoryError; afterwards all is as before."""
        with limited_memory(64 * 2**20):
            assert np.ones(2**20).sum() == 2**20
            with pytest.raises(MemoryError):
                np.ones(2**25)
        assert np.ones(2**25).sum() == 2**25

    def test_the_judges_own_work_is_exempt(self) -> None:
        """What the reference needs, and what stays of it, is not taken from the submission's share."""
        with limited_memory(64 * 2**20):
            with unlimited_memory(stays=True):
                kept = np.ones(2**25)
            assert np.ones(2**22).sum() + kept[0] == 2**22 + 1
            with pytest.raises(MemoryError):
                np.ones(2**25)

    def test_the_reference_leaves_no_room(self) -> None:
        """What the reference computed and nobody kept does not widen the limit, however often it is asked."""
        with limited_memory(64 * 2**20):
            for _ in range(50):
                with unlimited_memory():
                    result = np.ones(2**21)
                del result
            with pytest.raises(MemoryError):
                np.ones(2**26)

    def test_it_does_not_outlast_an_error(self) -> None:
        """Nothing of it is left after an exception, at whatever depth."""
        with pytest.raises(KeyError), limited_memory(2**26), unlimited_memory():
            raise KeyError
        assert memory._limits == []
        assert np.ones(2**24).sum() == 2**24


def test_what_is_noted_of_calls_is_bounded() -> None:
    """Calls are noted for the diagnosis as long as their values are of a sensible size, then without them."""
    findings = Findings()
    for _ in range(20):
        findings.keep(Call("f", (1,), Answer("value", np.zeros(MOST_KEPT // 80 - 100), changed=(0,))))
    assert [call.answer.value is not None for call in findings.calls] == [True] * 10 + [False] * 10
    assert all(call.answer.changed == (0,) for call in findings.calls)
