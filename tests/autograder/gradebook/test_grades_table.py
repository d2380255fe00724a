"""`grades.csv`: as many cells as headers, and a student named as it shows them is found again."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from autograder.course.csv_table import FORMULA
from autograder.gradebook.tables import grades_csv, student_in_cell
from autograder.report import ReportSummary, TaskPoints
from autograder.results.final_scores import FinalScore

STUDENTS = st.lists(
    st.text("'=+-@a1 ", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=6, unique=True
)


def rows(text: str) -> list[list[str]]:
    """A table as another program reads it."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def summary(student: str, *tasks: str) -> ReportSummary:
    """A report with one point per task."""
    points = tuple(TaskPoints(task, task, 1.0, 1.0, False) for task in tasks)
    return ReportSummary(student, "hw.ipynb", "", "", len(tasks), len(tasks), "", points, ())


def score(student: str) -> FinalScore:
    """A final score without a report."""
    return FinalScore(student, 1.0, 1.0, 1.0, 1, None)


@given(STUDENTS)
def test_a_student_is_found_as_the_table_shows_them(students: list[str]) -> None:
    """No cell is a formula, and `override` and `regrade --student` take the cell for the same student."""
    table = grades_csv([summary(student, "relu") for student in students], {s: score(s) for s in students})
    cells = [row[0] for row in rows(table)[1:]]
    assert not [cell for cell in cells if cell.startswith(FORMULA)]
    assert [student_in_cell(cell, students) for cell in cells] == students


@given(STUDENTS)
def test_a_students_own_id_is_found(students: list[str]) -> None:
    """An ID may be typed as it is, too, unless the table shows another student by that text."""
    shown = {cell for cell in students if student_in_cell(cell, students) != cell}
    assert all(cell.startswith("'") for cell in shown)
    assert student_in_cell("nobody", students) == "nobody"


def test_reports_with_other_tasks() -> None:
    """Reports kept from before a task was added, or after one was removed, fit under one row of headers."""
    reports = [summary("ann", "relu"), summary("bob", "relu", "adam"), summary("cy", "adam")]
    heads, *students = rows(
        grades_csv(reports, {student: score(student) for student in ("ann", "bob", "cy")})
    )
    assert {len(row) for row in students} == {len(heads)}
    by_task = {row[0]: dict(zip(heads, row, strict=True)) for row in students}
    assert [(by_task[student]["relu"], by_task[student]["adam"]) for student in ("ann", "bob", "cy")] == [
        ("1", ""),
        ("1", "1"),
        ("", "1"),
    ]
