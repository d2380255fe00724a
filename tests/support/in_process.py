"""Grading a harmless notebook in this very process: no sandbox, so the tests' own notebooks only."""

from __future__ import annotations

from typing import Any

from autograder.checks.calls import Functions
from autograder.course.assignment import Assignment
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.report import CheckResult, Status
from autograder.sandbox import cells as runner_cells
from autograder.submissions.notebook import read_notebook


def definitions(data: bytes, wanted: list[str]) -> dict[str, Any]:
    """What a notebook defines, run in this process as the runner does it; for harmless notebooks only."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells = [(cell.number, cell.source) for cell in read_notebook(data)]
    runner_cells.run_definitions(
        cells, wanted, namespace, set(), lambda cell, line: None, lambda problem: {"text": str(problem)}
    )
    return namespace


def graded(assignment: Assignment, data: bytes) -> list[CheckResult]:
    """The results of the hidden checks on a harmless notebook."""
    backend = NotebookBackend(definitions(data, assignment.functions))
    reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
    return [
        evaluate(check, Functions(backend, assignment.parameters), reference, 1, assignment.mistakes)
        for check in assignment.hidden_checks
    ]


def failed_tasks(assignment: Assignment, data: bytes) -> set[str]:
    """The tasks that lose points."""
    results = zip(assignment.hidden_checks, graded(assignment, data), strict=True)
    return {check.task for check, result in results if result.status != Status.PASSED}
