"""Marks of written answers between the ledger and nbgrader's manually graded cells, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.course.assignment import WrittenTask
from autograder.lms.nbgrader.cells import SCHEMA, cell_id
from autograder.lms.nbgrader.gradebook_db import open_gradebook
from autograder.results.final_scores import MarkedAnswer

__all__ = ["ManualScore", "id_of_answer", "manual_scores", "metadata_of_answer", "write_mark"]


@dataclass(frozen=True)
class ManualScore:
    """What a person gave in nbgrader."""

    points: float
    comment: str


def id_of_answer(task: str) -> str:
    """The id of the cell of a written answer."""
    return f"written-{cell_id(task)}"


def metadata_of_answer(task: WrittenTask) -> dict[str, Any]:
    """What makes a text cell an answer that a person grades in nbgrader."""
    return {
        "schema_version": SCHEMA,
        "grade": True,
        "grade_id": id_of_answer(task.id),
        "locked": False,
        "points": task.points,
        "solution": True,
        "task": False,
    }


def manual_scores(url: str, assignment: str, tasks: Sequence[str]) -> dict[tuple[str, str], ManualScore]:
    """The manual scores and comments in nbgrader, by student and written task."""
    from nbgrader.api import MissingEntry

    scores: dict[tuple[str, str], ManualScore] = {}
    cells = {id_of_answer(task): task for task in tasks}
    with open_gradebook(url) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(assignment)
        except MissingEntry:
            return {}
        for submission in submissions:
            for notebook in submission.notebooks:
                comments = {comment.cell.name: comment.comment or "" for comment in notebook.comments}
                for grade in notebook.grades:
                    if grade.cell.name in cells and grade.manual_score is not None:
                        key = submission.student.id, cells[grade.cell.name]
                        scores[key] = ManualScore(
                            float(grade.manual_score), comments.get(grade.cell.name, "")
                        )
    return scores


def write_mark(grade: Any, answer: MarkedAnswer | None, *, blank: bool) -> bool:
    """Set the grade of an answer's cell; a person's score in nbgrader stays. Whether anything is new.

    An answer that nobody has marked needs a person there, too; a blank one earns 0.
    """
    if grade.manual_score is not None:
        return False
    before = (grade.manual_score, grade.auto_score, grade.needs_manual_grade)
    mark = answer.mark if answer is not None else None
    if mark is not None and not (answer and answer.changed):
        grade.manual_score, grade.needs_manual_grade = mark.earned, False
    else:
        grade.auto_score, grade.needs_manual_grade = (0.0, False) if blank else (None, True)
    return before != (grade.manual_score, grade.auto_score, grade.needs_manual_grade)
