"""Marks of written answers between the ledger and nbgrader's manually graded cells, both ways."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from command import autograder
from nbgrader.api import Gradebook
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.lms.nbgrader.course import source_notebook
from autograder.results.final_scores import GradedAssignment
from autograder.results.results_folder import Results

BOTH = {"why-two": "The derivative of 2x is 2.", "why-mean": "It does not grow."}


def run(course: Course, *words: object) -> str:
    """A command that has to succeed; its output."""
    completed = autograder(*words, folder=course.root)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def answers(url: str) -> dict[str, tuple[Any, Any, Any, bool]]:
    """nbgrader's grades of the answers' cells: most, automatic, manual, whether a person is asked."""
    with Gradebook(url) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "ann")
        return {
            grade.cell.name: (grade.max_score, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for grade in submission.notebooks[0].grades
            if grade.cell.name.startswith("written-")
        }


@pytest.mark.full
def test_both_ways(tmp_path: Path) -> None:
    """A push asks nbgrader for a person, then brings our marks; marks of nbgrader's form come back."""
    course, url = write_written_course(tmp_path), f"sqlite:///{tmp_path}/gradebook.db"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.ipynb").write_bytes(answered_notebook(course, BOTH))
    run(course, "grade", ASSIGNMENT, "in", "--out", "graded", "--sandbox", "weak")
    run(course, "gradebook", "push", "graded", "--db", url)
    assert answers(url) == {
        "written-why-two": (1, None, None, True),
        "written-why-mean": (0.5, None, None, True),
    }

    code = re.search(r"^(\w{8})  why-two", run(course, "mark", "graded", "--list"), re.MULTILINE)
    assert code is not None
    run(course, "mark", "graded", code[1], "--points", "0.5")
    run(course, "gradebook", "push", "graded", "--db", url)
    assert answers(url)["written-why-two"] == (1, None, 0.5, False)

    with Gradebook(url) as gradebook:  # as nbgrader's form does
        (notebook,) = gradebook.find_submission(ASSIGNMENT, "ann").notebooks
        for grade in notebook.grades:
            if grade.cell.name == "written-why-mean":
                grade.manual_score, grade.needs_manual_grade = 0.25, False
        gradebook.db.commit()
    assert "1 answer marked, 0 to mark." in run(course, "mark", "graded", "--from-nbgrader", url)
    score = GradedAssignment.read(Results(tmp_path / "graded"), course).final_scores["ann"]
    assert (score.earned, score.possible, score.is_final) == (5.25, 6, True)
    assert "0 answers marked" in run(course, "mark", "graded", "--from-nbgrader", url)
    run(course, "gradebook", "push", "graded", "--db", url)
    assert answers(url)["written-why-mean"] == (0.5, None, 0.25, False)


def test_the_source_has_manual_cells(tmp_path: Path) -> None:
    """In nbgrader's source notebook an answer's cell is graded by hand, with the task's points."""
    course = write_written_course(tmp_path)
    notebook = source_notebook(load_assignment(course, ASSIGNMENT))
    cells = [cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"]]
    manual = {cell["grade_id"]: cell["points"] for cell in cells if cell.get("grade") and cell["solution"]}
    assert manual == {"written-why-two": 1, "written-why-mean": 0.5}
    assert sum(cell.get("points", 0) for cell in cells) == 6
