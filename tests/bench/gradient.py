"""What a submission costs whose checks are gradient checks: seven pairs of functions, a fork, no training.

Run by `make bench`. Beside it stand the same checks of the same functions in one warm process, twice: with
the numeric gradients taken for each submission, as a checker in the student's own process takes them, and
with those of the reference remembered from one submission to the next, as the grader remembers them. See
`marginal` for what is measured.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from marginal import assignment_of, grade_many, print_ratios

from autograder.checks.calls import Functions
from autograder.checks.comparisons import assert_same
from autograder.checks.definition import check, collect
from autograder.checks.gradients import gradient_check
from autograder.environment import one_core, one_thread
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.report import Status

ACTIVATIONS = {"relu": 0, "leaky_relu": 1, "prelu": 2, "silu": 0, "smooth_relu": 1}  # and parameters
LOSSES = ("softmax_cross_entropy", "softmax_squared_error")
PAIRS = [*ACTIVATIONS, *LOSSES]
FUNCTIONS = [name for pair in PAIRS for name in (pair, f"{pair}_backward")]


def activation_is_right(
    name: str, student: Functions, reference: Functions, rng: np.random.Generator
) -> None:
    """Compare an activation and its backward for one batch."""
    x, grad_out = rng.normal(size=(8, 5)), rng.normal(size=(8, 5))
    parameters: list[tuple[Any, ...]] = [(), (0.3,), (rng.uniform(0.1, 0.4, 5),)]
    at = (x, *parameters[ACTIVATIONS[name]])
    forward, backward = getattr(student, name), getattr(student, f"{name}_backward")
    assert_same(forward, getattr(reference, name), *at)
    wrt = (0, 1) if name in ("prelu", "smooth_relu") else (0,)  # alpha is learnt, too
    gradient_check(getattr(reference, name), backward, at=at, grad_out=grad_out, wrt=wrt)


@check(task="task", points=0.5)
def activations(student: Functions, reference: Functions, rng: np.random.Generator) -> None:
    """Activations and their gradients are right."""
    for name in ACTIVATIONS:
        activation_is_right(name, student, reference, rng)


@check(task="task", points=0.5)
def losses(student: Functions, reference: Functions, rng: np.random.Generator) -> None:
    """Losses and their gradients are right."""
    for name in LOSSES:
        at = rng.normal(size=(10, 8)), rng.integers(8, size=10)
        assert_same(getattr(student, name), getattr(reference, name), *at)
        gradient_check(getattr(reference, name), getattr(student, f"{name}_backward"), at=at, wrt=(0,))


def main() -> None:
    """Print the figures; `graded COUNT`, `anew COUNT` and `remembered COUNT` do the work of one side."""
    if len(sys.argv) == 1:
        print_ratios(__file__, "gradient checks", 1.1, bare="anew")
        print_ratios(__file__, "the same, reference remembered", None, bare="remembered")
        return
    side, count = sys.argv[1], int(sys.argv[2])
    assignment, cell = assignment_of("Gradients", FUNCTIONS, collect(sys.modules[__name__]))
    with one_core(0):  # as `grade` does for each of its processes
        if side == "graded":
            grade_many(assignment, cell, count)
            return
        one_thread()
        reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
        for _ in range(count):
            if side == "anew":
                reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
            student = Functions(NotebookBackend(assignment.reference), assignment.parameters)
            for one_check in assignment.hidden_checks:
                assert evaluate(one_check, student, reference, 15).status is Status.PASSED


if __name__ == "__main__":
    main()
