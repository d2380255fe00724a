"""Checking one's own functions in a notebook, in process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.backends import NotebookBackend
from autograder.calls import Functions
from autograder.checks import collect
from autograder.errors import UsageError
from autograder.evaluate import evaluate
from autograder.jupyter.display import Results

__all__ = ["check", "unfinished_is_fine"]

PUBLIC_SEED = 15  # the lecture's number: the same inputs each time, so that a failure can be studied


def check(task: str, folder: str | Path = ".") -> Results:
    """Run the public checks of a task on the functions defined so far.

    `task` is a task's name or one of its functions; `folder` holds the assignment's checks.py.
    """
    from autograder.assignment import AssignmentFile, load_file  # loads pydantic: only when needed
    from autograder.course import read_yaml

    place = Path(folder)
    if not (place / "checks.py").is_file():
        raise UsageError(
            f"No checks.py in {place.resolve()}.",
            next_step="Open the notebook from its own folder, or say check(..., folder='path/to/assignment').",
        )
    tasks = read_yaml(place / "assignment.yaml", AssignmentFile).tasks
    chosen = next((t for t in tasks if task == t.id or task in t.functions), None)
    if chosen is None:
        raise UsageError(
            f"There is no task {task!r} here.", next_step=f"Take one of: {', '.join(t.id for t in tasks)}."
        )
    student = Functions(NotebookBackend(sys._getframe(1).f_globals))
    checks = [one for one in collect(load_file(place / "checks.py", "checks")) if one.task == chosen.id]
    return Results(chosen.title, [evaluate(one, student, None, PUBLIC_SEED) for one in checks])


@contextmanager
def unfinished_is_fine() -> Iterator[None]:
    """Let a cell that uses your functions say what is still missing, instead of failing."""
    try:
        yield
    except NotImplementedError as stub:
        name = str(stub) or "a function above"
        print(f"Nothing to show yet: {name} is still to be written.")
