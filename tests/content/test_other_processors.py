"""The same class on two kinds of processor: linear algebra rounds otherwise, and no grade may show it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from class_run import reports_in

from autograder.authoring.demo_class import make_class
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.report import Report

COURSE = find_course(Path(__file__).parent)
STUDENTS = 52  # all twelve kinds, several known mistakes of each assignment
# OpenBLAS's code for processors of 2008 and of 2013; a library without the choice computes the same twice.
KERNELS = "Nehalem", "Haswell"


@pytest.mark.full
@pytest.mark.parametrize("name", COURSE.assignment_ids())
def test_no_grade_depends_on_the_processor(name: str, tmp_path: Path) -> None:
    """Every check ends alike, for the same points and with the same cause, whatever the processor rounds."""
    make_class(load_assignment(COURSE, name), STUDENTS, tmp_path / "class")
    first, second = (graded(name, tmp_path / "class", tmp_path / kernel, kernel) for kernel in KERNELS)
    assert len(first) == STUDENTS
    assert first == second


def graded(name: str, submissions: Path, out: Path, kernel: str) -> dict[str, list[tuple[object, ...]]]:
    """What every student is told and gets, by a run of the command on such a processor.

    In a process of its own: NumPy chooses the code when it is loaded.
    """
    command = [sys.executable, "-m", "autograder", "grade", name, str(submissions), "--out", str(out)]
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
    done = subprocess.run(
        [*command, "--seed", "15"], cwd=COURSE.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {student: outcome(report) for student, report in reports_in(out).items()}


def outcome(report: Report) -> list[tuple[object, ...]]:
    """How each check ended; of its words those that are not about a digit."""
    return [
        (each.id, each.status, each.earned, each.possible, each.cause, each.mistake)
        for each in report.results()
    ]
