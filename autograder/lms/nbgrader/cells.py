"""The cells that nbgrader knows by their ids: one test per task, and the functions to write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nbformat import v4

from autograder.course.assignment import Task
from autograder.errors import ContentError

__all__ = [
    "SCHEMA",
    "cell_id",
    "id_of_test",
    "metadata_of_solution",
    "metadata_of_test",
    "new_cell",
    "new_notebook",
    "new_output",
    "tasks_by_cell",
]


SCHEMA = 3  # of nbgrader's metadata; it refuses every other
NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")


def cell_id(text: str) -> str:
    """The text as nbgrader allows it in an id."""
    return NOT_IN_IDS.sub("-", text)


def id_of_test(task: str) -> str:
    """The id of the cell that stands for a task's points."""
    return f"test-{cell_id(task)}"


def tasks_by_cell(tasks: Iterable[Task]) -> dict[str, str]:
    """Each task's id by its cell's; raises ContentError where two tasks would share a cell."""
    by_cell: dict[str, str] = {}
    for task in tasks:
        other = by_cell.setdefault(id_of_test(task.id), task.id)
        if other != task.id:
            raise ContentError(
                f"The tasks {other!r} and {task.id!r} differ only in characters "
                "that nbgrader does not allow in an id.",
                next_step="Name them with letters, digits, _ and -.",
            )
    return by_cell


def metadata_of_test(task: Task) -> dict[str, Any]:
    """What makes a cell a task's test. Extra credit is worth 0 of the possible points."""
    return {
        "schema_version": SCHEMA,
        "grade": True,
        "grade_id": id_of_test(task.id),
        "locked": True,
        "points": 0.0 if task.extra else task.points,
        "solution": False,
        "task": False,
    }


def metadata_of_solution(name: str) -> dict[str, Any]:
    """What makes a cell one that students write in."""
    return {
        "schema_version": SCHEMA,
        "grade": False,
        "grade_id": name,
        "locked": False,
        "solution": True,
        "task": False,
    }


V4: Any = v4  # it has no types
KINDS = ("code", "markdown", "raw")


def new_notebook(cells: list[Any]) -> Any:
    """A notebook."""
    return V4.new_notebook(cells=cells)


def new_cell(kind: object, source: str, metadata: dict[str, Any] | None = None) -> Any:
    """A cell; one of an unknown kind becomes raw text."""
    known = kind if kind in KINDS else "raw"
    return getattr(V4, f"new_{known}_cell")(source, metadata=metadata or {})


def new_output(kind: str, data: dict[str, str]) -> Any:
    """An output of a code cell; `data` is the same by type."""
    more = {"execution_count": None} if kind == "execute_result" else {}
    return V4.new_output(kind, data, **more)
