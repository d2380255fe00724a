"""Lint puts odd results to every check: in this process, as they would come out of the sandbox."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from correct_notebook import notebook

from autograder.authoring import odd_values
from autograder.authoring.lint_odd_values import FramedBackend, OddValueProof
from autograder.authoring.odd_values import ACCEPTED, ODD_VALUES, OddValue
from autograder.checks.calls import Functions
from autograder.checks.comparisons import assert_close, assert_no_mutation
from autograder.checks.definition import Check
from autograder.course.assignment import Assignment
from autograder.grading.backends import ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import Grader
from autograder.report import CheckResult
from autograder.submissions.submission import Submission

SEED = 5
RIGHT = {
    "double": ("x", "2 * x"),
    "double_backward": ("x, grad_out", "2 * grad_out"),
    "mean_square": ("x", "float((x ** 2).mean())"),
}
QUICK = 16  # one value in so many in the quick suite; the full one has them all
VALUES = [
    pytest.param(name, number, marks=[pytest.mark.full] if number % QUICK else [])
    for name, values in (("ODD_VALUES", ODD_VALUES), ("ACCEPTED", ACCEPTED))
    for number in range(len(values))
]


@pytest.fixture(scope="module")
def grader(tiny: Assignment) -> Iterator[Grader]:
    """A grader of the tiny assignment."""
    with Grader(tiny, seed=SEED) as made:
        yield made


def outcomes(results: Sequence[CheckResult]) -> list[tuple[str, str, str, float]]:
    """What decides: check, status, message and points."""
    return [(result.id, result.status.value, result.message, result.earned) for result in results]


@pytest.mark.parametrize("function", ["double", "mean_square"])
@pytest.mark.parametrize(("name", "number"), VALUES)
def test_in_process_is_as_in_the_sandbox(
    tiny: Assignment, grader: Grader, function: str, name: str, number: int
) -> None:
    """Every odd value of the corpus, run inside a submission, gives the results that lint sees."""
    value: OddValue = getattr(odd_values, name)[number]
    cells = [inspect.getsource(odd_values)]
    for defined, (parameters, right) in RIGHT.items():
        body = right if defined != function else f"{name}[{number}].make(lambda: {right}, ({parameters},))"
        cells.append(f"def {defined}({parameters}):\n    return {body}")
    report = grader.grade(Submission("student", "tiny.ipynb", notebook(*cells).encode()))

    def odd(*arguments: object) -> object:
        return value.make(lambda: tiny.reference[function](*arguments), arguments)

    reference = Functions(ReferenceBackend(tiny.reference), tiny.parameters)
    student = Functions(FramedBackend({**tiny.reference, function: odd}), tiny.parameters)
    here = [evaluate(check, student, reference, SEED, tiny.mistakes) for check in tiny.hidden_checks]
    assert outcomes(report.results()) == outcomes(here)


def looks_at_nothing(student: Functions) -> None:
    """Fails where an argument is modified, whatever is returned, and for text."""
    if isinstance(assert_no_mutation(student.double, np.ones(3)), str):
        raise ValueError


def too_strict(student: Functions) -> None:
    """Wants a Python number, where anything of shape () is as good."""
    assert_close(student.mean_square(np.array([1.0, 3.0])), 5.0)
    if type(student.mean_square(np.array([1.0, 3.0]))) is not float:
        raise ValueError


def faults_with(tiny: Assignment, body: Callable[..., object], function: str) -> list[str]:
    """The faults that lint finds in a check of this function, with their places."""
    check = Check(body.__name__, "It.", tiny.task_of(function), 1, (), ("student",), body)
    changed = replace(tiny, hidden_checks=[*tiny.hidden_checks, check])
    return list(map(str, OddValueProof(changed, seed=SEED).faults(function)))


def test_a_check_that_passes_wrong_values_is_a_fault(tiny: Assignment) -> None:
    """It is named with its file, its line, the function and the odd result."""
    faults = faults_with(tiny, looks_at_nothing, "double")
    assert all("test_lint_odd_values.py, line" in fault for fault in faults)
    assert any(fault.endswith("looks_at_nothing passes where double returns None.") for fault in faults)


def test_a_check_that_refuses_right_values_is_a_fault(tiny: Assignment) -> None:
    """A 0-d array is as good as a float."""
    faults = faults_with(tiny, too_strict, "mean_square")
    assert faults
    assert all(
        "too_strict does not pass where mean_square returns the right numbers" in fault for fault in faults
    )
    assert any("numbers a 0-d array: " in fault for fault in faults)


def test_a_function_that_no_check_judges_is_a_fault(tiny: Assignment) -> None:
    """A check that passes whatever is returned does not judge it, and one that judges is needed."""
    kept = [check for check in tiny.hidden_checks if check.task != tiny.task_of("double")]
    faults = list(OddValueProof(replace(tiny, hidden_checks=kept), seed=SEED).faults("double"))
    assert "no hidden check fails where double returns odd values." in {fault.message for fault in faults}


def test_the_tiny_assignment_is_sound(tiny: Assignment) -> None:
    """All odd values of all functions, hidden and public checks."""
    proof = OddValueProof(tiny, seed=SEED)
    assert [fault for function in tiny.functions for fault in proof.faults(function)] == []
