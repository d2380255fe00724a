"""Small reports to build on: what a test does not say is filled in."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.report import CheckResult, Curve, Report, Score, Status, SubmissionFacts, TaskReport


def make_check(status: Status = Status.PASSED, points: float = 1, **fields: Any) -> CheckResult:
    """A result with the points its status brings, unless told otherwise."""
    values: dict[str, Any] = {
        "id": "relu_values",
        "title": "relu(x) is x where x is positive and 0 elsewhere.",
        "status": status,
        "earned": points if status is Status.PASSED else 0,
        "possible": 0 if status is Status.ERROR else points,
    }
    return CheckResult(**(values | fields))


def make_task(
    task: str, *checks: CheckResult, functions: list[str] | None = None, extra: bool = False
) -> TaskReport:
    """A task whose points are the sum over its checks."""
    return TaskReport(
        task=task,
        functions=[task, f"{task}_backward"] if functions is None else functions,
        earned=sum(check.earned for check in checks),
        possible=sum(check.possible for check in checks),
        extra=extra,
        checks=list(checks),
    )


def make_report(
    *tasks: TaskReport, student: str = "Ada Lovelace", problem: str = "", **fields: Any
) -> Report:
    """A report whose score is the sum over its tasks."""
    facts = SubmissionFacts(sha256="5f2c9e" * 10 + "abcd", file="hw1-activations.ipynb", problem=problem)
    values: dict[str, Any] = {
        "assignment": "hw1-activations",
        "student": student,
        "submission": facts,
        "seed": 20250518,
        "sandbox": "strict: Landlock, seccomp, own namespaces",
        "score": Score(
            earned=sum(task.earned for task in tasks),
            possible=sum(task.possible for task in tasks if not task.extra),
        ),
        "tasks": list(tasks),
        "environment": {"python": "3.11.2", "numpy": "2.4.6"},
    }
    return Report(**(values | fields))


def curve(label: str, got: Any, expected: Any, low: float = -4, high: float = 4) -> Curve:
    """Two functions over 80 points; what is not finite is written as reports write it."""
    x = np.linspace(low, high, 80)
    with np.errstate(all="ignore"):
        return Curve(label=label, x=x.tolist(), got=_numbers(got(x)), expected=_numbers(expected(x)))


def _numbers(values: Any) -> list[Any]:
    return [float(v) if np.isfinite(v) else str(float(v)) for v in values]
