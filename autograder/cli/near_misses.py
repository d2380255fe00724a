"""`autograder near-misses`: compute what explains wrong functions that are on no list."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.authoring.near_misses import write_near_misses
from autograder.cli.options import CourseOption
from autograder.cli.show import say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.grading.near_misses import FILE

__all__ = ["near_misses"]


def near_misses(
    assignments: Annotated[
        list[str] | None,
        typer.Argument(help="Names of directories in assignments/; all by default."),
    ] = None,
    course: CourseOption = None,
) -> None:
    """Compute natural edits of the right answers, which explain wrong functions; once a release."""
    root = find_course(course)
    for name in assignments or root.assignment_ids():
        assignment = load_assignment(root, name)
        count = write_near_misses(assignment)
        say(f"{name}: {count} near misses in {assignment.solution / FILE}")
