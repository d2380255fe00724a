"""Traces: right forms of an update rule keep to the path, wrong ones leave it at a named step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.checks.calls import Functions
from autograder.checks.failures import Failure, WrongType
from autograder.checks.traces import PROBLEMS, Problem, trace
from autograder.grading.backends import NotebookBackend, ReferenceBackend

Rule = Callable[..., Any]
MakeProblem = Callable[[np.random.Generator], Problem]


def momentum(theta: Any, grad: Any, velocity: Any, lr: float) -> Any:
    """The reference of these tests."""
    velocity = 0.9 * velocity - lr * grad
    return theta + velocity, velocity


def other_form(theta: Any, grad: Any, velocity: Any, lr: float) -> Any:
    """The same path with another state."""
    velocity = 0.9 * velocity + grad
    return [theta - lr * velocity, velocity]


def forgetful(theta: Any, grad: Any, velocity: Any, lr: float) -> Any:
    """No velocity is kept: wrong from the second step on."""
    return theta - lr * grad, 0 * velocity


def walk(rule: Rule, problem: Problem, **options: Any) -> Functions:
    """Trace a rule against momentum; returns what stood for the student."""
    student = Functions(NotebookBackend({"rule": rule}))
    reference = Functions(ReferenceBackend({"rule": momentum}))
    start = (np.zeros_like(problem.start),)
    trace(student.rule, reference.rule, problem, state=start, then=lambda step: (0.05,), **options)
    return student


@pytest.fixture(params=PROBLEMS, ids=lambda make: make.__name__)
def problem(request: pytest.FixtureRequest) -> Problem:
    """Each of the problems, from a fixed seed."""
    make: MakeProblem = request.param
    return make(np.random.default_rng(3))


@pytest.mark.parametrize("rule", [momentum, other_form])
def test_every_form_of_the_same_path_is_right(rule: Rule, problem: Problem) -> None:
    """The student's own state is fed back, and only theta is compared."""
    walk(rule, problem, steps=20)


def test_the_step_where_the_paths_part_is_named(problem: Problem) -> None:
    """How many steps agree, which array differs, and both paths to draw."""
    student = Functions(NotebookBackend({"rule": forgetful}))
    with pytest.raises(Failure, match=r"after one step that agrees: theta of step 2") as failure:
        trace(
            student.rule,
            Functions(ReferenceBackend({"rule": momentum})).rule,
            problem,
            state=(np.zeros_like(problem.start),),
            then=lambda step: (0.05,),
        )
    assert problem.name in failure.value.message
    (curve,) = student.context_.findings.curves
    assert curve.x == [0, 1, 2]
    assert curve.got[:2] == pytest.approx(curve.expected[:2])
    assert curve.got[2] != pytest.approx(curve.expected[2])


@pytest.mark.parametrize(
    "rule",
    [
        lambda theta, grad, velocity, lr: theta,
        lambda theta, grad, velocity, lr: (theta, velocity, lr),
        lambda theta, grad, velocity, lr: (theta.sum(), velocity),
        lambda theta, grad, velocity, lr: (theta, None),
    ],
)
def test_results_of_the_wrong_kind_are_named(rule: Rule, problem: Problem) -> None:
    """Too few or too many results, or one of another shape, fail with what is expected."""
    with pytest.raises(WrongType):
        walk(rule, problem)


def test_the_state_can_be_compared_too(problem: Problem) -> None:
    """Where the state's form is fixed it is named like any other array."""
    with pytest.raises(Failure, match="velocity of step 1"):
        walk(other_form, problem, compare_state=("velocity",))


def test_the_problems_have_the_gradients_they_say(problem: Problem) -> None:
    """Going down the gradient with small steps settles: these are functions with a minimum."""
    theta = problem.start
    first = np.linalg.norm(problem.gradient(theta))
    for _ in range(2000):
        theta = theta - 0.05 * problem.gradient(theta)
    assert np.linalg.norm(problem.gradient(theta)) < 0.5 * first


def test_a_list_goes_on_as_an_array() -> None:
    """A rule that returns lists of numbers is fed arrays again, as its own loop would hold them."""

    def in_lists(theta: Any, grad: Any, velocity: Any, lr: float) -> Any:
        new, kept = momentum(theta.copy(), grad, velocity.copy(), lr)
        return new.tolist(), kept.tolist()

    walk(in_lists, PROBLEMS[0](np.random.default_rng(3)), steps=5)
