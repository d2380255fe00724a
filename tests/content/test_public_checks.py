"""Public checks reject most mistakes, accept every right answer, and never suffice to pass."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from examples import shared_out
from repository_assignments import NAMES, assignment
from task_shares import share_of

from autograder.checks.calls import Functions
from autograder.checks.values import fingerprint
from autograder.checks.variants import KEPT
from autograder.course.assignment import Assignment
from autograder.grading.backends import NotebookBackend
from autograder.grading.evaluation import evaluate_public
from autograder.report import CheckResult, Status

Body = Callable[..., Any]
FEW = 5  # a task with fewer known mistakes has to reject more than half of them
MOST = 0.8  # of a task with more

TASKS = [
    pytest.param(name, task.id, marks=[pytest.mark.full] if task.id == "train" else [])  # it takes long
    for name in NAMES
    for task in assignment(name).file.tasks
]


def results_of(tested: Assignment, task: str, functions: dict[str, Body]) -> list[CheckResult]:
    """The public checks of a task, as `check` runs them in a notebook."""
    student = Functions(NotebookBackend(functions), tested.parameters)
    checks = [check for check in tested.public_checks if check.task == task]
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return evaluate_public(checks, student, 15, {})


def passes(results: list[CheckResult]) -> bool:
    """Whether nothing is left to do, as far as a student can see."""
    return all(result.status is Status.PASSED for result in results)


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_most_known_mistakes_are_rejected(name: str, task: str) -> None:
    """At least 80 % of a task's known mistakes fail a public check, where there are few more than half."""
    tested = assignment(name)
    mistakes = [mistake for mistake in tested.mistakes if tested.task_of(mistake.function) == task]
    accepted = [
        f"{mistake.function}: {mistake.name}"
        for mistake in mistakes
        if passes(results_of(tested, task, {**tested.reference, mistake.function: mistake.body}))
    ]
    share = 1 - len(accepted) / len(mistakes)
    assert share > 0.5 if len(mistakes) < FEW else share >= MOST, accepted


@pytest.mark.parametrize("name", shared_out(NAMES, NAMES[:4]))
def test_right_answers_in_another_style_pass(name: str) -> None:
    """No alternative is told that something is wrong."""
    tested = assignment(name)
    for alternative in tested.alternatives:
        functions = {**tested.reference, alternative.function: alternative.body}
        results = results_of(tested, tested.task_of(alternative.function), functions)
        assert passes(results), (alternative.name, [result.message for result in results])


def key_of(arguments: tuple[Any, ...]) -> bytes:
    """What a lookup table knows of a call: everything but the functions among its arguments."""
    return fingerprint([None if callable(value) else value for value in arguments])


def made_up(right: Body) -> Body:
    """A recorder of right answers; its attribute `looked_up` gives these back, and 0 for any other call."""
    known: dict[bytes, Any] = {}

    def noted(*arguments: Any) -> Any:
        result = right(*arguments)
        if hasattr(result, "__next__"):
            result = list(result)
        return known.setdefault(key_of(arguments), result)

    def looked_up(*arguments: Any) -> Any:
        return known.get(key_of(arguments), 0.0)

    noted.looked_up = looked_up  # type: ignore[attr-defined]  # the second half of the forgery
    return noted


# adagrad_stall has no argument to look up; train_epoch has to call the gradient that it is given.
NO_TABLE = ("adagrad_stall", "train_epoch")


@pytest.mark.parametrize(("name", "task"), [task for task in TASKS if task.values[1] not in NO_TABLE])
def test_they_never_suffice(name: str, task: str) -> None:
    """A table of the right answers to the public checks passes them all, and is useless when graded."""
    tested = assignment(name)
    functions = next(each.functions for each in tested.file.tasks if each.id == task)
    recorders = {function: made_up(tested.reference[function]) for function in functions}
    assert passes(results_of(tested, task, {**tested.reference, **recorders}))
    forged = {function: body.looked_up for function, body in recorders.items()}  # type: ignore[attr-defined]
    assert passes(results_of(tested, task, {**tested.reference, **forged}))
    share = share_of(tested, task, {**tested.reference, **forged}, None)
    assert share <= KEPT["useless"][1] + 1e-6


def test_a_list_that_satisfies_the_public_check_of_adagrad_stall_is_not_enough() -> None:
    """Gradients of 2 and 1 pass in the notebook; graded they earn nothing, since Adagrad does not stall."""
    tested = assignment("hw4-optimizers")
    functions = {**tested.reference, "adagrad_stall": lambda: ([2.0] + [1.0] * 4, 0.1)}
    assert passes(results_of(tested, "adagrad_stall", functions))
    assert share_of(tested, "adagrad_stall", functions, None) == 0


def wrong_functions(right: Body) -> dict[str, Body]:
    """Functions that the public checks once accepted."""

    def one_entry_for_all(theta: Any, *rest: Any) -> Any:
        return tuple(np.broadcast_to(part.flat[0], theta.shape) for part in right(theta, *rest))

    def middle_layers_doubled(params: Any, x: Any, labels: Any) -> Any:
        loss, pairs = right(params, x, labels)
        middle = range(1, len(pairs) - 1)
        return loss, [(2 * W, 2 * b) if k in middle else (W, b) for k, (W, b) in enumerate(pairs)]

    return {
        "train_epoch without x": lambda theta, x, *rest: right(theta, 0 * x, *rest),
        "train_epoch with labels turned round": lambda theta, x, y, *rest: right(theta, x, y[::-1], *rest),
        "train_epoch in order": lambda theta, x, y, size, lr, seed, gradient: right(
            theta, x, y, size, lr, 1, gradient
        ),
        "step_decay without factor": lambda lr, epoch, *rest: right(lr, epoch),
        "rmsprop_update with one entry": one_entry_for_all,
        "loss_and_gradients with middle layers doubled": middle_layers_doubled,
    }


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("hw3-minibatch", "train_epoch without x"),
        ("hw3-minibatch", "train_epoch with labels turned round"),
        ("hw3-minibatch", "train_epoch in order"),
        ("hw3-minibatch", "step_decay without factor"),
        ("hw4-optimizers", "rmsprop_update with one entry"),
        ("hw5-mnist", "loss_and_gradients with middle layers doubled"),
    ],
)
def test_what_was_once_accepted_is_rejected(name: str, wrong: str) -> None:
    """The checks look at the data, vary every argument, and have several entries and layers."""
    tested = assignment(name)
    function = wrong.split()[0]
    body = wrong_functions(tested.reference[function])[wrong]
    results = results_of(tested, tested.task_of(function), {**tested.reference, function: body})
    assert not passes(results)
