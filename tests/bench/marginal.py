"""The marginal processor time of one more submission: that of a long run less that of a short one.

What a run does once (imports, the data set, the reference's own work, starting the sandbox) cancels. Judge,
zygote and children are counted: each run is a process of its own, and the kernel adds up what it and all
below it used. Both sides of a ratio are measured in turns, so that a busy moment of the machine meets both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.authoring.solved_notebook import code_cell, to_bytes
from autograder.checks.definition import Check, Materials
from autograder.course.assignment import Assignment, Task, load_assignment
from autograder.course.course import find_course
from autograder.course.python_source import Library
from autograder.grading.grader import Grader
from autograder.grading.prefetch import record_calls
from autograder.report import Status
from autograder.submissions.submission import Submission

__all__ = ["BenchGrader", "assignment_of", "grade_many", "print_ratios"]

COURSE = find_course(Path(__file__).parent)
HOMEWORK = ("hw1-activations", "hw2-losses", "hw4-optimizers")

FEW, MANY = 8, 40  # submissions in a run
ROUNDS = int(os.environ.get("ROUNDS", "5"))


def seconds(script: str, side: str, count: int) -> float:
    """Processor seconds, user and system, of `script SIDE COUNT` and of all that it starts."""
    process = subprocess.Popen([sys.executable, script, side, str(count)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{script} {side} failed")
    return usage.ru_utime + usage.ru_stime


def marginal_seconds(script: str, side: str) -> float:
    """Processor seconds of one more submission."""
    return (seconds(script, side, MANY) - seconds(script, side, FEW)) / (MANY - FEW)


def print_ratios(script: str, name: str, bound: float | None, bare: str = "bare") -> None:
    """Print both sides of one workload, and the median of the rounds' ratios beside what is aimed at."""
    rounds = [(marginal_seconds(script, "graded"), marginal_seconds(script, bare)) for _ in range(ROUNDS)]
    graded, plain = (statistics.median(times) * 1000 for times in zip(*rounds, strict=True))
    ratio = statistics.median(graded / plain for graded, plain in rounds)
    aim = f" (aim: at most {bound})" if bound else ""
    print(
        f"{name:32} {graded:6.1f} ms a submission {plain:6.1f} ms in one warm process {ratio:5.2f} x{aim}",
        flush=True,
    )


def functions(pieces: Sequence[str]) -> tuple[Mapping[str, Any], str]:
    """The references of three homework assignments: as one namespace, and as the source of a cell."""
    assignments = [load_assignment(COURSE, name) for name in HOMEWORK]
    library = Library([assignment.solution / "reference.py" for assignment in assignments])
    sources = [library.function(name) for name in pieces]
    cell = "\n\n\n".join(["import numpy as np", *library.support(sources, leave_out=("np",)), *sources])
    namespace = {name: value for a in assignments for name, value in a.reference.items()}
    return namespace, cell


def assignment_of(title: str, pieces: Sequence[str], checks: Sequence[Check]) -> tuple[Assignment, str]:
    """An assignment with these checks alone, and the source of a right submission's cell."""
    namespace, cell = functions(pieces)
    start = load_assignment(COURSE, HOMEWORK[0])
    task = Task(id="task", title=title, functions=list(pieces), points=1)
    assignment = replace(
        start,
        file=start.file.model_copy(update={"tasks": [task], "points": 1.0}),
        hidden_checks=list(checks),
        reference=namespace,
        mistakes=[],
        alternatives=[],
    )
    return assignment, cell


class BenchGrader(Grader):
    """A grader for a check that no assignment's directory holds."""

    def __init__(self, assignment: Assignment, materials: Materials | None = None) -> None:
        super().__init__(replace(assignment, hidden_checks=[]), 15)
        self.assignment, self._materials = assignment, materials
        self.dataset = materials.images.name if materials else ""
        self._recorded_calls = record_calls(assignment.hidden_checks, self._backend, self._reference, 15)


def submission(number: int, cell: str) -> Submission:
    """A right notebook, no two the same."""
    notebook: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    notebook["cells"] = [code_cell(notebook, f"# {number}\n{cell}", "solution")]
    return Submission("student", "notebook.ipynb", to_bytes(notebook))


def grade_many(assignment: Assignment, cell: str, count: int, materials: Materials | None = None) -> None:
    """Grade so many right submissions, one after another."""
    with BenchGrader(assignment, materials) as grader:
        for number in range(count):
            report = grader.grade(submission(number, cell))
            assert all(result.status is Status.PASSED for result in report.results()), report
