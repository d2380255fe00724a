"""Traces: K steps of an update rule, compared with the reference's from the same start.

An update rule is fed its own state, step after step, and `theta` is compared after each step, so any
form of the state that makes the same path is right. The first step that differs is named and both
paths are drawn. Differences grow along a path, so the tolerance grows with the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder.checks.calls import Function
from autograder.checks.comparisons import assert_close, kind_of, require_float64_and_unmodified
from autograder.checks.failures import Failure, WrongType, WrongValue
from autograder.checks.values import Array, Value, number, to_array
from autograder.report import Curve

__all__ = ["PROBLEMS", "Problem", "trace"]

Arguments = Callable[[int], tuple[Value, ...]]


@dataclass(frozen=True)
class Problem:
    """A function to minimise: a start and a gradient, known to the judge alone."""

    name: str
    start: Array
    gradient: Callable[[Array], Array]


def quadratic(rng: np.random.Generator) -> Problem:
    """A valley twenty times steeper one way than the other, theta (5,)."""
    curvature, centre = np.geomspace(0.5, 10.0, 5), rng.normal(size=5)
    start = centre + rng.choice([-1.0, 1.0], 5) * rng.uniform(1.0, 2.0, 5)
    return Problem("an ill-conditioned quadratic", start, lambda theta: curvature * (theta - centre))


def logistic(rng: np.random.Generator) -> Problem:
    """Logistic regression on 40 examples, theta (3,)."""
    x, truth = rng.normal(size=(40, 3)), rng.normal(size=3)
    y = (x @ truth > 0).astype(np.float64)
    return Problem(
        "logistic regression",
        rng.normal(size=3),
        lambda theta: x.T @ (1 / (1 + np.exp(-np.clip(x @ theta, -50, 50))) - y) / len(x),
    )


def network(rng: np.random.Generator) -> Problem:
    """The weights of a small ReLU layer under squared error, theta (4, 6)."""
    x, target = rng.normal(size=(12, 4)), rng.normal(size=(12, 6))

    def gradient(theta: Array) -> Array:
        hidden = x @ theta
        slope: Array = x.T @ ((np.maximum(hidden, 0) - target) * (hidden > 0)) / len(x)
        return slope

    return Problem("a small network's weights", rng.normal(size=(4, 6)), gradient)


PROBLEMS = (quadratic, logistic, network)


def trace(
    student: Function,
    reference: Function,
    problem: Problem,
    *,
    state: tuple[Array, ...] = (),
    then: Arguments = lambda step: (),
    steps: int = 10,
    rtol: float = 1e-9,
    atol: float = 1e-9,
    compare_state: tuple[str, ...] = (),
    pure: bool = False,
) -> None:
    """Fail at the first step where the student's update leaves the reference's path.

    The call is `update(theta, gradient, *state, *then(step))`, steps counted from 0. It returns theta
    where there is no state and (theta, *state) otherwise. `compare_state` names the parts of the
    state that are compared too, in order; by default theta alone is. With `pure`, the arguments have to
    be as they were after each step, and the numbers float64.
    """
    student_state: tuple[Value, ...] = (problem.start, *state)
    right_state: tuple[Value, ...] = student_state
    paths: list[tuple[Array, Array]] = [(problem.start, problem.start)]
    for step in range(steps):
        right_state = _step(reference, problem, right_state, then(step), len(state))
        arguments = (student_state[0], problem.gradient(student_state[0]), *student_state[1:], *then(step))
        student_state = _step(student, problem, student_state, then(step), len(state))
        if pure:
            require_float64_and_unmodified(student, arguments)
        names = ("theta", *compare_state)
        try:
            for name, got, expected in zip(names, student_state, right_state, strict=False):
                allowed = rtol * (step + 1)
                assert_close(got, expected, rtol=allowed, atol=atol, call=f"step {step + 1}", parameter=name)
        except Failure as failure:
            raise _parted(
                failure, student, problem, step, arguments, (*paths, (student_state[0], right_state[0]))
            ) from None
        paths.append((student_state[0], right_state[0]))


def _step(
    update: Function, problem: Problem, before: tuple[Value, ...], rest: tuple[Value, ...], states: int
) -> tuple[Value, ...]:
    theta, *state = before
    arguments = (theta, problem.gradient(theta), *state, *rest)
    after = update(*arguments)
    results = (after,) if states == 0 else after
    if not isinstance(results, (list, tuple)) or len(results) != states + 1:
        raise WrongType(
            f"{update.describe(arguments)} returned {kind_of(after)}; "
            f"theta and the new state are expected, {states + 1} results.",
            evidence=update.evidence(arguments),
        )
    taken: list[Value] = []
    for result, was in zip(results, before, strict=True):
        if (array := to_array(result)) is None or array.shape != np.shape(was):
            raise WrongType(
                f"{update.describe(arguments)} returned {kind_of(result)} in place of {kind_of(was)}.",
                hint="Every result has the shape of what it replaces.",
                evidence=update.evidence(arguments),
            )
        taken.append(array if isinstance(was, np.ndarray) else result)  # a list goes on as an array
    return tuple(taken)


def _parted(
    failure: Failure,
    student: Function,
    problem: Problem,
    step: int,
    arguments: tuple[Value, ...],
    paths: tuple[tuple[Value, Value], ...],
) -> Failure:
    """The failure with its history: how many steps agreed, on which problem, and both paths."""
    agreed = {0: "already at the first step", 1: "after one step that agrees"}.get(
        step, f"after {step} steps that agree"
    )
    failure.message = f"On {problem.name} the paths part {agreed}: {failure.message}"
    shown = student.evidence(arguments)
    failure.evidence = failure.evidence.model_copy(update={"call": shown.call, "arguments": shown.arguments})
    entry = 0
    if isinstance(failure, WrongValue):
        entry = int(np.argmax(np.abs(failure.got - failure.expected)))
    pairs = [(np.ravel(got), np.ravel(expected)) for got, expected in paths]
    if all(got.size == expected.size > entry for got, expected in pairs):
        student.context.findings.curves.append(
            Curve(
                label=f"theta, entry {entry}, over the steps",
                x=[float(i) for i in range(len(pairs))],
                got=[number(got[entry]) for got, _ in pairs],
                expected=[number(expected[entry]) for _, expected in pairs],
            )
        )
    return failure
