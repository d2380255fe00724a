"""Writing scores of homework and quizzes that were graded outside nbgrader into its gradebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import Any

from autograder.gradebook.columns import Column
from autograder.lms.nbgrader.cells import id_of_test
from autograder.lms.nbgrader.gradebook_db import open_gradebook, write_grade
from autograder.lms.nbgrader.written_marks import id_of_answer, write_mark
from autograder.report import Report, TaskReport, WrittenAnswer
from autograder.results.final_scores import FinalScore

__all__ = ["Pushed", "push", "push_quiz"]


@dataclass(frozen=True)
class Pushed:
    """What a push did."""

    students: int
    changed: int  # students with a grade that is different now
    by_person: int  # grades that a person had set and that stay
    left: int = 0  # scores changed by hand for a whole assignment: nbgrader has no place for them


def push(
    reports: Sequence[Report], url: str, final_scores: Mapping[str, FinalScore] = MappingProxyType({})
) -> Pushed:
    """Write the reports' scores; missing entries are created, a person's scores stay.

    Of a student's final score the late penalty and the time of submission are taken. Pushing twice
    changes nothing more. Raises UsageError when the gradebook does not fit.
    """
    changed, by_person = set(), 0
    with open_gradebook(url) as gradebook:
        for name in sorted({report.assignment for report in reports}):
            reports_of_assignment = [report for report in reports if report.assignment == name]
            _prepare(gradebook, name, reports_of_assignment)
            for report in reports_of_assignment:
                final_score = final_scores.get(report.student)
                notebook, grades = _grades(gradebook, report)
                by_person += sum(grade.manual_score is not None for grade, _ in grades)
                different = [write_grade(grade, task) for grade, task in grades]
                different.append(_write_lateness(notebook, final_score))
                marked = {answer.task: answer for answer in final_score.written} if final_score else {}
                for answer, grade in _written_grades(gradebook, report):
                    by_person += grade.manual_score is not None
                    different.append(write_mark(grade, marked.get(answer.task), blank=answer.blank))
                if any(different):
                    changed.add((name, report.student))
                gradebook.db.commit()
    left = sum(final_score.changed for final_score in final_scores.values())
    return Pushed(len({report.student for report in reports}), len(changed), by_person, left)


def push_quiz(column: Column, url: str) -> Pushed:
    """Write a quiz's scores as an assignment of one cell; those that are not final yet are left out.

    What a person scored stays. Raises UsageError when the gradebook does not fit.
    """
    name, changed, by_person = column.name, 0, 0
    final = {
        student: final_score
        for student, final_score in column.final_scores.items()
        if not column.waiting.get(student)
    }
    with open_gradebook(url) as gradebook:
        _add_cells(gradebook, name, {name: column.possible})
        for student, final_score in final.items():
            notebook, (grade,) = _submitted(gradebook, name, student, [name])
            by_person += grade.manual_score is not None
            score = max(0.0, min(final_score.earned, float(grade.max_score)))
            late = _write_lateness(notebook, final_score)
            changed += grade.auto_score != score or late
            grade.auto_score, grade.needs_manual_grade = score, False
            gradebook.db.commit()
    return Pushed(len(final), changed, by_person)


def _write_lateness(notebook: Any, final_score: FinalScore | None) -> bool:
    """Set penalty and time as nbgrader keeps them, in UTC without a zone; whether anything is new."""
    if final_score is None:
        return False
    penalty, submission = final_score.penalty, notebook.assignment
    when = submission.timestamp
    if final_score.submitted is not None:
        when = final_score.submitted.astimezone(UTC).replace(tzinfo=None)
    # nbgrader's own plug-in for late submissions writes None where there is no penalty.
    different = ((notebook.late_submission_penalty or 0.0), submission.timestamp) != (penalty, when)
    notebook.late_submission_penalty, submission.timestamp = penalty, when
    return bool(different)


def _prepare(gradebook: Any, name: str, reports: Sequence[Report]) -> None:
    """Make the assignment and its cells where nbgrader does not have them yet."""
    most = {
        id_of_test(task.task): 0.0 if task.extra else max(_possible(report, task.task) for report in reports)
        for task in reports[0].tasks
    }
    _add_cells(gradebook, name, most)
    written = {id_of_answer(answer.task): answer.points for report in reports for answer in report.written}
    _add_cells(gradebook, name, written, kind="markdown")


def _add_cells(gradebook: Any, name: str, cells: Mapping[str, float], kind: str = "code") -> None:
    """Make an assignment with a notebook of its name, and in it the cells that are missing."""
    from nbgrader.api import MissingEntry

    gradebook.update_or_create_assignment(name)
    try:
        known = {cell.name for cell in gradebook.find_notebook(name, name).grade_cells}
    except MissingEntry:
        gradebook.add_notebook(name, name)
        known = set()
    for cell, most in cells.items():
        if cell not in known:
            gradebook.add_grade_cell(cell, name, name, max_score=most, cell_type=kind)


def _possible(report: Report, task: str) -> float:
    return max(
        (task_report.possible for task_report in report.tasks if task_report.task == task), default=0.0
    )


def _grades(gradebook: Any, report: Report) -> tuple[Any, list[tuple[Any, TaskReport]]]:
    """A student's notebook, and its grades beside the tasks they are for."""
    cells = [id_of_test(task.task) for task in report.tasks]
    notebook, grades = _submitted(gradebook, report.assignment, report.student, cells)
    return notebook, list(zip(grades, report.tasks, strict=True))


def _written_grades(gradebook: Any, report: Report) -> list[tuple[WrittenAnswer, Any]]:
    """The written answers of a report beside nbgrader's grades of their cells."""
    cells = [id_of_answer(answer.task) for answer in report.written]
    _, grades = _submitted(gradebook, report.assignment, report.student, cells)
    return list(zip(report.written, grades, strict=True))


def _submitted(gradebook: Any, name: str, student: str, cells: Sequence[str]) -> tuple[Any, list[Any]]:
    """A student's notebook and its grades in these cells, made where they are missing."""
    from nbgrader.api import Grade

    gradebook.update_or_create_student(student)
    gradebook.update_or_create_submission(name, student)
    notebook = gradebook.find_submission_notebook(name, name, student)
    there = {grade.cell.name: grade for grade in notebook.grades}
    for cell in cells:
        if cell not in there:  # the cell came after the submission
            there[cell] = Grade(cell=gradebook.find_grade_cell(cell, name, name), notebook=notebook)
            gradebook.db.add(there[cell])
            gradebook.db.commit()
    return notebook, [there[cell] for cell in cells]
