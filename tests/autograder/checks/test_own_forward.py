"""Where no reference is known, nothing that comes from the student's own forward is called right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks.calls import Functions
from autograder.checks.comparisons import assert_close
from autograder.checks.definition import Check
from autograder.checks.failures import Failure
from autograder.checks.gradients import gradient_check
from autograder.checks.values import Array
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate, evaluate_public
from autograder.report import CheckResult, Status

X, GRAD_OUT = (
    np.array([[-2.0, 0.5, -1.0], [3.0, -0.25, -4.0]]),
    np.array([[1.0, -2.0, 0.5], [-1.0, 3.0, 2.0]]),
)
Elementwise = Callable[[Array], Array]


def cube_by_hand(student: Functions) -> None:
    """cube([2]) is [8]."""
    assert_close(student.cube(np.array([2.0])), np.array([8.0]), call="cube([2])")


def fits(student: Functions) -> None:
    """cube_backward is the gradient of your cube."""
    gradient_check(student.cube, student.cube_backward, at=(X,), grad_out=GRAD_OUT)


def results(cube: Elementwise, *, requires: tuple[str, ...] = ()) -> list[CheckResult]:
    """Both public checks of a notebook with this forward and the right backward."""
    functions = {"cube": cube, "cube_backward": lambda x, grad_out: 3 * x**2 * grad_out}
    checks = [
        Check("cube_by_hand", "cube([2]) is [8].", "cube", 0, (), ("student",), cube_by_hand),
        Check("fits", "It fits.", "cube", 0, requires, ("student",), fits),
    ]
    return evaluate_public(checks, Functions(NotebookBackend(functions)), 15)


@given(bad=st.sampled_from([np.nan, np.inf, -np.inf]), where=st.integers(0, 5))
def test_a_forward_that_is_no_number_is_to_be_mended_first(bad: float, where: int) -> None:
    """Not the right backward is blamed, and NaN is never the right answer."""

    def cube(x: Array) -> Array:
        value = x**3
        value.flat[min(where, value.size - 1)] = bad
        return value

    result = results(cube)[1]
    assert result.status is Status.FAILED
    assert "mend cube first" in result.message
    assert "right" not in result.message


@given(factor=st.floats(-3, 3).filter(lambda factor: abs(factor - 1) > 0.01))
def test_a_disagreement_blames_nobody(factor: float) -> None:
    """The slope of the student's own forward is named as such: either of the two may be wrong."""
    result = results(lambda x: factor * x**3)[1]
    assert result.status is Status.FAILED
    assert "your cube has the slope" in result.message
    assert "one of the two is wrong" in result.message
    assert "is right" not in result.message
    assert result.evidence.expected == ""


@pytest.mark.parametrize("value", [None, "text", 1j, {}, [], np.zeros((0, 3)), [[1, 2], [3]]], ids=repr)
def test_a_public_check_that_raises_says_so_of_the_value(value: object) -> None:
    """An odd value is the student's to mend; no check is called broken, and no traceback is shown."""

    def adds(student: Functions) -> None:
        """cube([2]) + 1 is [9]."""
        assert (np.asarray(student.cube(np.array([2.0]))) + 1)[0] == 9

    check = Check("adds", "cube([2]) + 1 is [9].", "cube", 0, (), ("student",), adds)
    (result,) = evaluate_public([check], Functions(NotebookBackend({"cube": lambda x: value})), 15)
    assert result.status is Status.FAILED
    assert "broken" not in result.message
    assert "Traceback" not in result.message + result.evidence.trace


def test_what_rests_on_a_wrong_function_waits() -> None:
    """A check that requires another one says which, and is made as soon as that passes."""
    waiting = results(lambda x: x**3 + x, requires=("cube_by_hand",))[1]
    assert waiting.status is Status.SKIPPED
    assert waiting.message == "Waits for “cube([2]) is [8].” Mend that function first."
    assert results(lambda x: x**3, requires=("cube_by_hand",))[1].status is Status.PASSED


@pytest.mark.parametrize("missing", ["cube", "cube_backward"])
def test_what_is_not_written_is_said_itself(missing: str) -> None:
    """A stub is named, not waited for."""
    functions = {"cube": lambda x: x**3, "cube_backward": lambda x, grad_out: 3 * x**2 * grad_out}
    del functions[missing]
    checks = [
        Check("cube_by_hand", "cube([2]) is [8].", "cube", 0, (), ("student",), cube_by_hand),
        Check("fits", "It fits.", "cube", 0, ("cube_by_hand",), ("student",), fits),
    ]
    last = evaluate_public(checks, Functions(NotebookBackend(functions)), 15)[1]
    assert last.status is Status.MISSING
    assert missing in last.message


@given(times=st.integers(1, 4))
def test_a_right_gradient_of_a_wrong_forward_is_remarked_once(times: int) -> None:
    """At however many inputs a check looks, it passes and says once that the student's forward is wrong."""

    def gradients(student: Functions, reference: Functions) -> None:
        for number in range(times):
            gradient_check(reference.cube, student.cube_backward, at=(X + number,), grad_out=GRAD_OUT)

    right = {"cube": lambda x: x**3, "cube_backward": lambda x, grad_out: 3 * x**2 * grad_out}
    student = Functions(NotebookBackend({**right, "cube": lambda x: x**2}))
    check = Check("gradients", "It fits.", "cube", 1, (), ("student", "reference"), gradients)
    result = evaluate(check, student, Functions(ReferenceBackend(right)), 15)
    assert result.status is Status.PASSED
    assert (
        result.message == "cube_backward is right, but it is not the gradient of your cube, which is wrong."
    )


def test_nan_is_not_called_right_at_a_kink() -> None:
    """Where anything between two derivatives is accepted, NaN is named as what it is."""
    x = np.array([[0.0, 1.0]])

    def relu_fits(student: Functions, reference: Functions) -> None:
        """relu_backward is the gradient of relu."""
        gradient_check(reference.relu, student.relu_backward, at=(x,), grad_out=np.ones_like(x), kinks=True)

    check = Check("relu_fits", "It fits.", "relu", 1, (), ("student", "reference"), relu_fits)
    right = {"relu": lambda x: np.maximum(x, 0), "relu_backward": lambda x, grad_out: grad_out * (x > 0)}
    wrong = right | {"relu_backward": lambda x, grad_out: np.where(x == 0, np.nan, grad_out)}
    result = evaluate(check, Functions(NotebookBackend(wrong)), Functions(ReferenceBackend(right)), 1)
    assert result.status is Status.FAILED
    assert "nan is right" not in result.message
    assert "ordinary number" in result.message


@pytest.mark.parametrize("expected", [None, "relu", {"a": 1}])
def test_an_array_in_place_of_what_is_not_a_number(expected: object) -> None:
    """The failure says what was returned and what is right, not what Python says of an array's truth."""
    with pytest.raises(Failure, match=r"returned .* is right"):
        assert_close(np.array([1.0, 2.0]), expected)
