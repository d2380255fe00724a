"""nbgrader's gradebook: opening it, and writing a task's points within its limits."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.report import Status, TaskReport

__all__ = ["credit", "open_gradebook", "write_grade"]


@contextmanager
def open_gradebook(url: str) -> Iterator[Any]:
    """nbgrader's Gradebook at a database URL, created if it does not exist.

    Raises UsageError when the database cannot be opened, or is of another version of nbgrader.
    """
    from nbgrader.api import Grade, Gradebook  # takes over a second: only for those who need it
    from sqlalchemy.exc import SAWarning, SQLAlchemyError

    # For a new database nbgrader runs `alembic`, which stands beside this Python.
    os.environ["PATH"] = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)]
    )
    try:
        gradebook = Gradebook(url)
        gradebook.db.query(Grade).first()
    except (SQLAlchemyError, ImportError, ValueError, OSError) as problem:
        reason = str(problem).splitlines()[0]
        raise UsageError(
            f"The gradebook {url} cannot be opened: {reason}",
            next_step="Write it as nbgrader does, such as sqlite:///gradebook.db; "
            "`nbgrader db upgrade` brings an old one up to date.",
        ) from problem
    try:
        with gradebook, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own, one for each new submission
            yield gradebook
    except SQLAlchemyError as problem:
        raise UsageError(
            f"The gradebook {url} cannot be written to: {str(problem).splitlines()[0]}",
            next_step="Close other programs that use it and try again; what was pushed before stays.",
        ) from problem


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
