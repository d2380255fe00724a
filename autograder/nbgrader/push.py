"""Scores that were graded outside nbgrader, into its gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.nbgrader.cells import id_of_test
from autograder.nbgrader.database import open_gradebook
from autograder.nbgrader.grades import write_grade
from autograder.report import Report, TaskReport

__all__ = ["Pushed", "push"]


@dataclass(frozen=True)
class Pushed:
    """What a push did."""

    students: int
    changed: int  # students with a grade that is different now
    by_person: int  # grades that a person had set and that stay


def push(reports: Sequence[Report], url: str) -> Pushed:
    """Write the reports' scores; what is missing is made, what a person scored stays.

    Pushing twice changes nothing more. Raises UsageError when the gradebook does not fit.
    """
    changed, by_person = set(), 0
    with open_gradebook(url) as gradebook:
        for name in sorted({report.assignment for report in reports}):
            own = [report for report in reports if report.assignment == name]
            _prepare(gradebook, name, own)
            for report in own:
                grades = _grades(gradebook, report)
                by_person += sum(grade.manual_score is not None for grade, _ in grades)
                if sum(write_grade(grade, task) for grade, task in grades):
                    changed.add((name, report.student))
                gradebook.db.commit()
    return Pushed(len({report.student for report in reports}), len(changed), by_person)


def _prepare(gradebook: Any, name: str, reports: Sequence[Report]) -> None:
    """Make the assignment and its cells where nbgrader does not have them yet."""
    from nbgrader.api import MissingEntry

    gradebook.update_or_create_assignment(name)
    try:
        known = {cell.name for cell in gradebook.find_notebook(name, name).grade_cells}
    except MissingEntry:
        gradebook.add_notebook(name, name)
        known = set()
    for task in reports[0].tasks:
        if id_of_test(task.task) not in known:
            most = max(_possible(report, task.task) for report in reports)
            gradebook.add_grade_cell(
                id_of_test(task.task), name, name, max_score=0.0 if task.extra else most, cell_type="code"
            )


def _possible(report: Report, task: str) -> float:
    return max((one.possible for one in report.tasks if one.task == task), default=0.0)


def _grades(gradebook: Any, report: Report) -> list[tuple[Any, TaskReport]]:
    """A student's grades, made where they are missing, beside the tasks they are for."""
    from nbgrader.api import Grade

    name = report.assignment
    gradebook.update_or_create_student(report.student)
    gradebook.update_or_create_submission(name, report.student)
    notebook = gradebook.find_submission_notebook(name, name, report.student)
    there = {grade.cell.name: grade for grade in notebook.grades}
    found = []
    for task in report.tasks:
        cell_name = id_of_test(task.task)
        if cell_name not in there:  # the cell came after the submission
            there[cell_name] = Grade(cell=gradebook.find_grade_cell(cell_name, name, name), notebook=notebook)
            gradebook.db.add(there[cell_name])
            gradebook.db.commit()
        found.append((there[cell_name], task))
    return found
