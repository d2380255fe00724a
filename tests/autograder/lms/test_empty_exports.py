"""An export in which nobody would be is an error, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from class_run import grade_class
from command import autograder
from correct_notebook import SOURCE, notebook
from examples import one_in
from tiny_course import ASSIGNMENT, write_tiny_course

TEMPLATE = {
    "canvas": "Student,ID,SIS User ID,SIS Login ID,Section,Doubling and squaring (5)\n"
    '    Points Possible,,,,,6\n"Kim, Min",13,,kim1,A,\n',
    "moodle": "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 7,Min Kim,kim@example.org,,,6.00,\n",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with results of two students whom no platform knows."""
    root = tmp_path_factory.mktemp("empty")
    made = write_tiny_course(root / "course").root
    (root / "class").mkdir()
    for student in ("ann", "bob"):
        (root / "class" / f"{student}.ipynb").write_text(notebook(f"# {student}", SOURCE))
    grade_class(made, ASSIGNMENT, root / "class", root / "out")
    return made


@pytest.mark.parametrize("template", one_in(2, [False, True]))
@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_nobody_would_be_in_it(course: Path, tmp_path: Path, platform: str, template: bool) -> None:
    """The command says who is missing and why, and leaves no file."""
    out, table = tmp_path / "grades.csv", tmp_path / "template.csv"
    table.write_text(TEMPLATE[platform])
    words = ["export", platform, course.parent / "out", "--out", out]
    completed = autograder(*words, *(["--template", table] if template else []), folder=course)
    assert completed.returncode == 2, completed.stdout
    assert "no student would be in it" in completed.stderr and "ann" in completed.stderr
    assert not out.exists()


def test_feedback_for_nobody(course: Path, tmp_path: Path) -> None:
    """An archive of feedback without a page is none."""
    table, out, feedback = tmp_path / "template.csv", tmp_path / "grades.csv", tmp_path / "feedback.zip"
    table.write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade\nParticipant 7,ann,,,,6.00\n"
    )
    completed = autograder(
        *("export", "moodle", course.parent / "out", "--out", out, "--template", table),
        *("--feedback", feedback),
        folder=course,
    )
    assert completed.returncode == 2 and "feedback.zip was not written" in completed.stderr
    assert not feedback.exists() and ",Participant 7" not in out.read_text()
