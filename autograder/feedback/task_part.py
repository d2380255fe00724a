"""The feedback on one task, to stand inside another program's page."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.feedback.pages import render
from autograder.feedback.student_page import view_task
from autograder.report import Note, TaskReport

__all__ = ["task_part"]


def task_part(
    task: TaskReport, *, title: str, key: str, problem: str = "", notes: Sequence[Note] = ()
) -> str:
    """A piece of HTML with a style of its own; `key` is unique on the page.

    `problem` is why the submission could not be read, `notes` what was noticed about it.
    """
    return render(
        "task.html", view=view_task(task, key), title=title or task.task, problem=problem, notes=notes
    )
