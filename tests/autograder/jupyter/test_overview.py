"""`check()` without a task: the table at the end of a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

from autograder.course.course import Course
from autograder.jupyter.display import Overview

STUBS = """
import numpy as np
from autograder import check

def double(x):
    raise NotImplementedError("double")

def double_backward(x, grad_out):
    raise NotImplementedError("double_backward")

def mean_square(x):
    raise NotImplementedError("mean_square")
"""
SOLVED = """
def double(x):
    return 2 * x

def double_backward(x, grad_out):
    return 2 * grad_out

def mean_square(x):
    return float(np.mean(x * x))
"""
WRONG = "def mean_square(x):\n    return 7.0\n"
BOTH = {"why-two": "The derivative of 2x is 2.", "why-mean": "It does not grow."}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course with written tasks."""
    return write_written_course(tmp_path)


def overview(course: Course, *sources: str) -> Overview:
    """What `check()` shows after these cells."""
    folder = course.root / "assignments" / ASSIGNMENT
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for source in (STUBS, *sources, f"shown = check(folder={str(folder)!r})"):
        exec(source, namespace)  # as a notebook's cells
    shown = namespace["shown"]
    assert isinstance(shown, Overview)
    return shown


def test_nothing_is_written_yet(course: Course) -> None:
    """Every task is listed with its points and what is missing; it is not ready."""
    shown = overview(course)
    assert [(task.title, task.points) for task in shown.tasks] == [
        ("Doubling", 3),
        ("Mean square", 1.5),
        ("Written answer: Why two", 1),
        ("Written answer: Why the mean", 0.5),
    ]
    assert shown.tasks[0].missing == "double, double_backward: not written yet"
    assert "no answer in the saved notebook" in shown.tasks[2].missing
    assert not shown.ready
    assert "Not ready to submit: 4 of 4 tasks need work." in repr(shown)


def test_ready_to_hand_in(course: Course) -> None:
    """With all checks passing and both answers in the saved notebook it is ready, as text and as HTML."""
    path = course.root / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.write_bytes(answered_notebook(course, BOTH))
    shown = overview(course, SOLVED)
    assert shown.ready
    assert "Ready to submit" in repr(shown)
    assert "Ready to submit" in shown._repr_html_()
    assert shown._repr_html_().count("<tr>") == 5


def test_a_wrong_function(course: Course) -> None:
    """A check that does not pass is counted, and one answer that is missing is named."""
    path = course.root / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.write_bytes(answered_notebook(course, {"why-two": "The derivative."}))
    shown = overview(course, SOLVED, WRONG)
    assert [task.missing for task in shown.tasks] == [
        "",
        "1 of 1 checks do not pass",
        "",
        "no answer in the saved notebook; write it, save, run this cell again",
    ]
    assert "2 of 4 tasks need work" in shown.summary
