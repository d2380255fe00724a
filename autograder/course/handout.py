"""The public half of an assignment: the files that a student has, as a check in a notebook needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.checks.definition import Check, collect
from autograder.course.assignment import AssignmentFile, Task, load_file
from autograder.course.course import find_course
from autograder.errors import AutograderError, UsageError, choose_one
from autograder.yaml_source import read_yaml

__all__ = ["Handout", "read_handout"]


@dataclass(frozen=True)
class Handout:
    """The tasks and the public checks of one assignment."""

    file: AssignmentFile
    checks: list[Check]

    def task(self, name: str) -> Task:
        """The task of that name, or the one that asks for the function of that name."""
        for task in self.file.tasks:
            if name == task.id or name in task.functions:
                return task
        raise UsageError(
            f"Unknown task or function {name!r}.",
            next_step=choose_one((task.id for task in self.file.tasks), "Add the task to assignment.yaml."),
        )

    def checks_of(self, task: Task) -> list[Check]:
        """The public checks of a task, in the order of the file."""
        return [check for check in self.checks if check.task == task.id]


def read_handout(folder: Path) -> Handout:
    """Read the public half from an assignment's directory; raises UsageError when it is not one."""
    for name in ("checks.py", "assignment.yaml"):
        if not (folder / name).is_file():
            raise UsageError(
                f"{folder.resolve()} contains no {name}.",
                next_step="Keep the notebook in the directory it came in, or name that directory.",
            )
    file = read_yaml(folder / "assignment.yaml", AssignmentFile).resolved(written=_written(folder))
    return Handout(file, collect(load_file(folder / "checks.py", "public_checks")))


def _written(folder: Path) -> bool:
    """Whether written answers are marked; outside a course directory they are."""
    try:
        return find_course(folder).written
    except AutograderError:
        return True
