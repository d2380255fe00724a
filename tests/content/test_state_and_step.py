"""Homework 4 grades two results apart: the step, which is the new theta, and the new state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from repository_assignments import assignment

from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.report import Status

RULES = {
    "adagrad_update": ("adagrad_step", "adagrad_sum"),
    "momentum_update": ("momentum_step", "momentum_velocity"),
    "nesterov_update": ("nesterov_step", "nesterov_velocity"),
    "rmsprop_update": ("rmsprop_step", "rmsprop_mean"),
    "adam_update": ("adam_step", "adam_means"),
}
WRONG: dict[str, Callable[[Any], Any]] = {
    "too large": lambda right: 1.3 * right + 0.1,
    "negative": lambda right: -right,
    "a number": lambda right: float(np.mean(right)),
    "one entry wrong": lambda right: np.concatenate([[right.flat[0] + 0.5], right.flat[1:]]).reshape(
        right.shape
    ),
    "missing": lambda right: None,
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("part", ["step", "state"])
@pytest.mark.parametrize("function", RULES)
def test_one_part_wrong_leaves_the_other_one_its_points(function: str, part: str, wrong: str) -> None:
    """The check of the wrong part fails, that of the right part passes, and the points of both are equal."""
    course = assignment("hw4-optimizers")
    right = course.reference[function]

    def mistaken(*arguments: Any) -> tuple[Any, ...]:
        theta, *states = right(*arguments)
        if part == "step":
            return WRONG[wrong](theta), *states
        return theta, *map(WRONG[wrong], states)

    student = Functions(NotebookBackend({**course.reference, function: mistaken}), course.parameters)
    reference = Functions(ReferenceBackend(course.reference), course.parameters)
    checks = {check.id: check for check in course.hidden_checks if not is_convergence(check.body)}
    step, state = (checks[name] for name in RULES[function])
    statuses = [evaluate(check, student, reference, 15).status for check in (step, state)]
    failed, passed = (Status.FAILED, Status.PASSED)
    assert statuses == ([failed, passed] if part == "step" else [passed, failed])
    assert step.points == state.points > 0
