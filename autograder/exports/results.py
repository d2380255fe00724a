"""A report as Gradescope's results.json."""

from __future__ import annotations

import json
from typing import Any

from autograder.pages.text import clean
from autograder.report import CheckResult, Report, Status, TaskReport

__all__ = ["results_json"]

BROKEN = "This check is broken; it counts for nobody."


def results_json(report: Report) -> str:
    """The score, and a test for each check; what only the instructor may see is left out."""
    problem = report.submission.problem
    notes = [f"Cell {note.cell}, line {note.line}: {note.text}" for note in report.submission.notes]
    results: dict[str, Any] = {
        "score": report.score.earned,
        "output": clean("\n".join(filter(None, [problem, *notes]))),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(task, check, f"{at}.{number}")
            for at, task in enumerate(report.tasks, 1)
            for number, check in enumerate(task.checks, 1)
        ],
    }
    return json.dumps(results, indent=1, ensure_ascii=False) + "\n"


def _test(task: TaskReport, check: CheckResult, number: str) -> dict[str, Any]:
    broken = check.status is Status.ERROR
    evidence = check.evidence
    said = [check.message, check.hint, evidence.call, evidence.trace]
    if evidence.got or evidence.expected:
        said += [f"got       {evidence.got}", f"expected  {evidence.expected}"]
    return {
        "name": clean(f"{task.task}: {check.title}"),
        "number": number,
        "score": check.earned,
        "max_score": 0 if task.extra else check.possible,
        "status": "passed" if check.status is Status.PASSED else "failed",
        "output": BROKEN if broken else clean("\n".join(filter(None, said))),
        "output_format": "text",
        "visibility": "visible",
    }
