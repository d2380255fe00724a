"""What a graded test cell shows: the feedback on its task, and its points as nbgrader reads them."""

from __future__ import annotations

from typing import Any

from autograder.feedback.scores import of_points
from autograder.feedback.task_part import task_part
from autograder.feedback.text import clean
from autograder.jupyter.display import Results
from autograder.nbgrader.cells import cell_id
from autograder.nbgrader.nodes import new_output
from autograder.report import Evidence, Report, Status, TaskReport

__all__ = ["outputs"]


def outputs(report: Report, task: TaskReport, *, title: str, points: float, first: bool = False) -> list[Any]:
    """The outputs of a task's test cell; the first cell also says what was noticed in the notebook.

    nbgrader takes a result that is a number for partial credit, so the last output is the points
    alone. It scores an error, or anything on stderr, as zero; here there is neither.
    """
    html = task_part(
        task,
        title=title,
        key=f"autograder-{cell_id(task.task)}",
        problem=report.submission.problem,
        notes=report.submission.notes if first else (),
    )
    score = f"{of_points(task.earned, task.possible)}{', extra credit' if task.extra else ''}"
    return [
        new_output("display_data", {"text/html": html, "text/plain": _plain(report, task, title)}),
        new_output(
            "execute_result",
            {"text/html": f"<p><strong>{score}</strong></p>", "text/plain": repr(points)},
        ),
    ]


def _plain(report: Report, task: TaskReport, title: str) -> str:
    """The same as text."""
    if report.submission.problem:
        return clean(f"This submission could not be read. {report.submission.problem}")
    # The trace of a broken check shows the check's own lines, which are not the student's to see.
    shown = [
        one.model_copy(update={"evidence": Evidence()}) if one.status is Status.ERROR else one
        for one in task.checks
    ]
    return clean(repr(Results(title, shown)))
