"""An assignment as far as the site reads it, and results of it without any grading."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from gradebook_fixture import graded, write_results
from report_factory import make_check, make_report, make_task

from autograder.report import Status
from autograder.results.results_folder import Results

ASSIGNMENT_YAML = """\
title: Activation functions
points: 20
{due}late: {{per_day: 0.1, at_most: 0.5}}
tasks:
  - {{id: relu, title: ReLU, functions: [relu, relu_backward], points: 12}}
  - {{id: softmax, title: Softmax, functions: [softmax], points: 8}}
"""


def write_assignment(root: Path, name: str, due: str = "") -> None:
    """An assignment.yaml of 20 points."""
    folder = root / "assignments" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = ASSIGNMENT_YAML.format(due=f"due: {due}\n" if due else "")
    (folder / "assignment.yaml").write_text(text, encoding="utf-8")


def write_scores(
    folder: Path, assignment: str, scores: dict[str, float], when: datetime | None = None
) -> None:
    """A results directory with so many of 20 points by student, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    write_results(folder, assignment, [graded(who, earned, 20, when) for who, earned in scores.items()])


def write_report(folder: Path, student: str) -> None:
    """A report in which a mistake is named, by two checks, and another check failed without a name."""
    named = {"mistake": "relu: sign", "hint": "The slope is 1 for positive x."}
    report = make_report(
        make_task(
            "relu",
            make_check(Status.FAILED, 3, id="a", **named),
            make_check(Status.FAILED, 3, id="b", **named),
            make_check(Status.FAILED, 3, id="c", message="2 of 5 entries are wrong."),
        ),
        student=student,
    )
    results = Results(folder)
    results.reports.mkdir(exist_ok=True)
    (results.reports / f"{student}.json").write_text(report.to_json(), encoding="utf-8")
