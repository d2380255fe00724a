"""What a task's hidden checks give for functions in this process, for tests that try many of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Materials
from autograder.course.assignment import Assignment
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate, skipped
from autograder.report import CheckResult, Status

__all__ = ["share_of"]

Body = Callable[..., Any]


def share_of(tested: Assignment, task: str, functions: dict[str, Body], materials: Materials | None) -> float:
    """The share of a task's points that the functions earn; without materials, training is left out."""
    checks = [check for check in tested.hidden_checks if check.task == task]
    student = Functions(NotebookBackend(functions), tested.parameters)
    reference = Functions(ReferenceBackend(tested.reference), tested.parameters)
    results: dict[str, CheckResult] = {}
    for check in checks:
        if (is_convergence(check.body) and materials is None) or any(
            results[required].status is not Status.PASSED for required in check.requires
        ):
            results[check.id] = skipped(check, "")
        else:
            results[check.id] = evaluate(check, student, reference, 15, tested.mistakes, materials)
    return sum(result.earned for result in results.values()) / sum(check.points for check in checks)
