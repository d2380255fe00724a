"""A class graded on a loaded machine has the scores, and the reports, of one graded on an idle one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from busy import busy_core
from class_run import grade_class
from correct_notebook import SOURCE, notebook
from tiny_course import ASSIGNMENT

from autograder.course.course import Course

LIMITS = "limits:\n  call_seconds: 2.6\n"
SLOW = """
import time

def slowly(x):
    until = time.process_time() + 2.2
    while time.process_time() < until:
        pass
    return x
"""
CLASS = {
    "right": SOURCE,
    # Ten times as slow, this takes longer than a wall clock that was four times the limit and ten seconds.
    "slow": SOURCE.replace("return float(", "return slowly(") + SLOW,
    "rests": SOURCE.replace("return 2 * x\n", "return (time.sleep(0.05), 2 * x)[1]\n") + "\nimport time\n",
    "wrong": SOURCE.replace("2 * x", "3 * x"),
    "raises": SOURCE.replace("2 * grad_out", "2 * grad"),
}


@pytest.mark.full
def test_byte_for_byte(tiny_course: Course, tmp_path: Path) -> None:
    """Beside ten busy processes on its core every report is the same, that of a slow right answer too."""
    course = shutil.copytree(tiny_course.root, tmp_path / "course")
    with (course / "assignments" / ASSIGNMENT / "assignment.yaml").open("a") as file:
        file.write(LIMITS)
    (tmp_path / "class").mkdir()
    for name, source in CLASS.items():
        (tmp_path / "class" / f"{name}.ipynb").write_text(notebook(source))
    reports = []
    for count in (0, 10):
        with busy_core(count):
            reports.append(grade_class(course, ASSIGNMENT, tmp_path / "class", tmp_path / str(count)))
    idle, loaded = ({name: report.to_json() for name, report in each.items()} for each in reports)
    assert loaded == idle
    assert reports[0]["slow"].score.earned == 6
