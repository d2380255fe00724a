"""From a task's points to a grade of nbgrader's: within its limits, and never over a person's."""

from __future__ import annotations

from typing import Any

from autograder.report import Status, TaskReport

__all__ = ["credit", "write_grade"]


def credit(task: TaskReport, most: float) -> tuple[float, float | None]:
    """A task's points as nbgrader has them: what its cell scores, and extra credit.

    A cell scores from 0 to what it is worth. A task of extra credit is worth 0 there, and its points
    stand in nbgrader's own column for that; None is for all other tasks.
    """
    earned = max(0.0, min(task.earned, task.possible))
    return (0.0, earned) if task.extra else (min(earned, most), None)


def write_grade(grade: Any, task: TaskReport) -> bool:
    """Set a grade of the gradebook; returns whether anything is different now.

    What a person scored stays. They are asked to look again when the engine's score is another one
    than before, and whenever a broken check left points out that the cell is worth.
    """
    score, extra = credit(task, float(grade.max_score))
    broken = any(result.status is Status.ERROR for result in task.checks)
    by_person = grade.manual_score is not None
    if extra is None or by_person:
        extra = grade.extra_credit
    changed = (grade.auto_score, grade.extra_credit) != (score, extra)
    grade.auto_score, grade.extra_credit = score, extra
    if changed:
        grade.needs_manual_grade = by_person or broken
    return changed
